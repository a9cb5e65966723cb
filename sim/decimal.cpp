// Two digits at a time from a table.
#include "sim/decimal.hpp"

#include <charconv>
#include <cmath>
#include <cstring>

namespace wanwu::sim {

namespace {

constexpr auto pairs = [] {
  std::array<char, 200> table{};
  for (std::size_t i = 0; i < 100; ++i) {
    table[2 * i] = static_cast<char>('0' + i / 10);
    table[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return table;
}();

int digits_in(std::uint64_t value) noexcept {
  int digits = 1;
  for (; value >= 10'000; value /= 10'000) digits += 4;
  return digits + (value >= 10) + (value >= 100) + (value >= 1000);
}

/// `whole` as so many units of 10^-Decimals. The number of decimals is known to the compiler, so that it
/// divides by multiplying.
template <int Decimals>
char* print_scaled(std::uint64_t whole, char* out) noexcept {
  constexpr std::uint64_t scale = powers_of_ten[static_cast<std::size_t>(Decimals)];
  out = print_integer(whole / scale, out);
  auto fraction = static_cast<std::uint32_t>(whole % scale);
  if (fraction == 0) return out;
  *out++ = '.';
  int at = Decimals;
  for (; at >= 2; at -= 2, fraction /= 100) std::memcpy(out + at - 2, &pairs[2 * (fraction % 100)], 2);
  if (at == 1) out[0] = static_cast<char>('0' + fraction % 10);
  out += Decimals;
  while (out[-1] == '0') --out;
  return out;
}

char* print_scaled(std::uint64_t whole, int decimals, char* out) noexcept {
  switch (decimals) {
    case 1:
      return print_scaled<1>(whole, out);
    case 2:
      return print_scaled<2>(whole, out);
    case 3:
      return print_scaled<3>(whole, out);
    case 4:
      return print_scaled<4>(whole, out);
    case 5:
      return print_scaled<5>(whole, out);
    case 6:
      return print_scaled<6>(whole, out);
    case 7:
      return print_scaled<7>(whole, out);
    case 8:
      return print_scaled<8>(whole, out);
    default:
      return print_scaled<9>(whole, out);
  }
}

/// With leading zeros; its pairs do not wait for each other.
char* print_eight_digits(std::uint32_t value, char* out) noexcept {
  const std::uint32_t high = value / 10'000, low = value % 10'000;
  std::memcpy(out, &pairs[2 * std::size_t{high / 100}], 2);
  std::memcpy(out + 2, &pairs[2 * std::size_t{high % 100}], 2);
  std::memcpy(out + 4, &pairs[2 * std::size_t{low / 100}], 2);
  std::memcpy(out + 6, &pairs[2 * std::size_t{low % 100}], 2);
  return out + 8;
}

}  // namespace

char* print_integer(std::uint64_t value, char* out) noexcept {
  if (value < 10) {
    *out = static_cast<char>('0' + value);
    return out + 1;
  }
  if (value < 100) return static_cast<char*>(std::memcpy(out, &pairs[2 * value], 2)) + 2;
  if (constexpr std::uint64_t eight_digits = 100'000'000; value >= eight_digits) {  // a time
    out = print_integer(value / eight_digits, out);
    return print_eight_digits(static_cast<std::uint32_t>(value % eight_digits), out);
  }
  char* const end = out + digits_in(value);
  char* at = end;
  while (value >= 100) {
    at -= 2;
    std::memcpy(at, &pairs[2 * (value % 100)], 2);
    value /= 100;
  }
  if (value >= 10) {
    std::memcpy(at - 2, &pairs[2 * value], 2);
  } else {
    at[-1] = static_cast<char>('0' + value);
  }
  return end;
}

char* print_decimal(double value, int decimals, char* out) noexcept {
  const auto scale = powers_of_ten[static_cast<std::size_t>(decimals)];
  const double scaled = std::fabs(value) * static_cast<double>(scale);
  if (!(scaled < 9e15)) {
    if (!std::isfinite(value)) return static_cast<char*>(std::memcpy(out, "null", 4)) + 4;
    return std::to_chars(out, out + number_text_max, value).ptr;
  }
  const auto whole = static_cast<std::uint64_t>(static_cast<std::int64_t>(scaled + 0.5));
  if (value < 0 && whole != 0) *out++ = '-';
  if (decimals == 0) return print_integer(whole, out);
  return print_scaled(whole, decimals, out);
}

int decimals_of(double resolution) noexcept {
  if (!(resolution > 0)) return 3;
  double scaled = resolution;
  for (int decimals = 0; decimals < 9; ++decimals, scaled *= 10) {
    if (std::fabs(scaled - std::nearbyint(scaled)) < 1e-6 * scaled && scaled > 0.5) return decimals;
  }
  return 9;
}

}  // namespace wanwu::sim
