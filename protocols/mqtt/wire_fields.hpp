// The field types of MQTT as a byte_reader takes them: strings, binaries, variable byte integers.
#pragma once

#include "protocols/core/byte_reader.hpp"
#include "protocols/mqtt/packet_type.hpp"

namespace wanwu::mqtt {

/// The id of a clause as each version numbers it.
struct clause_pair {
  std::string_view v3, v5;
  constexpr std::string_view of(version level) const noexcept { return level == version::v5 ? v5 : v3; }
};

/// Fails as malformed when longer than four bytes [U5-1.5.5-a] or not in the shortest form [MQTT-1.5.5-1].
std::uint32_t read_variable(byte_reader& in) noexcept;

/// A length and that many bytes. The view lives as the reader's input.
bytes_view read_binary(byte_reader& in) noexcept;

/// A UTF-8 string; fails as malformed where it is none [MQTT-1.5.3-1, MQTT-1.5.4-1] or has U+0000.
std::string_view read_text(byte_reader& in, version level) noexcept;

}  // namespace wanwu::mqtt
