// The MQTT broker: 3.1.1 and 5.0 over the codec, without sockets or clocks. Its rules are split by packet
// over broker_connect, broker_publish, broker_subscribe, broker_delivery and broker_session .cpp.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "protocols/coap/backoff.hpp"
#include "protocols/mqtt/decode.hpp"
#include "protocols/mqtt/encode.hpp"
#include "sim/target/deadlines.hpp"
#include "sim/target/retained_store.hpp"
#include "sim/target/session_store.hpp"
#include "sim/target/target_core.hpp"
#include "sim/target/topic_tree.hpp"

namespace wanwu::target {

/// What else wants to see publications whose topic starts with "things/". Called before the publisher gets
/// its ack.
using publication_listener = std::function<void(const message_view& what, std::string_view client_id)>;

class broker {
 public:
  broker(const target_settings& settings, std::vector<outbox>& lanes, target_totals& totals);

  connection_id opened(std::uint32_t lane, link_name link, time_point now);
  void receive(connection_id from, bytes_view raw, time_point now);
  void ended(connection_id who, time_point now);
  void backlog(connection_id who, std::size_t unsent, time_point now);
  void advance(time_point now);
  std::optional<time_point> next_deadline() const;
  void shut_down(time_point now);

  void listen(publication_listener listener) { listener_ = std::move(listener); }
  /// Publishes for the target itself: nobody is "the publisher". Returns how many sessions it goes to.
  std::size_t publish(const message_view& what, time_point now);

  std::size_t sessions() const noexcept { return sessions_.size(); }
  std::size_t connections() const noexcept { return up_; }
  std::size_t subscriptions() const noexcept { return tree_.subscriptions(); }
  std::size_t retained() const noexcept { return retained_.size(); }

 private:
  using code = mqtt::reason_code;
  enum class deadline : std::uint8_t { handshake, keep_alive, session };
  /// One session that a publication goes to, and how.
  struct receiver {
    session_id who{};
    std::uint8_t qos = 0;
    bool retain = false;
    std::vector<std::uint32_t> identifiers;
  };
  /// How one PUBLISH is to be written.
  struct outgoing {
    std::span<const std::uint32_t> identifiers;
    std::uint16_t packet_id = 0;
    std::uint8_t qos = 0;
    bool retain = false, duplicate = false;
  };
  /// The last QoS 0 packet written, for whom the same bytes serve again.
  struct written {
    std::size_t from{}, length{};
    std::uint32_t lane{};
    mqtt::version version{};
    bool retain{}, valid{};
  };

  // broker.cpp: connections, frames, closing
  connection& at(connection_id id) { return connections_[static_cast<std::uint32_t>(id)]; }
  outbox& box(const connection& c) { return lanes_[c.lane]; }
  std::size_t receive_frames(connection_id id, bytes_view in, time_point now);
  void receive_frame(connection_id id, const mqtt::frame& in, time_point now);
  void receive_packet(connection_id id, const mqtt::packet& what, time_point now);
  void refuse(connection_id id, const wire_error& why, bytes_view packet, time_point now);
  bool send(connection& c, const mqtt::packet& what);
  void send_ack(connection& c, mqtt::packet_type type, std::uint16_t packet_id, code reason = code::success);
  /// Ends a connection for a reason: DISCONNECT for 5.0 clients that are up, then close. The will stays due.
  void disconnect(connection_id id, code reason, time_point now);
  void close(connection_id id, time_point now);
  void hear_disconnect(connection_id id, const mqtt::disconnect& packet, time_point now);
  void watch_keep_alive(connection_id id, time_point at_when);
  void check_connection(connection_id id, deadline which, time_point now);

  // broker_connect.cpp
  void refuse_connect(connection_id id, mqtt::version version, code reason, std::string_view detail = {});
  void connect(connection_id id, const mqtt::connect& packet, bytes_view whole, time_point now);
  code judge_connect(const mqtt::connect& packet) const;
  void accept(connection_id id, const mqtt::connect& packet, time_point now);
  session_id take_session(std::string_view client_id, bool clean, bool& resumed, time_point now);
  void apply_settings(connection& c, const mqtt::connect& packet);
  bool send_connack(connection& c, const mqtt::connect& packet, const session& s, bool resumed,
                    bool assigned);
  void keep_will(session& s, const mqtt::will& will);
  std::string new_client_id();
  void begin_auth(connection_id id, std::string_view method, bytes_view whole);
  void authenticate(connection_id id, const mqtt::auth& packet, time_point now);
  void send_auth(connection& c, code reason, std::string_view data);

  // broker_publish.cpp
  void publish(connection_id id, const mqtt::publish& packet, time_point now);
  code judge_publish(const connection& c, const mqtt::publish& packet) const;
  bool resolve_topic(connection_id id, const mqtt::publish& packet, std::string_view& topic, time_point now);
  void finish_publish(connection_id id, const mqtt::publish& packet, code reason);
  bool is_denied(std::string_view topic) const;
  void acknowledge(connection_id id, const mqtt::ack& packet, time_point now);
  void release(connection_id id, std::uint16_t packet_id);
  void received(connection_id id, const mqtt::ack& packet, time_point now);
  void finish(connection& c, session& s, inflight& item);
  std::size_t route(const message_view& m, time_point now);
  void collect(const message_view& m);
  void add_receiver(const subscriber& to, const message_view& m);
  void add_shared(share_group& group, const message_view& m);
  void keep_retained(const message_view& m, message_ptr& owned);
  bytes_view forwarded_properties(mqtt::property_view all);

  // broker_delivery.cpp
  void deliver(session_id to, const message_view& m, message_ptr& owned, receiver& how, time_point now);
  bool send_publish(connection& c, const message_view& m, const outgoing& how, time_point now);
  bool send_again(connection& c, const message_view& m, const receiver& how);
  bool send_inflight(connection& c, session& s, inflight& item, time_point now);
  bool resume_window(session_id id, time_point now);
  /// Sends whatever the session has waiting, as far as quota and outbox allow.
  void pump(session_id id, time_point now);
  void enqueue(session& s, const message_view& m, message_ptr& owned, const receiver& how);
  bool has_space(const connection& c) const;
  void stall(session_id id);

  // broker_subscribe.cpp
  void subscribe(connection_id id, const mqtt::subscribe& packet, time_point now);
  code judge_filter(const session& s, std::string_view filter) const;
  code add_subscription(session_id id, const mqtt::filter_entry& entry, std::uint32_t identifier,
                        bool& is_new);
  void send_retained(session_id id, const mqtt::filter_entry& entry, std::uint32_t identifier,
                     time_point now);
  void unsubscribe(connection_id id, const mqtt::unsubscribe& packet, time_point now);
  bool drop_subscription(session_id id, std::string_view filter);

  // broker_session.cpp
  void detach(connection_id id, bool with_will, time_point now);
  void send_will(session_id id, time_point now);
  void end_session(session_id id, time_point now);
  void watch_session(session_id id);
  void check_session(session_id id, std::uint32_t generation, time_point now);
  void drop_queue(session& s);

  const target_settings& settings_;
  std::vector<outbox>& lanes_;
  target_totals& totals_;
  coap::chance chance_;
  publication_listener listener_;
  std::deque<connection> connections_;
  std::vector<connection_id> free_;
  std::size_t up_ = 0;
  session_store sessions_;
  topic_tree tree_;
  retained_store retained_;
  deadline_queue deadlines_;
  std::size_t queued_bytes_ = 0;
  std::uint64_t publications_ = 0;

  // Memory used again by each publication.
  std::vector<topic_node*> nodes_;
  std::vector<receiver> receivers_;
  std::size_t receiver_count_ = 0;
  byte_writer properties_;
  byte_writer extra_properties_;
  written written_;
  std::vector<session_id> stalled_;
};

}  // namespace wanwu::target
