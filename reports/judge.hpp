// Turns measurements into verdicts: each threshold holds, is crossed, or cannot be told, and why.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "reports/run_record.hpp"
#include "scenarios/verdict.hpp"

namespace wanwu::report {

enum class finding : std::uint8_t { holds, crossed, inconclusive };
std::string_view name_of(finding f) noexcept;  ///< "holds", "crossed", "inconclusive".
/// What a rate that was tried is, were its goal a threshold.
finding finding_of(rate_finding f) noexcept;

/// What became of one threshold.
struct limit_result {
  finding found{};
  std::optional<double> value;  ///< In the limit's measure; nothing without samples.
  std::uint64_t samples{};
  std::uint64_t samples_needed{};
  double first_crossed_s{-1};  ///< After the start of the run; negative = never.
  std::string reason;          ///< Why it is inconclusive; "" otherwise.
};

/// The verdict of a run, and the sentences that explain it, most important first.
struct judgement {
  verdict result{};
  std::vector<std::string> reasons;
  std::vector<limit_result> limits;  ///< In the order of run_record::limits.
};

/// A generator later than this share of its schedule makes what was measured meanwhile inconclusive.
inline constexpr double late_ratio_max = 0.001;
/// So does a worker whose loop came round late for this share of the time: what was answered meanwhile was
/// read late, and one in a hundred is what a p99 is made of.
inline constexpr double drift_ratio_max = 0.01;
/// And of who began this share of its connections late, the latency of connections says nothing bad about the
/// target. Our own wait only adds to it, so what held in spite of it holds.
inline constexpr double openings_late_ratio_max = 0.001;

/// Samples a limit needs before it may hold or be crossed: 100 / (1 - p) for percentiles, else 1.
std::uint64_t samples_needed(const limit& of) noexcept;

/// One threshold over what the store holds now, without regard to how the run went.
limit_result evaluate(const limit& of, const metric_store& store);

/// The whole run: thresholds, generator late, target unreachable, nothing measured, run cut.
judgement judge(const run_record& run);

/// Called once a second: notes limits crossed for the first time in `run.first_crossed_s`, and returns those.
/// `must_stop` is set when one of the crossed has `abort` and its grace is over.
std::vector<std::size_t> watch_limits(run_record& run, double at_s, bool& must_stop);

}  // namespace wanwu::report
