#include "reports/summary.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <system_error>

#include <fmt/format.h>

#include "reports/quantity.hpp"
#include "scenarios/language/metric_table.hpp"

namespace wanwu::report {

namespace {

using tags = std::vector<std::pair<std::string, std::string>>;

metric_row row_of(std::string_view metric, const reading& got) {
  metric_row row;
  row.metric = metric;
  row.attempts = got.attempts;
  row.count = got.what == reading::kind::latency ? got.latency.count() : got.count;
  if (got.what == reading::kind::latency) {
    row.has_latency = true;
    row.p50_us = got.latency.percentile(50);
    row.p90_us = got.latency.percentile(90);
    row.p99_us = got.latency.percentile(99);
    row.p999_us = got.latency.percentile(99.9);
    row.max_us = got.latency.max();
    row.mean_us = got.latency.mean();
    row.error_bound = got.latency.error_bound();
  }
  return row;
}

void add_row(summary& out, const metric_store& store, std::string_view metric, const tags& by,
             const std::string& phase) {
  const auto got = store.read(metric, by, phase);
  if (!got || got->what == reading::kind::level || (got->samples() == 0 && got->count == 0)) return;
  metric_row row = row_of(metric, *got);
  row.phase = phase;
  for (const auto& [key, value] : by) {
    if (key == "sector") row.sector = value;
    if (key == "kind") row.kind = value;
    if (key == "protocol") row.protocol = value;
  }
  out.metrics.push_back(std::move(row));
}

/// Every metric with samples: the whole run, each phase, each sector x kind x protocol of the whole run.
void add_metrics(summary& out, const run_record& run) {
  std::set<std::array<std::string, 3>> groups;
  for (std::size_t i = 0; i < run.store.phase_count(); ++i) {
    const phase_cells* phase = run.store.find_phase(i);
    if (!phase) continue;
    for (const auto index : phase->touched) {
      const auto key = cell_key::from_index(index);
      const auto& population = run.shape.populations[key.population];
      groups.insert({population.sector, population.kind, std::string{name_of(key.via)}});
    }
  }
  for (const auto& metric : lang::metrics()) {
    add_row(out, run.store, metric.name, {}, "");
    for (const auto& phase : run.shape.phases) {
      if (run.shape.phases.size() > 1) add_row(out, run.store, metric.name, {}, phase.name);
    }
    if (!metric.tagged) continue;
    for (const auto& [sector, kind, via] : groups) {
      add_row(out, run.store, metric.name, {{"sector", sector}, {"kind", kind}, {"protocol", via}}, "");
    }
  }
}

std::string code_text(outcome result, protocol via, std::uint16_t code) {
  if (code == 0) return via == protocol::coap && result == outcome::refused ? ", by a reset" : "";
  // A link may end by the target's DISCONNECT too: its reasons begin where numbers of socket errors have
  // ended.
  const bool said_why = via == protocol::mqtt && result == outcome::broken_link && code >= 0x80;
  if (!said_why &&
      (result == outcome::unreachable || result == outcome::broken_link || result == outcome::local_error))
    return ", " + std::generic_category().message(code);
  switch (via) {
    case protocol::mqtt:
      return fmt::format(", reason 0x{:02x}", code);
    case protocol::coap:
      return fmt::format(", code {}.{:02}", code >> 5, code & 31);
    case protocol::http:
      return fmt::format(", status {}", code);
  }
  return "";
}

std::string spoken(outcome result) {
  std::string word{name_of(result)};
  std::replace(word.begin(), word.end(), '_', ' ');
  return word;
}

/// Failures that read the same are one row, whoever had them.
void add_errors(summary& out, const run_record& run) {
  auto groups = run.store.errors();
  std::stable_sort(groups.begin(), groups.end(),
                   [](const auto& a, const auto& b) { return a.count > b.count; });
  std::map<std::string, std::size_t> row_by_text, kinds_by_text;
  for (const auto& group : groups) {
    const auto& population = run.shape.populations[group.population];
    const auto what = fmt::format("{} over {}: {}{}", name_of(group.op), name_of(group.via),
                                  spoken(group.result), code_text(group.result, group.via, group.code));
    const double first = std::chrono::duration<double>(group.first).count(),
                 last = std::chrono::duration<double>(group.last).count();
    ++kinds_by_text[what];
    const auto [known, is_new] = row_by_text.emplace(what, out.errors.size());
    if (is_new) {
      const auto who =
          population.sector.empty() ? population.kind : population.sector + "/" + population.kind;
      out.errors.push_back({what, who, group.count, first, last});
      continue;
    }
    auto& row = out.errors[known->second];
    row.count += group.count;
    row.first_s = std::min(row.first_s, first);
    row.last_s = std::max(row.last_s, last);
  }
  for (auto& row : out.errors) {
    const auto more = kinds_by_text[row.what] - 1;
    if (more != 0) row.who += fmt::format(" and {} more {}", more, more == 1 ? "kind" : "kinds");
  }
  std::stable_sort(out.errors.begin(), out.errors.end(),
                   [](const auto& a, const auto& b) { return a.count > b.count; });
  out.errors_uncounted = run.store.errors_uncounted();
}

std::uint64_t count_of(const metric_store& store, std::string_view metric) {
  const auto got = store.read(metric, {}, "");
  return got ? got->count : 0;
}

void add_latency(headline& out, const metric_store& store) {
  const auto got = store.read("telemetry.latency", {}, "");
  if (!got || got->samples() == 0) return;
  out.latency_count = got->latency.count();
  out.p50_us = got->latency.percentile(50);
  out.p99_us = got->latency.percentile(99);
  out.p999_us = got->latency.percentile(99.9);
  out.max_us = got->latency.max();
}

void add_bystanders(headline& out, const metric_store& store) {
  const auto during = store.read("bystander.latency", {}, "");
  const auto usual = store.read("bystander.usual", {}, "");
  if (during) out.bystanders = summarize_latency(during->latency);
  if (usual) out.bystanders_usual = summarize_latency(usual->latency);
  out.bystander_errors = count_of(store, "bystander.errors");
}

/// Sent in one second: telemetry and events of all populations.
std::uint64_t sent_in(const series_point& point) {
  std::uint64_t n = 0;
  for (const auto& one : point.cells) {
    if (one.key.op != operation::telemetry && one.key.op != operation::event) continue;
    n += sent_of(one.outcomes);
  }
  return n;
}

headline headline_of(const run_record& run) {
  headline out;
  for (const auto& one : run.shape.populations) out.things += one.count;
  for (const auto& point : run.series) {
    out.connected_max = std::max(out.connected_max, point.now.things_connected);
    if (point.length_s > 0.5)
      out.sent_per_s_max = std::max(out.sent_per_s_max, static_cast<double>(sent_in(point)) / point.length_s);
  }
  if (!run.series.empty()) out.connected_end = run.series.back().now.things_connected;
  for (const auto* word : {"telemetry", "event"}) {
    out.sent += count_of(run.store, fmt::format("{}.sent", word));
    out.acknowledged += count_of(run.store, fmt::format("{}.acknowledged", word));
  }
  for (const auto op : {operation::telemetry, operation::event})
    out.cut_off += run.store.total(op, outcome::cut_off);
  for (const auto* metric : {"telemetry.errors", "event.errors", "ack.errors", "read.errors",
                             "register.errors", "connect.failed", "reconnect.failed"}) {
    out.errors += count_of(run.store, metric);
  }
  const auto arrived = run.store.read("telemetry.arrived", {}, "");
  out.arrival_measured = arrived && arrived->samples() != 0;
  out.arrived = arrived ? arrived->count : 0;
  out.lost = count_of(run.store, "telemetry.lost");
  out.duplicates = count_of(run.store, "telemetry.duplicates");
  out.reordered = count_of(run.store, "telemetry.reordered");
  if (run.duration_s > 0) out.sent_per_s = static_cast<double>(out.sent) / run.duration_s;
  add_latency(out, run.store);
  add_bystanders(out, run.store);
  return out;
}

void add_worst(self_gauges& into, const self_gauges& seen) {
  for (const auto which :
       {&self_gauges::drift_us, &self_gauges::away_us, &self_gauges::descriptors, &self_gauges::tcp_sockets,
        &self_gauges::tcp_time_wait, &self_gauges::udp_drops, &self_gauges::queue_drops,
        &self_gauges::tcp_sent, &self_gauges::tcp_sent_again, &self_gauges::tcp_loss_probes,
        &self_gauges::link_samples, &self_gauges::link_sent, &self_gauges::link_sent_again,
        &self_gauges::round_trip_us, &self_gauges::clock_jump_us})
    into.*which = std::max(into.*which, seen.*which);
}

generator_health health_of(const run_record& run) {
  generator_health out;
  for (const auto& point : run.series) {
    out.cpu_max = std::max(out.cpu_max, point.now.cpu);
    out.cpu_wait_max = std::max(out.cpu_wait_max, point.now.cpu_wait);
    out.lag_us_max = std::max(out.lag_us_max, point.now.lag_us);
    out.memory_bytes_max = std::max(out.memory_bytes_max, point.now.memory_bytes);
    add_worst(out.worst, point.now.self);
  }
  out.drift_us_max = out.worst.drift_us;
  if (const auto drift = run.store.read("generator.drift", {}, ""); drift && drift->values.samples != 0)
    out.drift_ratio = drift->values.mean();
  if (const auto lateness = run.store.read("generator.lateness", {}, ""))
    out.lateness = summarize_latency(lateness->latency);
  const auto late = run.store.read("generator.late", {}, "");
  out.due = late ? late->attempts : 0;
  out.late = late ? late->count : 0;
  out.late_ratio = out.due != 0 ? static_cast<double>(out.late) / static_cast<double>(out.due) : 0;
  out.openings = count_of(run.store, "generator.openings");
  out.openings_late = count_of(run.store, "generator.openings_late");
  out.script_errors = count_of(run.store, "script.errors");
  for (std::size_t op = 0; op < operation_count; ++op)
    out.local_errors += run.store.total(static_cast<operation>(op), outcome::local_error);
  return out;
}

std::string sentence_of(const run_record& run, const summary& of) {
  static constexpr std::array words{"Not applicable", "Pass", "Inconclusive", "Fail", "Error"};
  const auto& word = words[static_cast<std::size_t>(of.judged.result)];
  const auto& name = run.about.title.empty() ? run.about.name : run.about.title;
  return fmt::format("{}: {}. {}", word, name.empty() ? "the run" : name,
                     of.judged.reasons.empty() ? "" : of.judged.reasons.front() + ".");
}

}  // namespace

std::string cut_off_words(const headline& of) {
  if (of.cut_off == 0) return "";
  return fmt::format(", {} cut off by the run's own storms and ramps", show_count(of.cut_off));
}

summary summarize(const run_record& run) {
  summary out;
  out.judged = judge(run);
  out.totals = headline_of(run);
  out.generator = health_of(run);
  if (run.goal) out.rates = answer_of(run);
  add_metrics(out, run);
  add_errors(out, run);
  out.sentence = sentence_of(run, out);
  return out;
}

}  // namespace wanwu::report
