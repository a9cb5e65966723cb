#include <nlohmann/json.hpp>

#include "reports/record_lines.hpp"

namespace wanwu::report {

namespace {

using json = nlohmann::ordered_json;

std::string one_line(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

json to_json(const gauges& now) {
  json out{{"target", now.things_target},
           {"connected", now.things_connected},
           {"dark", now.things_dark},
           {"reconnecting", now.things_reconnecting},
           {"links", now.connections_up},
           {"owed", now.owed},
           {"due", now.due},
           {"late", now.late},
           {"openings", now.openings},
           {"openings_late", now.openings_late},
           {"lag_us", now.lag_us},
           {"script_errors", now.script_errors},
           {"memory_bytes", now.memory_bytes},
           {"cpu", now.cpu},
           {"cpu_wait", now.cpu_wait}};
  const self_gauges& self = now.self;
  out["self"] = {{"lateness", self.lateness},
                 {"drift_us", self.drift_us},
                 {"away_us", self.away_us},
                 {"descriptors", self.descriptors},
                 {"tcp_sockets", self.tcp_sockets},
                 {"tcp_time_wait", self.tcp_time_wait},
                 {"udp_drops", self.udp_drops},
                 {"queue_drops", self.queue_drops},
                 {"tcp_sent", self.tcp_sent},
                 {"tcp_sent_again", self.tcp_sent_again},
                 {"tcp_loss_probes", self.tcp_loss_probes},
                 {"link_samples", self.link_samples},
                 {"link_sent", self.link_sent},
                 {"link_sent_again", self.link_sent_again},
                 {"round_trip_us", self.round_trip_us},
                 {"clock_jump_us", self.clock_jump_us}};
  if (!now.connected_by_population.empty()) out["connected_by"] = now.connected_by_population;
  for (std::size_t i = 0; i < now.wire.size(); ++i) {
    const auto& wire = now.wire[i];
    if (wire.bytes_out + wire.bytes_in + wire.messages_out + wire.messages_in == 0) continue;
    out["wire"][std::string{name_of(static_cast<protocol>(i))}] = {wire.bytes_out,       wire.bytes_in,
                                                                   wire.messages_out,    wire.messages_in,
                                                                   wire.retransmissions, wire.wire_errors};
  }
  return out;
}

json to_json(const cell_count& of) {
  json out{{"pop", of.key.population},
           {"op", name_of(of.key.op)},
           {"via", name_of(of.key.via)},
           {"phase", of.phase}};
  for (std::size_t i = 0; i < outcome_count; ++i) {
    if (of.outcomes[i] != 0) out[std::string{name_of(static_cast<outcome>(i))}] = of.outcomes[i];
  }
  if (of.bytes_sent != 0) out["bytes_out"] = of.bytes_sent;
  if (of.bytes_received != 0) out["bytes_in"] = of.bytes_received;
  return out;
}

json to_json(const tagged_latency& of) {
  json out{{"op", name_of(of.op)}};
  if (!of.sector.empty()) out["sector"] = of.sector;
  const auto& l = of.latency;
  out["count"] = l.count;
  out["us"] = {l.p50_us, l.p90_us, l.p99_us, l.p999_us, l.max_us};
  return out;
}

json to_json(const error_group& of) {
  return {{"pop", of.population},         {"op", name_of(of.op)},      {"via", name_of(of.via)},
          {"result", name_of(of.result)}, {"code", of.code},           {"count", of.count},
          {"first_ns", of.first.count()}, {"last_ns", of.last.count()}};
}

json to_json(const time_span& of) {
  return {{"name", of.name},
          {"start_ms", of.start.count() / 1'000'000},
          {"end_ms", of.end.count() / 1'000'000},
          {"troubled", of.troubled}};
}

json to_json(const limit& of) {
  json tags = json::array();
  for (const auto& [key, value] : of.tags) tags.push_back({key, value});
  return {{"text", of.text},
          {"metric", of.metric},
          {"tags", tags},
          {"stat", static_cast<int>(of.stat)},
          {"percentile", of.percentile},
          {"op", static_cast<int>(of.op)},
          {"unit", static_cast<int>(of.unit)},
          {"bound", of.bound},
          {"phase", of.phase},
          {"why", of.why},
          {"file", of.file},
          {"line", of.line},
          {"column", of.column},
          {"min_samples", of.min_samples},
          {"should", of.should},
          {"abort", of.abort},
          {"grace_ms", of.grace.count() / 1'000'000}};
}

json shape_json(const run_shape& shape) {
  json populations = json::array(), phases = json::array(), markers = json::array();
  for (const auto& one : shape.populations) {
    json tags = json::array();
    for (const auto& [key, value] : one.tags) tags.push_back({key, value});
    populations.push_back({{"sector", one.sector},
                           {"kind", one.kind},
                           {"protocol", name_of(one.via)},
                           {"count", one.count},
                           {"tags", tags},
                           {"troubled", one.troubled}});
  }
  for (const auto& one : shape.phases) phases.push_back(to_json(one));
  for (const auto& one : shape.markers) markers.push_back(to_json(one));
  return {{"populations", populations}, {"phases", phases}, {"markers", markers}};
}

}  // namespace

std::string to_line(const series_point& point) {
  json out{{"t", point.at_s}, {"len", point.length_s}, {"phase", point.phase}, {"now", to_json(point.now)}};
  for (const auto& one : point.cells) out["cells"].push_back(to_json(one));
  for (const auto& one : point.latencies) out["latency"].push_back(to_json(one));
  for (const auto& one : point.errors) out["errors"].push_back(to_json(one));
  return one_line(out);
}

std::string to_line(const log_entry& entry) {
  static constexpr std::array levels{"info", "warning", "error"};
  json out{{"t", entry.at_s},
           {"level", levels[static_cast<std::size_t>(entry.level)]},
           {"event", entry.event},
           {"text", entry.text}};
  if (entry.limit >= 0) out["limit"] = entry.limit;
  if (entry.rate) out["rate"] = {{"phase", entry.rate->phase}, {"per_s", entry.rate->per_s}};
  return one_line(out);
}

std::string about_json(const manifest& m) {
  json capabilities = json::object(), inputs = json::array();
  for (const auto& [key, value] : m.capabilities) {
    const auto parsed = json::parse(value, nullptr, false);
    capabilities[key] = parsed.is_discarded() ? json(value) : parsed;
  }
  for (const auto& one : m.inputs) inputs.push_back({{"path", one.path}, {"sha256", one.sha256}});
  const json out{{"schema", "wanwu.bundle/v1"},
                 {"id", m.id},
                 {"name", m.name},
                 {"title", m.title},
                 {"tool", m.tool_version},
                 {"command", m.command_line},
                 {"seed", m.seed},
                 {"scale", m.scale},
                 {"shard", m.shard},
                 {"shards", m.shards},
                 {"virtual_time", m.virtual_time},
                 {"closed_loop", m.closed_loop},
                 {"started_unix_ms", m.started_unix_ms},
                 {"target", {{"name", m.target_name}, {"capabilities", capabilities}}},
                 {"machine",
                  {{"host", m.host},
                   {"kernel", m.kernel},
                   {"cpu", m.cpu},
                   {"cores", m.cores},
                   {"memory_bytes", m.memory_bytes},
                   {"descriptor_limit", m.descriptor_limit},
                   {"ports", m.ports}}},
                 {"inputs", inputs},
                 {"notes", m.notes}};
  return one_line(out);
}

std::string to_manifest_json(const run_record& of) {
  json limits = json::array();
  for (const auto& one : of.limits) limits.push_back(to_json(one));
  json out = json::parse(about_json(of.about));
  out["shape"] = shape_json(of.shape);
  out["limits"] = limits;
  if (of.goal)
    out["search"] = {{"bound", to_json(of.goal->bound)},
                     {"first_per_s", of.goal->first_per_s},
                     {"precision", of.goal->precision}};
  return out.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace wanwu::report
