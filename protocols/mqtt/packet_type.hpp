// The small words of MQTT that everything else uses: packet types, versions, roles, qualities of service.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace wanwu::mqtt {

/// The high four bits of the first byte. 3.1.1 section 2.2.1, 5.0 section 2.1.2.
enum class packet_type : std::uint8_t {
  connect = 1,
  connack,
  publish,
  puback,
  pubrec,
  pubrel,
  pubcomp,
  subscribe,
  suback,
  unsubscribe,
  unsuback,
  pingreq,
  pingresp,
  disconnect,
  auth,
};

enum class version : std::uint8_t { v3_1_1 = 4, v5 = 5 };

/// Who sent a packet.
enum class role : std::uint8_t { client, server };

enum class qos : std::uint8_t { at_most_once, at_least_once, exactly_once };

/// Largest value of a variable byte integer, and so of a remaining length.
inline constexpr std::uint32_t variable_max = 268'435'455;

/// "CONNECT", ..., "AUTH"; "" for 0.
std::string_view name_of(packet_type type) noexcept;
/// The type of an upper-case name.
std::optional<packet_type> find_packet_type(std::string_view name) noexcept;

}  // namespace wanwu::mqtt
