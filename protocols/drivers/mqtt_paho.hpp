// The stock MQTT driver: Eclipse Paho behind the same seam. An independent implementation to check ours
// against.
#pragma once

#include <memory>

#include "protocols/drivers/driver.hpp"
#include "protocols/drivers/mqtt_endpoint.hpp"

namespace wanwu {

/// At most this many connections a driver: Paho keeps queues and buffers for each.
inline constexpr std::uint32_t paho_connections_max = 1000;

/// Connections of Paho's asynchronous client; its threads only queue what happened, and advance() hands it
/// over (real time only; next_deadline() asks to be called every 10 ms while anything is open). Observations
/// as of make_mqtt_native(), except that Paho does not tell a success of 0x10 (no matching subscribers) from
/// 0x00, counts payload and topic as an operation's bytes, cannot end a link abruptly, and calls unreachable
/// whatever keeps it from a CONNACK. `client` outlives the driver.
std::unique_ptr<driver> make_mqtt_paho(const mqtt_endpoint& target, driver_client& client);

}  // namespace wanwu
