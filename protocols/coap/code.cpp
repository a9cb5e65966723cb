#include "protocols/coap/code.hpp"

#include <algorithm>
#include <array>

namespace wanwu::coap {

namespace {

constexpr auto table = std::to_array<code_name>({
    {code::empty, "Empty"},
    {code::get, "GET"},
    {code::post, "POST"},
    {code::put, "PUT"},
    {code::delete_, "DELETE"},
    {code::fetch, "FETCH"},
    {code::patch, "PATCH"},
    {code::ipatch, "iPATCH"},
    {code::created, "Created"},
    {code::deleted, "Deleted"},
    {code::valid, "Valid"},
    {code::changed, "Changed"},
    {code::content, "Content"},
    {code::continue_, "Continue"},
    {code::bad_request, "Bad Request"},
    {code::unauthorized, "Unauthorized"},
    {code::bad_option, "Bad Option"},
    {code::forbidden, "Forbidden"},
    {code::not_found, "Not Found"},
    {code::method_not_allowed, "Method Not Allowed"},
    {code::not_acceptable, "Not Acceptable"},
    {code::request_entity_incomplete, "Request Entity Incomplete"},
    {code::conflict, "Conflict"},
    {code::precondition_failed, "Precondition Failed"},
    {code::request_entity_too_large, "Request Entity Too Large"},
    {code::unsupported_content_format, "Unsupported Content-Format"},
    {code::unprocessable_entity, "Unprocessable Entity"},
    {code::too_many_requests, "Too Many Requests"},
    {code::internal_server_error, "Internal Server Error"},
    {code::not_implemented, "Not Implemented"},
    {code::bad_gateway, "Bad Gateway"},
    {code::service_unavailable, "Service Unavailable"},
    {code::gateway_timeout, "Gateway Timeout"},
    {code::proxying_not_supported, "Proxying Not Supported"},
    {code::hop_limit_reached, "Hop Limit Reached"},
});

}  // namespace

std::span<const code_name> code_table() noexcept {
  return table;
}

std::string_view name_of(code c) noexcept {
  const auto* at = std::lower_bound(table.begin(), table.end(), c,
                                    [](const code_name& row, code wanted) { return row.code < wanted; });
  return at != table.end() && at->code == c ? at->name : std::string_view{};
}

std::string dotted(code c) {
  const auto detail = detail_of(c);
  std::string out{static_cast<char>('0' + class_of(c)), '.'};
  out += static_cast<char>('0' + detail / 10);
  out += static_cast<char>('0' + detail % 10);
  return out;
}

std::optional<code> method_named(std::string_view name) noexcept {
  for (const auto& row : table) {
    if (is_request(row.code) && row.name == name) return row.code;
  }
  return std::nullopt;
}

std::optional<code> parse_dotted(std::string_view text) noexcept {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.size() != 4 || text[1] != '.') return std::nullopt;
  if (!is_digit(text[0]) || !is_digit(text[2]) || !is_digit(text[3])) return std::nullopt;
  const auto code_class = static_cast<unsigned>(text[0] - '0');
  const auto detail = static_cast<unsigned>((text[2] - '0') * 10 + (text[3] - '0'));
  if (code_class > 7 || detail > 31) return std::nullopt;
  return make_code(code_class, detail);
}

}  // namespace wanwu::coap
