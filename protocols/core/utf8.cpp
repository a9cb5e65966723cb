#include "protocols/core/utf8.hpp"

namespace wanwu {

namespace {

struct lead {
  std::size_t length;  ///< Bytes of the whole sequence, 0 when the first byte can start none.
  std::uint8_t second_min, second_max;  ///< Range of the second byte: where overlongs and surrogates end.
};

lead lead_of(std::uint8_t first) noexcept {
  if (first < 0x80) return {1, 0, 0};
  if (first >= 0xC2 && first <= 0xDF) return {2, 0x80, 0xBF};
  if (first == 0xE0) return {3, 0xA0, 0xBF};
  if (first == 0xED) return {3, 0x80, 0x9F};
  if (first >= 0xE1 && first <= 0xEF) return {3, 0x80, 0xBF};
  if (first == 0xF0) return {4, 0x90, 0xBF};
  if (first >= 0xF1 && first <= 0xF3) return {4, 0x80, 0xBF};
  if (first == 0xF4) return {4, 0x80, 0x8F};
  return {0, 0, 0};
}

}  // namespace

std::optional<std::size_t> find_invalid_utf8(bytes_view text) noexcept {
  const auto at = [&](std::size_t i) { return std::to_integer<std::uint8_t>(text[i]); };
  for (std::size_t i = 0; i < text.size();) {
    const auto [length, low, high] = lead_of(at(i));
    if (length == 0 || text.size() - i < length) return i;
    if (length > 1 && (at(i + 1) < low || at(i + 1) > high)) return i;
    for (std::size_t k = 2; k < length; ++k) {
      if ((at(i + k) & 0xC0U) != 0x80) return i;
    }
    i += length;
  }
  return std::nullopt;
}

}  // namespace wanwu
