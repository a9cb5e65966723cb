#include "reports/quantity.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>

#include <fmt/format.h>

namespace wanwu::report {

namespace {

/// Three significant digits, without trailing zeros: 1.31, 12.5, 184.
std::string three_digits(double value) {
  const int decimals = value >= 100 ? 0 : (value >= 10 ? 1 : 2);
  std::string text = fmt::format("{:.{}f}", value, decimals);
  if (text.find('.') != std::string::npos) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
  }
  return text;
}

}  // namespace

std::string show_time_us(double us) {
  if (us < 999.5) return three_digits(us) + " us";
  if (us < 999'500) return three_digits(us / 1e3) + " ms";
  if (us < 120e6) return three_digits(us / 1e6) + " s";
  const auto seconds = static_cast<std::uint64_t>(us / 1e6);
  return fmt::format("{} min {} s", seconds / 60, seconds % 60);
}

std::string show_count(std::uint64_t n) {
  std::string digits = std::to_string(n);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, " ");
  return digits;
}

std::string show_bytes(std::uint64_t n) {
  constexpr std::array units{"B", "kB", "MB", "GB", "TB", "PB", "EB"};
  double value = static_cast<double>(n);
  std::size_t unit = 0;
  while (value >= 999.5 && unit + 1 < units.size()) value /= 1000, ++unit;
  return fmt::format("{} {}", three_digits(value), units[unit]);
}

std::string show_ratio(double share) {
  const double percent = share * 100;
  if (percent != 0 && std::abs(percent) < 0.01) return fmt::format("{:.2g} %", percent);
  std::string text = fmt::format("{:.3f}", percent);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text + " %";
}

std::string show_clock(double seconds) {
  const auto whole = static_cast<std::uint64_t>(std::max(0.0, seconds));
  return fmt::format("{:02}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

std::string show_measure(double value, measure unit) {
  switch (unit) {
    case measure::time_us:
      return show_time_us(value);
    case measure::ratio:
      return show_ratio(value);
    case measure::rate:
      return (value < 1000 ? three_digits(value) : show_count(static_cast<std::uint64_t>(value))) + "/s";
    case measure::number:
      break;
  }
  const bool whole = value >= 0 && value < 1e15 && value == std::floor(value);
  return whole ? show_count(static_cast<std::uint64_t>(value)) : three_digits(value);
}

std::string show_comparison(comparison op) {
  constexpr std::array words{"<", "<=", ">", ">=", "=="};
  return words[static_cast<std::size_t>(op)];
}

std::string show_instant(std::int64_t unix_ms) {
  const std::time_t seconds = unix_ms / 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                     utc.tm_hour, utc.tm_min, utc.tm_sec);
}

}  // namespace wanwu::report
