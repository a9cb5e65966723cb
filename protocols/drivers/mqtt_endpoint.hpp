// What an MQTT driver has to know about its target and how to behave towards it.
#pragma once

#include <chrono>

#include "protocols/core/time.hpp"
#include "protocols/mqtt/packet_type.hpp"
#include "protocols/transport/address.hpp"

namespace wanwu {

/// Plain settings, the same for every connection of one driver. Resolved and validated before the run.
struct mqtt_endpoint {
  socket_address address{};
  source_pool sources{};  ///< Local addresses to connect from, in turn; empty: the kernel chooses.
  mqtt::version level = mqtt::version::v5;
  std::uint16_t keep_alive = 60;  ///< Seconds; 0 = off. The target may override it (5.0).
  bool clean_start = true;        ///< False: sessions are resumed, and what was unacknowledged is sent again.
  std::uint32_t session_expiry = 0;       ///< Seconds, 5.0 only; 0xFFFFFFFF = never.
  std::uint16_t receive_maximum = 0;      ///< Told to the target, 5.0 only; 0 = not told, which means 65535.
  std::uint16_t topic_alias_maximum = 0;  ///< Aliases the target may use towards us, 5.0 only.
  bool use_topic_alias = false;  ///< Whether we use aliases, as far as the target takes them, 5.0 only.
  std::uint32_t packet_size_max =
      1024 * 1024;  ///< Bytes; a longer packet ends the link. 5.0: told to the target.
  duration connect_timeout = std::chrono::seconds{10};  ///< From open() to CONNACK; also for SUBACK.
};

}  // namespace wanwu
