// The seam between the engine, which knows things and schedules but no protocol, and the protocols, which
// know no scenario. A driver serves one protocol for one worker: many connections, one thread.
//
// Everything crosses in batches (spans): one virtual call a batch, none a message.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/core/bytes.hpp"
#include "protocols/core/observation.hpp"
#include "protocols/core/time.hpp"
#include "protocols/transport/link.hpp"

namespace wanwu {

/// Dense index of a connection (MQTT), an endpoint (CoAP) or a pool user (HTTP) within one driver, from 0.
enum class connection_id : std::uint32_t {};

/// The part of a request that all things of one population share. Made before the run, lives through it.
struct request_shape {
  operation op{};
  protocol via{};
  std::uint16_t population{};
  // MQTT
  std::uint8_t qos{};
  bool retain{};
  bytes publish_properties;  ///< Encoded MQTT 5 properties without their length; empty for 3.1.1.
  // CoAP and HTTP
  std::string method;  ///< "GET", "POST", "PUT", "PATCH", "DELETE", "FETCH", "iPATCH".
  std::string
      content_type;    ///< Media type of the payload, "" when there is none. CoAP: mapped to its number.
  std::string accept;  ///< Media type wanted back, "" for any.
  std::string extra_headers;  ///< HTTP only: complete lines, each ended by CRLF.
  bool confirmable = true;    ///< CoAP only: CON or NON.
  // The answer
  std::vector<std::uint16_t> expect;  ///< Codes that count as ok; empty = the protocol's success class.
  bool wants_answer{};                ///< Deliver the answer's payload through driver_client::heard().
  duration answer_within{std::chrono::seconds{30}};  ///< Then the outcome is timed_out.
};

/// One operation to start now. Views live until start() returns.
struct intent {
  const request_shape* shape{};
  std::string_view address;  ///< MQTT topic; CoAP and HTTP path with query, percent-encoded.
  bytes_view payload;
  bytes_view properties;  ///< MQTT 5 only: encoded properties of this message, after those of its shape.
  time_point intended_at;
  thing_id thing{};
  connection_id connection{};
  std::uint32_t token{};  ///< Given back in heard_message; the engine's own.
};

/// A topic filter (MQTT) or a path to observe (CoAP) that a connection wants. `tag` comes back in
/// heard_message.
struct subscription {
  std::string filter;
  std::uint8_t qos{};
  std::uint8_t tag{};
  bool no_local{};
};

/// Who a connection is: asked for each time it opens, so that no connection stores it.
struct login {
  std::string client_id;
  std::string user;      ///< "" = none.
  std::string password;  ///< Never logged, never recorded.
  bool has_user{}, has_password{};
  std::string will_topic;  ///< "" = no will.
  bytes will_payload;
  std::uint8_t will_qos{};
  bool will_retain{};
  std::vector<subscription> subscriptions;
  thing_id thing{};  ///< For the observations of connect, subscribe, disconnect.
  std::uint16_t population{};
};

/// Something a connection received. Views live until heard() returns.
struct heard_message {
  std::string_view address;  ///< MQTT topic; CoAP/HTTP: the path it answers.
  bytes_view payload;
  std::string_view response_topic;  ///< MQTT 5 only.
  bytes_view correlation;           ///< MQTT 5 only.
  time_point at;
  connection_id connection{};
  std::uint32_t token{};  ///< Of the intent it answers; 0 for what came by subscription.
  std::uint16_t code{};
  std::uint8_t subscription_tag{};
  std::uint8_t qos{};
  bool retained{}, duplicate{};
};

enum class connection_state : std::uint8_t { opening, up, down };

/// A connection changed. `why` and `code` say how it went down (ok = by our own close()).
struct connection_change {
  time_point at;
  connection_id connection{};
  connection_state now{};
  outcome why{};
  std::uint16_t code{};
};

/// The engine's side of the seam. Called on the worker's thread, from inside start(), advance() and the
/// reactor's dispatch; must not call back into the driver.
class driver_client : public observation_sink {
 public:
  /// Fills `out` (given empty) for a connection about to open.
  virtual void describe(connection_id connection, login& out) = 0;
  virtual void changed(std::span<const connection_change> changes) = 0;
  virtual void heard(std::span<const heard_message> messages) = 0;
  /// After driver::report_completions(true): one entry for each operation that ended since the last call, so
  /// that a closed loop knows whom to give the next one. None for what was not_started.
  virtual void ready_for_more(std::span<const connection_id> /*connections*/) {}
};

/// Openings quicker than this did not wait for a second SYN, which leaves after a second.
inline constexpr duration second_syn_after = std::chrono::milliseconds{900};

/// Numbers of one driver since its start; the gauges are of this moment.
struct driver_totals {
  std::uint64_t bytes_out{}, bytes_in{};
  std::uint64_t messages_out{}, messages_in{};
  std::uint64_t retransmissions{};
  std::uint64_t wire_errors{};  ///< What the target sent that our decoder refused.
  std::uint64_t second_syns{};  ///< Connections whose opening took a second SYN.
  std::uint32_t connections_up{}, operations_in_flight{};
  std::uint32_t direct_sockets{};  ///< Held outside the descriptor table.
};

/// One protocol on one worker.
class driver {
 public:
  virtual ~driver() = default;
  /// Connections 0..count-1 exist from now on, all down. Called once, before anything else.
  virtual void prepare(std::uint32_t count) = 0;
  /// Begins to open each; changed() tells what became of it. `intended` has one instant for each.
  virtual void open(std::span<const connection_id> which, std::span<const time_point> intended,
                    time_point now) = 0;
  /// What is unanswered is cut_off. Operations of a session that the target keeps go on when it is opened
  /// again, and are cut_off when they end before.
  virtual void close(std::span<const connection_id> which, closing how, time_point now) = 0;
  /// Starts each operation at once. On a connection that is not up the outcome is not_started.
  virtual void start(std::span<const intent> intents, time_point now) = 0;
  /// Does whatever was due by `now`: keep alive, retransmission, timeouts; hands over batched observations.
  virtual void advance(time_point now) = 0;
  /// When advance() next has something to do.
  virtual std::optional<time_point> next_deadline() const = 0;
  /// Gives every operation in flight up as `why` (cut_off where close() was before), and hands over what is
  /// left. Connections stay.
  virtual void abandon(outcome why, time_point now) = 0;
  virtual driver_totals totals() const = 0;
  /// Whether driver_client::ready_for_more() is called. Off at first.
  virtual void report_completions(bool /*wanted*/) {}
};

}  // namespace wanwu
