// One MQTT client's end of a connection as a value: bytes and time go in, bytes and events come out.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "protocols/core/byte_writer.hpp"
#include "protocols/core/time.hpp"
#include "protocols/mqtt/decode.hpp"
#include "protocols/mqtt/encode.hpp"
#include "protocols/mqtt/exchange.hpp"

namespace wanwu::mqtt {

/// What all sessions of one driver have in common.
struct session_settings {
  version level = version::v5;
  std::uint16_t keep_alive = 60;  ///< Seconds; 0 = off. The server may override it.
  bool clean_start = true;        ///< False: what is unacknowledged is kept and sent again.
  bool use_topic_alias = false;
  std::uint32_t session_expiry = 0;
  std::uint16_t receive_maximum = 0;        ///< 0 = not told: 65535.
  std::uint16_t topic_alias_maximum = 0;    ///< Aliases the server may use.
  std::uint32_t packet_size_max = 1 << 20;  ///< Bytes; longer ones are refused from their header.
  std::uint16_t in_flight_max = 65'535;  ///< 3.1.1 has no Receive Maximum; this stands in for the server's.
  std::uint16_t queue_max = 64;          ///< Messages that wait for the server's Receive Maximum.
  duration ping_timeout = std::chrono::seconds{20};
};

/// The parts a session works with but does not own. One for each driver, so that an idle session is small.
struct session_shared {
  session_settings settings;
  byte_writer out;  ///< Every output is appended here; the owner sends what is new after each call.
  exchange_pool exchanges{};
  byte_writer scratch{};
  std::unique_ptr<byte_writer> held{};  ///< A packet that came in pieces, while views into it are in use.
};

/// Who opens the session. Views live during connect().
struct session_login {
  std::string_view client_id;
  std::optional<std::string_view> user{};
  std::optional<bytes_view> password{};
  std::optional<will> last_will{};
};

enum class publish_result : std::uint8_t {
  sent,
  queued,  ///< Goes out by itself when the server's Receive Maximum allows.
  queue_full,
  not_connected,
  too_large,          ///< For the server's Maximum Packet Size.
  qos_not_supported,  ///< Above the server's Maximum QoS.
  retain_not_supported,
};

/// What a session has to tell, called from receive() and lost(). Views live during the call; those of a
/// message until the next receive() with the same session_shared, or the end of the bytes given to it.
/// `token` is the caller's own of publish(), subscribe() or unsubscribe().
template <class V>
concept session_visitor = requires(V v, const connack& answer, const publish& message, std::string_view topic,
                                   std::uint32_t token, std::uint8_t reason, std::size_t size,
                                   const suback& granted, const unsuback& removed, const disconnect& farewell,
                                   const auth& step, const wire_error& why) {
  v.session_up(answer);
  v.session_refused(answer);  ///< CONNACK with an error. The session is over.
  v.session_message(message,
                    topic);  ///< `topic` is resolved where an alias stood; then it lives for the call.
  v.session_finished(token, reason, size);  ///< PUBACK, PUBCOMP, or a PUBREC with an error, of so many bytes.
  v.session_given_up(token);  ///< Nothing more will be heard of it: the session's state is gone.
  v.session_subscribed(token, granted);
  v.session_unsubscribed(token, removed);
  v.session_ended(farewell);  ///< The server sent DISCONNECT. The session is over.
  v.session_authentication(step);
  v.session_broken(why);  ///< The server broke the protocol. The session is over: close the link.
};

/// Sans-I/O, single-threaded. 96 bytes, and nothing else while idle. Output goes to session_shared::out.
class session {
 public:
  // In.
  void connect(session_shared& with, const session_login& who, time_point now);
  /// `token` comes back in session_finished() or session_given_up(); not at QoS 0. Needs a valid topic name.
  publish_result publish(session_shared& with, const outgoing_publish& what, std::uint32_t token,
                         time_point now);
  /// `filters` as put_filter() makes them, at least one; `identifier` 0 = none. False when not connected or
  /// no packet id is free.
  bool subscribe(session_shared& with, bytes_view filters, std::uint32_t identifier, std::uint32_t token,
                 time_point now);
  bool unsubscribe(session_shared& with, bytes_view filters, std::uint32_t token, time_point now);
  /// Ends the session in order; the link is to be closed after the output.
  void disconnect(session_shared& with, reason_code why, time_point now);
  /// Takes any piece of the stream. False when the session is over: then close the link.
  template <session_visitor V>
  bool receive(session_shared& with, bytes_view raw, time_point now, V& visitor);
  /// The link is gone. Sessions that are resumed keep their exchanges, others give them up.
  template <session_visitor V>
  void lost(session_shared& with, V& visitor);
  /// The exchange of `token` goes on, but nobody waits for it: no event will name it.
  void forget(session_shared& with, std::uint32_t token) noexcept;

  enum class liveness : std::uint8_t { fine, silent };
  /// Sends PINGREQ when due. Silent: the answer to one is overdue.
  liveness advance(session_shared& with, time_point now);
  /// When advance() next has something to do.
  std::optional<time_point> next_deadline(const session_settings& settings) const noexcept;

  bool is_up() const noexcept { return state_ == state::up; }
  bool awaits_connack() const noexcept { return state_ == state::connecting; }
  /// Sent and unacknowledged messages of QoS 1 and 2.
  std::uint16_t in_flight() const noexcept { return in_flight_; }
  std::uint16_t queued() const noexcept { return queued_; }
  bool may_identify_subscriptions() const noexcept { return subscription_identifiers_; }
  std::uint64_t retransmissions() const noexcept { return retransmissions_; }

 private:
  enum class state : std::uint8_t { closed, connecting, up };
  struct alias_tables {
    std::vector<std::string> incoming;  ///< By alias - 1; grows to topic_alias_maximum at most.
    std::vector<std::string> outgoing;
  };
  static constexpr std::uint32_t nobody = 0xFFFF'FFFF;     ///< Token of an exchange nobody waits for.
  static constexpr std::size_t outgoing_aliases_max = 16;  ///< Used by one session, however many it may.

  template <session_visitor V>
  bool take(session_shared& with, const frame& found, time_point now, V& visitor);
  template <session_visitor V>
  bool take_slow(session_shared& with, const packet& what, std::size_t size, time_point now, V& visitor);
  template <session_visitor V>
  bool take_connack(session_shared& with, const connack& answer, time_point now, V& visitor);
  template <session_visitor V>
  bool take_publish(session_shared& with, const mqtt::publish& message, time_point now, V& visitor);
  template <session_visitor V>
  bool take_ack(session_shared& with, const ack& what, std::size_t size, time_point now, V& visitor);
  template <session_visitor V>
  bool broken(V& visitor, wire_errc code, std::string_view clause);

  /// Resolves an alias; nothing when it breaks a rule, which `clause` then names.
  std::optional<std::string_view> resolve_topic(const session_settings& settings,
                                                const mqtt::publish& message, std::string_view& clause);
  void learn_limits(const session_settings& settings, const connack& answer);
  void resend_all(session_shared& with, time_point now);
  void send_queued(session_shared& with, time_point now);
  bool may_send_more(const session_settings& settings) const noexcept;
  std::uint16_t new_packet_id(const session_shared& with) noexcept;
  outgoing_publish with_alias(const session_settings& settings, const outgoing_publish& what);
  bool request(session_shared& with, packet_type type, bytes_view filters, std::uint32_t identifier,
               std::uint32_t token, time_point now);
  bool begin_incoming(session_shared& with, std::uint16_t packet_id);  ///< False: known, so a duplicate.
  bool end_incoming(session_shared& with, std::uint16_t packet_id);
  void reset_connection() noexcept;
  /// A tenth of the keep alive, at least a quarter of a second, is left for the way to the server.
  duration ping_interval() const noexcept {
    const duration whole = std::chrono::seconds{keep_alive_};
    return whole - std::max<duration>(whole / 10, std::chrono::milliseconds{250});
  }

  std::unique_ptr<byte_writer> partial_;  ///< The beginning of a packet whose rest has not come.
  std::unique_ptr<alias_tables> aliases_;
  exchange_list outgoing_, waiting_, incoming_;
  time_point last_sent_{}, ping_sent_{};
  std::uint32_t server_packet_max_ = variable_max + 5;
  std::uint32_t retransmissions_ = 0;
  std::uint16_t keep_alive_ = 0;
  std::uint16_t next_id_ = 0;
  std::uint16_t server_receive_max_ = 65'535;
  std::uint16_t server_alias_max_ = 0;
  std::uint16_t in_flight_ = 0, queued_ = 0, incoming_count_ = 0;
  qos server_qos_max_ = qos::exactly_once;
  state state_ = state::closed;
  bool awaits_pingresp_ = false;
  bool retain_available_ = true;
  bool subscription_identifiers_ = true;
};

static_assert(sizeof(session) <= 96, "a connection of an idle thing must stay small");

}  // namespace wanwu::mqtt

#include "protocols/mqtt/session_receive.hpp"
