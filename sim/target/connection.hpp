// One network connection as the broker sees it. What outlives it is in session.hpp.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "protocols/mqtt/packet_type.hpp"
#include "sim/target/outbox.hpp"
#include "sim/target/topic_tree.hpp"

namespace wanwu::target {

/// Dense index of a broker's connection; used again after ended().
enum class connection_id : std::uint32_t {};
inline constexpr connection_id no_connection{0xFFFFFFFF};

/// Topic aliases both ways; made when the first one is used. They do not outlive the connection
/// [MQTT-3.3.2-7].
struct alias_tables {
  std::vector<std::string> from_client;  ///< Index = alias - 1; "" = not set.
  std::unordered_map<std::string, std::uint16_t> to_client;
};

/// An enhanced authentication under way or behind us. MQTT 5.0 section 4.12.
struct auth_exchange {
  std::string method;
  std::string challenge;  ///< What the client must answer; "" = none open.
  bytes connect_packet;   ///< The whole CONNECT, until the exchange is done.
};

struct connection {
  enum class stage : std::uint8_t {
    free,            ///< No such connection.
    fresh,           ///< Nothing but a CONNECT is allowed.
    authenticating,  ///< CONNECT seen, AUTH wanted.
    up,
    closing,  ///< We have closed; what still arrives is not looked at [MQTT-3.1.4-5].
  };

  link_name link;
  std::uint32_t lane = 0;
  std::uint32_t generation = 0;  ///< Counts the lives of this index, for deadlines.
  session_id session = no_session;
  time_point heard_at;                        ///< When the last bytes came, for the keep alive.
  std::uint32_t maximum_packet = 0xFFFFFFFF;  ///< What the client takes, in bytes.
  std::size_t backlog = 0;                    ///< Bytes the owner of the link could not send yet.
  std::uint16_t keep_alive = 0;               ///< Seconds in force; 0 = off.
  std::uint16_t quota_max = 0;                ///< Deliveries of QoS > 0 the client takes at once.
  std::uint16_t quota = 0;                    ///< How many more may begin now.
  std::uint16_t alias_maximum = 0;            ///< Aliases the client takes.
  std::uint16_t unreleased = 0;               ///< QoS 2 publications of this connection that wait for PUBREL.
  stage now = stage::free;
  mqtt::version version = mqtt::version::v3_1_1;
  bool problem_information = true;
  bytes partial;  ///< The beginning of a packet whose rest has not come.
  std::unique_ptr<alias_tables> aliases;
  std::unique_ptr<auth_exchange> auth;
};

}  // namespace wanwu::target
