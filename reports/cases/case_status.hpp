// What a reader is told of a case: its verdict, with waivers, deviations and cases that did not run told
// apart.
#pragma once

#include <cstdint>
#include <string_view>

#include "scenarios/conformance/case_result.hpp"

namespace wanwu::report {

enum class case_status : std::uint8_t {
  passed,
  deviated,  ///< Passed, but a `should` was not met.
  failed,
  inconclusive,
  error,
  not_applicable,
  not_run,
  waived  ///< Did not pass, and a waiver holds.
};
inline constexpr std::size_t case_status_count = 8;

case_status status_of(const conform::case_result& of) noexcept;

/// How each is called.
struct status_words {
  std::string_view name;   ///< "not_applicable": JSON and pages.
  std::string_view brief;  ///< "n/a": one line of a terminal.
  std::string_view sign;   ///< Told apart without colour.
  std::string_view ctrf;   ///< passed, failed, skipped, pending, other.
  std::string_view earl;   ///< Of the real outcome where waived: see earl_of().
};
const status_words& words_of(case_status status) noexcept;
/// EARL knows no waivers: the real outcome counts.
std::string_view earl_of(const conform::case_result& of) noexcept;

/// Which of two a reader worries about more: fail, error, inconclusive, waived, deviation, pass, n/a, not
/// run.
bool more_worrying(case_status a, case_status b) noexcept;
/// Whether a reader wants to see it at once: not passed, and not left out.
bool is_finding(case_status status) noexcept;

/// Verdicts of two configurations of the target as one: fail > error > inconclusive > pass > not applicable >
/// not run. True when `other` decides.
bool outweighs(const conform::case_result& other, const conform::case_result& known) noexcept;

}  // namespace wanwu::report
