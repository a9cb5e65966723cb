// Numbers as text, fast: readings are multiples of a resolution, so a few integer steps print them exactly.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "protocols/core/byte_writer.hpp"

namespace wanwu::sim {

/// The most characters that print_integer() and print_decimal() write.
inline constexpr std::size_t number_text_max = 32;

/// Writes `value` at `out` (room for number_text_max) and returns its end.
char* print_integer(std::uint64_t value, char* out) noexcept;

/// Writes `value` with at most `decimals` (0..9) digits after the point, no trailing zeros, never "-0". What
/// is too large for that is written in the shortest exact form; not a number and infinities as "null".
char* print_decimal(double value, int decimals, char* out) noexcept;

/// How many decimals print a multiple of `resolution` exactly, 0..9; 3 when it is 0.
int decimals_of(double resolution) noexcept;

/// 10^decimals, for 0..9.
inline constexpr std::array<std::uint64_t, 10> powers_of_ten{
    1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000, 1'000'000'000};

}  // namespace wanwu::sim
