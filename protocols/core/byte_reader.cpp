#include "protocols/core/byte_reader.hpp"

namespace wanwu {

std::uint8_t byte_reader::u8() noexcept {
  const auto b = take(1);
  return b.empty() ? std::uint8_t{0} : std::to_integer<std::uint8_t>(b[0]);
}

std::uint16_t byte_reader::u16() noexcept {
  const auto b = take(2);
  if (b.empty()) return 0;
  const auto hi = std::to_integer<unsigned>(b[0]);
  const auto lo = std::to_integer<unsigned>(b[1]);
  return static_cast<std::uint16_t>(hi << 8U | lo);
}

std::uint32_t byte_reader::u32() noexcept {
  const auto b = take(4);
  std::uint32_t value = 0;
  for (const auto octet : b) value = value << 8U | std::to_integer<std::uint32_t>(octet);
  return value;
}

bytes_view byte_reader::take(std::size_t count) noexcept {
  if (error_) return {};
  if (remaining() < count) {
    fail(wire_errc::truncated, base_ + in_.size());
    return {};
  }
  const auto taken = in_.subspan(offset_, count);
  offset_ += count;
  return taken;
}

void byte_reader::require(bool holds, std::string_view clause, wire_errc code) noexcept {
  require_at(offset(), holds, clause, code);
}

void byte_reader::require_at(std::size_t at, bool holds, std::string_view clause, wire_errc code) noexcept {
  if (!holds) fail(code, at, clause);
}

void byte_reader::fail(wire_errc code, std::size_t at, std::string_view clause) noexcept {
  if (!error_) error_ = wire_error{code, at, clause};
}

}  // namespace wanwu
