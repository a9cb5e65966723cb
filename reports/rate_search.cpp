#include "reports/rate_search.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "reports/judge.hpp"
#include "reports/quantity.hpp"
#include "reports/run_record.hpp"

namespace wanwu::report {

namespace {

/// How far below its first rate a search goes before it says that none is held.
constexpr double lowest_share = 1.0 / 32;

std::uint64_t counted(const metric_store& store, std::string_view metric, std::string_view phase) {
  const auto got = store.read(metric, {}, phase);
  return got ? got->count : 0;
}

/// Samples below which a percentile of one step says nothing: one beyond it.
std::uint64_t samples_of_step(const limit& of) {
  if (of.stat != statistic::percentile) return 20;
  const double tail = 1 - of.percentile / 100;
  return std::max<std::uint64_t>(20, tail > 1e-9 ? static_cast<std::uint64_t>(std::llround(1 / tail)) : 20);
}

/// Answers owed at the last second of a phase, 0 when it has none.
std::uint64_t owed_at_end(const run_record& run, std::uint32_t phase) {
  for (auto point = run.series.rbegin(); point != run.series.rend(); ++point) {
    if (point->phase == phase) return point->now.owed;
  }
  return 0;
}

double share(std::uint64_t part, double whole) {
  return whole > 0 ? static_cast<double>(part) / whole : 0;
}

/// A count of random arrivals strays by so much.
double noise(double expected) {
  return 3 * std::sqrt(std::max(expected, 1.0));
}

/// "telemetry.latency p99" of "telemetry.latency p99 < 50 ms".
std::string measured_of(const limit& bound) {
  const std::string name = bound.text.substr(0, bound.text.find_first_of("<>="));
  return name.substr(0, name.find_last_not_of(' ') + 1);
}

/// Why a step does not count as held, "" when it does.
std::string shortfall(const rate_step& step, const run_record& run, double seconds) {
  const limit& bound = run.goal->bound;
  const double planned = step.wanted_per_s * seconds;
  if (share(step.failed, planned) > rate_failed_max)
    return fmt::format("{} of {} failed", show_count(step.failed),
                       show_count(static_cast<std::uint64_t>(planned)));
  if (step.value) {
    limit here = bound;
    here.phase = step.phase;
    here.min_samples = samples_of_step(bound);
    const limit_result got = evaluate(here, run.store);
    if (got.found == finding::crossed)
      return fmt::format("{} was {}", measured_of(bound), show_measure(*step.value, bound.unit));
    if (got.found == finding::inconclusive) return got.reason;
  } else {
    return "nothing was answered";
  }
  if (static_cast<double>(step.owed) > rate_owed_max * planned + noise(0))
    return fmt::format("{} more answers were owed at its end than at its begin", show_count(step.owed));
  if (step.answered_per_s * seconds < (1 - rate_missing_max) * planned - noise(planned))
    return fmt::format("only {} were answered", show_rate(step.answered_per_s));
  return "";
}

/// What this program itself lacked in a step, "" when nothing.
std::string own_trouble(const rate_step& step, const run_record& run, std::uint32_t phase) {
  if (step.late_ratio > late_ratio_max)
    return fmt::format("the generator was late for {} of its schedule", show_ratio(step.late_ratio));
  const auto drift = run.store.read("generator.drift", {}, step.phase);
  if (drift && drift->values.samples != 0 && drift->values.mean() > drift_ratio_max)
    return fmt::format("the generator's loop came round late for {} of the time",
                       show_ratio(drift->values.mean()));
  if (step.cpu > rate_cpu_max)
    return fmt::format("the busiest worker used {:.0f} % of its processor", step.cpu * 100);
  std::uint64_t ours = 0;
  if (const phase_cells* cells = run.store.find_phase(phase)) {
    for (const auto index : cells->touched) ours += cells->cells[index].of(outcome::local_error);
  }
  if (ours != 0)
    return fmt::format("this machine could not start {} (descriptors, ports or memory)", show_count(ours));
  return "";
}

std::string why_not(const rate_answer& of) {
  for (auto step = of.steps.rbegin(); step != of.steps.rend(); ++step) {
    if (step->wanted_per_s == of.not_held_per_s && step->found == of.limit) return step->reason;
  }
  return "";
}

}  // namespace

std::string_view name_of(rate_finding f) noexcept {
  constexpr std::array<std::string_view, 3> names{"held", "target", "generator"};
  return names[static_cast<std::size_t>(f)];
}

std::string show_rate(double per_s) {
  if (per_s >= 1'000) return show_count(static_cast<std::uint64_t>(std::llround(per_s))) + "/s";
  return fmt::format("{:.3g}/s", per_s);
}

rate_step look_at(const run_record& run, const rate_try& of) {
  const time_span& phase = run.shape.phases[of.phase];
  const double seconds = std::chrono::duration<double>(phase.end - phase.start).count();
  rate_step out;
  out.phase = phase.name;
  out.wanted_per_s = of.per_s;
  out.failed = counted(run.store, "telemetry.errors", phase.name);
  const double answered = static_cast<double>(counted(run.store, "telemetry.acknowledged", phase.name));
  out.answered_per_s = seconds > 0 ? answered / seconds : 0;
  const std::uint64_t before = owed_at_end(run, of.phase - 1), after = owed_at_end(run, of.phase);
  const double stray = noise(static_cast<double>(before + after));
  const double more = static_cast<double>(after) - static_cast<double>(before) - stray;
  out.owed = more > 0 ? static_cast<std::uint64_t>(more) : 0;
  if (const auto got = run.store.read(run.goal->bound.metric, run.goal->bound.tags, phase.name)) {
    const limit& bound = run.goal->bound;
    out.samples = got->samples();
    out.value = got->value(bound.stat, bound.percentile, bound.unit);
  }
  if (const auto late = run.store.read("generator.late", {}, phase.name); late && late->attempts != 0)
    out.late_ratio = static_cast<double>(late->count) / static_cast<double>(late->attempts);
  if (const auto cpu = run.store.read("generator.cpu", {}, phase.name)) out.cpu = cpu->values.mean();
  out.reason = shortfall(out, run, seconds);
  if (out.reason.empty()) return out;
  // Lateness of our own makes a target look worse, never better: what was held in spite of it was held.
  const std::string ours = own_trouble(out, run, of.phase);
  out.found = ours.empty() ? rate_finding::target : rate_finding::generator;
  if (!ours.empty()) out.reason = ours + "; " + out.reason;
  return out;
}

namespace {

/// The highest rate held and the lowest above it that was not.
struct bracket {
  double held = 0, not_held = 0;
  rate_finding limit = rate_finding::held;
};
bracket bracket_of(std::span<const rate_step> steps) {
  bracket out;
  for (const rate_step& step : steps) {
    if (step.found == rate_finding::held) out.held = std::max(out.held, step.wanted_per_s);
  }
  for (const rate_step& step : steps) {
    if (step.wanted_per_s <= out.held) continue;
    if (out.not_held != 0 && step.wanted_per_s > out.not_held) continue;
    // Of two tries the one in which this program was in time tells.
    if (step.wanted_per_s == out.not_held && out.limit == rate_finding::target) continue;
    out.not_held = step.wanted_per_s;
    out.limit = step.found;
  }
  return out;
}

}  // namespace

double next_rate(std::span<const rate_step> steps, const rate_goal& goal) {
  if (steps.empty()) return goal.first_per_s;
  const rate_step& last = steps.back();
  const bool again = steps.size() > 1 && steps[steps.size() - 2].wanted_per_s == last.wanted_per_s;
  if (last.found != rate_finding::held && !again) return last.wanted_per_s;
  const bracket now = bracket_of(steps);
  if (now.not_held == 0) return now.held * 2;
  if (now.held == 0) return now.not_held / 2 >= goal.first_per_s * lowest_share ? now.not_held / 2 : 0;
  return now.not_held <= now.held * (1 + goal.precision) ? 0 : std::sqrt(now.held * now.not_held);
}

rate_answer answer_of(const run_record& run) {
  rate_answer out;
  for (const rate_try& one : run.tries) {
    if (one.phase > 0 && one.phase < run.shape.phases.size()) out.steps.push_back(look_at(run, one));
  }
  const bracket found = bracket_of(out.steps);
  out.held_per_s = found.held;
  out.not_held_per_s = found.not_held;
  out.limit = found.limit;
  out.narrow = !out.steps.empty() && next_rate(out.steps, *run.goal) == 0;
  return out;
}

void add_rate_reasons(judgement& out, const run_record& run) {
  const rate_answer got = answer_of(run);
  const std::string& bound = run.goal->bound.text;
  const auto say = [&](verdict v, std::string why) {
    out.result = worse(out.result, v);
    out.reasons.push_back(std::move(why));
  };
  const std::string held = got.held_per_s > 0
                               ? fmt::format("the target held {} with {}", show_rate(got.held_per_s), bound)
                               : fmt::format("no rate was held with {}", bound);
  if (got.steps.empty()) return say(verdict::inconclusive, "no rate was tried to its end");
  if (got.not_held_per_s == 0)
    return say(verdict::inconclusive, held + ", and the search ended before it met a limit (--for)");
  const std::string beyond = fmt::format("not {}: {}", show_rate(got.not_held_per_s), why_not(got));
  if (got.limit == rate_finding::generator) {
    say(verdict::inconclusive, "the generator was the limit: " + held + ", " + beyond);
    return;
  }
  if (got.held_per_s == 0) return say(verdict::fail, held + ", " + beyond);
  say(verdict::pass, held);
  out.reasons.push_back(beyond);
  if (!got.narrow) out.reasons.push_back("the search ended before it had narrowed this down (--for)");
}

}  // namespace wanwu::report
