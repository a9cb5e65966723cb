// One row a second, for spreadsheets, R and DuckDB. RFC 4180.
#include <fmt/format.h>

#include "reports/quantity.hpp"
#include "reports/writers/writers.hpp"

namespace wanwu::report {

namespace {

/// Quoted, quotes doubled; a leading = + - @ would be a formula to a spreadsheet.
std::string quoted(std::string_view text) {
  std::string out{"\""};
  if (!text.empty() && std::string_view{"=+-@\t\r"}.find(text[0]) != std::string_view::npos) out += '\'';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

struct counts {
  std::uint64_t sent{}, acknowledged{}, errors{}, arrived{}, lost{}, cut_off{};
};

counts counts_of(const series_point& point) {
  counts out;
  for (const auto& one : point.cells) {
    const auto n = [&](outcome o) { return one.outcomes[static_cast<std::size_t>(o)]; };
    if (one.key.op == operation::arrived) {
      out.arrived += n(outcome::ok) + n(outcome::reordered);
      out.lost += n(outcome::lost);
    }
    if (one.key.op != operation::telemetry && one.key.op != operation::event) continue;
    out.acknowledged += n(outcome::ok);
    out.cut_off += n(outcome::cut_off);
    out.sent += sent_of(one.outcomes);
    out.errors += errors_of(one.outcomes);
  }
  return out;
}

latency_point telemetry_latency(const series_point& point) {
  for (const auto& one : point.latencies) {
    if (one.op == operation::telemetry && one.sector.empty()) return one.latency;
  }
  return {};
}

}  // namespace

std::string write_csv(const run_record& run, const summary&) {
  std::string out =
      "at_s,instant,phase,things_target,things_connected,things_dark,things_reconnecting,links,sent,"
      "acknowledged,errors,arrived,lost,"
      "latency_count,latency_p50_us,latency_p90_us,latency_p99_us,latency_p999_us,latency_max_us,late_total,"
      "planned_total,lag_us,cpu,memory_bytes,cut_off\r\n";
  for (const auto& point : run.series) {
    const auto n = counts_of(point);
    const auto l = telemetry_latency(point);
    const auto& now = point.now;
    const auto phase =
        point.phase < run.shape.phases.size() ? run.shape.phases[point.phase].name : std::string{};
    out += fmt::format(
        "{:.3f},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{:.4f},{},{}\r\n", point.at_s,
        show_instant(run.about.started_unix_ms + static_cast<std::int64_t>(point.at_s * 1000)), quoted(phase),
        now.things_target, now.things_connected, now.things_dark, now.things_reconnecting, now.connections_up,
        n.sent, n.acknowledged, n.errors, n.arrived, n.lost, l.count, l.p50_us, l.p90_us, l.p99_us, l.p999_us,
        l.max_us, now.late, now.due, now.lag_us, now.cpu, now.memory_bytes, n.cut_off);
  }
  return out;
}

}  // namespace wanwu::report
