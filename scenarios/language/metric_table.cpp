// The table of metrics.
#include "scenarios/language/metric_table.hpp"

#include <algorithm>
#include <array>

namespace wanwu::lang {
namespace {

using id = metric_id;
using kind = metric_kind;
using unit = metric_unit;

constexpr std::array<metric, metric_count> table{{
    {id::connect_tried, "connect.tried", kind::counter, unit::count, "", true, "First connections begun."},
    {id::connect_failed, "connect.failed", kind::counter, unit::count, "connect.tried", true,
     "First connections that were refused, timed out or broke."},
    {id::connect_latency, "connect.latency", kind::histogram, unit::time, "", true,
     "From the intended start of a first connection until the target accepted it."},
    {id::reconnect_tried, "reconnect.tried", kind::counter, unit::count, "", true,
     "Connections begun after a loss."},
    {id::reconnect_failed, "reconnect.failed", kind::counter, unit::count, "reconnect.tried", true,
     "Tries to return that did not succeed."},
    {id::reconnect_time, "reconnect.time", kind::histogram, unit::time, "", true,
     "From the loss of a connection until the thing was accepted again."},
    {id::disconnects, "disconnects", kind::counter, unit::count, "", true,
     "Connections that ended without our wish."},
    {id::things_connected, "things.connected", kind::gauge, unit::things, "", true,
     "Things whose connection is up; with % a share of those planned at that moment."},
    {id::register_sent, "register.sent", kind::counter, unit::count, "", true,
     "Descriptions handed to the target."},
    {id::register_acknowledged, "register.acknowledged", kind::counter, unit::count, "register.sent", true,
     "Descriptions the target accepted."},
    {id::register_errors, "register.errors", kind::counter, unit::count, "register.sent", true,
     "Descriptions refused or not answered."},
    {id::register_latency, "register.latency", kind::histogram, unit::time, "", true,
     "From the intended start of a registration until its answer."},
    {id::telemetry_sent, "telemetry.sent", kind::counter, unit::count, "", true,
     "Readings sent; also those that a storm or ramp of the run cut off before their answer: no share counts "
     "them."},
    {id::telemetry_acknowledged, "telemetry.acknowledged", kind::counter, unit::count, "telemetry.sent", true,
     "Readings whose protocol confirmed them (PUBACK, 2.04, 2xx); QoS 0 counts when it has left."},
    {id::telemetry_errors, "telemetry.errors", kind::counter, unit::count, "telemetry.sent", true,
     "Readings refused, not answered in time, or cut by a link that the target broke."},
    {id::telemetry_latency, "telemetry.latency", kind::histogram, unit::time, "", true,
     "From the intended start of a reading until its confirmation."},
    {id::telemetry_arrived, "telemetry.arrived", kind::counter, unit::count, "telemetry.sent", true,
     "Sampled readings that the witness received from the target."},
    {id::telemetry_lost, "telemetry.lost", kind::counter, unit::count, "telemetry.sent", true,
     "Sampled readings that never reached the witness, though their link was not cut off by the run itself."},
    {id::telemetry_duplicates, "telemetry.duplicates", kind::counter, unit::count, "telemetry.arrived", true,
     "Readings the witness received more than once."},
    {id::telemetry_reordered, "telemetry.reordered", kind::counter, unit::count, "telemetry.arrived", true,
     "Readings the witness received after a later one of the same thing."},
    {id::telemetry_e2e, "telemetry.e2e", kind::histogram, unit::time, "", true,
     "From the intended start of a reading until the witness received it."},
    {id::bystander_latency, "bystander.latency", kind::histogram, unit::time, "", true,
     "telemetry.latency of the kinds that no fault is about, in the phases in which one acts."},
    {id::bystander_usual, "bystander.usual", kind::histogram, unit::time, "", true,
     "telemetry.latency of the same kinds in the other phases."},
    {id::bystander_errors, "bystander.errors", kind::counter, unit::count, "telemetry.sent", true,
     "telemetry.errors of the kinds that no fault is about, in the phases in which one acts."},
    {id::event_sent, "event.sent", kind::counter, unit::count, "", true,
     "Events sent; also those that a storm or ramp of the run cut off before their answer."},
    {id::event_acknowledged, "event.acknowledged", kind::counter, unit::count, "event.sent", true,
     "Events whose protocol confirmed them."},
    {id::event_errors, "event.errors", kind::counter, unit::count, "event.sent", true,
     "Events refused, not answered in time, or cut by a link that the target broke."},
    {id::event_latency, "event.latency", kind::histogram, unit::time, "", true,
     "From the intended start of an event until its confirmation."},
    {id::command_heard, "command.heard", kind::counter, unit::count, "", true,
     "Commands that reached a thing, whatever became of their answers."},
    {id::command_latency, "command.latency", kind::histogram, unit::time, "", true,
     "From a command's arrival at the thing until its answer was confirmed."},
    {id::ack_sent, "ack.sent", kind::counter, unit::count, "", true, "Answers of things to commands."},
    {id::ack_acknowledged, "ack.acknowledged", kind::counter, unit::count, "ack.sent", true,
     "Answers whose protocol confirmed them."},
    {id::ack_errors, "ack.errors", kind::counter, unit::count, "ack.sent", true,
     "Answers that were not accepted."},
    {id::ack_latency, "ack.latency", kind::histogram, unit::time, "", true,
     "From the intended start of an answer until its confirmation."},
    {id::read_sent, "read.sent", kind::counter, unit::count, "", true, "Properties asked for."},
    {id::read_acknowledged, "read.acknowledged", kind::counter, unit::count, "read.sent", true,
     "Properties the target answered with."},
    {id::read_errors, "read.errors", kind::counter, unit::count, "read.sent", true,
     "Reads refused or not answered."},
    {id::read_latency, "read.latency", kind::histogram, unit::time, "", true,
     "From the intended start of a read until its answer."},
    {id::mqtt_bytes_out, "mqtt.bytes_out", kind::counter, unit::bytes, "", false, "Bytes sent over MQTT."},
    {id::mqtt_bytes_in, "mqtt.bytes_in", kind::counter, unit::bytes, "", false, "Bytes received over MQTT."},
    {id::coap_bytes_out, "coap.bytes_out", kind::counter, unit::bytes, "", false, "Bytes sent over CoAP."},
    {id::coap_bytes_in, "coap.bytes_in", kind::counter, unit::bytes, "", false, "Bytes received over CoAP."},
    {id::http_bytes_out, "http.bytes_out", kind::counter, unit::bytes, "", false, "Bytes sent over HTTP."},
    {id::http_bytes_in, "http.bytes_in", kind::counter, unit::bytes, "", false, "Bytes received over HTTP."},
    {id::coap_retransmissions, "coap.retransmissions", kind::counter, unit::count, "", false,
     "Confirmable messages sent again."},
    {id::target_malformed, "target.malformed", kind::counter, unit::count, "", false,
     "Messages from the target that break their protocol."},
    {id::generator_planned, "generator.planned", kind::counter, unit::count, "", false,
     "Operations that the schedule wanted to start."},
    {id::generator_late, "generator.late", kind::counter, unit::count, "generator.planned", false,
     "Operations this program itself could not start in time."},
    {id::generator_openings, "generator.openings", kind::counter, unit::count, "", false,
     "Connections begun, first ones and returns."},
    {id::generator_openings_late, "generator.openings_late", kind::counter, unit::count, "generator.openings",
     false, "Connections that this program itself began too late; waiting for the target does not count."},
    {id::generator_lag, "generator.lag", kind::histogram, unit::time, "", false,
     "How long after its intended instant an operation was started."},
    {id::generator_drift, "generator.drift", kind::gauge, unit::share, "", false,
     "Share of the time by which the worst worker's loop came round too late."},
    {id::generator_cpu, "generator.cpu", kind::gauge, unit::share, "", false,
     "Share of its processor that the busiest worker used."},
    {id::generator_cpu_wait, "generator.cpu_wait", kind::gauge, unit::share, "", false,
     "Share of the time for which the worst worker was ready to run and others had the processor."},
    {id::script_errors, "script.errors", kind::counter, unit::count, "", true,
     "Things stopped because their script failed or used up its budget."},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (static_cast<std::size_t>(table[i].id) != i) return false;
  }
  return true;
}
static_assert(in_order(), "a metric's id is its index in the table");

constexpr std::array<std::string_view, 4> tag_keys{"sector", "kind", "protocol", "conduct"};

}  // namespace

std::span<const metric> metrics() noexcept {
  return table;
}

const metric& metric_of(metric_id which) noexcept {
  return table[static_cast<std::size_t>(which)];
}

const metric* find_metric(std::string_view name) noexcept {
  const auto found =
      std::find_if(table.begin(), table.end(), [&](const metric& m) { return m.name == name; });
  return found == table.end() ? nullptr : &*found;
}

std::string_view name_of(metric_kind k) noexcept {
  switch (k) {
    case metric_kind::counter:
      return "counter";
    case metric_kind::gauge:
      return "gauge";
    case metric_kind::histogram:
      return "histogram";
  }
  return "";
}

std::string_view unit_text(metric_unit u) noexcept {
  switch (u) {
    case metric_unit::count:
      return "";
    case metric_unit::bytes:
      return "B";
    case metric_unit::time:
      return "us";
    case metric_unit::share:
      return "%";
    case metric_unit::things:
      return "things";
  }
  return "";
}

std::string_view stat_words(const metric& m) noexcept {
  switch (m.kind) {
    case metric_kind::counter:
      return m.ratio_of.empty() ? "count rate" : "count rate ratio";
    case metric_kind::gauge:
      return "min max mean";
    case metric_kind::histogram:
      return "count rate min max mean p50 p90 p95 p99 p99.9 p99.99";
  }
  return "";
}

std::span<const std::string_view> builtin_tags() noexcept {
  return tag_keys;
}

}  // namespace wanwu::lang
