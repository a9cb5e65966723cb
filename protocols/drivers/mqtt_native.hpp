// Our own MQTT driver: mqtt::session over any stream transport. Scales to as many connections as the machine
// has.
#pragma once

#include <memory>

#include "protocols/drivers/driver.hpp"
#include "protocols/drivers/mqtt_endpoint.hpp"

namespace wanwu {

class impaired_way;
class memory_transport;
class reactor;

/// Over TCP on a worker's reactor. `events` and `client` outlive the driver; all on one thread.
///
/// A connection is `up` once it is of use: after CONNACK, or, when its login has subscriptions, after their
/// SUBACK (a refused or missing SUBACK is a `subscribe` observation; the connection is up all the same).
/// QoS 0 is `ok` when the kernel has taken all its bytes, QoS 1 at PUBACK, QoS 2 at PUBCOMP.
/// `not_started` with code 0x95, 0x9A or 0x9B: the target has announced that it takes no packet of that size,
/// no retained message, or not that QoS; with 0x97: the connection's queue or output is full.
std::unique_ptr<driver> make_mqtt_native(const mqtt_endpoint& target, reactor& events, driver_client& client);
/// The same with faults on its way.
std::unique_ptr<driver> make_mqtt_native(const mqtt_endpoint& target, const impaired_way& way,
                                         reactor& events, driver_client& client);

/// Over memory, for virtual time. `link` outlives the driver.
std::unique_ptr<driver> make_mqtt_memory(const mqtt_endpoint& target, memory_transport& link,
                                         driver_client& client);
std::unique_ptr<driver> make_mqtt_memory(const mqtt_endpoint& target, const impaired_way& way,
                                         memory_transport& link, driver_client& client);

}  // namespace wanwu
