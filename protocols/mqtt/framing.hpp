// Where one MQTT packet ends and the next begins.
#pragma once

#include <cstdint>
#include <optional>

#include "protocols/core/bytes.hpp"
#include "protocols/core/wire_error.hpp"
#include "protocols/mqtt/packet_type.hpp"

namespace wanwu::mqtt {

/// One whole packet inside the bytes it was found in.
struct frame {
  bytes_view whole;
  std::uint8_t header_size{};  ///< 2 to 5.

  packet_type type() const noexcept {
    return static_cast<packet_type>(std::to_integer<unsigned>(whole[0]) >> 4U);
  }
  std::uint8_t flags() const noexcept { return std::to_integer<std::uint8_t>(whole[0]) & 0x0FU; }
  bytes_view body() const noexcept { return whole.subspan(header_size); }
};

/// Finds the first packet. Nothing = more bytes are needed. Errors, told from the header alone, before any of
/// the body has to be kept: `malformed` for a remaining length of more than four bytes [U5-1.5.5-a] or not in
/// its shortest form [MQTT-1.5.5-1], `too_large` for a packet of more than `packet_size_max` bytes in all.
inline wire_result<std::optional<frame>> next_frame(bytes_view in, std::uint32_t packet_size_max) {
  std::uint32_t length = 0;
  for (std::size_t i = 1;; ++i) {
    if (i > 4) return tl::unexpected{wire_error{wire_errc::malformed, 4, "U5-1.5.5-a"}};
    if (i >= in.size()) return std::optional<frame>{};
    const auto octet = std::to_integer<std::uint32_t>(in[i]);
    length |= (octet & 0x7FU) << (7 * (i - 1));
    if ((octet & 0x80U) != 0) {
      if (i == 4) return tl::unexpected{wire_error{wire_errc::malformed, 4, "U5-1.5.5-a"}};
      continue;
    }
    if (octet == 0 && i > 1) return tl::unexpected{wire_error{wire_errc::malformed, i, "MQTT-1.5.5-1"}};
    const std::size_t header = i + 1;
    if (header + length > packet_size_max) return tl::unexpected{wire_error{wire_errc::too_large, 1, {}}};
    if (in.size() < header + length) return std::optional<frame>{};
    return std::optional<frame>{frame{in.first(header + length), static_cast<std::uint8_t>(header)}};
  }
}

/// Bytes of the variable byte integer that holds `value`: 1 to 4.
constexpr std::size_t variable_size(std::uint32_t value) noexcept {
  return value < 128 ? 1 : value < 16'384 ? 2 : value < 2'097'152 ? 3 : 4;
}

/// Writes `value` at `to` in its shortest form and returns one past it. At most variable_max.
constexpr std::byte* write_variable(std::byte* to, std::uint32_t value) noexcept {
  while (value >= 128) {
    *to++ = static_cast<std::byte>((value & 0x7FU) | 0x80U);
    value >>= 7U;
  }
  *to++ = static_cast<std::byte>(value);
  return to;
}

}  // namespace wanwu::mqtt
