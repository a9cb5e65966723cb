// One connection of the native MQTT driver: its session and the little that the driver keeps beside it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "protocols/drivers/coarse_wheel.hpp"
#include "protocols/drivers/driver.hpp"
#include "protocols/mqtt/session.hpp"

namespace wanwu {

/// Output that the kernel would not take yet. Exists only while there is some.
struct mqtt_pending_output {
  struct last_byte {
    std::size_t end{};  ///< Offset in `waiting` after the last byte of a QoS 0 message.
    std::uint32_t operation{};
  };
  byte_writer waiting;
  std::size_t sent = 0;
  std::vector<last_byte> messages;
  std::size_t messages_done = 0;

  std::size_t size() const noexcept { return waiting.size() - sent; }
};

/// Tells subscriptions apart where the target does not: 3.1.1, or 5.0 without subscription identifiers.
struct mqtt_tagged_filter {
  std::string filter;
  std::uint8_t tag{};
};

/// A row of the driver. While idle it owns no memory besides itself.
struct mqtt_connection {
  enum class stage : std::uint8_t {
    down,
    linking,      ///< The transport opens the link.
    greeting,     ///< CONNECT is out.
    subscribing,  ///< Accepted; SUBACKs are to come.
    up,
  };
  mqtt::session session;
  time_point opened_at{};    ///< When the opening under way began.
  time_point intended_at{};  ///< When it was meant to; while down after a loss: when the link was lost.
  std::unique_ptr<mqtt_pending_output> pending;
  std::unique_ptr<std::vector<mqtt_tagged_filter>> filters;
  wheel_links wheel;
  thing_id thing{};
  std::uint16_t population{};
  stage now = stage::down;
  std::uint8_t subscribes_open{};
  std::uint8_t only_tag{};
  bool identifies{};  ///< Messages carry tag + 1 as their subscription identifier.
  bool was_up{};      ///< Ever: the next opening is a reconnect.
  bool lost{};        ///< Down, and not by our own close(): `intended_at` says since when.
};

static_assert(sizeof(mqtt_connection) <= 184, "a million of them must fit");

}  // namespace wanwu
