// The words of `sim:dynamics`: each kind with its parameters, as one table that reader, compiler and
// documentation share.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace wanwu::things {

enum class dynamics_kind : std::uint8_t {
  // arithmetic
  constant,
  property,
  sum,
  product,
  least,
  greatest,
  linear,
  power,
  table,
  choose,
  above,
  below,
  quantize,
  // time
  step,
  diurnal,
  age,
  hold,
  delay,
  lag,
  // chance
  noise,
  spread,
  markov,
  chance,
  poisson,
  pulses,
  serial,
  fault,
  // quantities
  counter,
  slope,
  setpoint,
  hyst,
  hyst_on,
  battery,
  // nature
  solar,
  field,
  weibull,
  windpower,
  // mobility
  place,
  route,
  wander,
  waypoints,
  orbit,
  flight,
};

/// What a parameter's number means and which units may follow it in a string: `"30 min"`, `"2 km"`, `"4 /h"`.
enum class dimension : std::uint8_t { plain, time, clock, length, speed, rate };

struct parameter_row {
  std::string_view name;
  dimension measure = dimension::plain;
  std::optional<double> fallback;  ///< Nothing = the parameter must be given.
  double least = -1e15,
         most = 1e15;  ///< Both allowed. What has a dimension and must be given is above 0 besides.
};

struct kind_row {
  dynamics_kind kind{};
  std::string_view name;  ///< As written in a model: "diurnal", "hystOn".
  std::span<const parameter_row> parameters;
  std::uint8_t inputs_min = 0, inputs_max = 0;  ///< How many expressions `of` may hold.
  std::string_view text;                        ///< One sentence on what it computes.
};

/// Every kind, in the order of the enumeration.
std::span<const kind_row> dynamics_kinds() noexcept;
inline const kind_row& row_of(dynamics_kind kind) noexcept {
  return dynamics_kinds()[static_cast<std::size_t>(kind)];
}

}  // namespace wanwu::things
