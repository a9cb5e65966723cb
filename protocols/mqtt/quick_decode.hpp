// The short way through the decoder for the packets that make up nearly all traffic. Included by decode.hpp.
#pragma once

#include <cstring>

#include "protocols/mqtt/decode.hpp"

namespace wanwu::mqtt {

namespace detail {

/// Whether all is ASCII without U+0000, '#' and '+', so that no rule about topic names can be broken.
inline bool is_plain_topic(bytes_view text) noexcept {
  constexpr std::uint64_t ones = 0x0101'0101'0101'0101ULL;
  constexpr std::uint64_t highs = 0x8080'8080'8080'8080ULL;
  const auto has_zero = [](std::uint64_t word) { return (word - ones) & ~word & highs; };
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + i, 8);
    if (((word & highs) | has_zero(word) | has_zero(word ^ (ones * '#')) | has_zero(word ^ (ones * '+'))) !=
        0) {
      return false;
    }
  }
  for (; i < text.size(); ++i) {
    const auto octet = std::to_integer<unsigned char>(text[i]);
    if (octet == 0 || octet >= 0x80 || octet == '#' || octet == '+') return false;
  }
  return true;
}

inline std::uint16_t load_u16(const std::byte* at) noexcept {
  return static_cast<std::uint16_t>(std::to_integer<unsigned>(at[0]) << 8U |
                                    std::to_integer<unsigned>(at[1]));
}

}  // namespace detail

inline std::optional<publish> quick_publish(const frame& in, version level) noexcept {
  const auto flags = in.flags();
  const auto wanted = static_cast<unsigned>(flags >> 1U & 3U);
  const auto body = in.body();
  if (wanted == 3 || (wanted == 0 && (flags & 8U) != 0) || body.size() < 3) return std::nullopt;
  const std::size_t topic_size = detail::load_u16(body.data());
  std::size_t at = 2 + topic_size;
  const std::size_t fixed = at + (wanted != 0 ? 2U : 0U) + (level == version::v5 ? 1U : 0U);
  if (topic_size == 0 || body.size() < fixed) return std::nullopt;
  const auto topic = body.subspan(2, topic_size);
  if (!detail::is_plain_topic(topic)) return std::nullopt;
  publish out;
  if (wanted != 0) {
    out.packet_id = detail::load_u16(body.data() + at);
    if (out.packet_id == 0) return std::nullopt;
    at += 2;
  }
  if (level == version::v5 && body[at++] != std::byte{0}) return std::nullopt;
  out.duplicate = (flags & 8U) != 0;
  out.level = static_cast<qos>(wanted);
  out.retain = (flags & 1U) != 0;
  out.topic = as_text(topic);
  out.payload = body.subspan(at);
  return out;
}

inline std::optional<ack> quick_ack(const frame& in) noexcept {
  const auto type = in.type();
  if (in.whole.size() != 4 || type < packet_type::puback || type > packet_type::pubcomp) return std::nullopt;
  if (in.flags() != (type == packet_type::pubrel ? 2U : 0U)) return std::nullopt;
  const auto id = detail::load_u16(in.whole.data() + 2);
  if (id == 0) return std::nullopt;
  return ack{type, id, 0, {}};
}

}  // namespace wanwu::mqtt
