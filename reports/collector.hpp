// Once a second: takes what the workers counted, adds it to the run's record, appends it to the bundle,
// watches the thresholds. The run's own thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "reports/bundle.hpp"
#include "reports/progress.hpp"
#include "reports/recorder.hpp"
#include "reports/run_record.hpp"

namespace wanwu::report {

/// What a second brought.
struct tick {
  std::vector<std::size_t> newly_crossed;  ///< Indices of limits crossed for the first time.
  bool must_stop{};                        ///< A limit with `abort` was crossed, its grace over.
  bool phase_changed{};
};

/// Usage: construct; add_worker() for each worker; second() each second; finish().
class collector {
 public:
  /// `started` is T0 on the run's clock. `run` needs shape, limits and manifest. `out` may be absent: then
  /// the run is kept in memory only.
  collector(run_record run, time_point started, std::optional<bundle_writer> out);
  ~collector();

  /// The sink of one more worker; lives as long as the collector. All before the first second().
  observation_sink& add_worker();

  /// Call about once a second, and once at the end after the workers have stopped. `now` on the run's clock.
  /// Waits some milliseconds at most for workers that are counting just then.
  tick second(time_point now, const gauges& levels);
  /// From now on this rate is given, and measured in its phase. Only for runs with a goal.
  void try_rate(time_point now, const rate_try& next);
  void log(time_point now, log_level level, std::string event, std::string text);

  /// Judges, writes summary.json, closes the bundle. The workers must have stopped.
  const run_record& finish(time_point now, ending how);

  /// Before finish() a run with a bundle has only its last second in `series`.
  const run_record& run() const noexcept { return run_; }
  /// Gives the record away; the collector is of no use after it.
  run_record take_run() && { return std::move(run_); }
  /// What progress views show, as of the last second().
  progress_snapshot progress() const;

 private:
  void take_from_workers(series_point& point);
  void keep(series_point point);
  void note_crossed(std::size_t index);
  void add_last_second(progress_snapshot& out) const;

  run_record run_;
  time_point started_;
  std::optional<bundle_writer> out_;
  std::vector<std::unique_ptr<recorder>> workers_;
  std::unique_ptr<delta> interval_;
  gauges before_;
  double last_s_{};
  std::uint32_t phase_{};
  std::size_t only_on_disk_{};  ///< Seconds that the bundle has and run_.series has not.
};

}  // namespace wanwu::report
