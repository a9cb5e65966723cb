#include "protocols/core/hex.hpp"

namespace wanwu {

namespace {

std::optional<unsigned> digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

}  // namespace

std::optional<bytes> parse_hex(std::string_view text) {
  bytes out;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == ' ' || text[i] == '\t') {
      ++i;
    } else if (text[i] == '\'') {
      const auto end = text.find('\'', i + 1);
      if (end == std::string_view::npos) return std::nullopt;
      const auto quoted = as_bytes(text.substr(i + 1, end - i - 1));
      out.insert(out.end(), quoted.begin(), quoted.end());
      i = end + 1;
    } else {
      const auto high = digit(text[i]);
      const auto low = i + 1 < text.size() ? digit(text[i + 1]) : std::nullopt;
      if (!high || !low) return std::nullopt;
      out.push_back(static_cast<std::byte>(*high << 4U | *low));
      i += 2;
    }
  }
  return out;
}

std::string to_hex(bytes_view raw) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(raw.size() * 3);
  for (const auto octet : raw) {
    if (!out.empty()) out += ' ';
    out += digits[std::to_integer<unsigned>(octet) >> 4U];
    out += digits[std::to_integer<unsigned>(octet) & 0xFU];
  }
  return out;
}

}  // namespace wanwu
