#include "protocols/coap/content_format.hpp"

#include <algorithm>
#include <array>

namespace wanwu::coap {

namespace {

constexpr auto table = std::to_array<content_format_name>({
    {0, "text/plain;charset=utf-8"},
    {40, "application/link-format"},
    {41, "application/xml"},
    {42, "application/octet-stream"},
    {47, "application/exi"},
    {50, "application/json"},
    {51, "application/json-patch+json"},
    {52, "application/merge-patch+json"},
    {60, "application/cbor"},
    {61, "application/cwt"},
    {62, "application/multipart-core"},
    {63, "application/cbor-seq"},
    {64, "application/link-format+cbor"},
    {110, "application/senml+json"},
    {111, "application/sensml+json"},
    {112, "application/senml+cbor"},
    {113, "application/sensml+cbor"},
    {114, "application/senml-exi"},
    {115, "application/sensml-exi"},
    {256, "application/coap-group+json"},
    {257, "application/concise-problem-details+cbor"},
    {310, "application/senml+xml"},
    {311, "application/sensml+xml"},
    {320, "application/senml-etch+json"},
    {322, "application/senml-etch+cbor"},
    {432, "application/td+json"},
    {433, "application/tm+json"},
    {11542, "application/vnd.oma.lwm2m+tlv"},
    {11543, "application/vnd.oma.lwm2m+json"},
    {11544, "application/vnd.oma.lwm2m+cbor"},
});

constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

/// Equal but for letter case and blanks.
bool same_media_type(std::string_view a, std::string_view b) noexcept {
  std::size_t i = 0;
  std::size_t j = 0;
  const auto skip = [](std::string_view text, std::size_t& at) {
    while (at < text.size() && (text[at] == ' ' || text[at] == '\t')) ++at;
  };
  for (;; ++i, ++j) {
    skip(a, i);
    skip(b, j);
    if (i == a.size() || j == b.size()) return i == a.size() && j == b.size();
    if (lower(a[i]) != lower(b[j])) return false;
  }
}

std::optional<std::uint16_t> parse_number(std::string_view text) noexcept {
  if (text.empty() || text.size() > 5) return std::nullopt;
  std::uint32_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint32_t>(c - '0');
  }
  if (value > 0xFFFF) return std::nullopt;
  return static_cast<std::uint16_t>(value);
}

}  // namespace

std::span<const content_format_name> content_format_table() noexcept {
  return table;
}

std::optional<std::uint16_t> content_format_of(std::string_view media_type) noexcept {
  if (const auto number = parse_number(media_type)) return number;
  for (const auto& row : table) {
    if (same_media_type(media_type, row.media_type)) return row.number;
  }
  // Every CoAP format has one charset, so the parameter may be missing: "text/plain",
  // "application/json;charset=utf-8".
  const auto bare = media_type.substr(0, media_type.find(';'));
  for (const auto& row : table) {
    if (!bare.empty() && same_media_type(bare, row.media_type.substr(0, row.media_type.find(';'))))
      return row.number;
  }
  return std::nullopt;
}

std::string_view media_type_of(std::uint16_t content_format) noexcept {
  const auto* at = std::find_if(table.begin(), table.end(),
                                [&](const content_format_name& row) { return row.number == content_format; });
  return at != table.end() ? at->media_type : std::string_view{};
}

}  // namespace wanwu::coap
