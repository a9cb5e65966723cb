// One application message as the broker keeps it: shared by every queue and store that holds it.
#pragma once

#include <memory>
#include <string>

#include "protocols/core/bytes.hpp"
#include "protocols/core/time.hpp"

namespace wanwu::target {

inline constexpr time_point never = time_point::max();

/// Views of a message on its way through; live as long as the packet they came from.
struct message_view {
  std::string_view topic;
  bytes_view payload;
  bytes_view
      properties;  ///< Encoded, as received and in that order, without alias, expiry and subscription ids.
  time_point received_at;
  std::uint64_t publisher = 0;  ///< Serial number of the session it came from; 0 = the target itself.
  std::uint32_t expiry = 0;     ///< Seconds from received_at; meaningful when `expires`.
  bool expires = false;
  bool retain = false;
  std::uint8_t qos = 0;
};

/// The same, owning. Never changed after it is made.
struct message {
  explicit message(const message_view& from)
      : topic{from.topic},
        payload(from.payload.begin(), from.payload.end()),
        properties(from.properties.begin(), from.properties.end()),
        received_at{from.received_at},
        publisher{from.publisher},
        expiry{from.expiry},
        expires{from.expires},
        retain{from.retain},
        qos{from.qos} {}

  message_view view() const {
    return {topic, payload, properties, received_at, publisher, expiry, expires, retain, qos};
  }
  std::size_t size() const { return topic.size() + payload.size() + properties.size(); }

  std::string topic;
  bytes payload;
  bytes properties;
  time_point received_at;
  std::uint64_t publisher;
  std::uint32_t expiry;
  bool expires;
  bool retain;
  std::uint8_t qos;
};

using message_ptr = std::shared_ptr<const message>;

/// Whole seconds left at `now`; 0 means expired. Only for messages that expire [MQTT-3.3.2-6].
inline std::uint32_t seconds_left(const message_view& m, time_point now) {
  const auto waited = std::chrono::duration_cast<std::chrono::seconds>(now - m.received_at).count();
  if (waited <= 0) return m.expiry;
  const auto spent = static_cast<std::uint64_t>(waited);
  return spent >= m.expiry ? 0 : static_cast<std::uint32_t>(m.expiry - spent);
}
inline bool expired(const message_view& m, time_point now) {
  return m.expires && seconds_left(m, now) == 0;
}

}  // namespace wanwu::target
