// What waivers do to verdicts: a known failure does not fail the run, until its day has come.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scenarios/conformance/case_result.hpp"
#include "scenarios/conformance/suite.hpp"

namespace wanwu::report {

/// Waivers of one run.
class waiver_rules {
 public:
  waiver_rules() = default;
  /// `today` as "2027-01-31", which a waiver until that day still holds on.
  waiver_rules(std::vector<conform::waiver> waivers, std::string today);

  /// Sets `waived` where one holds, whatever the verdict is.
  void apply(conform::case_result& to) const;
  /// What to say of them at the end: which are to be removed since the case passes, and which have
  /// expired.
  std::vector<std::string> notes(const std::vector<conform::case_result>& cases) const;

 private:
  bool holds(const conform::waiver& one) const { return one.until.empty() || today_ <= one.until; }
  std::vector<conform::waiver> waivers_;
  std::string today_;
};

/// "2026-11-26" in UTC.
std::string day_of(std::int64_t unix_ms);

}  // namespace wanwu::report
