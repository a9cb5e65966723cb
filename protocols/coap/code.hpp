// Method and response codes, their names, and their dotted notation. RFC 7252 §12.1, RFC 8132, RFC 7959.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace wanwu::coap {

/// The code byte: three bits of class, five of detail. Any byte is representable; these have names.
enum class code : std::uint8_t {
  empty = 0x00,
  get = 0x01,
  post,
  put,
  delete_,
  fetch,
  patch,
  ipatch,
  created = 0x41,
  deleted,
  valid,
  changed,
  content,
  continue_ = 0x5F,
  bad_request = 0x80,
  unauthorized,
  bad_option,
  forbidden,
  not_found,
  method_not_allowed,
  not_acceptable,
  request_entity_incomplete = 0x88,
  conflict,
  precondition_failed = 0x8C,
  request_entity_too_large,
  unsupported_content_format = 0x8F,
  unprocessable_entity = 0x96,
  too_many_requests = 0x9D,
  internal_server_error = 0xA0,
  not_implemented,
  bad_gateway,
  service_unavailable,
  gateway_timeout,
  proxying_not_supported,
  hop_limit_reached = 0xA8,
};

constexpr std::uint8_t value_of(code c) noexcept {
  return static_cast<std::uint8_t>(c);
}
constexpr unsigned class_of(code c) noexcept {
  return static_cast<unsigned>(c) >> 5U;
}
constexpr unsigned detail_of(code c) noexcept {
  return static_cast<unsigned>(c) & 0x1FU;
}
constexpr code make_code(unsigned code_class, unsigned detail) noexcept {
  return static_cast<code>((code_class & 7U) << 5U | (detail & 0x1FU));
}
constexpr bool is_request(code c) noexcept {
  return class_of(c) == 0 && c != code::empty;
}
constexpr bool is_response(code c) noexcept {
  return class_of(c) == 2 || class_of(c) == 4 || class_of(c) == 5;
}
constexpr bool is_success(code c) noexcept {
  return class_of(c) == 2;
}

/// A row of the code table.
struct code_name {
  coap::code code{};
  std::string_view name;  ///< "GET", "Content", "Not Found"; static storage.
};
/// Every code with a name, ascending.
std::span<const code_name> code_table() noexcept;

/// "GET", "Content", ...; "" for a code without a name.
std::string_view name_of(code c) noexcept;
/// "0.01", "2.05".
std::string dotted(code c);
/// The method of that name, exactly as RFC 7252 and RFC 8132 write it ("GET", "iPATCH"); nothing otherwise.
std::optional<code> method_named(std::string_view name) noexcept;
/// "2.05" or "0.01" to its code; nothing when class > 7, detail > 31 or not of that form.
std::optional<code> parse_dotted(std::string_view text) noexcept;

}  // namespace wanwu::coap
