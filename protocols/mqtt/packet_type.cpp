#include "protocols/mqtt/packet_type.hpp"

#include <array>

namespace wanwu::mqtt {

namespace {

constexpr std::array<std::string_view, 16> names{
    "",          "CONNECT", "CONNACK",     "PUBLISH",  "PUBACK",  "PUBREC",   "PUBREL",     "PUBCOMP",
    "SUBSCRIBE", "SUBACK",  "UNSUBSCRIBE", "UNSUBACK", "PINGREQ", "PINGRESP", "DISCONNECT", "AUTH"};

}  // namespace

std::string_view name_of(packet_type type) noexcept {
  return names[static_cast<unsigned>(type) & 0xFU];
}

std::optional<packet_type> find_packet_type(std::string_view name) noexcept {
  for (std::size_t i = 1; i < names.size(); ++i) {
    if (names[i] == name) return static_cast<packet_type>(i);
  }
  return std::nullopt;
}

}  // namespace wanwu::mqtt
