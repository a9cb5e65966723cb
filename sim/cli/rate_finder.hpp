// `load --find-rate`: steps of load within one run, on connections that stand, until the highest rate that
// holds is known.
#pragma once

#include <optional>
#include <string>

#include "reports/collector.hpp"
#include "scenarios/language/threshold.hpp"
#include "sim/engine.hpp"
#include "sim/pace.hpp"

namespace wanwu::cli {

/// What --find-rate asks for.
struct rate_wishes {
  lang::threshold bound;
  double first_per_s{};  ///< Where to begin; 0 = as low as still gives a step enough samples.
  duration step = std::chrono::seconds{4};
};
/// "p99 < 50 ms" means telemetry.latency, or of QoS 0, whose answer is only that it left, telemetry.e2e; a
/// whole threshold means itself. Why not, as a sentence, when it is none or not an upper limit of a latency.
tl::expected<lang::threshold, std::string> parse_rate_bound(const std::string& text, bool arrival);

report::rate_goal goal_of(const rate_wishes& from);
/// Divides the time after the plan's first phase, the ramp, into settling and steps by turns.
void lay_out_steps(sim::world_plan& plan, duration step);

/// Decides once a second. One thread.
class rate_finder {
 public:
  /// Of a plan laid out by lay_out_steps(), which outlives the finder.
  rate_finder(const sim::world_plan& plan, const report::rate_goal& goal);

  /// For engine_options.
  const sim::pace& given() const { return given_; }
  /// After collector::second(). True once the search is over: end the run.
  bool second(report::collector& run, const sim::engine_levels& levels, time_point now, time_point started);
  /// What the last second() found out, for the user; "" when nothing.
  std::string said() { return std::move(said_); }

 private:
  bool begin_step(report::collector& run, double per_s, time_point now, time_point started);
  void end_step(report::collector& run, time_point now);

  const sim::world_plan& plan_;
  report::rate_goal goal_;
  sim::pace given_;
  double usual_per_s_ = 0;  ///< What the plan's things give with a factor of 1.
  std::vector<report::rate_step> steps_;
  std::optional<std::uint32_t> running_;  ///< Phase of the step that was begun and not yet looked at.
  std::uint32_t next_phase_ = 2;          ///< Odd ones settle, even ones measure; 0 is the ramp.
  sim::since_start waits_since_{};
  bool over_ = false;
  std::string said_;
};

}  // namespace wanwu::cli
