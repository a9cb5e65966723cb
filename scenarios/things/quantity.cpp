// Units of parameters. SI inside, so that the compiled dynamics never convert.
#include <array>
#include <charconv>
#include <cmath>

#include "scenarios/things/dynamics_reader.hpp"

namespace wanwu::things {

namespace {

struct unit_row {
  dimension measure{};
  std::string_view name;
  double factor = 1;
};

constexpr std::array units{
    unit_row{dimension::time, "ms", 0.001},
    unit_row{dimension::time, "s", 1},
    unit_row{dimension::time, "min", 60},
    unit_row{dimension::time, "h", 3600},
    unit_row{dimension::time, "d", 86400},
    unit_row{dimension::time, "yr", 365.25 * 86400},
    unit_row{dimension::length, "m", 1},
    unit_row{dimension::length, "km", 1000},
    unit_row{dimension::speed, "m/s", 1},
    unit_row{dimension::speed, "km/h", 1 / 3.6},
    unit_row{dimension::rate, "/s", 1},
    unit_row{dimension::rate, "/min", 1.0 / 60},
    unit_row{dimension::rate, "/h", 1.0 / 3600},
    unit_row{dimension::rate, "/d", 1.0 / 86400},
    unit_row{dimension::rate, "/yr", 1.0 / (365.25 * 86400)},
};

std::optional<double> parse_clock(std::string_view text) noexcept {
  unsigned hours = 0, minutes = 0;
  const char* const end = text.data() + text.size();
  const auto [colon, wrong] = std::from_chars(text.data(), end, hours);
  if (wrong != std::errc{} || colon == end || *colon != ':' || end - colon != 3) return std::nullopt;
  const auto [last, also_wrong] = std::from_chars(colon + 1, end, minutes);
  if (also_wrong != std::errc{} || last != end || hours > 24 || minutes > 59 ||
      (hours == 24 && minutes != 0)) {
    return std::nullopt;
  }
  return hours * 3600.0 + minutes * 60.0;
}

}  // namespace

std::optional<double> parse_quantity(std::string_view text, dimension measure) noexcept {
  if (measure == dimension::clock) return parse_clock(text);
  double number = 0;
  const auto [rest, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (wrong != std::errc{} || !std::isfinite(number)) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
  while (text.starts_with(' ')) text.remove_prefix(1);
  for (const auto& unit : units) {
    if (unit.measure == measure && unit.name == text) return number * unit.factor;
  }
  return std::nullopt;
}

std::string_view units_of(dimension measure) noexcept {
  switch (measure) {
    case dimension::plain:
      return "a number without a unit";
    case dimension::time:
      return "a time in ms, s, min, h, d or yr, such as \"15 min\"";
    case dimension::clock:
      return "a time of day, such as \"18:30\"";
    case dimension::length:
      return "a length in m or km, such as \"2 km\"";
    case dimension::speed:
      return "a speed in m/s or km/h, such as \"30 km/h\"";
    case dimension::rate:
      return "a rate in /s, /min, /h, /d or /yr, such as \"4 /h\"";
  }
  return "";
}

}  // namespace wanwu::things
