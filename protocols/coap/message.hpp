// A CoAP message as it stands in a datagram: a view, nothing owned but the token. RFC 7252 §3.
#pragma once

#include <array>
#include <cstring>

#include "protocols/coap/code.hpp"
#include "protocols/coap/options.hpp"
#include "protocols/core/bytes.hpp"

namespace wanwu::coap {

enum class message_type : std::uint8_t { confirmable, non_confirmable, acknowledgement, reset };

/// "CON", "NON", "ACK", "RST".
std::string_view name_of(message_type type) noexcept;

/// Matches ACK and RST to what they answer; chosen per sender and peer. RFC 7252 §4.4.
enum class message_id : std::uint16_t {};
constexpr std::uint16_t value_of(message_id id) noexcept {
  return static_cast<std::uint16_t>(id);
}

/// Matches a response to its request; 0 to 8 opaque bytes. RFC 7252 §5.3.1.
class token {
 public:
  static constexpr std::size_t length_max = 8;

  token() = default;
  /// Takes at most length_max bytes.
  explicit token(bytes_view raw) noexcept
      : length_{static_cast<std::uint8_t>(raw.size() < length_max ? raw.size() : length_max)} {
    if (length_ != 0) std::memcpy(octets_.data(), raw.data(), length_);
  }
  bytes_view view() const noexcept { return {octets_.data(), length_}; }
  std::size_t size() const noexcept { return length_; }
  friend bool operator==(const token&, const token&) = default;

 private:
  std::array<std::byte, length_max> octets_{};
  std::uint8_t length_ = 0;
};

inline constexpr std::size_t header_bytes = 4;
inline constexpr std::byte payload_marker{0xFF};
/// What fits one UDP datagram on a path nothing is known about. RFC 7252 §4.6.
inline constexpr std::size_t message_bytes_default = 1152;
inline constexpr std::size_t payload_bytes_default = 1024;

/// Views live as long as the datagram they were decoded from.
struct message {
  message_type type{};
  coap::code code{};
  message_id id{};
  coap::token token{};
  options_view options;
  bytes_view payload;
};

/// One line for people: "CON 0.02 POST id=0x1234 token=[ab cd] Uri-Path:t Content-Format:50 payload=12 B".
std::string describe(const message& m);

}  // namespace wanwu::coap
