// The table of functions that expressions may call.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "scenarios/language/expression.hpp"

namespace wanwu::lang {

enum class function_id : std::uint8_t {
  uniform,
  normal,
  randint,
  walk,
  pick,
  chance_of,
  now,
  now_s,
  now_ms,
  now_iso,
  hash,
  min,
  max,
  clamp,
  abs,
  floor,
  ceil,
  round,
  sqrt,
  pow,
  sin,
  cos,
  exp,
  log,
  size,
  starts_with,
  ends_with,
  contains,
  reverse,
  text,
  number,
  integer,
};

/// One function: how many arguments of which type (all alike), and what it gives.
struct function_row {
  function_id id{};
  std::string_view name, signature, text;
  std::uint8_t arguments_min{}, arguments_max{};
  value_type takes{};
  value_type gives{};
};

std::span<const function_row> function_rows() noexcept;
/// nullptr when there is no such function.
const function_row* find_function(std::string_view name) noexcept;

}  // namespace wanwu::lang
