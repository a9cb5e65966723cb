// Message to datagram: a fast writer for correct messages, and a draft that can also be wrong on purpose.
#pragma once

#include <cassert>
#include <optional>
#include <vector>

#include "protocols/coap/message.hpp"
#include "protocols/core/byte_writer.hpp"

namespace wanwu::coap {

/// Bytes of `value` without leading zeros: 0 takes none [RFC7252-3.2-1].
constexpr std::size_t uint_bytes(std::uint32_t value) noexcept {
  return value == 0 ? 0U : value < 0x100U ? 1U : value < 0x10000U ? 2U : value < 0x1000000U ? 3U : 4U;
}

/// Appends one message to a byte_writer, front to back, no copy and no allocation of its own. Options must
/// come in ascending order of their numbers (asserted).
class message_writer {
 public:
  message_writer(byte_writer& out, message_type type, code c, message_id id, bytes_view token_bytes)
      : out_{out} {
    assert(token_bytes.size() <= token::length_max);
    std::byte* to = out_.grow(header_bytes + token_bytes.size());
    to[0] = static_cast<std::byte>(0x40U | static_cast<unsigned>(type) << 4U | token_bytes.size());
    to[1] = static_cast<std::byte>(c);
    to[2] = static_cast<std::byte>(value_of(id) >> 8U);
    to[3] = static_cast<std::byte>(value_of(id) & 0xFFU);
    if (!token_bytes.empty()) std::memcpy(to + header_bytes, token_bytes.data(), token_bytes.size());
  }

  /// `value` of at most 65,804 bytes.
  message_writer& add(option_number number, bytes_view value) {
    begin_option(number, value.size());
    out_.append(value);
    return *this;
  }
  message_writer& add(option_number number, std::string_view value) { return add(number, as_bytes(value)); }
  message_writer& add_uint(option_number number, std::uint32_t value) {
    const auto count = uint_bytes(value);
    begin_option(number, count);
    for (std::size_t left = count; left > 0; --left) {
      out_.u8(static_cast<std::uint8_t>(value >> 8U * (left - 1)));
    }
    return *this;
  }
  /// Ends the message; an empty payload writes nothing, not even the marker [RFC7252-3-7].
  void payload(bytes_view body) {
    if (body.empty()) return;
    out_.u8(0xFF);
    out_.append(body);
  }

 private:
  void begin_option(option_number number, std::size_t length) {
    assert(value_of(number) >= last_);
    const auto delta = static_cast<unsigned>(value_of(number) - last_);
    last_ = value_of(number);
    if (delta < 13 && length < 13) {
      out_.u8(static_cast<std::uint8_t>(delta << 4U | length));
    } else {
      write_extended(delta, static_cast<unsigned>(length));
    }
  }
  void write_extended(unsigned delta, unsigned length);

  byte_writer& out_;
  unsigned last_ = 0;
};

/// An option of a draft. The nibbles are computed unless given: then they are written as they are, and the
/// extension bytes that belong to the computed value follow only if the given nibble asks for them.
struct draft_option {
  option_number number{};
  bytes value;
  std::optional<std::uint8_t> delta_nibble, length_nibble;
};

/// A message with every field free, wrong ones too: what a conformance script sends. An untouched draft is a
/// correct message.
struct message_draft {
  std::uint8_t version = 1;  ///< 0..3.
  message_type type{};
  coap::code code{};
  message_id id{};
  bytes token;                               ///< Any length; only the nibble is limited.
  std::optional<std::uint8_t> token_nibble;  ///< 0..15 in place of the token's length.
  std::vector<draft_option> options;         ///< Written in ascending order, equal numbers as given.
  bytes raw_options;                         ///< Appended after the options as it is.
  std::optional<bool> marker;                ///< Payload marker whether or not there is a payload.
  bytes payload;
  std::optional<std::size_t> cut_to;  ///< Send only so many bytes of the result.

  message_draft& add(option_number number, bytes_view value);
  message_draft& add(option_number number, std::string_view value) { return add(number, as_bytes(value)); }
  message_draft& add_uint(option_number number, std::uint32_t value);
  /// The first option of that number as an integer.
  std::optional<std::uint32_t> find_uint(option_number number) const noexcept;
};

/// The same message with everything owned.
message_draft draft_of(const message& m);

/// Appends the draft's bytes. Options whose order would go backwards cannot arise; deltas above 65,804
/// neither.
void encode(const message_draft& draft, byte_writer& out);

/// As encode(), into bytes of its own: for tests and scripts.
bytes encoded(const message_draft& draft);

}  // namespace wanwu::coap
