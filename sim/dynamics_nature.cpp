// Sun, wind and fields: what all things of a region share.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "sim/dynamics_program.hpp"

namespace wanwu::sim {

namespace {

using kind = things::dynamics_kind;

constexpr double day_s = 86400, year_s = 365.25 * 86400;

[[gnu::always_inline]] inline double diurnal(const sampled& at) noexcept {
  const double* n = at.numbers();
  const auto sky = at.sky();
  const double cos2 = 2 * sky.day_cos * sky.day_cos - 1, sin2 = 2 * sky.day_cos * sky.day_sin;
  return n[0] + n[1] * sky.day_cos + n[2] * sky.day_sin + n[3] * cos2 + n[4] * sin2 + n[5] * sky.year_cos +
         n[6] * sky.year_sin;
}

/// Value noise on a lattice of (east / L, north / L, t / T), seen from a thing's home in a field that moves.
/// The field's stream has no thing in it, so neighbours read nearly the same.
[[gnu::always_inline]] inline double field(const sampled& at) noexcept {
  const double *n = at.numbers(), t = at.now();
  const random_stream draws{at.in.salt};
  const double east = (at.all.in.east_m[at.which] - n[3] * t) / n[1];
  const double north = (at.all.in.north_m[at.which] - n[4] * t) / n[1], when = t / n[2];
  const std::int64_t cell_east = floor_of(east), cell_north = floor_of(north), cell_when = floor_of(when);
  const double share_east = smooth(east - static_cast<double>(cell_east)),
               share_north = smooth(north - static_cast<double>(cell_north)),
               share_when = smooth(when - static_cast<double>(cell_when));
  const auto corner = [&](std::int64_t e, std::int64_t h, std::int64_t w) {
    const auto a = static_cast<std::uint64_t>(cell_east + e), b = static_cast<std::uint64_t>(cell_north + h);
    const auto c = static_cast<std::uint64_t>(cell_when + w);
    return draws.bell(a * 0x8DA6B343U + b * 0xD8163841'0000'0001ULL + c * 0xCB1AB31F'1234'5677ULL);
  };
  const auto plane = [&](std::int64_t w) {
    const double a = corner(0, 0, w), b = corner(0, 1, w);
    const double south_edge = a + share_east * (corner(1, 0, w) - a);
    const double north_edge = b + share_east * (corner(1, 1, w) - b);
    return south_edge + share_north * (north_edge - south_edge);
  };
  const double before = plane(0);
  return n[0] * (before + share_when * (plane(1) - before));
}

/// Cosine of the sun's zenith angle at the middle of the region: NOAA's series for declination and equation
/// of time.
[[gnu::always_inline]] inline double sun_cosine(const sampled& at) noexcept {
  const auto sky = at.sky();
  const double c1 = sky.year_cos, s1 = sky.year_sin;
  const double c2 = c1 * c1 - s1 * s1, s2 = 2 * c1 * s1, c3 = c2 * c1 - s2 * s1, s3 = s2 * c1 + c2 * s1;
  const double declination =
      0.006918 - 0.399912 * c1 + 0.070257 * s1 - 0.006758 * c2 + 0.000907 * s2 - 0.002697 * c3 + 0.00148 * s3;
  const double equation_min =
      229.18 * (0.000075 + 0.001868 * c1 - 0.032077 * s1 - 0.014615 * c2 - 0.040849 * s2);
  const double solar_s = at.now() + 60 * equation_min + 240 * at.all.made.world.longitude;
  // The sun is highest where the hour angle is 0, half a turn after the day's begin.
  const auto sun = on_circle(solar_s / day_s + 0.5), tilt = on_circle(declination / (2 * std::numbers::pi));
  return at.all.made.sin_latitude * tilt.sine + at.all.made.cos_latitude * tilt.cosine * sun.cosine;
}

[[gnu::always_inline]] inline double solar(const sampled& at) noexcept {
  const double cosine = sun_cosine(at), above = std::max(cosine, 0.001), shines = cosine > 0.001 ? 1098 : 0;
  const double clear = shines * above * decay_of(-0.057 / above);  // Haurwitz
  return at.in.input_count == 0 ? clear : clear * at.input();
}

[[gnu::always_inline]] inline double weibull(double normal, double scale, double shape) noexcept {
  const double above = 0.5 * std::erfc(normal / std::numbers::sqrt2);
  const double depth = -std::log(std::max(above, 1e-12));
  return scale * (shape == 2 ? std::sqrt(depth) : std::pow(depth, 1 / shape));
}

[[gnu::always_inline]] inline double windpower(const double* n, double wind) noexcept {
  if (wind < n[1] || wind > n[3]) return 0;
  if (wind >= n[2]) return n[0];
  const auto cube = [](double v) { return v * v * v; };
  return n[0] * (cube(wind) - cube(n[1])) / (cube(n[2]) - cube(n[1]));
}

/// Fills the angles of a clock, once a run.
[[gnu::always_inline]] inline void find_sky(evaluation& all, std::uint8_t of_clock) noexcept {
  const auto bit = 1ULL << of_clock;
  if ((all.angles_known & bit) != 0) return;
  all.angles_known |= bit;
  const std::size_t count = all.count;
  double* const __restrict angles = all.angles(of_clock);
  const double* const now = all.clock(of_clock);
  const double offset = all.made.world.utc_offset_s;
  for (std::size_t i = 0; i < count; ++i) {
    const auto day = on_circle((now[i] + offset) / day_s);
    const auto year = on_circle(now[i] / year_s);
    angles[i] = day.cosine;
    angles[count + i] = day.sine;
    angles[2 * count + i] = year.cosine;
    angles[3 * count + i] = year.sine;
  }
}

[[gnu::always_inline]] inline void evaluate_each(evaluation& all, const instruction& in) noexcept {
  const double* const n = all.made.numbers.data() + in.number;
  const auto each = [&](auto value) { for_each_thing(all, in, all.results(in.out), value); };
  switch (in.kind) {
    case kind::diurnal:
      find_sky(all, in.clock);
      return each(diurnal);
    case kind::solar:
      find_sky(all, in.clock);
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

}  // namespace

void evaluate_nature(evaluation& all, const instruction& in) noexcept {
  evaluate_each(all, in);
}

WANWU_EIGHT_WIDE void evaluate_nature_eight(evaluation& all, const instruction& in) noexcept {
  evaluate_each(all, in);
}

}  // namespace wanwu::sim
