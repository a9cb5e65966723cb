#include "protocols/coap/options.hpp"

#include <algorithm>
#include <array>

namespace wanwu::coap {

namespace {

using enum option_format;
using enum option_number;

constexpr auto table = std::to_array<option_kind>({
    // number, name, field, format, shortest, longest, repeatable in a request, in a response
    {if_match, "If-Match", "if_match", opaque, 0, 8, true, false},
    {uri_host, "Uri-Host", "uri_host", text, 1, 255, false, false},
    {etag, "ETag", "etag", opaque, 1, 8, true, false},
    {if_none_match, "If-None-Match", "if_none_match", option_format::empty, 0, 0, false, false},
    {observe, "Observe", "observe", uint, 0, 3, false, false},
    {uri_port, "Uri-Port", "uri_port", uint, 0, 2, false, false},
    {location_path, "Location-Path", "location_path", text, 0, 255, true, true},
    {uri_path, "Uri-Path", "uri_path", text, 0, 255, true, false},
    {content_format, "Content-Format", "content_format", uint, 0, 2, false, false},
    {max_age, "Max-Age", "max_age", uint, 0, 4, false, false},
    {uri_query, "Uri-Query", "uri_query", text, 0, 255, true, false},
    {hop_limit, "Hop-Limit", "hop_limit", uint, 1, 1, false, false},
    {accept, "Accept", "accept", uint, 0, 2, false, false},
    {location_query, "Location-Query", "location_query", text, 0, 255, true, true},
    {block2, "Block2", "block2", option_format::block, 0, 3, false, false},
    {block1, "Block1", "block1", option_format::block, 0, 3, false, false},
    {size2, "Size2", "size2", uint, 0, 4, false, false},
    {proxy_uri, "Proxy-Uri", "proxy_uri", text, 1, 1034, false, false},
    {proxy_scheme, "Proxy-Scheme", "proxy_scheme", text, 1, 255, false, false},
    {size1, "Size1", "size1", uint, 0, 4, false, false},
    {echo, "Echo", "echo", opaque, 1, 40, false, false},
    {no_response, "No-Response", "no_response", uint, 0, 1, false, false},
    {request_tag, "Request-Tag", "request_tag", opaque, 0, 8, true, false},
});

bool fits(const option_kind& kind, std::size_t length) noexcept {
  return length >= kind.length_min && length <= kind.length_max;
}

}  // namespace

std::span<const option_kind> option_table() noexcept {
  return table;
}

const option_kind* find_option(option_number number) noexcept {
  const auto* at = std::lower_bound(table.begin(), table.end(), number,
                                    [](const option_kind& row, option_number n) { return row.number < n; });
  return at != table.end() && at->number == number ? at : nullptr;
}

const option_kind* find_option_by_field(std::string_view field) noexcept {
  const auto* at =
      std::find_if(table.begin(), table.end(), [&](const option_kind& row) { return row.field == field; });
  return at != table.end() ? at : nullptr;
}

void options_view::iterator::next() noexcept {
  left_ = rest_.size();
  if (rest_.empty()) return;
  std::size_t at = 1;
  const auto head = std::to_integer<unsigned>(rest_[0]);
  bool broken = false;
  const auto extended = [&](unsigned nibble) -> std::size_t {
    const std::size_t extra = nibble < 13 ? 0U : nibble - 12U;
    if (nibble == 15 || rest_.size() - at < extra) {
      broken = true;
      return 0;
    }
    std::size_t value = nibble;
    if (extra == 1) value = 13U + std::to_integer<std::size_t>(rest_[at]);
    if (extra == 2) {
      value = 269U +
              (std::to_integer<std::size_t>(rest_[at]) << 8U | std::to_integer<std::size_t>(rest_[at + 1]));
    }
    at += extra;
    return value;
  };
  const auto number = value_of(now_.number) + extended(head >> 4U);
  const auto length = broken ? 0 : extended(head & 0xFU);
  if (broken || number > 0xFFFF || rest_.size() - at < length) {
    left_ = 0;
    rest_ = {};
    return;
  }
  now_ = option{static_cast<option_number>(number), rest_.subspan(at, length)};
  rest_ = rest_.subspan(at + length);
}

std::optional<option> options_view::find(option_number number) const noexcept {
  for (const auto& o : *this) {
    if (o.number == number) return o;
    if (o.number > number) break;
  }
  return std::nullopt;
}

std::optional<std::uint32_t> options_view::find_uint(option_number number) const noexcept {
  const auto found = find(number);
  if (!found) return std::nullopt;
  return found->uint();
}

std::optional<option_complaint> check_options(options_view options, message_side side) noexcept {
  const option_kind* before = nullptr;
  for (const auto& o : options) {
    const auto* kind = before != nullptr && before->number == o.number ? before : find_option(o.number);
    const bool again = kind != nullptr && kind == before;
    before = kind;
    if (!is_critical(o.number)) continue;
    if (kind == nullptr) return option_complaint{o.number, "RFC7252-5.4.1-2"};
    if (!fits(*kind, o.value.size())) return option_complaint{o.number, "RFC7252-5.4.3-1"};
    const bool repeatable =
        side == message_side::request ? kind->repeatable_in_request : kind->repeatable_in_response;
    if (again && !repeatable) return option_complaint{o.number, "RFC7252-5.4.5-1"};
  }
  return std::nullopt;
}

bool has_legal_length(const option& o) noexcept {
  const auto* kind = find_option(o.number);
  return kind != nullptr && fits(*kind, o.value.size());
}

}  // namespace wanwu::coap
