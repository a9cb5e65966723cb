// The five verdicts (ISO 9646, TTCN-3), how they combine, and the exit code each becomes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace wanwu {

/// In the order in which one outweighs another: a run's verdict is the greatest of its parts.
enum class verdict : std::uint8_t { not_applicable, pass, inconclusive, fail, error };

constexpr verdict worse(verdict a, verdict b) noexcept {
  return std::max(a, b);
}

constexpr std::string_view name_of(verdict v) noexcept {
  switch (v) {
    case verdict::not_applicable:
      return "not_applicable";
    case verdict::pass:
      return "pass";
    case verdict::inconclusive:
      return "inconclusive";
    case verdict::fail:
      return "fail";
    case verdict::error:
      return "error";
  }
  return "";
}

/// What the process returns for a run's verdict. Bad input (2) never gets as far as a verdict.
constexpr int exit_code_of(verdict v) noexcept {
  switch (v) {
    case verdict::not_applicable:
    case verdict::pass:
      return 0;
    case verdict::fail:
      return 1;
    case verdict::inconclusive:
      return 3;
    case verdict::error:
      return 5;
  }
  return 5;
}

/// When a run is measured against an earlier one.
inline constexpr int exit_code_of_a_regression = 4;

}  // namespace wanwu
