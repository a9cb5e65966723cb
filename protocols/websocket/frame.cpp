// One WebSocket frame as bytes.
#include "protocols/websocket/frame.hpp"

namespace wanwu::websocket {

namespace {

constexpr std::uint8_t last_bit = 0x80, mask_bit = 0x80;
constexpr std::size_t two_byte_length = 126, eight_byte_length = 127;

}  // namespace

void apply_mask(std::span<std::byte> raw, const masking_key& key, std::size_t at) noexcept {
  for (std::size_t i = 0; i < raw.size(); ++i) raw[i] ^= key[(at + i) % key.size()];
}

void put_frame(byte_writer& out, opcode code, bytes_view payload, std::optional<masking_key> mask,
               bool is_last) {
  out.u8(static_cast<std::uint8_t>((is_last ? last_bit : 0U) | static_cast<unsigned>(code)));
  const unsigned masked = mask ? mask_bit : 0U;
  if (payload.size() < two_byte_length) {
    out.u8(static_cast<std::uint8_t>(masked | payload.size()));
  } else if (payload.size() <= 0xFFFF) {
    out.u8(static_cast<std::uint8_t>(masked | two_byte_length));
    out.u16(static_cast<std::uint16_t>(payload.size()));
  } else {
    const std::uint64_t size = payload.size();
    out.u8(static_cast<std::uint8_t>(masked | eight_byte_length));
    out.u32(static_cast<std::uint32_t>(size >> 32U));
    out.u32(static_cast<std::uint32_t>(size & 0xFFFF'FFFFU));
  }
  if (mask) out.append(bytes_view{*mask});
  if (payload.empty()) return;
  std::byte* const to = out.grow(payload.size());
  std::memcpy(to, payload.data(), payload.size());
  if (mask) apply_mask({to, payload.size()}, *mask, 0);
}

void put_close(byte_writer& out, close_code why, std::optional<masking_key> mask) {
  const auto number = static_cast<unsigned>(why);
  const std::array<std::byte, 2> payload{static_cast<std::byte>(number >> 8U),
                                         static_cast<std::byte>(number & 0xFFU)};
  put_frame(out, opcode::close, payload, mask);
}

}  // namespace wanwu::websocket
