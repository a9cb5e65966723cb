#include "reports/writers/html_charts.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include <nlohmann/json.hpp>

#include "reports/quantity.hpp"

namespace wanwu::report {

namespace {

using json = nlohmann::ordered_json;

constexpr std::size_t sectors_max = 30;

double round3(double v) {
  return std::round(v * 1000) / 1000;
}
double ms_of(std::uint64_t us) {
  return static_cast<double>(std::max<std::uint64_t>(1, us)) / 1000;
}

std::uint64_t count(const cell_count& of, std::initializer_list<outcome> results) {
  std::uint64_t n = 0;
  for (const auto result : results) n += of.outcomes[static_cast<std::size_t>(result)];
  return n;
}

/// Several seconds as one point: sums over its length, worst of latencies, last of levels.
struct bucket {
  double at_s{}, seconds{};
  std::array<std::uint64_t, protocol_count> out{};
  std::uint64_t acknowledged{}, arrived{}, errors{};
  std::map<std::string, std::uint64_t, std::less<>> sector_out;
  std::map<std::string, std::uint64_t, std::less<>> sector_p99;
  latency_point latency;
  gauges last;
  double cpu{};
  std::uint64_t lag_us{}, late_before{};
};

void add(bucket& into, const series_point& point, const run_shape& shape) {
  into.at_s = point.at_s;
  into.seconds += point.length_s;
  into.last = point.now;
  into.cpu = std::max(into.cpu, point.now.cpu);
  into.lag_us = std::max(into.lag_us, point.now.lag_us);
  for (const auto& one : point.cells) {
    if (one.key.op == operation::arrived)
      into.arrived += count(one, {outcome::ok, outcome::reordered});
    else if (one.key.op != operation::disconnect)
      into.errors += errors_of(one.outcomes);
    if (one.key.op != operation::telemetry && one.key.op != operation::event) continue;
    into.out[static_cast<std::size_t>(one.key.via)] += sent_of(one.outcomes);
    into.acknowledged += count(one, {outcome::ok});
    into.sector_out[shape.populations[one.key.population].sector] += sent_of(one.outcomes);
  }
  for (const auto& one : point.latencies) {
    if (one.op != operation::telemetry) continue;
    if (!one.sector.empty()) {
      auto& p99 = into.sector_p99[one.sector];
      p99 = std::max(p99, one.latency.p99_us);
      continue;
    }
    auto& worst = into.latency;
    worst.count += one.latency.count;
    worst.p50_us = std::max(worst.p50_us, one.latency.p50_us);
    worst.p90_us = std::max(worst.p90_us, one.latency.p90_us);
    worst.p99_us = std::max(worst.p99_us, one.latency.p99_us);
    worst.p999_us = std::max(worst.p999_us, one.latency.p999_us);
    worst.max_us = std::max(worst.max_us, one.latency.max_us);
  }
}

std::vector<bucket> buckets_of(const run_record& run) {
  std::vector<bucket> out;
  const std::size_t step = seconds_per_point(run);
  std::uint64_t late = 0;
  for (std::size_t i = 0; i < run.series.size(); ++i) {
    if (i % step == 0) {
      out.emplace_back();
      out.back().late_before = late;
    }
    add(out.back(), run.series[i], run.shape);
    late = run.series[i].now.late;
  }
  // The last second of a run is often a sliver, and its rate would be noise.
  if (out.size() > 2 && out.back().seconds < 0.5) out.pop_back();
  return out;
}

template <class Value>
json column(const std::vector<bucket>& of, Value value) {
  json out = json::array();
  for (const auto& one : of) out.push_back(value(one));
  return out;
}

template <class Count>
json rates(const std::vector<bucket>& of, Count counted) {
  return column(of, [&](const bucket& b) {
    return b.seconds > 0 ? round3(static_cast<double>(counted(b)) / b.seconds) : 0.0;
  });
}

json latency_columns(const std::vector<bucket>& of) {
  const auto values = [&](std::uint64_t latency_point::*which) {
    return column(
        of, [&](const bucket& b) { return b.latency.count != 0 ? json(ms_of(b.latency.*which)) : json(); });
  };
  return {{"p50", values(&latency_point::p50_us)},
          {"p90", values(&latency_point::p90_us)},
          {"p99", values(&latency_point::p99_us)},
          {"p999", values(&latency_point::p999_us)},
          {"max", values(&latency_point::max_us)}};
}

json spans(const std::vector<time_span>& of) {
  json out = json::array();
  for (const auto& one : of) {
    out.push_back({{"name", one.name},
                   {"start", std::chrono::duration<double>(one.start).count()},
                   {"end", std::chrono::duration<double>(one.end).count()}});
  }
  return out;
}

/// Without what the run ended before.
std::vector<time_span> begun(std::vector<time_span> of, double end_s) {
  std::erase_if(
      of, [&](const time_span& one) { return std::chrono::duration<double>(one.start).count() > end_s; });
  return of;
}

/// Limits that can be drawn into the latency chart.
json limit_lines(const run_record& run, const summary& of) {
  json out = json::array();
  for (std::size_t i = 0; i < run.limits.size(); ++i) {
    const auto& one = run.limits[i];
    if (one.metric != "telemetry.latency" || one.unit != measure::time_us || !one.tags.empty() ||
        one.bound <= 0)
      continue;
    json line{{"label", one.text},
              {"bound_ms", one.bound / 1000},
              {"crossed", of.judged.limits[i].found == finding::crossed}};
    for (const auto& phase : run.shape.phases) {
      if (phase.name != one.phase) continue;
      line["start"] = std::chrono::duration<double>(phase.start).count();
      line["end"] = std::chrono::duration<double>(phase.end).count();
    }
    out.push_back(std::move(line));
  }
  return out;
}

json percentile_curve(const run_record& run, std::string_view metric, const char* name) {
  const auto got = run.store.read(metric, {}, "");
  if (!got || got->latency.count() == 0) return {};
  json at = json::array(), values = json::array();
  for (const double p : {0.0, 25.0, 50.0, 75.0, 90.0, 95.0, 99.0, 99.5, 99.9, 99.95, 99.99, 99.999}) {
    at.push_back(p);
    // A percentile that fewer than one sample stands for is the maximum and would be a lie as a percentile.
    const bool real = p == 0 || static_cast<double>(got->latency.count()) * (1 - p / 100) >= 1;
    values.push_back(real ? json(ms_of(got->latency.percentile(p))) : json());
  }
  return {{"name", name}, {"at", at}, {"ms", values}};
}

json sectors_of(const run_record& run, const std::vector<bucket>& of) {
  std::map<std::string, std::uint64_t> totals;
  for (const auto& one : of) {
    for (const auto& [sector, n] : one.sector_out) totals[sector] += n;
  }
  json out = json::array();
  for (const auto& entry : totals) {
    const std::string& sector = entry.first;
    const std::uint64_t total = entry.second;
    if (sector.empty() || out.size() >= sectors_max) continue;
    const std::vector<std::pair<std::string, std::string>> tags{{"sector", sector}};
    const auto latency = run.store.read("telemetry.latency", tags, "");
    const auto errors = run.store.read("telemetry.errors", tags, "");
    json p99 = column(of, [&](const bucket& b) {
      const auto found = b.sector_p99.find(sector);
      return found == b.sector_p99.end() ? json() : json(ms_of(found->second));
    });
    json sent_per_s = rates(of, [&](const bucket& b) {
      const auto found = b.sector_out.find(sector);
      return found == b.sector_out.end() ? std::uint64_t{0} : found->second;
    });
    out.push_back(
        {{"name", sector},
         {"total", total},
         {"errors", errors ? errors->count : 0},
         {"p99_all",
          latency && latency->samples() != 0 ? json(ms_of(latency->latency.percentile(99))) : json()},
         {"out", sent_per_s},
         {"p99", p99}});
  }
  return out;
}

}  // namespace

std::size_t seconds_per_point(const run_record& run) {
  return std::max<std::size_t>(1, (run.series.size() + chart_points_max - 1) / chart_points_max);
}

std::string chart_json(const run_record& run, const summary& of) {
  const auto points = buckets_of(run);
  json out{{"t", column(points, [](const bucket& b) { return round3(b.at_s); })}};
  out["out"] = json::object();
  for (std::size_t i = 0; i < protocol_count; ++i) {
    const bool used =
        std::any_of(points.begin(), points.end(), [&](const bucket& b) { return b.out[i] != 0; });
    if (used)
      out["out"][std::string{name_of(static_cast<protocol>(i))}] =
          rates(points, [&](const bucket& b) { return b.out[i]; });
  }
  const auto level_of = [&](std::uint64_t gauges::*which) {
    return column(points, [&](const bucket& b) { return b.last.*which; });
  };
  out["acknowledged"] = rates(points, [](const bucket& b) { return b.acknowledged; });
  out["arrived"] = rates(points, [](const bucket& b) { return b.arrived; });
  out["errors"] = rates(points, [](const bucket& b) { return b.errors; });
  out["late"] = rates(
      points, [](const bucket& b) { return b.last.late >= b.late_before ? b.last.late - b.late_before : 0; });
  out["latency"] = latency_columns(points);
  out["planned"] = level_of(&gauges::things_target);
  out["connected"] = level_of(&gauges::things_connected);
  out["dark"] = level_of(&gauges::things_dark);
  out["reconnecting"] = level_of(&gauges::things_reconnecting);
  out["cpu"] = column(points, [](const bucket& b) { return round3(b.cpu * 100); });
  out["lag"] = column(points, [](const bucket& b) { return round3(static_cast<double>(b.lag_us) / 1000); });
  out["memory"] =
      column(points, [](const bucket& b) { return round3(static_cast<double>(b.last.memory_bytes) / 1e6); });
  out["phases"] = spans(begun(run.shape.phases, run.duration_s));
  out["markers"] = spans(run.shape.markers);
  out["limits"] = limit_lines(run, of);
  out["sectors"] = sectors_of(run, points);
  out["percentiles"] = json::array();
  for (auto& curve : {percentile_curve(run, "telemetry.latency", "acknowledged"),
                      percentile_curve(run, "telemetry.e2e", "arrived")}) {
    if (!curve.empty()) out["percentiles"].push_back(curve);
  }
  std::string text;
  for (const char c : out.dump(-1, ' ', true, json::error_handler_t::replace)) {
    // Inside a script element only these could end it or open another; JSON strings may write them so.
    if (c == '<')
      text += "\\u003c";
    else if (c == '>')
      text += "\\u003e";
    else if (c == '&')
      text += "\\u0026";
    else
      text += c;
  }
  return text;
}

}  // namespace wanwu::report
