// The closed forms that draw, and the quantities that hang on them. Each is a function of (stream, t) alone.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include "sim/dynamics_program.hpp"

namespace wanwu::sim {

namespace {

using kind = things::dynamics_kind;

constexpr double day_s = 86400;

/// Where between two renewals `t` lies. Renewal k is at (k + jitter (u_k - 1/2)) every, so they keep their
/// order.
struct renewal {
  double since = 0, share = 0;
};
[[gnu::always_inline]] inline renewal last_renewal(random_stream draws, double t, double every,
                                                   double jitter) noexcept {
  const double x = t / every + phase_of(draws);
  const auto moment = [&](std::int64_t k) {
    return static_cast<double>(k) + jitter * (draws.uniform(static_cast<std::uint64_t>(k)) - 0.5);
  };
  // The renewals around x are k and k + 1, or the pair before or after: without a branch, since it is a coin
  // that falls.
  const auto k = floor_of(x);
  const double here = moment(k);
  const bool is_before = x < here;
  const double other = moment(is_before ? k - 1 : k + 1), later = moment(k + 2);
  const bool is_after = !is_before && x >= other;
  const double from = is_before || is_after ? other : here;
  const double to = is_before ? here : is_after ? later : other;
  return {.since = t - (x - from) * every, .share = (x - from) / (to - from)};
}

/// Octave after octave, so that each is one pass over all things.
[[gnu::always_inline]] inline void noise(evaluation& all, const instruction& in) noexcept {
  const double* const n = all.made.numbers.data() + in.number;
  double* const out = all.results(in.out);
  std::fill_n(out, all.count, 0.0);
  const auto octaves = static_cast<std::uint64_t>(n[0]);
  for (std::uint64_t octave = 0; octave < octaves; ++octave) {
    const double rate = n[1 + 2 * octave], size = n[2 + 2 * octave];
    double* const __restrict sum = out;
    for (std::size_t i = 0; i < all.count; ++i) {
      const sampled at{all, in, i};
      const auto draws = at.draws();
      const double x = at.now() * rate + phase_of(draws);
      const auto knot = floor_of(x);
      const auto index = static_cast<std::uint64_t>(knot) * 4 + octave;
      const double low = draws.bell(index), high = draws.bell(index + 4);
      sum[i] += size * (low + (high - low) * smooth(x - static_cast<double>(knot)));
    }
  }
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

/// Pulse after pulse back in time, so that each is one pass over all things.
[[gnu::always_inline]] inline void pulses(evaluation& all, const instruction& in) noexcept {
  const double* const n = all.made.numbers.data() + in.number;
  double* const __restrict sum = all.results(in.out);
  const std::size_t count = all.count;
  std::fill_n(sum, count, 0.0);
  std::array<std::uint64_t, sampled_together_max> keys;
  std::array<double, sampled_together_max> when;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t place = n[4] != 0 ? all.things[i].who.place : 0;
    keys[i] = scramble(in.salt + (place != 0 ? place : all.in.numbers[i] + 1) * golden_step);
    when[i] = all.clock(in.clock)[i] * n[0] + phase_of(random_stream{keys[i]});
  }
  const double fading = n[1] * n[3];
  for (std::int64_t back = 0; back < static_cast<std::int64_t>(n[5]); ++back) {
    for (std::size_t i = 0; i < count; ++i) {
      const auto epoch = floor_of(when[i]) - back;
      const auto bits = random_stream{keys[i]}.bits(static_cast<std::uint64_t>(epoch));
      const auto low = static_cast<std::int64_t>(bits & 0xFFFF'FFFFU),
                 high = static_cast<std::int64_t>(bits >> 32U);
      const double gone = when[i] - (static_cast<double>(epoch) + static_cast<double>(low) * 0x1p-32);
      const double u = static_cast<double>(high) * 0x1p-32;
      // 3 u^2 has mean 1 and stays below 3. What is still to come counts nothing.
      const double counts = gone < 0 ? 0 : 3;
      sum[i] += counts * u * u * decay_of(-std::max(gone, 0.0) * fading);
    }
  }
  for (std::size_t i = 0; i < count; ++i) sum[i] *= n[2];
}

[[gnu::always_inline]] inline double serial(const sampled& at) noexcept {
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
[[gnu::always_inline]] inline gentle_noise gentle(random_stream draws, double t, double time) noexcept {
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
[[gnu::always_inline]] inline counted count(const double* n, random_stream draws, double t,
                                            double utc_offset) noexcept {
  constexpr double omega = 2 * std::numbers::pi / day_s;
  const auto wave = on_circle((t + utc_offset - n[2]) / day_s);
  const auto wiggle = n[3] > 0 ? gentle(draws, t, n[4]) : gentle_noise{};
  const double scale = n[0] * draws.uniform(0xFFFF'FFFF'0000'0002ULL, 0.7, 1.3);
  return {.total = scale * (t + n[1] / omega * wave.sine + n[3] * wiggle.integral),
          .rate = scale * (1 + n[1] * wave.cosine + n[3] * wiggle.slope)};
}

/// Without resets the origin is where the daily wave crosses zero and the noise is not taken off: both only
/// shift the count by a little at its start, and save a second evaluation.
template <bool Resets>
[[gnu::always_inline]] inline double counter(const sampled& at) noexcept {
  const double* n = at.numbers();
  const auto draws = at.draws();
  const double offset = at.world().utc_offset_s, t = at.now();
  const double age = n[6] * draws.uniform(0xFFFF'FFFF'0000'0003ULL);
  double origin = static_cast<double>(at.world().start_ms) * 0.001 - age;
  origin = static_cast<double>(floor_of((origin + offset - n[2]) / day_s)) * day_s - offset + n[2];
  double before = n[0] * draws.uniform(0xFFFF'FFFF'0000'0002ULL, 0.7, 1.3) * origin;
  if constexpr (Resets) {
    if (const double renewed = last_renewal(draws, t, n[5], 0.3).since; renewed > origin) {
      origin = renewed;
      before = count(n, draws, origin, offset).total;
    }
  }
  return t <= origin ? 0 : std::max(0.0, count(n, draws, t, offset).total - before);
}

[[gnu::always_inline]] inline double setpoint(const sampled& at) noexcept {
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

[[gnu::always_inline]] inline double two_point(const sampled& at) noexcept {
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

[[gnu::always_inline]] inline double slot_chance(const sampled& at) noexcept {
  const auto draws = at.draws();
  const auto slot = floor_of(at.now() / at.numbers()[0] + phase_of(draws));
  return draws.chance(static_cast<std::uint64_t>(slot), at.input()) ? 1 : 0;
}

/// A set point that nobody has set.
[[gnu::always_inline]] inline void uncommanded(evaluation& all, const instruction& in) noexcept {
  double* const out = all.results(in.out);
  if (in.input_count != 0) {
    std::copy_n(all.input(in), all.count, out);
  } else {
    std::fill_n(out, all.count, all.made.numbers[in.number]);
  }
}

template <width Width>
[[gnu::always_inline]] inline void evaluate_each(evaluation& all, const instruction& in) noexcept {
  const double* const n = all.made.numbers.data() + in.number;
  const auto each = [&](auto value) { for_each_thing(all, in, all.results(in.out), value); };
  switch (in.kind) {
    case kind::age:
      return each([n](const sampled& at) { return last_renewal(at.draws(), at.now(), n[0], n[1]).share; });
    case kind::noise:
      return noise(all, in);
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
      return pulses(all, in);
    case kind::serial:
      return each(serial);
    case kind::fault:
      return each(faulty);
    case kind::counter:
      return n[5] > 0 ? each(counter<true>) : each(counter<false>);
    case kind::slope:
      return each([n](const sampled& at) {
        return count(n, at.draws(), at.now(), at.world().utc_offset_s).rate * n[7];
      });
    case kind::setpoint:
      if (std::all_of(all.things.begin(), all.things.end(),
                      [](const auto& one) { return one.commands.empty(); }))
        return uncommanded(all, in);
      return each(setpoint);
    case kind::hyst:
    case kind::hyst_on:
      return each(two_point);
    case kind::battery:
      return each(
          [n](const sampled& at) { return 1 - last_renewal(at.draws(), at.now(), n[0], n[1]).share; });
    case kind::diurnal:
    case kind::solar:
    case kind::field:
    case kind::weibull:
    case kind::windpower:
      return Width == width::any ? evaluate_nature(all, in) : evaluate_nature_eight(all, in);
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

void evaluate_chance(evaluation& all, const instruction& in) noexcept {
  evaluate_each<width::any>(all, in);
}

WANWU_EIGHT_WIDE void evaluate_chance_eight(evaluation& all, const instruction& in) noexcept {
  evaluate_each<width::eight>(all, in);
}

}  // namespace wanwu::sim
