// summary.json, schema wanwu.report/v1: additive only, integers with their unit in the name.
#include <cmath>

#include <nlohmann/json.hpp>

#include "reports/quantity.hpp"
#include "reports/summary.hpp"

namespace wanwu::report {

namespace {

using json = nlohmann::ordered_json;

/// "value" and "limit" with the unit in the key: value_us, value_ratio, value_per_s, value.
void put_measure(json& into, std::string name, double value, measure unit) {
  switch (unit) {
    case measure::time_us:
      into[name + "_us"] = std::llround(value);
      return;
    case measure::ratio:
      into[name + "_ratio"] = value;
      return;
    case measure::rate:
      into[name + "_per_s"] = value;
      return;
    case measure::number:
      into[name] = value;
      return;
  }
}

std::string where_of(const limit& of) {
  if (of.file.empty()) return "";
  return of.file + ":" + std::to_string(of.line) + ":" + std::to_string(of.column);
}

json limit_json(const run_record& run, const limit& of, const limit_result& got) {
  json out{{"text", of.text}, {"result", name_of(got.found)}, {"level", of.should ? "should" : "must"}};
  if (got.value) put_measure(out, "value", *got.value, of.unit);
  put_measure(out, "limit", of.bound, of.unit);
  out["samples"] = got.samples;
  out["samples_needed"] = got.samples_needed;
  if (!got.reason.empty()) out["reason"] = got.reason;
  if (got.first_crossed_s >= 0) {
    out["first_crossed_at"] =
        show_instant(run.about.started_unix_ms + std::llround(got.first_crossed_s * 1000));
    out["first_crossed_s"] = got.first_crossed_s;
  }
  out["phase"] = of.phase;
  out["where"] = where_of(of);
  if (!of.why.empty()) out["why"] = of.why;
  return out;
}

json metric_json(const metric_row& row) {
  json tags = json::object();
  if (!row.sector.empty()) tags["sector"] = row.sector;
  if (!row.kind.empty()) tags["kind"] = row.kind;
  if (!row.protocol.empty()) tags["protocol"] = row.protocol;
  json out{{"tags", tags}, {"phase", row.phase}, {"count", row.count}};
  if (!row.has_latency) {
    out["attempts"] = row.attempts;
    return out;
  }
  out["p50_us"] = row.p50_us;
  out["p90_us"] = row.p90_us;
  out["p99_us"] = row.p99_us;
  out["p99.9_us"] = row.p999_us;
  out["max_us"] = row.max_us;
  out["mean_us"] = std::llround(row.mean_us);
  out["error_bound"] = row.error_bound;
  return out;
}

json run_json(const run_record& run) {
  const manifest& m = run.about;
  json inputs = json::array();
  for (const auto& one : m.inputs) inputs.push_back({{"path", one.path}, {"sha256", one.sha256}});
  const latency_meaning latency = latency_meaning_of(m);
  const bool whole = run.end != ending::running;
  json lost = json::array();
  if (!whole) lost.push_back(m.shard);
  return {{"id", m.id},
          {"name", m.name},
          {"tool", m.tool_version},
          {"command", m.command_line},
          {"seed", m.seed},
          {"scale", m.scale},
          {"virtual_time", m.virtual_time},
          {"loop", latency.loop},
          {"latency", std::string{latency.name} + ", " + std::string{latency.from}},
          {"started_at", show_instant(m.started_unix_ms)},
          {"duration_ms", std::llround(run.duration_s * 1000)},
          {"ended", name_of(run.end)},
          {"shards", {{"expected", m.shards}, {"complete", whole ? 1 : 0}, {"lost", lost}}},
          {"machine",
           {{"host", m.host},
            {"kernel", m.kernel},
            {"cpu", m.cpu},
            {"cores", m.cores},
            {"memory_bytes", m.memory_bytes}}},
          {"inputs", inputs}};
}

json totals_json(const headline& t) {
  json out{{"things", t.things},
           {"connected_max", t.connected_max},
           {"connected_end", t.connected_end},
           {"sent", t.sent},
           {"acknowledged", t.acknowledged},
           {"errors", t.errors},
           {"sent_per_s", t.sent_per_s},
           {"sent_per_s_max", t.sent_per_s_max}};
  out["cut_off"] = t.cut_off;
  if (t.arrival_measured) {
    out["arrived"] = t.arrived;
    out["lost"] = t.lost;
    out["duplicates"] = t.duplicates;
    out["reordered"] = t.reordered;
  }
  if (t.bystanders.count != 0) {
    out["bystanders"] = {{"count", t.bystanders.count},
                         {"errors", t.bystander_errors},
                         {"p50_us", t.bystanders.p50_us},
                         {"p99_us", t.bystanders.p99_us},
                         {"max_us", t.bystanders.max_us},
                         {"usual_p50_us", t.bystanders_usual.p50_us},
                         {"usual_p99_us", t.bystanders_usual.p99_us}};
  }
  return out;
}

json generator_json(const run_record& run, const generator_health& g) {
  const latency_point& late = g.lateness;
  const self_gauges& worst = g.worst;
  return {{"late_ratio", g.late_ratio},
          {"late", g.late},
          {"planned", g.due},
          {"lateness",
           {{"count", late.count},
            {"p50_us", late.p50_us},
            {"p90_us", late.p90_us},
            {"p99_us", late.p99_us},
            {"p99.9_us", late.p999_us},
            {"max_us", late.max_us}}},
          {"openings", g.openings},
          {"openings_late", g.openings_late},
          {"lag_max_us", g.lag_us_max},
          {"drift_ratio", g.drift_ratio},
          {"drift_max_us", g.drift_us_max},
          {"cpu_max", g.cpu_max},
          {"cpu_wait_max", g.cpu_wait_max},
          {"memory_max_bytes", g.memory_bytes_max},
          {"descriptors_max", worst.descriptors},
          {"descriptor_limit", run.about.descriptor_limit},
          {"tcp_sockets_max", worst.tcp_sockets},
          {"tcp_time_wait_max", worst.tcp_time_wait},
          {"ports", run.about.ports},
          {"udp_drops", worst.udp_drops},
          {"queue_drops", worst.queue_drops},
          {"tcp_segments", worst.tcp_sent},
          {"tcp_retransmissions", worst.tcp_sent_again},
          {"tcp_loss_probes", worst.tcp_loss_probes},
          {"links",
           {{"samples", worst.link_samples},
            {"segments", worst.link_sent},
            {"retransmissions", worst.link_sent_again},
            {"round_trip_max_us", worst.round_trip_us}}},
          {"clock_jump_max_us", worst.clock_jump_us},
          {"script_errors", g.script_errors},
          {"local_errors", g.local_errors}};
}

json rates_json(const rate_goal& goal, const rate_answer& got) {
  json steps = json::array();
  for (const rate_step& step : got.steps) {
    json one{
        {"phase", step.phase}, {"wanted_per_s", step.wanted_per_s}, {"answered_per_s", step.answered_per_s}};
    if (step.value) put_measure(one, "value", *step.value, goal.bound.unit);
    one["samples"] = step.samples;
    one["failed"] = step.failed;
    one["owed"] = step.owed;
    one["generator_late_ratio"] = step.late_ratio;
    one["generator_cpu"] = step.cpu;
    one["result"] = step.found == rate_finding::held ? "held" : "not held";
    if (step.found != rate_finding::held) {
      one["limit"] = name_of(step.found);
      one["reason"] = step.reason;
    }
    steps.push_back(std::move(one));
  }
  json out{{"bound", goal.bound.text}, {"held_per_s", got.held_per_s}, {"complete", got.narrow}};
  if (got.not_held_per_s > 0) {
    out["not_held_per_s"] = got.not_held_per_s;
    out["limit"] = name_of(got.limit);
  }
  out["steps"] = steps;
  return out;
}

}  // namespace

std::string to_summary_json(const run_record& run, const summary& of) {
  json limits = json::array(), metrics = json::object(), errors = json::array(),
       capabilities = json::object();
  for (std::size_t i = 0; i < run.limits.size(); ++i)
    limits.push_back(limit_json(run, run.limits[i], of.judged.limits[i]));
  for (const auto& row : of.metrics) metrics[row.metric].push_back(metric_json(row));
  for (const auto& row : of.errors) {
    errors.push_back({{"what", row.what},
                      {"who", row.who},
                      {"count", row.count},
                      {"first_s", row.first_s},
                      {"last_s", row.last_s}});
  }
  for (const auto& [key, value] : run.about.capabilities) {
    const auto parsed = json::parse(value, nullptr, false);
    capabilities[key] = parsed.is_discarded() ? json(value) : parsed;
  }
  json out{{"schema", "wanwu.report/v1"},
           {"verdict", name_of(of.judged.result)},
           {"exit_code", exit_code_of(run.end, of.judged.result)},
           {"sentence", of.sentence},
           {"reasons", of.judged.reasons},
           {"run", run_json(run)},
           {"target", {{"name", run.about.target_name}, {"capabilities", capabilities}}},
           {"thresholds", limits},
           {"totals", totals_json(of.totals)},
           {"metrics", metrics},
           {"errors", errors},
           {"errors_uncounted", of.errors_uncounted},
           {"notes", run.about.notes},
           {"generator", generator_json(run, of.generator)}};
  if (of.rates && run.goal) out["rate_search"] = rates_json(*run.goal, *of.rates);
  return out.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace wanwu::report
