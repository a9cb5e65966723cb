// Runs of one suite against several targets, side by side: what a plugtest wants to know.
#pragma once

#include <string>
#include <vector>

#include "reports/cases/case_status.hpp"
#include "reports/cases/suite_record.hpp"
#include "reports/cases/suite_summary.hpp"

namespace wanwu::report {

struct compared_case {
  std::string id, objective, level;
  std::vector<std::string> clauses;
  std::vector<case_status> by_run;  ///< not_run where a run has no such case.

  /// Whether targets that were judged came to different verdicts.
  bool differs() const;
  /// The most worrying of them.
  case_status worst() const;
};

struct suite_comparison {
  std::string suite, title;
  std::vector<std::string> targets;
  std::vector<case_counts> counts;   ///< Of each run.
  std::vector<compared_case> cases;  ///< In the order of the first run that has them.
  std::vector<std::string> notes;    ///< Why they may not be comparable.
};

suite_comparison compare(const std::vector<suite_record>& runs);

}  // namespace wanwu::report
