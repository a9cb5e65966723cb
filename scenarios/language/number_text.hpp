// Numbers to text on the hot path: shortest form that reads back to the same number.
#pragma once

#include <cstddef>
#include <cstdint>

namespace wanwu::lang {

inline constexpr std::size_t number_text_max = 32;

/// Writes at most number_text_max characters and returns how many. Not finite: "null".
std::size_t write_number(char* to, double number) noexcept;
std::size_t write_integer(char* to, std::int64_t number) noexcept;

}  // namespace wanwu::lang
