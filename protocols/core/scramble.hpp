// Chance without state: bits and keys that follow from numbers alone, the same wherever they are asked for.
#pragma once

#include <cstdint>
#include <string_view>

namespace wanwu {

/// Finaliser of SplitMix64 (variant 13 by D. Stafford): a bijection of 64 bits whose output passes BigCrush
/// when fed with a counter.
constexpr std::uint64_t scramble(std::uint64_t x) noexcept {
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31U);
}

/// The step of that counter: 2^64 over the golden ratio.
inline constexpr std::uint64_t golden_step = 0x9e3779b97f4a7c15ULL;

/// FNV-1a of a name, scrambled: turns "temperature" into a stream number at compile or load time.
constexpr std::uint64_t stream_of(std::string_view name) noexcept {
  std::uint64_t h = 0xcbf29ce484222325ULL;
  for (const char c : name) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return scramble(h);
}

/// 64 fair bits as a number in [0, 1).
constexpr double unit_of(std::uint64_t bits) noexcept {
  return static_cast<double>(bits >> 11U) * 0x1p-53;
}

/// Numbers dealt out to workers like cards: worker `first` of `step` has first, first + step, ... So what is
/// drawn for a number does not depend on how many workers there are.
struct dealt_numbers {
  std::uint32_t first = 0, step = 1;

  constexpr std::uint64_t number_of(std::uint32_t local) const noexcept {
    return std::uint64_t{local} * step + first;
  }
};

}  // namespace wanwu
