// What a driver saw happen: the one fact that metrics, logs, verdicts and reports are made from.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "protocols/core/time.hpp"

namespace wanwu {

enum class thing_id : std::uint32_t {};  ///< Dense index into the whole world's population, from 0.
enum class protocol : std::uint8_t { mqtt, coap, http };

/// What was done. The order is that of `wanwu list metrics`; name_of() gives the word users write.
enum class operation : std::uint8_t {
  connect,     ///< Link opened and accepted by the target (CONNACK, TCP open for HTTP). A first time.
  reconnect,   ///< The same after the link was lost; intended_at = when the link was lost.
  disconnect,  ///< Link ended; result ok = wanted by us, broken_link = not.
  register_,   ///< Description handed to the target.
  telemetry,   ///< A reading sent and, where the protocol has it, acknowledged.
  event,       ///< The same for an event.
  command,     ///< A command heard by a thing. intended_at = when it arrived.
  ack,         ///< The thing's answer to a command.
  read,        ///< A property read back from the target.
  arrived,     ///< A telemetry message seen by the witness; intended_at = its intended start.
  subscribe,   ///< Subscription or observation accepted.
};
inline constexpr std::size_t operation_count = 11;

enum class outcome : std::uint8_t {
  ok,
  refused,           ///< The target answered, and said no (`code` says how).
  timed_out,         ///< No answer in the time the protocol or the target file gives.
  broken_link,       ///< The link ended before the answer, and not by us.
  unreachable,       ///< No link could be opened (connection refused, no route).
  malformed_answer,  ///< The answer breaks the protocol (the target's fault).
  not_started,       ///< The generator could not start it: no link, or late beyond use.
  lost,              ///< Sent and acknowledged or not, but the witness never saw it.
  duplicate,         ///< The witness saw it more than once.
  reordered,         ///< The witness saw it after a later one of the same thing.
  local_error,       ///< Our side failed: descriptors, ports, memory. Never the target's fault.
  cut_off,           ///< We ended the link before the answer: a storm, a ramp, the end. Nobody's fault.
};
inline constexpr std::size_t outcome_count = 12;

std::string_view name_of(protocol p) noexcept;
std::string_view name_of(operation op) noexcept;  ///< "connect", ..., "register", ...
std::string_view name_of(outcome o) noexcept;     ///< "ok", "timed_out", ...

/// One finished operation of one thing. 56 bytes; made in batches, never allocated one by one.
struct observation {
  time_point intended_at;  ///< When the schedule wanted it to start.
  time_point sent_at;      ///< When its first byte left; later than intended_at under backlog.
  time_point done_at;      ///< When its answer was complete, or was given up on.
  thing_id thing{};
  std::uint32_t bytes_sent{};
  std::uint32_t bytes_received{};
  std::uint16_t population{};  ///< Index of the kind in the plan: gives sector, kind and tags.
  /// MQTT reason code, CoAP code byte, HTTP status; errno where the system failed (unreachable, broken_link,
  /// local_error); 0 where none was said.
  std::uint16_t code{};
  operation op{};
  protocol via{};
  outcome result{};
};

/// What a user waits. Measured from the intention, so a stalled target cannot hide its stall
/// (coordinated omission).
constexpr duration response_time(const observation& o) {
  return o.done_at - o.intended_at;
}
/// What the target took once asked.
constexpr duration service_time(const observation& o) {
  return o.done_at - o.sent_at;
}

/// Where observations go, in batches. Called on one worker's thread; must not block.
class observation_sink {
 public:
  virtual ~observation_sink() = default;
  virtual void record(std::span<const observation> seen) = 0;
};

}  // namespace wanwu
