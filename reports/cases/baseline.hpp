// An earlier run as the measure of a new one: what failed there is known, what passed there and fails now is
// a regression.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "reports/bundle.hpp"
#include "scenarios/conformance/case_result.hpp"
#include "scenarios/verdict.hpp"

namespace wanwu::report {

class baseline {
 public:
  /// A bundle, or the summary.json of one.
  static bundle_result<baseline> read(const std::string& path);

  /// Sets `waived` for a case that did not pass there either.
  void apply(conform::case_result& to) const;
  /// Ids of cases that passed there and fail now.
  std::vector<std::string> regressions(const std::vector<conform::case_result>& cases) const;
  /// What to say at the end: which known failures pass now.
  std::vector<std::string> notes(const std::vector<conform::case_result>& cases) const;

 private:
  std::string run_;
  std::map<std::string, verdict, std::less<>> verdicts_;
};

}  // namespace wanwu::report
