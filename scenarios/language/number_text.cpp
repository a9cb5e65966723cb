// Readings have few digits behind the point nearly always: those are written by integer arithmetic.
#include "scenarios/language/number_text.hpp"

#include <charconv>
#include <cmath>

namespace wanwu::lang {
namespace {

constexpr double short_max = 1e9;  // |number| * 10^4 stays far below 2^53

/// number == n / 10^digits exactly as doubles go; trailing zeros are not written.
std::size_t write_fixed(char* to, std::int64_t n, int digits, bool negative) noexcept {
  std::int64_t power = 1;
  for (int i = 0; i < digits; ++i) power *= 10;
  std::int64_t fraction = n % power;
  char* at = to;
  if (negative) *at++ = '-';
  at = std::to_chars(at, to + number_text_max, n / power).ptr;
  if (fraction == 0) return static_cast<std::size_t>(at - to);
  *at++ = '.';
  for (; digits > 0 && fraction != 0; --digits) {
    power /= 10;
    *at++ = static_cast<char>('0' + fraction / power);
    fraction %= power;
  }
  return static_cast<std::size_t>(at - to);
}

}  // namespace

std::size_t write_integer(char* to, std::int64_t number) noexcept {
  return static_cast<std::size_t>(std::to_chars(to, to + number_text_max, number).ptr - to);
}

std::size_t write_number(char* to, double number) noexcept {
  if (!std::isfinite(number)) {
    to[0] = 'n', to[1] = 'u', to[2] = 'l', to[3] = 'l';
    return 4;
  }
  const double size = std::fabs(number);
  if (size < short_max) {
    constexpr int digits = 4;
    constexpr double power = 1e4;
    const auto n = static_cast<std::int64_t>(size * power + 0.5);
    // The double nearest to n/10^4 is this number, so n/10^4 written out reads back to it.
    if (static_cast<double>(n) / power == size)
      return write_fixed(to, n, digits, std::signbit(number) && n != 0);
  }
  return static_cast<std::size_t>(std::to_chars(to, to + number_text_max, number).ptr - to);
}

}  // namespace wanwu::lang
