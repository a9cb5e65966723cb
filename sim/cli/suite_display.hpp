// What is shown while a suite is played: a line for each case as it ends, what failed at once.
#pragma once

#include <chrono>
#include <cstddef>
#include <set>
#include <string>
#include <utility>

#include "reports/cases/case_status.hpp"
#include "reports/cases/suite_record.hpp"
#include "reports/progress.hpp"
#include "reports/writers/writers.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/test_run.hpp"

namespace wanwu::cli {

/// Result lines go to stdout; the line that changes, and lines for programs, to stderr.
class suite_display {
 public:
  /// `total`: how often a case will end, over all configurations.
  suite_display(const report::suite_record& run, std::size_t total, const run_wishes& wishes,
                const global_options& global);

  /// `news`: it is the first verdict of this case, or one that outweighs those before.
  void ended(const conform::case_result& one, bool news);
  void said(const std::string& note);
  /// Clears what was only for the moment.
  void finish();

 private:
  void print(const conform::case_result& one);
  void annotate(const conform::case_result& one);
  void redraw(const conform::case_result& last);
  void clear_line();

  const report::suite_record& run_;
  std::size_t total_, ended_ = 0, failed_ = 0, unclear_ = 0, annotated_ = 0;
  report::progress_mode mode_{};
  bool only_findings_{}, quiet_{}, github_{}, line_shown_ = false;
  std::set<std::string> told_;  ///< Cases, without their rows.
  std::set<std::pair<std::string, report::case_status>> shown_;
  int columns_ = 80;
  report::terminal_style style_;
  std::chrono::steady_clock::time_point drawn_;
};

}  // namespace wanwu::cli
