// How late operations were started, counted in buckets that a worker can publish as plain numbers.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "protocols/core/time.hpp"

namespace wanwu::sim {

/// Four buckets an octave from one microsecond to seven minutes: a value is known within a quarter.
inline constexpr std::size_t lateness_buckets = 112;
using lateness_counts = std::array<std::uint64_t, lateness_buckets>;

/// Negative is in time and counts as 0.
constexpr std::size_t lateness_bucket(duration late) noexcept {
  const auto us = static_cast<std::uint64_t>(std::max<std::int64_t>(late.count(), 0)) / 1'000;
  if (us < 4) return static_cast<std::size_t>(us);
  const auto octave = static_cast<std::size_t>(std::bit_width(us)) - 3;
  return std::min(octave * 4 + static_cast<std::size_t>(us >> octave), lateness_buckets - 1);
}

/// The largest whole number of microseconds in a bucket; the last one has no end.
constexpr std::uint64_t lateness_bound_us(std::size_t bucket) noexcept {
  if (bucket < 4) return bucket;
  const std::size_t octave = bucket / 4 - 1;
  return ((std::uint64_t{bucket % 4} + 5) << octave) - 1;
}

}  // namespace wanwu::sim
