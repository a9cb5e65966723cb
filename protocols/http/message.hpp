// HTTP/1.1 requests and responses as values, and the bounds on what a peer may send.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/core/byte_writer.hpp"

namespace wanwu::http {

struct message_limits {
  std::size_t header_bytes = std::size_t{64} * 1024;       ///< Start line, fields and trailers together.
  std::size_t body_bytes = std::size_t{16} * 1024 * 1024;  ///< Decoded body of one message.
};

struct field_line {
  std::string name;  ///< As sent; compare with equals_ignoring_case().
  std::string value;
};

/// One whole request as a server sees it.
struct request {
  std::string method;  ///< As sent: methods are case-sensitive (RFC 9110 §9.1).
  std::string target;  ///< As sent: path with query, percent-encoded.
  std::vector<field_line> fields;
  bytes body;
  bool keep_alive{};

  /// Value of the first field of that name, "" when there is none. Lives as long as the request.
  std::string_view field(std::string_view name) const noexcept;
};

/// ASCII letters alone are folded, as field names demand.
bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept;

/// Whether `text` may stand in a request line or field line without ending it: no control character, and no
/// space when it is a request target. The guard against header injection.
bool is_field_text(std::string_view text) noexcept;
bool is_request_target(std::string_view text) noexcept;

/// "OK" for 200 and so on; "" for codes without a registered phrase.
std::string_view reason_phrase(std::uint16_t status) noexcept;

}  // namespace wanwu::http
