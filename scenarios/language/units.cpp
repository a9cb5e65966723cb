// Reading and writing quantities.
#include "scenarios/language/units.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace wanwu::lang {
namespace {

constexpr double years_100_s = 100.0 * 366 * 86400;
constexpr double count_max = 1e15;
constexpr std::size_t text_max = 40;

/// A decimal number without sign or exponent, blanks, then the rest. Exact: the digits go through from_chars.
struct quantity {
  double amount = 0;
  std::string_view unit;
};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::optional<quantity> split(std::string_view text) {
  if (text.size() > text_max) return std::nullopt;
  std::size_t end = 0;
  while (end < text.size() && is_digit(text[end])) ++end;
  if (end == 0) return std::nullopt;
  if (end + 1 < text.size() && text[end] == '.' && is_digit(text[end + 1])) {
    for (++end; end < text.size() && is_digit(text[end]);) ++end;
  }
  quantity out;
  if (std::from_chars(text.data(), text.data() + end, out.amount).ec != std::errc{}) return std::nullopt;
  while (end < text.size() && text[end] == ' ') ++end;
  out.unit = text.substr(end);
  return out;
}

struct unit_row {
  std::string_view name;
  double factor;
};

template <std::size_t N>
std::optional<double> factor_of(std::string_view name, const std::array<unit_row, N>& table) {
  for (const unit_row& row : table) {
    if (row.name == name) return row.factor;
  }
  return std::nullopt;
}

constexpr std::array<unit_row, 6> time_units{
    {{"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"min", 60e9}, {"h", 3600e9}, {"d", 86400e9}}};
constexpr std::array<unit_row, 3> count_units{{{"", 1}, {"k", 1e3}, {"M", 1e6}}};
constexpr std::array<unit_row, 8> size_units{{{"B", 1},
                                              {"kB", 1e3},
                                              {"MB", 1e6},
                                              {"GB", 1e9},
                                              {"KiB", 1024},
                                              {"MiB", 1048576},
                                              {"GiB", 1073741824},
                                              {"bytes", 1}}};
constexpr std::array<unit_row, 7> bandwidth_units{{{"bit/s", 1.0 / 8},
                                                   {"kbit/s", 1e3 / 8},
                                                   {"Mbit/s", 1e6 / 8},
                                                   {"Gbit/s", 1e9 / 8},
                                                   {"B/s", 1},
                                                   {"kB/s", 1e3},
                                                   {"MB/s", 1e6}}};

/// A whole number, or nothing: 1.2k is 1200, 1.2345k is not a count.
std::optional<std::uint64_t> whole(double amount) {
  const double rounded = std::round(amount);
  if (!(rounded <= count_max) || std::abs(amount - rounded) > 1e-6 * std::max(1.0, rounded))
    return std::nullopt;
  return static_cast<std::uint64_t>(rounded);
}

}  // namespace

std::optional<duration> parse_duration(std::string_view text) {
  const auto parts = split(text);
  if (!parts) return std::nullopt;
  const auto factor = factor_of(parts->unit, time_units);
  if (!factor || !(parts->amount * *factor <= years_100_s * 1e9)) return std::nullopt;
  return duration{static_cast<std::int64_t>(std::llround(parts->amount * *factor))};
}

std::optional<std::uint64_t> parse_count(std::string_view text) {
  const auto parts = split(text);
  if (!parts || text.find(' ') != std::string_view::npos) return std::nullopt;
  const auto factor = factor_of(parts->unit, count_units);
  return factor ? whole(parts->amount * *factor) : std::nullopt;
}

std::optional<double> parse_rate(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos || slash + 1 == text.size()) return std::nullopt;
  std::string_view amount_text = text.substr(0, slash);
  std::string_view per = text.substr(slash + 1);
  while (!per.empty() && per.front() == ' ') per.remove_prefix(1);
  while (!amount_text.empty() && amount_text.back() == ' ') amount_text.remove_suffix(1);
  const auto parts = split(amount_text);
  if (!parts || (per != "s" && per != "min" && per != "h")) return std::nullopt;
  const auto factor = factor_of(parts->unit, count_units);
  if (!factor || !(parts->amount * *factor <= count_max)) return std::nullopt;
  return parts->amount * *factor / (per == "s" ? 1.0 : per == "min" ? 60.0 : 3600.0);
}

std::optional<double> parse_percent(std::string_view text) {
  const auto parts = split(text);
  if (!parts || parts->unit != "%" || !(parts->amount <= 1e9)) return std::nullopt;
  return parts->amount / 100.0;
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  const auto parts = split(text);
  if (!parts) return std::nullopt;
  const auto factor = factor_of(parts->unit, size_units);
  return factor ? whole(parts->amount * *factor) : std::nullopt;
}

std::optional<double> parse_bandwidth(std::string_view text) {
  const auto parts = split(text);
  if (!parts) return std::nullopt;
  const auto factor = factor_of(parts->unit, bandwidth_units);
  if (!factor || !(parts->amount > 0) || !(parts->amount * *factor <= count_max)) return std::nullopt;
  return parts->amount * *factor;
}

std::string format_bandwidth(double bytes_per_s) {
  const double bits = bytes_per_s * 8;
  const unit_row unit = bits >= 1e9   ? unit_row{" Gbit/s", 1e9}
                        : bits >= 1e6 ? unit_row{" Mbit/s", 1e6}
                        : bits >= 1e3 ? unit_row{" kbit/s", 1e3}
                                      : unit_row{" bit/s", 1};
  char text[40];
  const auto end = std::to_chars(text, text + sizeof text, bits / unit.factor);
  return std::string{text, end.ptr} + std::string{unit.name};
}

std::string format_duration(duration value) {
  const std::int64_t ns = value.count();
  constexpr std::array<std::pair<std::string_view, std::int64_t>, 6> units{{{" d", 86400'000'000'000},
                                                                            {" h", 3600'000'000'000},
                                                                            {" min", 60'000'000'000},
                                                                            {" s", 1'000'000'000},
                                                                            {" ms", 1'000'000},
                                                                            {" us", 1'000}}};
  for (const auto& [name, size] : units) {
    if (ns != 0 && ns % size == 0) return std::to_string(ns / size) + std::string{name};
  }
  if (ns == 0) return "0 s";
  char text[40];
  const auto end =
      std::to_chars(text, text + sizeof text, static_cast<double>(ns) / 1e3, std::chars_format::fixed, 3);
  return std::string{text, end.ptr} + " us";
}

std::string format_count(std::uint64_t value) {
  const auto with = [](std::uint64_t amount, std::uint64_t unit, char letter) {
    std::string out = std::to_string(amount / unit);
    const std::uint64_t tenth = amount % unit / (unit / 10);
    if (tenth != 0) out += "." + std::to_string(tenth);
    return out + letter;
  };
  if (value >= 1'000'000 && value % 100'000 == 0) return with(value, 1'000'000, 'M');
  if (value >= 1'000 && value % 100 == 0) return with(value, 1'000, 'k');
  return std::to_string(value);
}

}  // namespace wanwu::lang
