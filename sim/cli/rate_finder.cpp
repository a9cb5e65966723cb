#include "sim/cli/rate_finder.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "reports/quantity.hpp"

namespace wanwu::cli {

namespace {

namespace chrono = std::chrono;

// Between two steps: answers still owed come in, then the new rate runs for a while unmeasured.
constexpr duration settling = chrono::seconds{2}, warm_up = chrono::milliseconds{700};
/// Workers look for new load so often; begun later they would be late by our own doing.
constexpr duration notice = chrono::milliseconds{250};
/// How long things may take to connect after the ramp, and a target to answer what a step left it with.
constexpr duration patience = chrono::seconds{30};

/// A rate below which a step of this length has too few samples.
double least_rate(const report::limit& bound, duration step) {
  const double tail = bound.stat == report::statistic::percentile ? 1 - bound.percentile / 100 : 0.05;
  return 1.2 / std::max(tail, 1e-5) / chrono::duration<double>(step).count();
}

double usual_rate(const sim::world_plan& plan) {
  double per_s = 0;
  for (const sim::planned_population& p : plan.populations) {
    if (p.telemetry) per_s += p.count * 1e9 / static_cast<double>(p.period.count());
  }
  return per_s;
}

}  // namespace

tl::expected<lang::threshold, std::string> parse_rate_bound(const std::string& text, bool arrival) {
  const bool whole = text.starts_with("telemetry.");
  auto parsed =
      lang::parse_threshold(whole ? text : (arrival ? "telemetry.e2e " : "telemetry.latency ") + text);
  const std::string wanted = "--find-rate takes a limit of latency such as 'p99 < 50 ms', not '" + text + "'";
  if (!parsed) return tl::unexpected(wanted + ": " + parsed.error().message);
  const lang::metric_id of = parsed->metric;
  const bool latency = of == lang::metric_id::telemetry_latency || of == lang::metric_id::telemetry_e2e;
  const bool upper = parsed->op == lang::comparison::less || parsed->op == lang::comparison::less_equal;
  if (!latency || !upper || parsed->unit != lang::limit_unit::time || !parsed->phase.empty() ||
      parsed->limit <= 0)
    return tl::unexpected(wanted);
  return std::move(*parsed);
}

report::rate_goal goal_of(const rate_wishes& from) {
  report::rate_goal out;
  out.bound = report::limit_of(from.bound, "");
  out.first_per_s =
      std::max(from.first_per_s > 0 ? from.first_per_s : 100.0, least_rate(out.bound, from.step));
  return out;
}

void lay_out_steps(sim::world_plan& plan, duration step) {
  const sim::since_start end = plan.when.end;
  plan.when.phases.resize(1);
  sim::since_start at = plan.when.phases.front().end;
  for (std::size_t n = 1; n <= report::rate_tries_max && (n == 1 || at + settling + step <= end); ++n) {
    plan.when.phases.push_back({fmt::format("settle-{}", n), at, at + settling});
    plan.when.phases.push_back({fmt::format("step-{}", n), at + settling, at + settling + step});
    at += settling + step;
  }
  // Time for the last step's answers.
  plan.when.end = at + settling;
}

rate_finder::rate_finder(const sim::world_plan& plan, const report::rate_goal& goal)
    : plan_{plan}, goal_{goal}, usual_per_s_{usual_rate(plan)} {}

bool rate_finder::second(report::collector& run, const sim::engine_levels& levels, time_point now,
                         time_point started) {
  if (over_) return false;
  const sim::since_start at = now - started;
  const auto& phases = plan_.when.phases;
  if (running_ && at < phases[*running_].end) return false;
  if (at < phases.front().end - notice) return false;
  if (waits_since_ == sim::since_start{}) waits_since_ = at;
  const double planned = steps_.empty() ? 0 : steps_.back().wanted_per_s;
  const bool connected =
      running_ || !steps_.empty() || (levels.all.wanted > 0 && levels.all.connected >= levels.all.wanted);
  const bool answered = static_cast<double>(levels.all.in_flight) <= std::max(3.0, planned / 1'000);
  const bool patient = at < waits_since_ + patience;
  if (patient && (!connected || !answered)) return false;
  const auto waited = report::show_time_us(chrono::duration<double, std::micro>(patience).count());
  if (!connected)
    run.log(
        now, report::log_level::warning, "rate",
        fmt::format("{} of {} things connected {} after the ramp; the search begins with these",
                    report::show_count(levels.all.connected), report::show_count(levels.all.wanted), waited));
  if (running_) end_step(run, now);
  const double next = answered ? report::next_rate(steps_, goal_) : 0;
  if (!answered)
    run.log(now, report::log_level::warning, "rate",
            fmt::format("the target still owed {} answers {} after the last step; the search ends",
                        report::show_count(levels.all.in_flight), waited));
  waits_since_ = {};
  over_ = next <= 0 || !begin_step(run, next, now, started);
  return over_;
}

bool rate_finder::begin_step(report::collector& run, double per_s, time_point now, time_point started) {
  const auto& phases = plan_.when.phases;
  while (next_phase_ < phases.size() && phases[next_phase_].begin - warm_up < now - started + notice)
    next_phase_ += 2;
  if (next_phase_ >= phases.size()) return false;
  const sim::phase_window& step = phases[next_phase_];
  if (per_s < least_rate(goal_.bound, step.end - step.begin)) return false;
  const duration length = step.end - step.begin + warm_up;
  if (!given_.append({step.begin - warm_up, length, per_s / usual_per_s_})) return false;
  run.try_rate(now, {next_phase_, per_s});
  running_ = next_phase_;
  next_phase_ += 2;
  return true;
}

void rate_finder::end_step(report::collector& run, time_point now) {
  running_.reset();
  steps_.push_back(report::look_at(run.run(), run.run().tries.back()));
  const report::rate_step& step = steps_.back();
  const std::string measured = step.value ? fmt::format(", {} was {}", goal_.bound.metric,
                                                        report::show_measure(*step.value, goal_.bound.unit))
                                          : "";
  said_ = fmt::format("{}: {}", report::show_rate(step.wanted_per_s),
                      step.reason.empty() ? "held" + measured : "not held, " + step.reason);
  run.log(now, report::log_level::info, "rate", said_);
}

}  // namespace wanwu::cli
