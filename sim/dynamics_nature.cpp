// Sun, wind and fields: what all things of a region share.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "sim/dynamics_program.hpp"

namespace wanwu::sim {

namespace {

using kind = things::dynamics_kind;

constexpr double day_s = 86400, year_s = 365.25 * 86400;

/// Value noise on a lattice of (east / L, north / L, t / T), seen from a thing's home in a field that moves.
/// The field's stream has no thing in it, so neighbours read nearly the same.
double field(const sampled& at) noexcept {
  const double *n = at.numbers(), t = at.now();
  const random_stream draws{at.in.salt};
  const std::array<double, 3> x{(at.all.in.east_m[at.which] - n[3] * t) / n[1],
                                (at.all.in.north_m[at.which] - n[4] * t) / n[1], t / n[2]};
  std::array<std::int64_t, 3> cell{};
  std::array<double, 3> share{};
  for (std::size_t i = 0; i < 3; ++i) {
    cell[i] = floor_of(x[i]);
    share[i] = smooth(x[i] - static_cast<double>(cell[i]));
  }
  const auto corner = [&](std::int64_t e, std::int64_t h, std::int64_t when) {
    const auto a = static_cast<std::uint64_t>(cell[0] + e), b = static_cast<std::uint64_t>(cell[1] + h);
    const auto c = static_cast<std::uint64_t>(cell[2] + when);
    return draws.bell(a * 0x8DA6B343U + b * 0xD8163841'0000'0001ULL + c * 0xCB1AB31F'1234'5677ULL);
  };
  const auto plane = [&](std::int64_t when) {
    const double south = corner(0, 0, when) + share[0] * (corner(1, 0, when) - corner(0, 0, when));
    const double north = corner(0, 1, when) + share[0] * (corner(1, 1, when) - corner(0, 1, when));
    return south + share[1] * (north - south);
  };
  const double before = plane(0);
  return n[0] * (before + share[2] * (plane(1) - before));
}

/// Cosine of the sun's zenith angle at the middle of the region: NOAA's series for declination and equation
/// of time.
double sun_cosine(const sampled& at) noexcept {
  const auto& sky = at.sky();
  const double c1 = sky.year_cos, s1 = sky.year_sin;
  const double c2 = c1 * c1 - s1 * s1, s2 = 2 * c1 * s1, c3 = c2 * c1 - s2 * s1, s3 = s2 * c1 + c2 * s1;
  const double declination =
      0.006918 - 0.399912 * c1 + 0.070257 * s1 - 0.006758 * c2 + 0.000907 * s2 - 0.002697 * c3 + 0.00148 * s3;
  const double equation_min =
      229.18 * (0.000075 + 0.001868 * c1 - 0.032077 * s1 - 0.014615 * c2 - 0.040849 * s2);
  const double solar_s = at.now() + 60 * equation_min + 240 * at.all.made.world.longitude;
  const double hour_angle =
      2 * std::numbers::pi * (solar_s / day_s - static_cast<double>(floor_of(solar_s / day_s))) -
      std::numbers::pi;
  return at.all.made.sin_latitude * std::sin(declination) +
         at.all.made.cos_latitude * std::cos(declination) * std::cos(hour_angle);
}

double solar(const sampled& at) noexcept {
  const double cosine = sun_cosine(at);
  if (cosine <= 0.001) return 0;
  const double clear = 1098 * cosine * std::exp(-0.057 / cosine);  // Haurwitz
  return at.in.input_count == 0 ? clear : clear * at.input();
}

double weibull(double normal, double scale, double shape) noexcept {
  const double above = 0.5 * std::erfc(normal / std::numbers::sqrt2);
  const double depth = -std::log(std::max(above, 1e-12));
  return scale * (shape == 2 ? std::sqrt(depth) : std::pow(depth, 1 / shape));
}

double windpower(const double* n, double wind) noexcept {
  if (wind < n[1] || wind > n[3]) return 0;
  if (wind >= n[2]) return n[0];
  const auto cube = [](double v) { return v * v * v; };
  return n[0] * (cube(wind) - cube(n[1])) / (cube(n[2]) - cube(n[1]));
}

}  // namespace

void evaluation::find_sky(std::uint8_t of_clock) noexcept {
  const auto bit = 1ULL << of_clock;
  if ((angles_known & bit) != 0) return;
  angles_known |= bit;
  sky_angles* const found = in.angles + of_clock * count;
  const double* const now = clock(of_clock);
  for (std::size_t i = 0; i < count; ++i) {
    const auto day = on_circle((now[i] + made.world.utc_offset_s) / day_s);
    const auto year = on_circle(now[i] / year_s);
    found[i] = {.day_cos = day.cosine, .day_sin = day.sine, .year_cos = year.cosine, .year_sin = year.sine};
  }
}

void evaluate_nature(evaluation& all, const instruction& in) noexcept {
  const double* const n = all.made.numbers.data() + in.number;
  const auto each = [&](auto value) { for_each_thing(all, in, all.results(in.out), value); };
  switch (in.kind) {
    case kind::solar:
      all.find_sky(in.clock);
      return each(solar);
    case kind::field:
      all.find_homes();
      return each(field);
    case kind::weibull:
      return each([n](const sampled& at) { return weibull(at.input(), n[0], n[1]); });
    default:
      return each([n](const sampled& at) { return windpower(n, at.input()); });
  }
}

}  // namespace wanwu::sim
