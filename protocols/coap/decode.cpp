#include "protocols/coap/decode.hpp"

#include "protocols/core/byte_reader.hpp"

namespace wanwu::coap {

namespace {

constexpr unsigned version_supported = 1;

/// Type and code that do not go together, or a code of a reserved class. RFC 7252 §4.2, §4.3.
std::string_view clause_against(message_type type, code c) noexcept {
  const bool reserved = c != code::empty && !is_request(c) && !is_response(c);
  switch (type) {
    case message_type::confirmable:
      return reserved ? "RFC7252-4.2-3" : "";
    case message_type::non_confirmable:
      if (c == code::empty) return "RFC7252-4.3-2";
      return reserved ? "RFC7252-4.3-3" : "";
    case message_type::acknowledgement:
      return reserved || is_request(c) ? "RFC7252-4.2-5" : "";
    case message_type::reset:
      return c != code::empty ? "RFC7252-4.2-6" : "";
  }
  return "";
}

/// An Empty message is four bytes and nothing more. RFC 7252 §4.1.
std::string_view clause_against_rest_of_empty(message_type type, std::size_t token_length) noexcept {
  if (type != message_type::confirmable) return "RFC7252-4.1-4";
  return token_length != 0 ? "RFC7252-4.1-2" : "RFC7252-4.1-3";
}

/// Reads a nibble's extension bytes. 15 is refused as `reserved`.
std::size_t extended(byte_reader& in, unsigned nibble, std::size_t head_at,
                     std::string_view reserved) noexcept {
  in.require_at(head_at, nibble != 15, reserved);
  const std::size_t extra = nibble < 13 ? 0U : nibble - 12U;
  in.require_at(in.offset() + in.remaining(), in.remaining() >= extra, "RFC7252-3.1-4", wire_errc::truncated);
  if (extra == 1) return 13U + in.u8();
  if (extra == 2) return 269U + in.u16();
  return nibble;
}

/// Walks the options up to the payload marker or the end; the bytes they take.
bytes_view read_options(byte_reader& in, bytes_view datagram) noexcept {
  const auto start = in.offset();
  std::size_t number = 0;
  while (in.ok() && in.remaining() > 0 && datagram[in.offset()] != payload_marker) {
    const auto head_at = in.offset();
    const auto head = in.u8();
    number += extended(in, head >> 4U, head_at, "RFC7252-3.1-1");
    in.require_at(head_at, number <= 0xFFFF, "RFC7252-3.1-5");
    const auto length = extended(in, head & 0xFU, head_at, "RFC7252-3.1-2");
    in.require_at(in.offset() + in.remaining(), in.remaining() >= length, "RFC7252-3.1-3",
                  wire_errc::truncated);
    in.take(length);
  }
  return in.ok() ? datagram.subspan(start, in.offset() - start) : bytes_view{};
}

}  // namespace

wire_result<message> decode(bytes_view datagram) {
  byte_reader in{datagram};
  in.require_at(datagram.size(), datagram.size() >= header_bytes, "RFC7252-3-9", wire_errc::truncated);
  const unsigned first = in.u8();
  message m;
  m.type = static_cast<message_type>(first >> 4U & 3U);
  in.require_at(0, first >> 6U == version_supported, "RFC7252-3-2");
  const std::size_t token_length = first & 0xFU;
  in.require_at(0, token_length <= token::length_max, "RFC7252-3-3");
  m.code = static_cast<code>(in.u8());
  m.id = message_id{in.u16()};
  if (const auto clause = clause_against(m.type, m.code); !clause.empty()) {
    in.require_at(1, false, clause, wire_errc::protocol_error);
  }
  if (m.code == code::empty && datagram.size() > header_bytes) {
    in.require_at(header_bytes, false, clause_against_rest_of_empty(m.type, token_length));
  }
  if (m.code == code::empty) in.require_at(0, token_length == 0, "RFC7252-4.1-2");
  in.require_at(datagram.size(), in.remaining() >= token_length, "RFC7252-3-8", wire_errc::truncated);
  m.token = coap::token{in.take(token_length)};
  m.options = options_view{read_options(in, datagram)};
  if (in.ok() && in.remaining() > 0) {
    in.u8();
    in.require(in.remaining() > 0, m.type == message_type::non_confirmable ? "RFC7252-3-6" : "RFC7252-3-5",
               wire_errc::truncated);
    m.payload = in.rest();
  }

  return finish(in, m);
}

std::optional<std::array<std::byte, header_bytes>> rejection_of(bytes_view datagram) noexcept {
  if (datagram.size() < header_bytes) return std::nullopt;
  const auto first = std::to_integer<unsigned>(datagram[0]);
  const auto type = static_cast<message_type>(first >> 4U & 3U);
  if (first >> 6U != version_supported || type != message_type::confirmable) return std::nullopt;
  const auto id = std::to_integer<unsigned>(datagram[2]) << 8U | std::to_integer<unsigned>(datagram[3]);
  return empty_message(message_type::reset, message_id{static_cast<std::uint16_t>(id)});
}

std::array<std::byte, header_bytes> empty_message(message_type type, message_id id) noexcept {
  return {static_cast<std::byte>(0x40U | static_cast<unsigned>(type) << 4U), std::byte{0},
          static_cast<std::byte>(value_of(id) >> 8U), static_cast<std::byte>(value_of(id) & 0xFFU)};
}

}  // namespace wanwu::coap
