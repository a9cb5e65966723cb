#include "reports/judge.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "reports/quantity.hpp"

namespace wanwu::report {

namespace {

bool holds(comparison op, double value, double bound) noexcept {
  switch (op) {
    case comparison::less:
      return value < bound;
    case comparison::at_most:
      return value <= bound;
    case comparison::greater:
      return value > bound;
    case comparison::at_least:
      return value >= bound;
    case comparison::equal:
      return value == bound;
  }
  return false;
}

/// About ourselves: crossing it says nothing about the target.
bool is_about_generator(const limit& of) noexcept {
  return of.metric.starts_with("generator.") || of.metric.starts_with("script.");
}

/// `metric`: generator.late or generator.openings_late.
double late_ratio(const metric_store& store, std::string_view metric, std::string_view phase) {
  const auto late = store.read(metric, {}, phase);
  return late && late->attempts != 0 ? static_cast<double>(late->count) / static_cast<double>(late->attempts)
                                     : 0;
}

bool is_latency_of_connections(const limit& of) noexcept {
  return of.metric == "connect.latency" || of.metric == "reconnect.time";
}

std::string counted(std::uint64_t n, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", show_count(n), n == 1 ? one : many);
}

double drift_ratio(const metric_store& store, std::string_view phase) {
  const auto drift = store.read("generator.drift", {}, phase);
  return drift && drift->values.samples != 0 ? drift->values.mean() : 0;
}

/// How much the generator may lack: what the user demands of it for the whole run, else our own rule.
double allowed(const run_record& run, std::string_view metric, statistic stat, double rule) {
  for (const auto& one : run.limits) {
    if (one.metric == metric && one.stat == stat && one.phase.empty()) return one.bound;
  }
  return rule;
}

/// A total that must become large is not missed before the end.
bool can_be_judged_early(const limit& of) noexcept {
  const bool wants_much = of.op == comparison::greater || of.op == comparison::at_least ||
                          (of.op == comparison::equal && of.bound != 0);
  const bool grows = of.stat == statistic::count || of.stat == statistic::max;
  return !(grows && wants_much);
}

/// Links asked for and got, by protocol. First connections and returns alike.
struct reach {
  std::uint64_t tried{}, opened{}, unreachable{};
};
reach reach_of(const metric_store& store, protocol via) {
  reach out;
  for (std::size_t i = 0; i < outcome_count; ++i) {
    const auto result = static_cast<outcome>(i);
    for (const auto op : {operation::connect, operation::reconnect})
      out.tried += store.total(op, result, via);
  }
  // What the target answered at all, it can be reached by.
  for (std::size_t i = 0; i < operation_count; ++i) {
    const auto op = static_cast<operation>(i);
    if (op == operation::disconnect) continue;
    out.opened += store.total(op, outcome::ok, via) + store.total(op, outcome::refused, via) +
                  store.total(op, outcome::malformed_answer, via);
    const auto silent = store.total(op, outcome::unreachable, via) +
                        store.total(op, outcome::timed_out, via) + store.total(op, outcome::broken_link, via);
    out.unreachable += silent;
  }
  return out;
}

struct world {
  std::vector<std::string> unreachable;  ///< Protocols of which nothing was ever answered.
  bool reachable{};                      ///< At least one protocol was.
  double late_allowed{late_ratio_max}, drift_allowed{drift_ratio_max},
      openings_late_allowed{openings_late_ratio_max};
  bool measured{};     ///< At least one operation ended well.
  bool closed_loop{};  ///< Without a schedule the loop may take its time.
};

world look_around(const metric_store& store) {
  world out;
  for (std::size_t i = 0; i < protocol_count; ++i) {
    const auto via = static_cast<protocol>(i);
    const reach got = reach_of(store, via);
    if (got.opened != 0) out.reachable = true;
    if (got.opened == 0 && got.unreachable != 0) {
      out.unreachable.push_back(fmt::format("target not reachable over {}: {}, none answered", name_of(via),
                                            counted(std::max(got.tried, got.unreachable), "try", "tries")));
    }
    for (std::size_t op = 0; op < operation_count; ++op) {
      if (static_cast<operation>(op) == operation::disconnect) continue;
      if (store.total(static_cast<operation>(op), outcome::ok, via) != 0) out.measured = true;
    }
  }
  return out;
}

/// Why the generator was the limit in a phase ("" = the whole run), "" when it was not.
std::string own_limit(const metric_store& store, std::string_view phase, const world& seen) {
  if (const double late = late_ratio(store, "generator.late", phase); late > seen.late_allowed) {
    const auto lateness = store.read("generator.lateness", {}, phase);
    const std::string worst =
        lateness && lateness->samples() != 0
            ? fmt::format(", up to {}", show_time_us(static_cast<double>(lateness->latency.max())))
            : "";
    return fmt::format("it was late for {} of its schedule{}", show_ratio(late), worst);
  }
  if (const double drift = drift_ratio(store, phase); drift > seen.drift_allowed && !seen.closed_loop)
    return fmt::format("its loop came round late for {} of the time", show_ratio(drift));
  return "";
}

/// What the run as a whole does to a limit that was decided on the numbers alone.
void weigh(limit_result& result, const limit& of, const metric_store& store, const world& seen) {
  if (result.found == finding::inconclusive) return;
  const auto doubt = [&](std::string why) {
    result.found = finding::inconclusive;
    result.reason = std::move(why);
  };
  if (is_about_generator(of)) {
    if (result.found == finding::crossed)
      doubt("the generator itself did not hold it, so the target cannot be judged");
    return;
  }
  if (const std::string ours = own_limit(store, of.phase, seen); !ours.empty())
    return doubt("the generator was the limit: " + ours + " meanwhile");
  if (result.found == finding::crossed && is_latency_of_connections(of)) {
    const double late = late_ratio(store, "generator.openings_late", of.phase);
    if (late > seen.openings_late_allowed)
      return doubt(fmt::format("the generator was the limit: it began {} of its connections late meanwhile",
                               show_ratio(late)));
  }
  if (!seen.reachable) return doubt("the target was never reached");
  // Wrong credentials or a wrong port look like this too: the test is to be looked at first.
  if (!seen.measured && of.metric == "things.connected") doubt("nobody was ever let in");
}

std::string crossed_reason(const limit& of, const limit_result& got) {
  return fmt::format("{} is {}, the limit is {} {}", of.text,
                     got.value ? show_measure(*got.value, of.unit) : "unknown", show_comparison(of.op),
                     show_measure(of.bound, of.unit));
}

void add_limit_reasons(judgement& out, const run_record& run) {
  std::uint64_t crossed = 0, unknown = 0, advice = 0;
  std::string first_unknown;
  for (std::size_t i = 0; i < run.limits.size(); ++i) {
    const auto& got = out.limits[i];
    if (got.found == finding::crossed) ++(run.limits[i].should ? advice : crossed);
    if (got.found != finding::inconclusive || run.limits[i].should) continue;
    if (unknown++ == 0) first_unknown = fmt::format("{}: {}", run.limits[i].text, got.reason);
  }
  if (crossed != 0) {
    out.result = worse(out.result, verdict::fail);
    out.reasons.push_back(counted(crossed, "threshold crossed", "thresholds crossed"));
    for (std::size_t i = 0; i < run.limits.size(); ++i) {
      if (out.limits[i].found == finding::crossed && !run.limits[i].should)
        out.reasons.push_back(crossed_reason(run.limits[i], out.limits[i]));
    }
  }
  if (unknown != 0) {
    out.result = worse(out.result, verdict::inconclusive);
    out.reasons.push_back(fmt::format(
        "{} not be decided ({})", counted(unknown, "threshold could", "thresholds could"), first_unknown));
  }
  if (advice != 0)
    out.reasons.push_back(
        fmt::format("{}, as advice only", counted(advice, "threshold crossed", "thresholds crossed")));
}

/// What the generator had too little of, as far as can be told.
std::string busiest(const metric_store& store) {
  const auto cpu = store.read("generator.cpu", {}, "");
  if (!cpu || cpu->values.samples == 0) return "";
  const auto waits = store.read("generator.cpu_wait", {}, "");
  const double waited = waits && waits->values.samples != 0 ? waits->values.max : 0;
  const std::string others =
      waited >= 0.05
          ? fmt::format("; one waited {:.0f} % of a second while others had the processor", waited * 100)
      : cpu->values.max < 0.8 ? ", so something else kept it from running"
                              : "";
  return fmt::format(" (its busiest worker used up to {:.0f} % of a processor{})", cpu->values.max * 100,
                     others);
}

void add_world_reasons(judgement& out, const run_record& run, const world& seen) {
  const auto doubt = [&](std::string why) {
    out.result = worse(out.result, verdict::inconclusive);
    out.reasons.push_back(std::move(why));
  };
  for (const auto& one : seen.unreachable) doubt(one);
  if (!seen.measured && seen.unreachable.empty()) doubt("nothing was measured: no operation ended well");
  // A search goes beyond what anybody holds, and looks at each of its steps itself.
  if (const std::string ours = own_limit(run.store, "", seen); !ours.empty() && !run.goal)
    doubt("the generator was the limit: " + ours + busiest(run.store));
  std::uint64_t ours = 0;
  for (std::size_t op = 0; op < operation_count; ++op)
    ours += run.store.total(static_cast<operation>(op), outcome::local_error);
  if (ours != 0 && !run.goal)
    doubt(fmt::format("this machine could not start {} (descriptors, ports or memory; see wanwu doctor)",
                      counted(ours, "operation", "operations")));
  const auto scripts = run.store.read("script.errors", {}, "");
  if (scripts && scripts->count != 0)
    doubt(counted(scripts->count, "script error stopped a thing", "script errors stopped things"));
  if (run.end == ending::running)
    doubt(fmt::format("the run was cut at {}: no end was written", show_clock(run.duration_s)));
  if (run.end == ending::interrupted || run.end == ending::terminated)
    doubt(fmt::format("the run was interrupted at {}", show_clock(run.duration_s)));
  // A crossed threshold outweighs it; without one, what was planned was not seen to its end.
  if (run.end == ending::aborted)
    doubt(fmt::format("the run was ended early, at {}", show_clock(run.duration_s)));
}

}  // namespace

std::string_view name_of(finding f) noexcept {
  constexpr std::array<std::string_view, 3> names{"holds", "crossed", "inconclusive"};
  return names[static_cast<std::size_t>(f)];
}

finding finding_of(rate_finding f) noexcept {
  switch (f) {
    case rate_finding::held:
      return finding::holds;
    case rate_finding::target:
      return finding::crossed;
    case rate_finding::generator:
      break;
  }
  return finding::inconclusive;
}

std::uint64_t samples_needed(const limit& of) noexcept {
  if (of.min_samples != 0) return of.min_samples;
  if (of.stat != statistic::percentile) return 1;
  const double tail = 1 - of.percentile / 100;
  return tail > 1e-9 ? static_cast<std::uint64_t>(std::llround(100 / tail)) : 1;
}

limit_result evaluate(const limit& of, const metric_store& store) {
  limit_result out;
  out.found = finding::inconclusive;
  out.samples_needed = samples_needed(of);
  const auto got = store.read(of.metric, of.tags, of.phase);
  if (!got) {
    out.reason = "there is no such metric or phase in this run";
    return out;
  }
  out.samples = got->samples();
  if (out.samples == 0) {
    out.reason = "no samples";
    return out;
  }
  out.value = got->value(of.stat, of.percentile, of.unit);
  if (!out.value) {
    out.reason = "this statistic cannot be computed for this metric";
    return out;
  }
  if (out.samples < out.samples_needed) {
    out.reason = fmt::format("{} of the {} it needs; run longer, or set min_samples",
                             counted(out.samples, "sample", "samples"), show_count(out.samples_needed));
    return out;
  }
  out.found = holds(of.op, *out.value, of.bound) ? finding::holds : finding::crossed;
  return out;
}

judgement judge(const run_record& run) {
  judgement out;
  out.result = verdict::pass;
  world seen = look_around(run.store);
  seen.late_allowed = allowed(run, "generator.late", statistic::ratio, late_ratio_max);
  seen.openings_late_allowed =
      allowed(run, "generator.openings_late", statistic::ratio, openings_late_ratio_max);
  // Who lets starts be late lets loops be late, which is what makes them so.
  const double tolerated = seen.late_allowed > late_ratio_max ? seen.late_allowed : 0;
  seen.drift_allowed = allowed(run, "generator.drift", statistic::mean, std::max(drift_ratio_max, tolerated));
  seen.closed_loop = run.about.closed_loop;
  for (std::size_t i = 0; i < run.limits.size(); ++i) {
    auto result = evaluate(run.limits[i], run.store);
    weigh(result, run.limits[i], run.store, seen);
    result.first_crossed_s = run.first_crossed_s[i];
    out.limits.push_back(std::move(result));
  }
  if (run.goal) add_rate_reasons(out, run);
  add_limit_reasons(out, run);
  add_world_reasons(out, run, seen);
  if (out.reasons.empty()) {
    out.reasons.push_back(
        run.limits.empty() ? "no thresholds were given; everything ran"
                           : fmt::format("{} held", counted(run.limits.size(), "threshold", "thresholds")));
  }
  return out;
}

std::vector<std::size_t> watch_limits(run_record& run, double at_s, bool& must_stop) {
  std::vector<std::size_t> fresh;
  for (std::size_t i = 0; i < run.limits.size(); ++i) {
    const auto& one = run.limits[i];
    if (!can_be_judged_early(one)) continue;
    if (evaluate(one, run.store).found != finding::crossed) continue;
    double begins_s = 0;
    for (const auto& phase : run.shape.phases) {
      if (phase.name == one.phase) begins_s = std::chrono::duration<double>(phase.start).count();
    }
    const bool in_grace = at_s < begins_s + std::chrono::duration<double>(one.grace).count();
    if (one.abort && !in_grace) must_stop = true;
    if (run.first_crossed_s[i] >= 0) continue;
    run.first_crossed_s[i] = at_s;
    fresh.push_back(i);
  }
  return fresh;
}

}  // namespace wanwu::report
