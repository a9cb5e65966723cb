#include "tests/reports/sample_run.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <random>
#include <stdexcept>

#include "reports/collector.hpp"

namespace wanwu::report {

namespace {

using namespace std::chrono_literals;

const time_point t0{1000s};

limit demand(std::string text, std::string metric, statistic stat, measure unit, double bound) {
  limit out;
  out.text = std::move(text);
  out.metric = std::move(metric);
  out.stat = stat;
  out.unit = unit;
  out.bound = bound;
  out.file = "town.scenario.yaml";
  out.line = 40;
  out.column = 5;
  return out;
}

std::vector<limit> limits_of() {
  auto p99 = demand("telemetry.latency p99 < 500 ms in steady", "telemetry.latency", statistic::percentile,
                    measure::time_us, 500e3);
  p99.percentile = 99;
  p99.phase = "steady";
  auto health = demand("telemetry.latency{sector=health} p99 < 100 ms", "telemetry.latency",
                       statistic::percentile, measure::time_us, 100e3);
  health.percentile = 99;
  health.tags = {{"sector", "health"}};
  health.line = 41;
  health.why = "a fall must be seen at once";
  auto lost =
      demand("telemetry.lost ratio < 0.01 %", "telemetry.lost", statistic::ratio, measure::ratio, 0.0001);
  lost.line = 42;
  auto up = demand("things.connected min >= 99.9 % in steady", "things.connected", statistic::min,
                   measure::ratio, 0.999);
  up.op = comparison::at_least;
  up.phase = "steady";
  up.line = 43;
  auto heard = demand("command.heard count > 0", "command.heard", statistic::count, measure::number, 0);
  heard.op = comparison::greater;
  heard.line = 44;
  return {p99, health, lost, up, heard};
}

run_shape shape_of(const sample_options& options) {
  run_shape out;
  const char* sectors[] = {"city",   "industry",  "agriculture", "military",  "education",
                           "health", "aerospace", "energy",      "logistics", "other"};
  const char* kinds[] = {"streetlight", "robot_cell",     "soil_probe",  "container_tag", "classroom",
                         "wearable",    "inspection_uav", "smart_meter", "tracker",       "thermostat"};
  for (std::size_t i = 0; i < 10; ++i)
    out.populations.push_back({sectors[i], kinds[i], static_cast<protocol>(i % 3), 100 * (10 - i), {}});
  const auto end = std::chrono::seconds{options.seconds};
  out.phases = {{"ramp", 0s, end / 6},
                {"steady", end / 6, end / 2},
                {"blackout", end / 2, end * 2 / 3},
                {"recovery", end * 2 / 3, end}};
  out.markers = {{"storm", end / 2, end / 2 + 12s}};
  if (!options.hostile) return out;
  out.populations[0].sector = hostile_text();
  out.populations[1].kind = hostile_text();
  out.phases[3].name = hostile_text();
  out.markers[0].name = hostile_text();
  return out;
}

manifest about_of(const sample_options& options) {
  manifest out;
  out.name = options.hostile ? hostile_text() : "town";
  out.title = options.hostile ? hostile_text() : "A town of ten sectors, one evening with a blackout";
  out.id = "20261122T151102Z-town-7f3a2c";
  out.tool_version = "0.1.0";
  out.command_line = options.hostile
                         ? hostile_text()
                         : "wanwu run town.scenario.yaml --target platform.target.yaml --seed 20261122";
  out.target_name = options.hostile ? hostile_text() : "region-platform";
  out.seed = 20261122;
  out.host = "lab-7";
  out.kernel = "Linux 6.1";
  out.cpu = "Some Processor 3000";
  out.cores = 2;
  out.memory_bytes = 24'000'000'000;
  out.started_unix_ms = 1'795'360'262'000;
  out.inputs = {{"town.scenario.yaml", "wanwu: scenario/v1\n", ""},
                {options.hostile ? "../../<b>.yaml" : "platform.target.yaml", "wanwu: target/v1\n", ""}};
  if (options.hostile) out.notes = {hostile_text()};
  return out;
}

/// One second of made-up traffic: slower and failing while the storm is on.
std::vector<observation> second_of(int s, const sample_options& options, std::mt19937_64& chance) {
  std::vector<observation> out;
  const bool storm = s >= options.seconds / 2 && s < options.seconds / 2 + 12;
  const double share = std::min(1.0, (s + 1) / (options.seconds / 6.0)) * (storm ? 0.5 : 1);
  std::lognormal_distribution<double> slow{storm ? 11.5 : 9.4, 0.7};
  std::uniform_real_distribution<double> within{0, 1};
  for (std::uint16_t population = 0; population < 10; ++population) {
    const int count = static_cast<int>(60 * (10 - population) * share);
    for (int i = 0; i < count; ++i) {
      observation o;
      o.intended_at = o.sent_at = t0 + std::chrono::seconds{s} +
                                  std::chrono::microseconds{static_cast<int>(within(chance) * 999'999)};
      const double factor = population == 5 ? 1.6 : 1;
      o.done_at = o.intended_at + std::chrono::microseconds{static_cast<std::int64_t>(slow(chance) * factor)};
      o.population = population;
      o.via = static_cast<protocol>(population % 3);
      o.op = operation::telemetry;
      if (options.cuts && storm && i % 20 == 0) o.result = outcome::cut_off;
      if (storm && within(chance) < 0.03) o.result = outcome::timed_out;
      if (storm && within(chance) < 0.01) o.result = outcome::broken_link;
      if (o.via == protocol::http && within(chance) < 0.002) o.result = outcome::refused, o.code = 503;
      out.push_back(o);
      if (i % 10 != 0) continue;
      o.op = operation::arrived;
      o.code = 0;
      o.result = storm && within(chance) < 0.004 ? outcome::lost : outcome::ok;
      o.done_at += 2ms;
      out.push_back(o);
    }
  }
  return out;
}

gauges gauges_of(int s, const sample_options& options) {
  const bool storm = s >= options.seconds / 2 && s < options.seconds / 2 + 12;
  gauges now;
  now.things_target = static_cast<std::uint64_t>(5500 * std::min(1.0, (s + 1) / (options.seconds / 6.0)));
  now.things_dark = storm ? 2600 : 0;
  now.things_reconnecting = !storm && s >= options.seconds / 2 && s < options.seconds / 2 + 18 ? 700 : 0;
  now.things_connected = now.things_target - now.things_dark - now.things_reconnecting;
  now.connections_up = now.things_connected;
  now.due = static_cast<std::uint64_t>(s + 1) * 3300;
  now.lag_us = static_cast<std::uint64_t>(300 + 200 * std::sin(s / 7.0));
  now.cpu = 0.42 + 0.1 * std::sin(s / 11.0);
  now.cpu_wait = 0.02 + 0.01 * std::sin(s / 5.0);
  now.memory_bytes = 61'000'000 + static_cast<std::uint64_t>(s) * 30'000;
  for (auto& wire : now.wire) wire = {now.due * 120, now.due * 30, now.due, now.due, 0, 0};
  return now;
}

}  // namespace

std::string hostile_text() {
  return "=x</script><script>window.owned=1</script><img src=x onerror=owned=1>\"'`{{title}}{{{css}}} ${1} "
         "]]> | \x1b[31m\xff&lt;";
}

run_record make_sample_run(const std::string& directory, const sample_options& options) {
  run_record run{about_of(options), shape_of(options), limits_of()};
  std::optional<bundle_writer> out;
  if (!directory.empty()) {
    auto made = bundle_writer::create(directory, run);
    if (!made) throw std::runtime_error{made.error().text};
    out = std::move(*made);
  }
  collector collecting{std::move(run), t0, std::move(out)};
  auto& sink = collecting.add_worker();
  std::mt19937_64 chance{7};
  for (int s = 0; s < options.seconds; ++s) {
    const auto batch = second_of(s, options, chance);
    sink.record(batch);
    collecting.second(t0 + std::chrono::seconds{s + 1}, gauges_of(s, options));
    if (options.hostile && s == 1) collecting.log(t0 + 2s, log_level::error, hostile_text(), hostile_text());
  }
  if (options.finished) collecting.finish(t0 + std::chrono::seconds{options.seconds}, ending::complete);
  return std::move(collecting).take_run();
}

}  // namespace wanwu::report
