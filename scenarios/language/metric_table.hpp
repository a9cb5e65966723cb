// Every metric there is: the one table behind thresholds, `wanwu list metrics`, the recorder and the judge.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace wanwu::lang {

/// In the table's order. OP.sent counts starts, OP.acknowledged the good ends, OP.errors the bad ones.
enum class metric_id : std::uint8_t {
  connect_tried,
  connect_failed,
  connect_latency,
  reconnect_tried,
  reconnect_failed,
  reconnect_time,
  disconnects,
  things_connected,
  register_sent,
  register_acknowledged,
  register_errors,
  register_latency,
  telemetry_sent,
  telemetry_acknowledged,
  telemetry_errors,
  telemetry_latency,
  telemetry_arrived,
  telemetry_lost,
  telemetry_duplicates,
  telemetry_reordered,
  telemetry_e2e,
  bystander_latency,
  bystander_usual,
  bystander_errors,
  event_sent,
  event_acknowledged,
  event_errors,
  event_latency,
  command_heard,
  command_latency,
  ack_sent,
  ack_acknowledged,
  ack_errors,
  ack_latency,
  read_sent,
  read_acknowledged,
  read_errors,
  read_latency,
  mqtt_bytes_out,
  mqtt_bytes_in,
  coap_bytes_out,
  coap_bytes_in,
  http_bytes_out,
  http_bytes_in,
  coap_retransmissions,
  target_malformed,
  generator_planned,
  generator_late,
  generator_openings,
  generator_openings_late,
  generator_lag,
  generator_drift,
  generator_cpu,
  generator_cpu_wait,
  script_errors,
};
inline constexpr std::size_t metric_count = static_cast<std::size_t>(metric_id::script_errors) + 1;

enum class metric_kind : std::uint8_t {
  counter,    ///< Grows; stats count, rate, and ratio where `ratio_of` names what it is a part of.
  gauge,      ///< A number at a moment; stats min, max, mean over the seconds of the phase.
  histogram,  ///< Lengths of time; stats count, rate, min, max, mean and any percentile.
};
enum class metric_unit : std::uint8_t {
  count,
  bytes,
  time,
  share,   ///< A part of one: written with %.
  things,  ///< A count that may be demanded as a share of the things planned at that moment.
};

struct metric {
  metric_id id{};
  std::string_view name;
  metric_kind kind{};
  metric_unit unit{};
  std::string_view ratio_of;  ///< Name of the counter that `ratio` divides by; "" = no ratio.
  bool tagged{};  ///< Carries sector, kind, protocol (and the scenario's own tags); else the whole run.
  std::string_view help;
};

std::span<const metric> metrics() noexcept;
const metric& metric_of(metric_id id) noexcept;
/// nullptr when there is no such name.
const metric* find_metric(std::string_view name) noexcept;
std::string_view name_of(metric_kind kind) noexcept;
/// "", "B", "us", "%", "things": as lists and series show it.
std::string_view unit_text(metric_unit unit) noexcept;
/// "count rate ratio" ...: the stat words a threshold may use on it.
std::string_view stat_words(const metric& m) noexcept;
/// The tag keys that every tagged metric carries.
std::span<const std::string_view> builtin_tags() noexcept;

}  // namespace wanwu::lang
