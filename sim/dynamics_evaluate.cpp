// The closed forms: arithmetic, time, chance and quantities. Each is a function of (stream, t) alone.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "sim/dynamics_program.hpp"

namespace wanwu::sim {

namespace {

using kind = things::dynamics_kind;

constexpr double day_s = 86400;

double interpolate(const double* n, double x) noexcept {
  const auto count = static_cast<std::size_t>(n[0]);
  const double *xs = n + 1, *ys = n + 1 + count;
  if (x <= xs[0]) return ys[0];
  for (std::size_t i = 1; i < count; ++i) {
    if (x < xs[i]) return ys[i - 1] + (ys[i] - ys[i - 1]) * (x - xs[i - 1]) / (xs[i] - xs[i - 1]);
  }
  return x == x ? ys[count - 1] : x;
}

/// Local day number (0 = Thursday, 1 January 1970) and seconds in it decide; before the first point of a
/// period the last one still holds.
double timetable(const sampled& at) noexcept {
  const double* n = at.numbers();
  const double local = at.now() + at.world().utc_offset_s;
  const auto weekday = static_cast<unsigned>(((floor_of(local / day_s) + 3) % 7 + 7) % 7);
  if (const auto days = static_cast<unsigned>(n[2]); days != 0 && (days >> weekday & 1U) == 0) return n[1];
  const double inside = local - static_cast<double>(floor_of(local / n[0])) * n[0];
  const auto count = static_cast<std::size_t>(n[3]);
  const double *xs = n + 4, *ys = n + 4 + count;
  std::size_t i = count - 1;
  for (std::size_t next = 0; next < count && xs[next] <= inside; ++next) i = next;
  return inside < xs[0] ? ys[count - 1] : ys[i];
}

double diurnal(const sampled& at) noexcept {
  const double* n = at.numbers();
  const auto& sky = at.sky();
  const double cos2 = 2 * sky.day_cos * sky.day_cos - 1, sin2 = 2 * sky.day_cos * sky.day_sin;
  return n[0] + n[1] * sky.day_cos + n[2] * sky.day_sin + n[3] * cos2 + n[4] * sin2 + n[5] * sky.year_cos +
         n[6] * sky.year_sin;
}

/// Where between two renewals `t` lies. Renewal k is at (k + jitter (u_k - 1/2)) every, so they keep their
/// order.
struct renewal {
  double since = 0, share = 0;
};
renewal last_renewal(random_stream draws, double t, double every, double jitter) noexcept {
  const double x = t / every + phase_of(draws);
  const auto moment = [&](std::int64_t k) {
    return static_cast<double>(k) + jitter * (draws.uniform(static_cast<std::uint64_t>(k)) - 0.5);
  };
  auto k = floor_of(x);
  double from = moment(k), to = 0;
  if (x < from) {
    to = from;
    from = moment(k - 1);
  } else if (to = moment(k + 1); x >= to) {
    from = to;
    to = moment(k + 2);
  }
  return {.since = t - (x - from) * every, .share = (x - from) / (to - from)};
}

double noise(const sampled& at) noexcept {
  const double* n = at.numbers();
  const auto draws = at.draws();
  const double phase = phase_of(draws);
  const auto octaves = static_cast<std::uint64_t>(n[0]);
  double total = 0;
  for (std::uint64_t octave = 0; octave < octaves; ++octave) {
    const double x = at.now() * n[1 + 2 * octave] + phase;
    const auto knot = floor_of(x);
    const auto index = static_cast<std::uint64_t>(knot) * 4 + octave;
    const double low = draws.bell(index), high = draws.bell(index + 4);
    total += n[2 + 2 * octave] * (low + (high - low) * smooth(x - static_cast<double>(knot)));
  }
  return total;
}

std::size_t pick_cumulative(const double* shares, std::size_t count, double u) noexcept {
  std::size_t i = 0;
  while (i + 1 < count && u >= shares[i]) ++i;
  return i;
}

double markov(const sampled& at) noexcept {
  const double* n = at.numbers();
  const auto count = static_cast<std::size_t>(n[0]);
  const double *labels = n + 2, *means = labels + count, *start = means + count, *moves = start + count;
  const auto draws = at.draws();
  const double x = at.now() / n[1] + phase_of(draws);
  const auto epoch = floor_of(x);
  const auto inside = draws.child(static_cast<std::uint64_t>(epoch));
  double left = (x - static_cast<double>(epoch)) * n[1];
  auto state = pick_cumulative(start, count, inside.uniform(0));
  for (std::uint64_t draw = 1; draw < 400; draw += 2) {
    left -= means[state] * inside.exponential(draw);
    if (left < 0) break;
    state = pick_cumulative(moves + state * count, count, inside.uniform(draw + 1));
  }
  return labels[state];
}

double pulses(const sampled& at) noexcept {
  const double* n = at.numbers();
  const auto owner =
      n[4] != 0 && at.thing().who.place != 0 ? at.thing().who.place : number_of(at.thing().who.thing) + 1;
  const random_stream draws{scramble(at.in.salt + owner * 0x9e3779b97f4a7c15ULL)};
  const double x = at.now() * n[0] + phase_of(draws);
  const auto epoch = floor_of(x);
  double total = 0;
  for (std::int64_t back = 0; back < static_cast<std::int64_t>(n[5]); ++back) {
    const auto bits = draws.bits(static_cast<std::uint64_t>(epoch - back));
    const double moment =
        static_cast<double>(epoch - back) + static_cast<double>(bits & 0xFFFF'FFFFU) * 0x1p-32;
    if (moment > x) continue;
    const double u = static_cast<double>(bits >> 32U) * 0x1p-32;
    total += 3 * u * u * std::exp((moment - x) * n[1] * n[3]);  // 3 u^2 has mean 1 and stays below 3
  }
  return total * n[2];
}

double serial(const sampled& at) noexcept {
  const double* n = at.numbers();
  const auto index = n[1] > 0 ? static_cast<std::uint64_t>(floor_of(at.now() / n[1])) : 0U;
  std::int64_t most = 1;
  for (int i = 0; i < static_cast<int>(n[0]); ++i) most *= 10;
  return static_cast<double>(at.draws().whole(index, 0, most - 1));
}

double faulty(const sampled& at) noexcept {
  const double value = at.input();
  if (at.in.wanted == axis::stuck) return value;  // its input already looks at the frozen clock
  const auto phase = phase_of_fault(at);
  if (!phase.active) return value;
  const double *n = at.numbers(), size = n[3], elapsed = at.now() - phase.since;
  switch (at.in.wanted) {
    case axis::bias:
      return value + size;
    case axis::drift:
      return value + size * elapsed / n[2];
    case axis::spike:
      return at.draws().chance(static_cast<std::uint64_t>(floor_of(at.now())), 0.2) ? value + size : value;
    default:
      return std::numeric_limits<double>::quiet_NaN();
  }
}

/// Two octaves of value noise in [0, 1] scaled so that its slope stays within +-1: what makes counters
/// monotone.
struct gentle_noise {
  double integral = 0, slope = 0;  ///< Seconds, and per second.
};
gentle_noise gentle(random_stream draws, double t, double time) noexcept {
  gentle_noise out;
  for (std::uint64_t octave = 0; octave < 2; ++octave) {
    const double period = octave == 0 ? time : time / 4;
    const double x = t / period;
    const auto knot = floor_of(x);
    const double f = x - static_cast<double>(knot);
    const auto index = static_cast<std::uint64_t>(knot) * 2 + octave;
    const double low = draws.uniform(index), rise = draws.uniform(index + 2) - low;
    out.integral += period / 3 * (low + rise * smooth(f));
    out.slope += 2 * rise * f * (1 - f);
  }
  return out;
}

/// The counter's integral since 1970, and its rate; both exact, so that a power and its energy agree.
struct counted {
  double total = 0, rate = 0;
};
counted count(const double* n, random_stream draws, double t, double utc_offset) noexcept {
  constexpr double omega = 2 * std::numbers::pi / day_s;
  const auto wave = on_circle((t + utc_offset - n[2]) / day_s);
  const auto wiggle = n[3] > 0 ? gentle(draws, t, n[4]) : gentle_noise{};
  const double scale = n[0] * draws.uniform(0xFFFF'FFFF'0000'0002ULL, 0.7, 1.3);
  return {.total = scale * (t + n[1] / omega * wave.sine + n[3] * wiggle.integral),
          .rate = scale * (1 + n[1] * wave.cosine + n[3] * wiggle.slope)};
}

/// Without resets the origin is where the daily wave crosses zero and the noise is not taken off: both only
/// shift the count by a little at its start, and save a second evaluation.
double counter(const sampled& at) noexcept {
  const double* n = at.numbers();
  const auto draws = at.draws();
  const double offset = at.world().utc_offset_s, t = at.now();
  const double age = n[6] * draws.uniform(0xFFFF'FFFF'0000'0003ULL);
  double origin = static_cast<double>(at.world().start_ms) * 0.001 - age;
  origin = static_cast<double>(floor_of((origin + offset - n[2]) / day_s)) * day_s - offset + n[2];
  double before = n[0] * draws.uniform(0xFFFF'FFFF'0000'0002ULL, 0.7, 1.3) * origin;
  if (n[5] > 0) {
    if (const double renewed = last_renewal(draws, t, n[5], 0.3).since; renewed > origin) {
      origin = renewed;
      before = count(n, draws, origin, offset).total;
    }
  }
  return t <= origin ? 0 : std::max(0.0, count(n, draws, t, offset).total - before);
}

double setpoint(const sampled& at) noexcept {
  const double* n = at.numbers();
  if (at.thing().commands.empty()) return at.in.input_count != 0 ? at.input() : n[0];
  const auto now_ms = static_cast<std::int64_t>(std::llround(at.now() * 1000));
  for (auto i = at.thing().commands.size(); i-- > 0;) {
    const auto& command = at.thing().commands[i];
    if (command.property != at.in.property || command.at_ms > now_ms) continue;
    const double from = static_cast<double>(command.from), to = static_cast<double>(command.to);
    if (n[1] <= 0) return to;
    return to + (from - to) * std::exp(static_cast<double>(command.at_ms - now_ms) * 0.001 / n[1]);
  }
  return at.in.input_count != 0 ? at.input() : n[0];
}

double two_point(const sampled& at) noexcept {
  const double* n = at.numbers();
  const double period = n[2] + n[3], x = at.now() / period + phase_of(at.draws());
  const double inside = (x - static_cast<double>(floor_of(x))) * period;
  const bool rising = inside < n[2];
  if (at.in.kind == kind::hyst_on) return rising ? 1 : 0;
  const double share = rising ? inside / n[2] : (inside - n[2]) / n[3];
  const double curve = share * (2 - share);  // fast at first, then slower, like an exponential
  const double level = rising ? n[0] + (n[1] - n[0]) * curve : n[1] - (n[1] - n[0]) * curve;
  return level + (at.in.input_count != 0 ? at.input() : 0.0);
}

/// Input after input, so that each is one pass over all things.
template <class Join>
void fold(evaluation& all, const instruction& in, Join join) noexcept {
  double* const out = all.results(in.out);
  std::copy_n(all.input(in), all.count, out);
  for (std::size_t k = 1; k < in.input_count; ++k) {
    const double* const next = all.input(in, k);
    for (std::size_t i = 0; i < all.count; ++i) out[i] = join(out[i], next[i]);
  }
}

double raised(double base, double exponent) noexcept {
  if (exponent == -1) return 1 / std::max(base, 1e-9);
  if (exponent == 2) return base * base;
  return std::pow(exponent < 0 ? std::max(base, 1e-9) : base, exponent);
}

double choose(const sampled& at) noexcept {
  const double* labels = at.numbers();
  const double state = at.input();
  for (std::size_t i = 0; i + 2 < at.in.input_count; ++i) {
    if (labels[i] == state) return at.input(i + 1);
  }
  return at.input(at.in.input_count - 1U);
}

double slot_chance(const sampled& at) noexcept {
  const auto draws = at.draws();
  const auto slot = floor_of(at.now() / at.numbers()[0] + phase_of(draws));
  return draws.chance(static_cast<std::uint64_t>(slot), at.input()) ? 1 : 0;
}

/// The kinds that draw, and what hangs on them.
void evaluate_chance(evaluation& all, const instruction& in) noexcept {
  const double* const n = all.made.numbers.data() + in.number;
  const auto each = [&](auto value) { for_each_thing(all, in, all.results(in.out), value); };
  switch (in.kind) {
    case kind::noise:
      return each(noise);
    case kind::spread:
      return each([n](const sampled& at) { return at.draws().uniform(0, n[0], n[1]); });
    case kind::markov:
      return each(markov);
    case kind::chance:
      return each(slot_chance);
    case kind::poisson:
      return each([n](const sampled& at) {
        const auto draw = static_cast<std::uint64_t>(floor_of(at.now() / n[0]));
        return static_cast<double>(at.draws().poisson(draw, at.input()));
      });
    case kind::pulses:
      return each(pulses);
    case kind::serial:
      return each(serial);
    case kind::fault:
      return each(faulty);
    case kind::counter:
      return each(counter);
    case kind::slope:
      return each([n](const sampled& at) {
        return count(n, at.draws(), at.now(), at.world().utc_offset_s).rate * n[7];
      });
    case kind::setpoint:
      return each(setpoint);
    case kind::hyst:
    case kind::hyst_on:
      return each(two_point);
    case kind::battery:
      return each(
          [n](const sampled& at) { return 1 - last_renewal(at.draws(), at.now(), n[0], n[1]).share; });
    case kind::solar:
    case kind::field:
    case kind::weibull:
    case kind::windpower:
      return evaluate_nature(all, in);
    default:
      return evaluate_motion(all, in);
  }
}

}  // namespace

fault_phase phase_of_fault(const sampled& at) noexcept {
  const double* n = at.numbers();
  const auto draws = at.draws();
  const double x = at.now() / n[0] + phase_of(draws);
  const auto epoch = floor_of(x);
  const auto inside = draws.child(static_cast<std::uint64_t>(epoch));
  if (!inside.chance(0, n[1])) return {};
  const double elapsed = (x - static_cast<double>(epoch)) * n[0] - inside.uniform(1) * (n[0] - n[2]);
  return {.active = elapsed >= 0 && elapsed < n[2], .since = at.now() - elapsed};
}

void evaluate_clock(evaluation& all, const instruction& in) noexcept {
  double* const out = all.clock(in.out);
  const double* const n = all.made.numbers.data() + in.number;
  if (in.kind == kind::fault) {
    return for_each_thing(all, in, out, [](const sampled& at) {
      const auto phase = phase_of_fault(at);
      return phase.active ? phase.since : at.now();
    });
  }
  if (in.kind == kind::hold) {
    return for_each_thing(all, in, out, [n](const sampled& at) {
      return static_cast<double>(floor_of(at.now() / n[0])) * n[0];
    });
  }
  for_each_thing(all, in, out, [n](const sampled& at) { return at.now() - n[0]; });
}

void evaluate(evaluation& all, const instruction& in) noexcept {
  const double* const n = all.made.numbers.data() + in.number;
  const auto each = [&](auto value) { for_each_thing(all, in, all.results(in.out), value); };
  switch (in.kind) {
    case kind::sum:
      return fold(all, in, [](double a, double b) { return a + b; });
    case kind::product:
      return fold(all, in, [](double a, double b) { return a * b; });
    case kind::least:
      return fold(all, in, [](double a, double b) { return b < a ? b : a; });
    case kind::greatest:
      return fold(all, in, [](double a, double b) { return b > a ? b : a; });
    case kind::linear:
      return each([n](const sampled& at) { return at.input() * n[0] + n[1]; });
    case kind::power:
      return each([n](const sampled& at) { return raised(std::max(0.0, at.input()), n[0]); });
    case kind::table:
      return each([n](const sampled& at) { return interpolate(n, at.input()); });
    case kind::choose:
      return each(choose);
    case kind::above:
      return each([n](const sampled& at) { return at.input() > n[0] ? 1.0 : 0.0; });
    case kind::below:
      return each([n](const sampled& at) { return at.input() < n[0] ? 1.0 : 0.0; });
    case kind::quantize:
      return each([n](const sampled& at) { return round_fast(at.input() / n[0]) * n[0]; });
    case kind::step:
      return each(timetable);
    case kind::diurnal:
      all.find_sky(in.clock);
      return each(diurnal);
    case kind::age:
      return each([n](const sampled& at) { return last_renewal(at.draws(), at.now(), n[0], n[1]).share; });
    case kind::hold:
    case kind::delay:
      return each([](const sampled& at) { return at.input(); });
    case kind::lag:
      return each([](const sampled& at) {
        return 0.711093009929173 * at.input(0) + 0.278517733569241 * at.input(1) +
               0.0103892565015861 * at.input(2);
      });
    default:
      return evaluate_chance(all, in);
  }
}

}  // namespace wanwu::sim
