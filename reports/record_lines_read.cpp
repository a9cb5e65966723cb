// Reads lines that may come from anybody: every field is looked at before it is believed.
#include <algorithm>
#include <cmath>
#include <limits>

#include <nlohmann/json.hpp>

#include "reports/bundle.hpp"
#include "reports/record_lines.hpp"

namespace wanwu::report {

namespace {

using nlohmann::json;

constexpr std::size_t list_items_max = 1'000'000;
constexpr double seconds_max = 1e9;

const json* member(const json& of, const char* key) {
  if (!of.is_object()) return nullptr;
  const auto found = of.find(key);
  return found == of.end() ? nullptr : &*found;
}

std::uint64_t whole(const json& of, const char* key,
                    std::uint64_t most = std::numeric_limits<std::uint64_t>::max() / 4096) {
  const json* found = member(of, key);
  return found && found->is_number_unsigned() ? std::min(found->get<std::uint64_t>(), most) : 0;
}

std::int64_t whole_signed(const json& of, const char* key, std::int64_t otherwise) {
  const json* found = member(of, key);
  if (!found || !found->is_number_integer()) return otherwise;
  if (found->is_number_unsigned() && found->get<std::uint64_t>() > 1ULL << 62) return otherwise;
  return std::clamp<std::int64_t>(found->get<std::int64_t>(), -(1LL << 62), 1LL << 62);
}

double real(const json& of, const char* key, double otherwise = 0) {
  const json* found = member(of, key);
  if (!found || !found->is_number()) return otherwise;
  const double value = found->get<double>();
  return std::isfinite(value) ? value : otherwise;
}

double seconds(const json& of, const char* key) {
  return std::clamp(real(of, key), 0.0, seconds_max);
}

double per_second(const json& of, const char* key) {
  return std::clamp(real(of, key), 1e-3, 1e9);
}

std::string text(const json& of, const char* key) {
  const json* found = member(of, key);
  return found && found->is_string() ? found->get<std::string>() : std::string{};
}

bool flag(const json& of, const char* key) {
  const json* found = member(of, key);
  return found && found->is_boolean() && found->get<bool>();
}

const json& list(const json& of, const char* key) {
  static const json none = json::array();
  const json* found = member(of, key);
  return found && found->is_array() && found->size() <= list_items_max ? *found : none;
}

std::vector<std::pair<std::string, std::string>> pairs(const json& of, const char* key) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& one : list(of, key)) {
    if (one.is_array() && one.size() == 2 && one[0].is_string() && one[1].is_string())
      out.emplace_back(one[0], one[1]);
  }
  return out;
}

template <class Enum>
std::optional<Enum> named(std::string_view word, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    if (name_of(static_cast<Enum>(i)) == word) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

template <class Enum>
Enum numbered(const json& of, const char* key, std::uint64_t count) {
  return static_cast<Enum>(whole(of, key, count - 1));
}

std::optional<cell_key> read_key(const json& of, const run_record& run) {
  const auto op = named<operation>(text(of, "op"), operation_count);
  const auto via = named<protocol>(text(of, "via"), protocol_count);
  const auto population = whole_signed(of, "pop", -1);
  if (!op || !via || population < 0 || static_cast<std::size_t>(population) >= run.shape.populations.size())
    return std::nullopt;
  return cell_key{static_cast<std::uint16_t>(population), *op, *via};
}

self_gauges read_self(const json& of) {
  self_gauges out;
  for (const auto& one : list(of, "lateness")) {
    if (!one.is_array() || one.size() != 2 || !one[0].is_number_unsigned() || !one[1].is_number_unsigned())
      continue;
    const auto bound = one[0].get<std::uint64_t>();
    if (!out.lateness.empty() && bound <= out.lateness.back().first) continue;
    out.lateness.emplace_back(bound, std::min(one[1].get<std::uint64_t>(), std::uint64_t{1} << 52));
  }
  out.drift_us = whole(of, "drift_us");
  out.away_us = whole(of, "away_us");
  out.descriptors = whole(of, "descriptors");
  out.tcp_sockets = whole(of, "tcp_sockets");
  out.tcp_time_wait = whole(of, "tcp_time_wait");
  out.udp_drops = whole(of, "udp_drops");
  out.queue_drops = whole(of, "queue_drops");
  out.tcp_sent = whole(of, "tcp_sent");
  out.tcp_sent_again = whole(of, "tcp_sent_again");
  out.tcp_loss_probes = whole(of, "tcp_loss_probes");
  out.link_samples = whole(of, "link_samples");
  out.link_sent = whole(of, "link_sent");
  out.link_sent_again = whole(of, "link_sent_again");
  out.round_trip_us = whole(of, "round_trip_us");
  out.clock_jump_us = whole(of, "clock_jump_us");
  return out;
}

gauges read_gauges(const json& of) {
  gauges now;
  now.things_target = whole(of, "target");
  now.things_connected = whole(of, "connected");
  now.things_dark = whole(of, "dark");
  now.things_reconnecting = whole(of, "reconnecting");
  now.connections_up = whole(of, "links");
  now.owed = whole(of, "owed");
  now.due = whole(of, "due");
  now.late = whole(of, "late");
  now.openings = whole(of, "openings");
  now.openings_late = whole(of, "openings_late");
  now.lag_us = whole(of, "lag_us");
  now.script_errors = whole(of, "script_errors");
  now.memory_bytes = whole(of, "memory_bytes");
  now.cpu = real(of, "cpu");
  now.cpu_wait = real(of, "cpu_wait");
  if (const json* self = member(of, "self")) now.self = read_self(*self);
  for (const auto& one : list(of, "connected_by")) {
    now.connected_by_population.push_back(one.is_number_unsigned() ? one.get<std::uint64_t>() : 0);
  }
  const json* wire = member(of, "wire");
  for (std::size_t i = 0; wire && i < protocol_count; ++i) {
    const json& row = list(*wire, std::string{name_of(static_cast<protocol>(i))}.c_str());
    std::array<std::uint64_t, 6> n{};
    for (std::size_t k = 0; k < n.size() && k < row.size(); ++k)
      n[k] = row[k].is_number_unsigned() ? row[k].get<std::uint64_t>() : 0;
    now.wire[i] = {n[0], n[1], n[2], n[3], n[4], n[5]};
  }
  return now;
}

std::optional<series_point> read_point(const json& of, const run_record& run) {
  if (!of.is_object() || !member(of, "t") || !member(of, "now")) return std::nullopt;
  series_point point;
  point.at_s = seconds(of, "t");
  point.length_s = seconds(of, "len");
  point.phase = static_cast<std::uint32_t>(whole(of, "phase", run.store.phase_count() - 1));
  point.now = read_gauges(of["now"]);
  for (const auto& one : list(of, "cells")) {
    const auto key = read_key(one, run);
    if (!key) return std::nullopt;
    cell_count count{*key,
                     static_cast<std::uint32_t>(whole(one, "phase", run.store.phase_count() - 1)),
                     {},
                     whole(one, "bytes_out"),
                     whole(one, "bytes_in")};
    for (std::size_t i = 0; i < outcome_count; ++i) {
      count.outcomes[i] = whole(one, std::string{name_of(static_cast<outcome>(i))}.c_str());
    }
    point.cells.push_back(count);
  }
  for (const auto& one : list(of, "latency")) {
    const auto op = named<operation>(text(one, "op"), operation_count);
    if (!op) return std::nullopt;
    std::array<std::uint64_t, 5> us{};
    const json& values = list(one, "us");
    for (std::size_t i = 0; i < us.size() && i < values.size(); ++i)
      us[i] = values[i].is_number_unsigned() ? values[i].get<std::uint64_t>() : 0;
    point.latencies.push_back(
        {*op, text(one, "sector"), {whole(one, "count"), us[0], us[1], us[2], us[3], us[4]}});
  }
  for (const auto& one : list(of, "errors")) {
    const auto key = read_key(one, run);
    const auto result = named<outcome>(text(one, "result"), outcome_count);
    if (!key || !result) return std::nullopt;
    point.errors.push_back({key->population, key->op, key->via, *result,
                            static_cast<std::uint16_t>(whole(one, "code", 65535)), whole(one, "count"),
                            duration{whole_signed(one, "first_ns", 0)},
                            duration{whole_signed(one, "last_ns", 0)}});
  }
  return point;
}

std::vector<time_span> read_spans(const json& of) {
  std::vector<time_span> out;
  for (const auto& one : of) {
    const auto ms = [&](const char* key) {
      return std::chrono::milliseconds{
          std::clamp<std::int64_t>(whole_signed(one, key, 0), 0, 1'000'000'000'000)};
    };
    if (out.size() < phases_max)
      out.push_back({text(one, "name"), ms("start_ms"), ms("end_ms"), flag(one, "troubled")});
  }
  return out;
}

limit read_limit(const json& of) {
  limit out;
  out.text = text(of, "text");
  out.metric = text(of, "metric");
  out.tags = pairs(of, "tags");
  out.stat = numbered<statistic>(of, "stat", 7);
  out.percentile = real(of, "percentile");
  out.op = numbered<comparison>(of, "op", 5);
  out.unit = numbered<measure>(of, "unit", 4);
  out.bound = real(of, "bound");
  out.phase = text(of, "phase");
  out.why = text(of, "why");
  out.file = text(of, "file");
  out.line = static_cast<int>(whole(of, "line", 10'000'000));
  out.column = static_cast<int>(whole(of, "column", 10'000'000));
  out.min_samples = whole(of, "min_samples");
  out.should = flag(of, "should");
  out.abort = flag(of, "abort");
  out.grace = std::chrono::milliseconds{static_cast<std::int64_t>(whole(of, "grace_ms", 1'000'000'000'000))};
  return out;
}

run_shape read_shape(const json& of) {
  run_shape out;
  for (const auto& one : list(of, "populations")) {
    if (out.populations.size() >= populations_max) break;
    const auto via = named<protocol>(text(one, "protocol"), protocol_count);
    out.populations.push_back({text(one, "sector"), text(one, "kind"), via.value_or(protocol::mqtt),
                               whole(one, "count"), pairs(one, "tags"), flag(one, "troubled")});
  }
  out.phases = read_spans(list(of, "phases"));
  out.markers = read_spans(list(of, "markers"));
  return out;
}

manifest read_about(const json& of) {
  manifest m;
  m.id = text(of, "id");
  m.name = text(of, "name");
  m.title = text(of, "title");
  m.tool_version = text(of, "tool");
  m.command_line = text(of, "command");
  m.seed = whole(of, "seed", std::numeric_limits<std::uint64_t>::max());
  m.scale = real(of, "scale", 1);
  m.shard = static_cast<std::uint32_t>(whole(of, "shard", 1'000'000));
  m.shards = static_cast<std::uint32_t>(whole(of, "shards", 1'000'000));
  m.virtual_time = flag(of, "virtual_time");
  m.closed_loop = flag(of, "closed_loop");
  m.started_unix_ms = std::clamp<std::int64_t>(whole_signed(of, "started_unix_ms", 0), 0, 4'000'000'000'000);
  const json* target = member(of, "target");
  if (target) m.target_name = text(*target, "name");
  if (target && member(*target, "capabilities")) {
    for (const auto& [key, value] : (*target)["capabilities"].items()) {
      m.capabilities.emplace_back(key, value.dump(-1, ' ', false, json::error_handler_t::replace));
    }
  }
  const json* machine = member(of, "machine");
  if (machine) {
    m.host = text(*machine, "host");
    m.kernel = text(*machine, "kernel");
    m.cpu = text(*machine, "cpu");
    m.cores = static_cast<std::uint32_t>(whole(*machine, "cores", 1'000'000));
    m.memory_bytes = whole(*machine, "memory_bytes");
    m.descriptor_limit = whole(*machine, "descriptor_limit");
    m.ports = whole(*machine, "ports");
  }
  for (const auto& one : list(of, "inputs")) m.inputs.push_back({text(one, "path"), {}, text(one, "sha256")});
  for (const auto& one : list(of, "notes")) {
    if (one.is_string()) m.notes.push_back(one);
  }
  return m;
}

void apply(const series_point& point, run_record& into) {
  for (const auto& count : point.cells) {
    auto& phase = into.store.phase(count.phase);
    cell& at = phase.touch(count.key.index());
    for (std::size_t i = 0; i < outcome_count; ++i) at.outcomes[i] += count.outcomes[i];
    at.bytes_sent += count.bytes_sent;
    at.bytes_received += count.bytes_received;
  }
  for (const auto& error : point.errors) into.store.add_error(error);
  add_levels(into.store, point, into.series.empty() ? gauges{} : into.series.back().now);
  into.duration_s = std::max(into.duration_s, point.at_s);
}

}  // namespace

std::optional<series_point> read_series_point(std::string_view line, const run_record& of) {
  const auto parsed = json::parse(line, nullptr, false);
  return parsed.is_discarded() ? std::nullopt : read_point(parsed, of);
}

bool read_series_line(std::string_view line, run_record& into) {
  if (into.series.size() >= bundle_series_max) return false;
  auto point = read_series_point(line, into);
  if (!point) return false;
  apply(*point, into);
  into.series.push_back(std::move(*point));
  return true;
}

std::optional<ending> ending_named(std::string_view word) noexcept {
  return named<ending>(word, 5);
}

std::optional<log_entry> read_log_entry(std::string_view line) {
  const auto parsed = json::parse(line, nullptr, false);
  if (parsed.is_discarded() || !parsed.is_object() || text(parsed, "event").empty()) return std::nullopt;
  const auto level = text(parsed, "level");
  log_entry out{
      seconds(parsed, "t"),
      level == "error" ? log_level::error : (level == "warning" ? log_level::warning : log_level::info),
      whole_signed(parsed, "limit", -1), text(parsed, "event"), text(parsed, "text")};
  if (const json* rate = member(parsed, "rate"))
    out.rate = {static_cast<std::uint32_t>(whole(*rate, "phase", phases_max)), per_second(*rate, "per_s")};
  return out;
}

bool read_log_line(std::string_view line, run_record& into) {
  auto entry = read_log_entry(line);
  if (!entry) return false;
  if (entry->event == "end") {
    into.end = ending_named(entry->text).value_or(ending::running);
    into.duration_s = std::max(into.duration_s, entry->at_s);
  }
  if (entry->event == "limit_crossed" && entry->limit >= 0 &&
      static_cast<std::size_t>(entry->limit) < into.first_crossed_s.size()) {
    into.first_crossed_s[static_cast<std::size_t>(entry->limit)] = entry->at_s;
  }
  if (entry->rate && into.goal && into.tries.size() < rate_tries_max) into.tries.push_back(*entry->rate);
  if (into.log.size() < bundle_log_max) into.log.push_back(std::move(*entry));
  return true;
}

std::optional<manifest> read_about_json(std::string_view from) {
  const auto parsed = json::parse(from, nullptr, false);
  if (parsed.is_discarded() || text(parsed, "schema") != "wanwu.bundle/v1") return std::nullopt;
  return read_about(parsed);
}

std::optional<run_record> read_manifest_json(std::string_view from) {
  const auto parsed = json::parse(from, nullptr, false);
  if (parsed.is_discarded() || text(parsed, "schema") != "wanwu.bundle/v1" || !member(parsed, "shape"))
    return std::nullopt;
  std::vector<limit> limits;
  for (const auto& one : list(parsed, "limits")) limits.push_back(read_limit(one));
  run_record out{read_about(parsed), read_shape(parsed["shape"]), std::move(limits)};
  if (const json* search = member(parsed, "search"); search && member(*search, "bound")) {
    out.goal = rate_goal{read_limit((*search)["bound"]), per_second(*search, "first_per_s"),
                         std::clamp(real(*search, "precision"), 0.001, 1.0)};
  }
  return out;
}

}  // namespace wanwu::report
