// A suite's run as plain values: what summary.json says, and what every other format is written from.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "reports/cases/case_status.hpp"
#include "reports/cases/suite_record.hpp"
#include "scenarios/verdict.hpp"

namespace wanwu::report {

/// How many cases came to what; indexed by case_status.
class case_counts {
 public:
  void add(case_status status) noexcept { ++of_[static_cast<std::size_t>(status)]; }
  std::size_t of(case_status status) const noexcept { return of_[static_cast<std::size_t>(status)]; }
  std::size_t total() const noexcept;

 private:
  std::array<std::size_t, case_status_count> of_{};
};

/// A clause with the cases that cite it.
struct clause_row {
  std::string spec, id, section, level, text;
  bool testable = true;
  std::vector<std::size_t> cases;            ///< Indices into suite_record::cases.
  case_status worst = case_status::not_run;  ///< Of these, as a reader worries about them.
  std::string left_out;                      ///< Why no case covers it; "" = not said.
};

struct suite_summary {
  verdict result = verdict::not_applicable;
  int exit_code{};
  std::vector<std::string> reasons;
  std::string sentence;  ///< The verdict in one sentence.
  case_counts counts;
  std::vector<clause_row>
      clauses;  ///< By specification, in its order; cited ones it does not know come last.
  /// Cases whose verdict asks for attention, worst first: fail, error, inconclusive, waived, deviations.
  std::vector<std::size_t> findings;
};

suite_summary summarize(const suite_record& run);

/// "51 passed, 2 failed, 1 inconclusive": only what there is.
std::string show_counts(const case_counts& counts);
/// "MQTT 5.0: 238/238 testable clauses covered".
std::string show_coverage(const conform::coverage_row& of);

/// summary.json, schema wanwu.report/v1. Ends with a newline.
std::string to_summary_json(const suite_record& run, const suite_summary& of);

}  // namespace wanwu::report
