// What the broker keeps for a client id, with or without a connection. MQTT 5.0 section 4.1.
#pragma once

#include <deque>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "sim/target/connection.hpp"
#include "sim/target/message.hpp"

namespace wanwu::target {

/// How one message is to reach one session.
struct delivery {
  message_ptr what;
  std::vector<std::uint32_t> identifiers;  ///< Subscription identifiers, mostly none.
  std::uint8_t qos = 0;
  bool retain = false;
};

/// A delivery that has a packet id.
struct inflight {
  enum class stage : std::uint8_t { publish, release, done };
  delivery what;
  std::uint16_t packet_id = 0;
  stage now = stage::publish;
  bool begun = false;    ///< Was sent once, on whichever connection: the next time it is a duplicate.
  bool sent = false;     ///< Was sent on the present connection.
  bool counted = false;  ///< Holds a place in the present connection's quota.
};

/// Deliveries of QoS 1 and 2, oldest first. Packet ids in the window follow each other without gaps (finished
/// ones stay until all before them are), so finding one is arithmetic and an id is never used twice at a time
/// [MQTT-2.2.1-4].
class outgoing_flow {
 public:
  /// So many ids are spoken for at most; then new ones wait for the oldest.
  static constexpr std::size_t window_max = 60'000;

  bool has_room() const noexcept { return window.size() < window_max; }
  /// The item lives until finish() or another begin().
  inflight& begin(delivery what) {
    window.push_back({std::move(what), next_id_});
    next_id_ = next_id_ == 65535 ? std::uint16_t{1} : static_cast<std::uint16_t>(next_id_ + 1);
    ++active;
    return window.back();
  }
  /// nullptr when nothing unfinished has that id.
  inflight* find(std::uint16_t id) noexcept {
    if (window.empty() || id == 0) return nullptr;
    const std::uint16_t first = window.front().packet_id;
    const std::size_t at = id >= first ? std::size_t{id} - first : std::size_t{id} + 65535 - first;
    if (at >= window.size() || window[at].now == inflight::stage::done) return nullptr;
    return &window[at];
  }
  void finish(inflight& item) {
    item.now = inflight::stage::done;
    item.what = {};
    --active;
    while (!window.empty() && window.front().now == inflight::stage::done) {
      window.pop_front();
      if (unsent > 0) --unsent;
    }
  }

  std::deque<inflight> window;
  std::deque<delivery> waiting;  ///< Without a packet id yet.
  std::size_t active = 0;        ///< Unfinished items of the window.
  std::size_t unsent = 0;  ///< Items of the window before this index are sent or done on this connection.

 private:
  std::uint16_t next_id_ = 1;
};

struct session_will {
  message_ptr what;
  std::uint32_t delay = 0;  ///< Seconds.
};

struct session {
  std::string client_id;
  std::uint64_t serial = 0;  ///< Never used twice; names the publisher for No Local.
  connection_id connection = no_connection;
  std::uint32_t generation = 0;    ///< Counts the lives of this index, for deadlines.
  std::uint32_t expiry = 0;        ///< Seconds after the connection's end; 0xFFFFFFFF = never.
  std::uint32_t asked_expiry = 0;  ///< In CONNECT: 0 may not be raised by DISCONNECT.
  time_point expires_at = never;   ///< While there is no connection.
  time_point will_at = never;      ///< While a delayed will waits.
  time_point timer_at = never;     ///< The soonest deadline entry there is for this session.
  std::uint64_t mark = 0;          ///< Publication it was last matched by, and
  std::uint32_t match = 0;         ///< where in its list of receivers.
  std::unique_ptr<session_will> will;
  std::unique_ptr<outgoing_flow> out;
  std::vector<std::uint16_t> received;         ///< Packet ids of QoS 2 publications not yet released, sorted.
  std::set<std::string, std::less<>> filters;  ///< As given, with $share.
  bool stalled = false;                        ///< Waits for room in an outbox.
  bool in_use = false;
};

}  // namespace wanwu::target
