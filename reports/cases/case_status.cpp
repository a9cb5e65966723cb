#include "reports/cases/case_status.hpp"

#include <array>

namespace wanwu::report {

namespace {

constexpr std::array<status_words, case_status_count> words{{
    {"pass", "ok", "\u2713", "passed", "earl:passed"},
    {"deviation", "dev.", "\u2713", "passed", "earl:passed"},
    {"fail", "fail", "\u2717", "failed", "earl:failed"},
    {"inconclusive", "incl.", "?", "other", "earl:cantTell"},
    {"error", "error", "!", "other", "earl:cantTell"},
    {"not_applicable", "n/a", "\u2013", "skipped", "earl:inapplicable"},
    {"not_run", "-", "\u00b7", "pending", "earl:untested"},
    {"waived", "waiv.", "w", "other", "earl:failed"},
}};

case_status outcome_of(const conform::case_result& of) noexcept {
  if (of.not_run) return case_status::not_run;
  switch (of.outcome) {
    case verdict::pass:
      return of.deviation ? case_status::deviated : case_status::passed;
    case verdict::fail:
      return case_status::failed;
    case verdict::inconclusive:
      return case_status::inconclusive;
    case verdict::error:
      return case_status::error;
    case verdict::not_applicable:
      return case_status::not_applicable;
  }
  return case_status::error;
}

int weight_of(const conform::case_result& of) noexcept {
  if (of.not_run) return 0;
  constexpr std::array weights{1, 2, 4, 6, 5};  // in the order of `verdict`
  return weights[static_cast<std::size_t>(of.outcome)] +
         (of.outcome == verdict::pass && of.deviation ? 1 : 0);
}

}  // namespace

case_status status_of(const conform::case_result& of) noexcept {
  const auto outcome = outcome_of(of);
  const bool counts = outcome == case_status::failed || outcome == case_status::inconclusive;
  return counts && !of.waived.empty() ? case_status::waived : outcome;
}

const status_words& words_of(case_status status) noexcept {
  return words[static_cast<std::size_t>(status)];
}

std::string_view earl_of(const conform::case_result& of) noexcept {
  return words_of(outcome_of(of)).earl;
}

bool more_worrying(case_status a, case_status b) noexcept {
  constexpr std::array<int, case_status_count> rank{2, 3, 7, 5, 6, 1, 0, 4};  // in the order of case_status
  return rank[static_cast<std::size_t>(a)] > rank[static_cast<std::size_t>(b)];
}

bool is_finding(case_status status) noexcept {
  return status != case_status::passed && status != case_status::not_applicable &&
         status != case_status::not_run;
}

bool outweighs(const conform::case_result& other, const conform::case_result& known) noexcept {
  return weight_of(other) > weight_of(known);
}

}  // namespace wanwu::report
