// The closed forms of arithmetic and time, and which file has the others.
#include <algorithm>
#include <array>
#include <cmath>

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
/// period the last one still holds. Point after point, so that each is one pass over all things.
[[gnu::always_inline]] inline void timetable(evaluation& all, const instruction& in) noexcept {
  const double* const n = all.made.numbers.data() + in.number;
  const double* const now = all.clock(in.clock);
  const double offset = all.made.world.utc_offset_s;
  const auto count = static_cast<std::size_t>(n[3]);
  const double *const xs = n + 4, *const ys = n + 4 + count;
  double* const __restrict out = all.results(in.out);
  std::array<double, sampled_together_max> inside;
  for (std::size_t i = 0; i < all.count; ++i) {
    const double local = now[i] + offset;
    inside[i] = local - static_cast<double>(floor_of(local / n[0])) * n[0];
    out[i] = ys[count - 1];
  }
  for (std::size_t k = 0; k < count; ++k) {
    const double from = xs[k], holds = ys[k];
    for (std::size_t i = 0; i < all.count; ++i) out[i] = from <= inside[i] ? holds : out[i];
  }
  const auto days = static_cast<unsigned>(n[2]);
  if (days == 0) return;
  for (std::size_t i = 0; i < all.count; ++i) {
    const auto weekday = static_cast<unsigned>(((floor_of((now[i] + offset) / day_s) + 3) % 7 + 7) % 7);
    if ((days >> weekday & 1U) == 0) out[i] = n[1];
  }
}

/// Input after input, so that each is one pass over all things.
template <class Join>
[[gnu::always_inline]] inline void fold(evaluation& all, const instruction& in, Join join) noexcept {
  double* const __restrict out = all.results(in.out);
  std::copy_n(all.input(in), all.count, out);
  for (std::size_t k = 1; k < in.input_count; ++k) {
    const double* const next = all.input(in, k);
    for (std::size_t i = 0; i < all.count; ++i) out[i] = join(out[i], next[i]);
  }
}

[[gnu::always_inline]] inline double raised(double base, double exponent) noexcept {
  if (exponent == -1) return 1 / std::max(base, 1e-9);
  if (exponent == 2) return base * base;
  return std::pow(exponent < 0 ? std::max(base, 1e-9) : base, exponent);
}

[[gnu::always_inline]] inline double choose(const sampled& at) noexcept {
  const double* labels = at.numbers();
  const double state = at.input();
  for (std::size_t i = 0; i + 2 < at.in.input_count; ++i) {
    if (labels[i] == state) return at.input(i + 1);
  }
  return at.input(at.in.input_count - 1U);
}

template <width Width>
[[gnu::always_inline]] inline void evaluate_each(evaluation& all, const instruction& in) noexcept {
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
      return timetable(all, in);
    case kind::hold:
    case kind::delay:
      return each([](const sampled& at) { return at.input(); });
    case kind::lag:
      return each([](const sampled& at) {
        return 0.711093009929173 * at.input(0) + 0.278517733569241 * at.input(1) +
               0.0103892565015861 * at.input(2);
      });
    default:
      return Width == width::any ? evaluate_chance(all, in) : evaluate_chance_eight(all, in);
  }
}

}  // namespace

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
  evaluate_each<width::any>(all, in);
}

WANWU_EIGHT_WIDE void evaluate_eight(evaluation& all, const instruction& in) noexcept {
  evaluate_each<width::eight>(all, in);
}

}  // namespace wanwu::sim
