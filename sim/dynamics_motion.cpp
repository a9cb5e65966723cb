// Where things are: homes, rounds, roaming, missions, flights and orbits, each as a function of time.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "sim/dynamics_program.hpp"

namespace wanwu::sim {

namespace {

using kind = things::dynamics_kind;

constexpr double earth_radius_m = 6'371'000;
constexpr double degrees = 180 / std::numbers::pi;
constexpr std::uint64_t phase_draw = 0xFFFF'FFFF'0000'0001ULL;

struct offset {
  double east = 0, north = 0;
};

/// Even over the region's square for places, and up to 150 m around a place's middle for its things.
offset home_offset(const world_frame& world, subject who) noexcept {
  constexpr double yard_m = 150;
  const random_stream own{world.seed, number_of(who.thing), stream_of("home")};
  if (who.place == 0)
    return {own.uniform(0, -world.radius_m, world.radius_m), own.uniform(1, -world.radius_m, world.radius_m)};
  const random_stream place{world.seed, who.place, stream_of("place")};
  return {place.uniform(0, -world.radius_m, world.radius_m) + own.uniform(0, -yard_m, yard_m),
          place.uniform(1, -world.radius_m, world.radius_m) + own.uniform(1, -yard_m, yard_m)};
}

double bearing(double east, double north) noexcept {
  const double angle = std::atan2(east, north) * degrees;
  return angle < 0 ? angle + 360 : angle;
}

offset polar(double radius, double turn) noexcept {
  const double angle = 2 * std::numbers::pi * turn;
  return {radius * std::cos(angle), radius * std::sin(angle)};
}

/// Corners lie around home at even angles, 40-100 % of the radius away; arc length by walking the edges.
motion route(random_stream draws, const double* n, double t) noexcept {
  const auto corners = static_cast<std::uint64_t>(n[2]);
  const double turn = draws.uniform(phase_draw);
  std::array<offset, 17> corner;
  std::array<double, 16> edge;
  double around = 0;
  for (std::uint64_t i = 0; i < corners; ++i) {
    corner[i] = polar(n[0] * draws.uniform(i, 0.4, 1.0), turn + static_cast<double>(i) / n[2]);
  }
  corner[corners] = corner[0];
  for (std::uint64_t i = 0; i < corners; ++i) {
    edge[i] = std::hypot(corner[i + 1].east - corner[i].east, corner[i + 1].north - corner[i].north);
    around += edge[i];
  }
  const double laps = n[1] * t / around + draws.uniform(phase_draw + 1);
  double along = (laps - static_cast<double>(floor_of(laps))) * around;
  std::uint64_t i = 0;
  while (i + 1 < corners && along >= edge[i]) along -= edge[i++];
  const double east = corner[i + 1].east - corner[i].east, north = corner[i + 1].north - corner[i].north;
  const double share = along / edge[i];
  return {.at = {corner[i].north + north * share, corner[i].east + east * share},
          .heading = bearing(east, north),
          .speed = n[1]};
}

double roam(random_stream draws, std::uint64_t dimension, double x) noexcept {
  double total = 0, size = 0.66;
  for (std::uint64_t octave = 0; octave < 2; ++octave, x *= 2, size *= 0.5) {
    const auto knot = floor_of(x);
    const auto index = static_cast<std::uint64_t>(knot) * 4 + octave * 2 + dimension;
    const double low = draws.uniform(index, -1, 1);
    total += size * (low + (draws.uniform(index + 4, -1, 1) - low) * smooth(x - static_cast<double>(knot)));
  }
  return total;
}

motion wander(random_stream draws, const double* n, double t) noexcept {
  const auto place = [&](double when) {
    const double x = when / n[1] + draws.uniform(phase_draw);
    return position{n[0] * roam(draws, 0, x), n[0] * roam(draws, 1, x)};
  };
  constexpr double step_s = 1;
  const auto now = place(t), before = place(t - step_s);
  return {.at = now,
          .speed = std::hypot(now.latitude - before.latitude, now.longitude - before.longitude) / step_s};
}

motion waypoints(random_stream draws, const double* n, double t) noexcept {
  const double x = t / n[1] + draws.uniform(phase_draw);
  const auto leg = floor_of(x);
  const double share = x - static_cast<double>(leg);
  const auto point = [&](std::int64_t k) {
    const auto here = draws.child(static_cast<std::uint64_t>(k));
    const auto flat = polar(n[0] * std::sqrt(here.uniform(0)), here.uniform(1));
    return std::array<double, 3>{flat.north, flat.east, n[2] * here.uniform(2, 0.3, 1.0)};
  };
  const auto from = point(leg), to = point(leg + 1);
  const double north = to[0] - from[0], east = to[1] - from[1];
  return {.at = {from[0] + north * share, from[1] + east * share},
          .altitude = from[2] + (to[2] - from[2]) * share,
          .heading = bearing(east, north),
          .speed = std::hypot(north, east) / n[1]};
}

double wrap_longitude(double longitude) noexcept {
  return longitude - 360 * static_cast<double>(floor_of((longitude + 180) / 360));
}

/// Along a great circle from `from`, `angle` radians of arc away in direction `course` (radians).
position along_circle(position from, double course, double angle) noexcept {
  const double latitude = from.latitude / degrees;
  const double sine =
      std::sin(latitude) * std::cos(angle) + std::cos(latitude) * std::sin(angle) * std::cos(course);
  const double east = std::sin(course) * std::sin(angle) * std::cos(latitude);
  const double turn = std::atan2(east, std::cos(angle) - std::sin(latitude) * sine);
  return {std::asin(std::clamp(sine, -1.0, 1.0)) * degrees, wrap_longitude(from.longitude + turn * degrees)};
}

motion flight(position home, random_stream draws, const double* n, double t) noexcept {
  const double leg = n[0] / n[1], cycle = 2 * (leg + n[3]);
  const double x = t / cycle + draws.uniform(phase_draw);
  double inside = (x - static_cast<double>(floor_of(x))) * cycle;
  const bool back = inside >= leg + n[3];
  if (back) inside -= leg + n[3];
  const bool grounded = inside >= leg;
  const double share = grounded ? 1.0 : inside / leg;
  const double course = 2 * std::numbers::pi * draws.uniform(phase_draw + 1);
  const auto place = [&](double s) {
    return along_circle(home, course, (back ? 1 - s : s) * n[0] / earth_radius_m);
  };
  constexpr double climb_share = 0.15;
  const double profile = std::min({1.0, share / climb_share, (1 - share) / climb_share});
  const auto now = place(share), next = place(share + 1e-4);
  const double climb = n[2] / (climb_share * leg);
  motion out{.at = now, .altitude = n[2] * profile};
  out.heading = bearing(wrap_longitude(next.longitude - now.longitude) * std::cos(now.latitude / degrees),
                        next.latitude - now.latitude);
  out.speed = grounded ? 0 : n[1] * (0.4 + 0.6 * profile);
  out.climb = grounded || profile >= 1 ? 0.0 : (share < 0.5 ? climb : -climb);
  out.flag = grounded;
  return out;
}

/// Circular, without drag or precession. Sunlit = not in the cylinder of the earth's shadow, the sun on its
/// mean path.
motion orbit(random_stream draws, const double* n, double t) noexcept {
  constexpr double mu = 3.986004418e14, turn_rate = 7.2921159e-5, year_s = 365.25 * 86400;
  const double radius = earth_radius_m + n[0], rate = std::sqrt(mu / (radius * radius * radius));
  const double revolutions = rate * t / (2 * std::numbers::pi) + draws.uniform(phase_draw);
  const double u = 2 * std::numbers::pi * (revolutions - static_cast<double>(floor_of(revolutions)));
  const double node = 2 * std::numbers::pi * draws.uniform(phase_draw + 1), tilt = n[1] / degrees;
  const double across = std::atan2(std::cos(tilt) * std::sin(u), std::cos(u)) + node;
  const double sine = std::sin(tilt) * std::sin(u), cosine = std::sqrt(std::max(0.0, 1 - sine * sine));
  const double season = 2 * std::numbers::pi * (t / year_s - 0.2164);  // 0 at the March equinox
  constexpr double obliquity = 23.44 / degrees;
  const double toward_sun = cosine * std::cos(across) * std::cos(season) +
                            cosine * std::sin(across) * std::cos(obliquity) * std::sin(season) +
                            sine * std::sin(obliquity) * std::sin(season);
  const double off_axis = radius * std::sqrt(std::max(0.0, 1 - toward_sun * toward_sun));
  return {.at = {std::asin(sine) * degrees, wrap_longitude((across - turn_rate * t) * degrees)},
          .altitude = n[0],
          .speed = rate * radius,
          .flag = toward_sun > 0 || off_axis > earth_radius_m};
}

motion move(const sampled& at) noexcept {
  const double *n = at.numbers(), t = at.now();
  const auto draws = at.draws();
  if (at.in.kind == kind::orbit) return orbit(draws, n, t);
  const auto& made = at.all.made;
  const position home{made.world.latitude + at.all.in.north_m[at.which] * made.metres_to_latitude,
                      made.world.longitude + at.all.in.east_m[at.which] * made.metres_to_longitude};
  if (at.in.kind == kind::flight) return flight(home, draws, n, t);
  motion out;
  switch (at.in.kind) {
    case kind::route:
      out = route(draws, n, t);
      break;
    case kind::wander:
      out = wander(draws, n, t);
      break;
    case kind::waypoints:
      out = waypoints(draws, n, t);
      break;
    default:
      break;
  }
  out.at = {home.latitude + out.at.latitude * made.metres_to_latitude,
            wrap_longitude(home.longitude + out.at.longitude * made.metres_to_longitude)};
  return out;
}

}  // namespace

void evaluation::find_homes() noexcept {
  if (has_homes) return;
  has_homes = true;
  for (std::size_t i = 0; i < count; ++i) {
    const auto found = home_offset(made.world, things[i].who);
    in.east_m[i] = found.east;
    in.north_m[i] = found.north;
  }
}

void evaluate_motion(evaluation& all, const instruction& in) noexcept {
  const auto* last = all.motion_of;
  if (last == nullptr || last->salt != in.salt || last->clock != in.clock || last->kind != in.kind) {
    if (in.kind != kind::orbit) all.find_homes();
    for (std::size_t i = 0; i < all.count; ++i) all.in.moving[i] = move(sampled{all, in, i});
    all.motion_of = &in;
  }
  const auto each = [&](auto value) {
    for_each_thing(all, in, all.results(in.out),
                   [&](const sampled& at) -> double { return value(at.all.in.moving[at.which]); });
  };
  switch (in.wanted) {
    case axis::latitude:
      return each([](const motion& found) { return found.at.latitude; });
    case axis::longitude:
      return each([](const motion& found) { return found.at.longitude; });
    case axis::altitude:
      return each([](const motion& found) { return found.altitude; });
    case axis::heading:
      return each([](const motion& found) { return found.heading; });
    case axis::speed:
      return each([](const motion& found) { return found.speed; });
    case axis::climb:
      return each([](const motion& found) { return found.climb; });
    default:
      return each([](const motion& found) { return found.flag ? 1.0 : 0.0; });
  }
}

position home_of(const world_frame& world, subject who) noexcept {
  const auto found = home_offset(world, who);
  return {world.latitude + found.north / earth_radius_m * degrees,
          wrap_longitude(world.longitude +
                         found.east / (earth_radius_m * std::cos(world.latitude / degrees)) * degrees)};
}

}  // namespace wanwu::sim
