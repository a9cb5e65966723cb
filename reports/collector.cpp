#include "reports/collector.hpp"

#include <algorithm>
#include <thread>

#include <fmt/format.h>

#include "reports/judge.hpp"
#include "reports/quantity.hpp"
#include "reports/record_lines.hpp"
#include "reports/summary.hpp"

namespace wanwu::report {

namespace {

constexpr int takes_a_second = 8;  ///< How often a worker is asked at most for what it counted.

double seconds_of(duration d) {
  return std::chrono::duration<double>(d).count();
}

std::uint32_t phase_at(const run_shape& shape, double at_s) {
  std::uint32_t index = 0;
  while (index + 1 < shape.phases.size() && at_s >= seconds_of(shape.phases[index].end)) ++index;
  return index;
}

void add_counts(series_point& point, const delta& interval) {
  for (std::size_t i = 0; i < interval.phase_count(); ++i) {
    const phase_cells* phase = interval.find_phase(i);
    if (!phase) continue;
    for (const auto index : phase->touched) {
      const cell& at = phase->cells[index];
      point.cells.push_back({cell_key::from_index(index), static_cast<std::uint32_t>(i), at.outcomes,
                             at.bytes_sent, at.bytes_received});
    }
  }
}

/// Latency of the second: each operation over everything, telemetry by sector too.
void add_latencies(series_point& point, const delta& interval, const run_shape& shape) {
  std::vector<histogram> all(operation_count, histogram{3});
  std::vector<std::pair<std::string, histogram>> sectors;
  for (std::size_t i = 0; i < interval.phase_count(); ++i) {
    const phase_cells* phase = interval.find_phase(i);
    if (!phase) continue;
    for (std::size_t op = 0; op < operation_count; ++op) all[op].merge(phase->headline[op]);
    for (const auto index : phase->touched) {
      const auto key = cell_key::from_index(index);
      if (key.op != operation::telemetry || phase->cells[index].latency.count() == 0) continue;
      const auto& sector = shape.populations[key.population].sector;
      auto found =
          std::find_if(sectors.begin(), sectors.end(), [&](const auto& s) { return s.first == sector; });
      if (found == sectors.end()) found = sectors.insert(sectors.end(), {sector, histogram{2}});
      found->second.merge(phase->cells[index].latency);
    }
  }
  for (std::size_t op = 0; op < operation_count; ++op) {
    if (all[op].count() != 0)
      point.latencies.push_back({static_cast<operation>(op), "", summarize_latency(all[op])});
  }
  for (const auto& [sector, latency] : sectors) {
    if (!sector.empty())
      point.latencies.push_back({operation::telemetry, sector, summarize_latency(latency)});
  }
}

std::string show_limit_value(const limit& of, const limit_result& got) {
  return got.value ? show_measure(*got.value, of.unit) : "";
}

template <class Count>
double per_second(const series_point& point, std::initializer_list<operation> ops, Count counted) {
  std::uint64_t n = 0;
  for (const auto& one : point.cells) {
    if (std::find(ops.begin(), ops.end(), one.key.op) != ops.end()) n += counted(one.outcomes);
  }
  return point.length_s > 0 ? static_cast<double>(n) / point.length_s : 0;
}

}  // namespace

collector::collector(run_record run, time_point started, std::optional<bundle_writer> out)
    : run_{std::move(run)},
      started_{started},
      out_{std::move(out)},
      interval_{std::make_unique<delta>(run_.shape, started)} {
  if (out_) run_.bundle_path = out_->path();
}

collector::~collector() = default;

observation_sink& collector::add_worker() {
  return *workers_.emplace_back(std::make_unique<recorder>(run_.shape, started_));
}

// Workers change to a new phase's cells at the same instant as the run asks: those still inside record() get
// asked again, or the first second of that phase would read as one in which nothing happened.
void collector::take_from_workers(series_point& point) {
  std::vector<recorder*> owing;
  for (auto& worker : workers_) owing.push_back(worker.get());
  for (int round = 0; round < takes_a_second && !owing.empty(); ++round) {
    if (round != 0) std::this_thread::sleep_for(std::chrono::milliseconds{1});
    std::erase_if(owing, [&](recorder* worker) {
      delta* got = worker->take();
      if (!got) return false;
      interval_->merge(*got);
      got->merge_into(run_.store);
      for (const auto& error : got->errors()) point.errors.push_back(error);
      worker->recycle(got);
      return true;
    });
  }
}

tick collector::second(time_point now, const gauges& levels) {
  tick out;
  series_point point;
  point.at_s = std::max(last_s_, seconds_of(now - started_));
  point.length_s = point.at_s - last_s_;
  point.phase = phase_at(run_.shape, (point.at_s + last_s_) / 2);
  point.now = levels;
  take_from_workers(point);
  add_counts(point, *interval_);
  add_latencies(point, *interval_, run_.shape);
  add_levels(run_.store, point, before_);
  before_ = levels;
  last_s_ = run_.duration_s = point.at_s;

  out.phase_changed = point.phase != phase_ && !run_.series.empty();
  phase_ = point.phase;
  if (out.phase_changed || run_.series.empty()) {
    const auto& phases = run_.shape.phases;
    log(now, log_level::info, "phase", phases.empty() ? "run" : phases[phase_].name);
    // The last phase still gets its stragglers.
    if (phase_ > 1) run_.store.pack_before(phase_ - 1);
  }
  out.newly_crossed = watch_limits(run_, point.at_s, out.must_stop);
  if (out_) {
    out_->append(point);
    out_->append_latencies(*interval_);
    out_->end_latency_second(point.at_s);
  }
  interval_->clear();
  keep(std::move(point));
  for (const auto index : out.newly_crossed) note_crossed(index);
  if (out_ && run_.bundle_problem.empty() && !out_->problem().empty()) {
    run_.bundle_problem = out_->problem();
    run_.log.push_back({last_s_, log_level::error, -1, "bundle", run_.bundle_problem});
  }
  return out;
}

// A run of hours would fill memory with its own seconds: those that are on disk wait there for finish().
void collector::keep(series_point point) {
  if (out_ && out_->problem().empty()) {
    only_on_disk_ += run_.series.size();
    run_.series.clear();
  }
  run_.series.push_back(std::move(point));
}

void collector::note_crossed(std::size_t index) {
  const auto& one = run_.limits[index];
  const auto got = evaluate(one, run_.store);
  log_entry entry{last_s_, log_level::warning, static_cast<std::int64_t>(index), "limit_crossed",
                  fmt::format("{}: now {}", one.text, show_limit_value(one, got))};
  if (out_) out_->append(entry);
  run_.log.push_back(std::move(entry));
}

void collector::log(time_point now, log_level level, std::string event, std::string text) {
  if (run_.log.size() >= bundle_log_max) return;
  log_entry entry{std::max(0.0, seconds_of(now - started_)), level, -1, std::move(event), std::move(text)};
  if (out_) out_->append(entry);
  run_.log.push_back(std::move(entry));
}

void collector::try_rate(time_point now, const rate_try& next) {
  if (run_.tries.size() >= rate_tries_max || run_.log.size() >= bundle_log_max) return;
  log_entry entry{std::max(0.0, seconds_of(now - started_)), log_level::info, -1, "rate",
                  show_rate(next.per_s)};
  entry.rate = next;
  if (out_) out_->append(entry);
  run_.log.push_back(std::move(entry));
  run_.tries.push_back(next);
}

const run_record& collector::finish(time_point now, ending how) {
  run_.end = how;
  log(now, how == ending::complete ? log_level::info : log_level::warning, "end", std::string{name_of(how)});
  run_.duration_s = std::max(run_.duration_s, seconds_of(now - started_));
  if (!out_) return run_;
  read_series_back(out_->path(), only_on_disk_, run_);
  out_->finish(run_, to_summary_json(run_, summarize(run_)));
  if (run_.bundle_problem.empty()) run_.bundle_problem = out_->problem();
  return run_;
}

progress_snapshot collector::progress() const {
  progress_snapshot out;
  const auto& phases = run_.shape.phases;
  out.name = run_.about.name;
  out.seed = run_.about.seed;
  out.phase = phases.empty() ? "run" : phases[phase_].name;
  out.phase_number = phase_ + 1;
  out.phase_count = std::max<std::size_t>(1, phases.size());
  out.at_s = last_s_;
  out.total_s = phases.empty() ? 0 : seconds_of(phases.back().end);
  out.draining = out.total_s > 0 && last_s_ > out.total_s + 0.1;  // the last second ends a little late
  out.unix_ms = run_.about.started_unix_ms + static_cast<std::int64_t>(last_s_ * 1000);
  out.problem = run_.bundle_problem;
  const gauges& now = before_;
  out.things_target = now.things_target;
  out.things_connected = now.things_connected;
  out.things_dark = now.things_dark;
  out.things_reconnecting = now.things_reconnecting;
  out.connections_up = now.connections_up;
  out.late_ratio = now.due != 0 ? static_cast<double>(now.late) / static_cast<double>(now.due) : 0;
  out.cpu = now.cpu;
  out.memory_bytes = now.memory_bytes;
  for (const auto* metric : {"telemetry", "event"}) {
    const auto sent = run_.store.read(std::string{metric} + ".sent", {}, "");
    const auto errors = run_.store.read(std::string{metric} + ".errors", {}, "");
    out.sent += sent ? sent->count : 0;
    out.errors += errors ? errors->count : 0;
  }
  add_last_second(out);
  for (const auto& one : run_.limits) {
    const auto got = evaluate(one, run_.store);
    std::string where = one.file.empty() ? "" : fmt::format("{}:{}", one.file, one.line);
    out.limits.push_back({one.text, show_limit_value(one, got), std::move(where),
                          got.found != finding::inconclusive, got.found == finding::crossed});
  }
  return out;
}

void collector::add_last_second(progress_snapshot& out) const {
  const auto arrived = run_.store.read("telemetry.lost", {}, "");
  out.arrival_measured = arrived && arrived->samples() != 0;
  out.lost = arrived ? arrived->count : 0;
  const auto latency = run_.store.read("telemetry.latency", {}, "");
  if (latency && latency->samples() != 0) {
    const auto all = summarize_latency(latency->latency);
    out.latency_count = all.count;
    out.p50_us = all.p50_us;
    out.p99_us = all.p99_us;
    out.p999_us = all.p999_us;
    out.max_us = all.max_us;
  }
  if (run_.series.empty()) return;
  const auto& point = run_.series.back();
  const auto arrivals = [](const outcome_counts& of) {
    return of[static_cast<std::size_t>(outcome::ok)] + of[static_cast<std::size_t>(outcome::reordered)];
  };
  out.out_per_s = per_second(point, {operation::telemetry, operation::event}, sent_of);
  out.arrived_per_s = per_second(point, {operation::arrived}, arrivals);
}

}  // namespace wanwu::report
