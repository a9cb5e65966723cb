// Media types and their CoAP numbers. IANA "CoAP Content-Formats".
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace wanwu::coap {

struct content_format_name {
  std::uint16_t number{};
  std::string_view media_type;
};

/// Every known content format, ascending by number.
std::span<const content_format_name> content_format_table() noexcept;

/// The number of a media type, letter case and blanks around ";" free; a plain decimal number stands for
/// itself. Nothing for "" and for what has no number.
std::optional<std::uint16_t> content_format_of(std::string_view media_type) noexcept;
/// "" when the number has no row.
std::string_view media_type_of(std::uint16_t content_format) noexcept;

}  // namespace wanwu::coap
