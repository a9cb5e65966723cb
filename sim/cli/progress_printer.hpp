// What a load says of itself on stderr while it runs.
#pragma once

#include <cstddef>
#include <string>

#include "reports/collector.hpp"
#include "reports/progress.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/test_run.hpp"

namespace wanwu::cli {

/// In the way asked for: a view that is drawn again, lines, JSON, or nothing.
class progress_printer {
 public:
  progress_printer(const run_wishes& wishes, const global_options& global);

  /// A line that stays.
  void say(const std::string& line);
  /// Once a second; `last`: the run is over.
  void show(const report::collector& run, const report::tick& seen, bool last);

 private:
  report::progress_mode mode_{};
  report::progress_style style_;
  std::size_t lines_ = 0;
  double shown_s_ = -1e9;
};

}  // namespace wanwu::cli
