// The compiled form of a model's dynamics, and what its instructions see while they run. Internal to
// sim/dynamics.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "sim/dynamics.hpp"

namespace wanwu::sim {

inline constexpr std::size_t register_count_max = 1024;
inline constexpr std::size_t clock_count_max = 64;

/// What an instruction does: a kind of dynamics, or one of three that only the compiler makes.
enum class opcode : std::uint8_t { dynamics, finish, column, set_clock };

/// Which quantity of a mobility kind is wanted; also which fault.
enum class axis : std::uint8_t {
  none,
  latitude,
  longitude,
  altitude,
  heading,
  speed,
  sunlit,
  climb,
  grounded,
  stuck,
  spike,
  drift,
  bias,
  dropout,
};

struct instruction {
  opcode code{};
  things::dynamics_kind kind{};
  axis wanted = axis::none;
  std::uint8_t clock = 0;   ///< Which time it sees; clock 0 is the sample's.
  std::uint16_t out = 0;    ///< Register written; for set_clock the clock.
  std::uint16_t input = 0;  ///< First of its inputs in dynamics_program::inputs.
  std::uint16_t input_count = 0;
  std::uint16_t property = 0;  ///< finish, column, setpoint.
  std::uint32_t number = 0;    ///< First of its numbers in dynamics_program::numbers.
  std::uint32_t number_count = 0;
  std::uint64_t salt = 0;  ///< Hash of seed and stream; with the thing it gives the random stream.
};

/// How a raw value becomes a reading.
struct finish_rule {
  double low = 0, high = 0;
  double steps = 0;  ///< Steps per unit; 0 = as it is.
  bool boolean = false;
};

struct condition {
  things::trigger when;
  std::uint64_t salt = 0;
};

struct dynamics_program {
  world_frame world;
  double metres_to_latitude = 0, metres_to_longitude = 0, sin_latitude = 0, cos_latitude = 0;
  std::vector<double> constants;  ///< The first registers.
  std::vector<instruction> code;
  std::vector<std::uint16_t> inputs;  ///< Registers.
  std::vector<double> numbers;
  std::vector<finish_rule> rules;      ///< By property.
  std::vector<std::uint16_t> results;  ///< By property: its register at clock 0.
  std::vector<std::vector<std::uint16_t>>
      needed;  ///< By property: the instructions its value takes, in order.
  std::vector<condition> events;
  std::size_t register_count = 0, clock_count = 1;
};

/// Where a moving thing is: metres east and north of home for local motion, else degrees.
struct motion {
  position at;
  double altitude = 0, heading = 0, speed = 0, climb = 0;
  bool flag = false;  ///< Sunlit or grounded.
};

/// Day and year angles of one clock, made when first asked for.
struct sky_angles {
  double day_cos, day_sin, year_cos, year_sin;
};

/// Where an evaluation keeps its numbers. For each register and each clock, one value a thing stands beside
/// the next one's.
struct evaluation_memory {
  double* registers{};
  double* time{};                ///< Seconds since 1970 by clock.
  double* angles{};              ///< sky_angles by clock, each of the four a row of its own.
  std::uint64_t* numbers{};      ///< What draws know a thing by; one a thing.
  double *east_m{}, *north_m{};  ///< Homes, from the world's middle; one a thing.
  motion* moving{};              ///< One a thing.
};

/// A program while it runs, for one thing or for many at once.
struct evaluation {
  evaluation(const dynamics_program& program, std::span<const sample_request> many,
             const evaluation_memory& memory) noexcept
      : made{program}, things{many}, count{many.size()}, in{memory} {}

  const dynamics_program& made;
  std::span<const sample_request> things;
  std::size_t count;
  evaluation_memory in;
  bool has_homes = false;
  std::uint64_t angles_known = 0;          ///< Bit per clock.
  const instruction* motion_of = nullptr;  ///< Whose motion `in.moving` is.

  double* results(std::size_t which) const noexcept { return in.registers + which * count; }
  double* clock(std::size_t which) const noexcept { return in.time + which * count; }
  double* angles(std::size_t of_clock) const noexcept { return in.angles + of_clock * 4 * count; }
  const double* input(const instruction& of, std::size_t which = 0) const noexcept {
    return results(made.inputs[of.input + which]);
  }
  void find_homes() noexcept;
};

/// What an instruction sees of one of the things.
struct sampled {
  const evaluation& all;
  const instruction& in;
  std::size_t which;

  const sample_request& thing() const noexcept { return all.things[which]; }
  const world_frame& world() const noexcept { return all.made.world; }
  random_stream draws() const noexcept { return random_stream::among(in.salt, all.in.numbers[which]); }
  double now() const noexcept { return all.clock(in.clock)[which]; }
  const double* numbers() const noexcept { return all.made.numbers.data() + in.number; }
  double input(std::size_t index = 0) const noexcept { return all.input(in, index)[which]; }
  sky_angles sky() const noexcept {
    const double* const at = all.angles(in.clock) + which;
    return {at[0], at[all.count], at[2 * all.count], at[3 * all.count]};
  }
};

/// Fills `out` with what `value` makes of each thing. The things do not depend on each other, so the
/// processor works on several at once.
template <class Value>
void for_each_thing(evaluation& all, const instruction& in, double* out, Value value) noexcept {
  for (std::size_t i = 0; i < all.count; ++i) out[i] = value(sampled{all, in, i});
}

/// Functions that are compiled twice, for any processor and for one whose registers hold eight numbers: there
/// a loop over things takes eight at a time. Both give the same values to the last bit (no contraction to
/// fused multiply-add, see CMakeLists.txt).
enum class width : std::uint8_t { any, eight };
#if defined(__x86_64__) && defined(__clang__)
#define WANWU_EIGHT_WIDE [[gnu::target("avx512f,avx512dq,avx512vl")]]
#elif defined(__x86_64__)
#define WANWU_EIGHT_WIDE [[gnu::target("avx512f,avx512dq,avx512vl,prefer-vector-width=512")]]
#else
#define WANWU_EIGHT_WIDE
#endif
/// What this processor has. Few things are not worth the wide registers.
width width_for(std::size_t things) noexcept;

/// The values of one `dynamics` instruction.
void evaluate(evaluation& all, const instruction& in) noexcept;
void evaluate_eight(evaluation& all, const instruction& in) noexcept;
/// The kinds that draw, and what hangs on them.
void evaluate_chance(evaluation& all, const instruction& in) noexcept;
void evaluate_chance_eight(evaluation& all, const instruction& in) noexcept;
/// The kinds that need the sky, a field or a map.
void evaluate_nature(evaluation& all, const instruction& in) noexcept;
void evaluate_nature_eight(evaluation& all, const instruction& in) noexcept;
void evaluate_motion(evaluation& all, const instruction& in) noexcept;
/// Times that a set_clock instruction gives its clock.
void evaluate_clock(evaluation& all, const instruction& in) noexcept;

/// A fault's present state: whether it is on, and since when.
struct fault_phase {
  bool active = false;
  double since = 0;
};
fault_phase phase_of_fault(const sampled& at) noexcept;

/// Numbers as the instruction wants them (pre-computed cosines, tables, stationary distribution).
std::vector<double> prepare_numbers(const things::dynamics_node& node);

/// Largest whole number not above `x`, for |x| < 2^62; several times faster than std::floor without SSE 4.1.
inline std::int64_t floor_of(double x) noexcept {
  const auto cut = static_cast<std::int64_t>(x);
  return cut - (static_cast<double>(cut) > x ? 1 : 0);
}
/// Adding and taking away 1.5 * 2^52 rounds to the nearest whole number, ties to even, for |x| < 2^51.
inline double round_fast(double x) noexcept {
  constexpr double magic = 6755399441055744.0;
  return x > -2e15 && x < 2e15 ? (x + magic) - magic : x;
}
struct circle_point {
  double cosine = 1, sine = 0;
};
/// Both of an angle given in turns, to 1e-10: a quadrant and two short series, a quarter of the library's
/// time.
inline circle_point on_circle(double turns) noexcept {
  const auto quadrant = floor_of(turns * 4 + 0.5);
  const double r = (turns * 4 - static_cast<double>(quadrant)) * 1.5707963267948966, q = r * r;
  const double sine =
      r *
      (1 + q * (-1.0 / 6 + q * (1.0 / 120 + q * (-1.0 / 5040 + q * (1.0 / 362880 + q * (-1.0 / 39916800))))));
  const double cosine =
      1 + q * (-1.0 / 2 + q * (1.0 / 24 + q * (-1.0 / 720 + q * (1.0 / 40320 + q * (-1.0 / 3628800)))));
  const bool odd = (quadrant & 1) != 0;
  const double cosine_sign = ((quadrant + 1) & 2) != 0 ? -1 : 1, sine_sign = (quadrant & 2) != 0 ? -1 : 1;
  return {cosine_sign * (odd ? sine : cosine), sine_sign * (odd ? cosine : sine)};
}
/// exp(x) for x <= 0, to 1e-12 of its value, and exp(-700) for all below: a power of two and a short series,
/// without a branch, so that a loop over things takes many at a time.
inline double decay_of(double x) noexcept {
  constexpr double magic = 6755399441055744.0;  // as in round_fast()
  const double bounded = std::max(x, -700.0);
  const double turns = (bounded * 1.4426950408889634 + magic) - magic;
  const double r = (bounded - turns * 0.693147180369123816490) - turns * 1.90821492927058770002e-10;
  double series = 1.0 / 3628800;
  for (const double next :
       {1.0 / 362880, 1.0 / 40320, 1.0 / 5040, 1.0 / 720, 1.0 / 120, 1.0 / 24, 1.0 / 6, 0.5, 1.0, 1.0})
    series = series * r + next;
  return series * std::bit_cast<double>((static_cast<std::int64_t>(turns) + 1023) << 52U);
}
inline double smooth(double share) noexcept {
  return share * share * (3 - 2 * share);
}
/// The stream's own shift against the others, in [0, 1).
inline double phase_of(random_stream draws) noexcept {
  return draws.uniform(0xFFFF'FFFF'0000'0001ULL);
}

}  // namespace wanwu::sim
