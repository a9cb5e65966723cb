// The facts of one suite's run, whether still in memory or read back from a bundle.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "reports/run_record.hpp"
#include "scenarios/conformance/case_result.hpp"

namespace wanwu::report {

/// A clause of a specification.
struct clause_facts {
  std::string id, section, level, text;
  bool testable = true;
};
struct spec_facts {
  std::string key, title, link;
  std::vector<clause_facts> clauses;
};

/// What makes a run fail: --fail-on. Our own errors always do.
struct suite_demands {
  bool must = true;
  bool inconclusive = true;
};

/// What is known of a run before its first case; written to manifest.json.
struct suite_facts {
  std::string id, title, status;
  std::string again;  ///< Command that plays cases again, up to where `--only ID` is added; secrets out.
  std::vector<spec_facts> specs;
  std::vector<conform::coverage_row> coverage;
  std::vector<std::string> profiles;
  std::vector<std::string> planned;  ///< Ids of the selected cases, in the suite's order.
  std::size_t cases_in_suite{};
  suite_demands demands;
  bool strict{};
};

struct suite_record {
  manifest about;
  suite_facts suite;
  std::vector<conform::case_result> cases;  ///< One an id: the verdict over all profiles; in planned order.
  std::vector<log_entry> log;
  ending end{};
  double duration_s{};
  std::string bundle_path;     ///< "" when the run could not write one.
  std::string bundle_problem;  ///< Why the bundle is missing or cut, "" when it is whole.
};

/// As a shell takes it: in quotes where it must be.
std::string shell_quoted(const std::string& word);
/// "wanwu run mqtt-5.0 --target t.yaml --only ID": plays one case again.
std::string again_command(const suite_record& run, const conform::case_result& of);
/// The clause as its specification has it, or nullptr.
const clause_facts* find_clause(const suite_record& run, std::string_view spec, std::string_view id);
/// "MQTT5 MQTT-3.1.0-2", the clause as suites cite it.
std::string clause_name(const conform::case_result& of, std::size_t number);

/// Collects the cases of a run, also when several configurations of the target judge the same one.
class case_collection {
 public:
  /// Every planned case begins as not run.
  explicit case_collection(const std::vector<std::string>& planned);
  /// Whether `add` would keep this verdict: it is the first of its case, or outweighs the one known.
  bool would_decide(const conform::case_result& one) const;
  /// The verdict that outweighs the one known is kept. False for ids beyond the bound on unplanned ones.
  bool add(conform::case_result one);
  const std::vector<conform::case_result>& all() const noexcept { return cases_; }
  std::vector<conform::case_result> take() { return std::move(cases_); }

 private:
  std::vector<conform::case_result> cases_;
  std::map<std::string, std::size_t, std::less<>> places_;
};

inline constexpr std::size_t suite_cases_max = 200'000;

}  // namespace wanwu::report
