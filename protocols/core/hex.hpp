// Wire bytes as a specification prints them: "c0 00"_hex at compile time, parse and print at run time.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "protocols/core/bytes.hpp"

namespace wanwu {

/// "30 0a 'abc' ff": hex pairs, spaces free, 'text' for ASCII. Nothing when the notation is broken.
std::optional<bytes> parse_hex(std::string_view text);

/// Two lower-case digits a byte with one space between: "30 0a".
std::string to_hex(bytes_view raw);

/// A hex text usable as a template argument.
template <std::size_t N>
struct hex_text {
  char chars[N]{};
  consteval hex_text(const char (&text)[N]) {
    for (std::size_t i = 0; i < N; ++i) chars[i] = text[i];
  }
};

namespace detail {

constexpr int nibble(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c == ' ' || c == '\0') return -1;
  throw "not a hex digit";  // reached only at compile time, where it is the error message
}

template <hex_text Text>
constexpr std::size_t digit_count() {
  std::size_t count = 0;
  for (char c : Text.chars) count += nibble(c) >= 0 ? 1U : 0U;
  return count;
}

}  // namespace detail

template <hex_text Text>
consteval auto operator""_hex() {
  constexpr auto digits = detail::digit_count<Text>();
  static_assert(digits % 2 == 0, "a byte is two hex digits");
  std::array<std::byte, digits / 2> out{};
  std::size_t seen = 0;
  for (char c : Text.chars) {
    const int n = detail::nibble(c);
    if (n < 0) continue;
    auto& b = out[seen / 2];
    b = static_cast<std::byte>(std::to_integer<int>(b) << 4 | n);
    ++seen;
  }
  return out;
}

}  // namespace wanwu
