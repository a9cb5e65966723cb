// Chance without state: every draw is a hash of who asks, for what, and the how-manieth time.
//
// The key names (seed, thing, stream); the index names the draw. So any worker, report or oracle draws the
// same number in any order, and nothing is stored per thing.
#pragma once

#include <bit>
#include <cstdint>

#include "protocols/core/observation.hpp"
#include "protocols/core/scramble.hpp"

namespace wanwu::sim {

/// One independent sequence of draws.
class random_stream {
 public:
  constexpr explicit random_stream(std::uint64_t key) noexcept : key_(key) {}
  constexpr random_stream(std::uint64_t seed, std::uint64_t thing, std::uint64_t stream) noexcept
      : random_stream(among(family_of(seed, stream), thing)) {}
  /// What all things have in common when they draw for the same; made once, it saves a part of the work.
  static constexpr std::uint64_t family_of(std::uint64_t seed, std::uint64_t stream) noexcept {
    return scramble(seed ^ stream);
  }
  static constexpr random_stream among(std::uint64_t family, std::uint64_t thing) noexcept {
    return random_stream{scramble(family + (thing + 1) * golden_step)};
  }

  /// The draw `index`: 64 fair bits.
  constexpr std::uint64_t bits(std::uint64_t index) const noexcept {
    return scramble(key_ + index * golden_step);
  }
  /// In [0, 1), 53 bits.
  constexpr double uniform(std::uint64_t index) const noexcept { return unit_of(bits(index)); }
  constexpr double uniform(std::uint64_t index, double low, double high) const noexcept {
    return low + (high - low) * uniform(index);
  }
  /// In [low, high], both included; low <= high. The bias is below 2^-32 for ranges under 2^32.
  constexpr std::int64_t whole(std::uint64_t index, std::int64_t low, std::int64_t high) const noexcept {
    const auto count = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low) + 1;
    if (count == 0) return static_cast<std::int64_t>(bits(index));
    __extension__ using wide = unsigned __int128;
    const auto offset = static_cast<std::uint64_t>((static_cast<wide>(bits(index)) * count) >> 64U);
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + offset);
  }
  constexpr bool chance(std::uint64_t index, double probability) const noexcept {
    return uniform(index) < probability;
  }

  double normal(std::uint64_t index) const noexcept;  ///< Mean 0, variance 1, by the inverse distribution.
  double exponential(std::uint64_t index) const noexcept;  ///< Mean 1.
  /// Mean and variance `mean`. Exact below 32, rounded normal above. Never negative.
  std::uint32_t poisson(std::uint64_t index, double mean) const noexcept;
  /// An index below `count`; count >= 1.
  constexpr std::size_t pick(std::uint64_t index, std::size_t count) const noexcept {
    return static_cast<std::size_t>(whole(index, 0, static_cast<std::int64_t>(count) - 1));
  }

  /// Nearly normal with variance 1, within +-3.47: four 16-bit uniforms added. For smooth noise, where speed
  /// and a hard bound matter more than the tails.
  constexpr double bell(std::uint64_t index) const noexcept {
    const std::uint64_t b = bits(index);
    const auto total = static_cast<std::int64_t>((b & 0xFFFFU) + ((b >> 16U) & 0xFFFFU) +
                                                 ((b >> 32U) & 0xFFFFU) + (b >> 48U));
    return static_cast<double>(total - 131070) * (1.7320508075688772 / 65536.0);
  }

  /// A stream of its own under this one, for a second index.
  constexpr random_stream child(std::uint64_t index) const noexcept { return random_stream{bits(index)}; }

 private:
  std::uint64_t key_;
};

/// Value below which a normal variable lies with probability `p`, 0 < p < 1. Relative error under 1.2e-9.
double normal_quantile(double p) noexcept;

inline std::uint64_t number_of(thing_id thing) noexcept {
  return static_cast<std::uint64_t>(thing);
}

}  // namespace wanwu::sim
