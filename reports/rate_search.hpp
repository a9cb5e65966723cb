// Searching the highest rate that a target holds: what each rate that was tried showed, what to try next, and
// the answer. Everything is derived from the record of the run, so a bundle tells the same again.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "reports/limit.hpp"

namespace wanwu::report {

struct run_record;
struct judgement;

/// What a rate must satisfy to count as held.
struct rate_goal {
  limit bound;             ///< Looked at in the phase of each step; its own phase is not used.
  double first_per_s{};    ///< Where the search begins, above 0.
  double precision{0.05};  ///< Found when the lowest rate not held lies so little above the highest held.
};

/// A rate that was given for the length of a phase.
struct rate_try {
  std::uint32_t phase{};  ///< Index into run_shape::phases; the phase before it is for settling.
  double per_s{};
};
/// Most tries of one search; a bundle that claims more is cut.
inline constexpr std::size_t rate_tries_max = 400;

enum class rate_finding : std::uint8_t {
  held,
  target,     ///< Not held, and this program was in time.
  generator,  ///< Not held, and this program itself was late or out of something.
};
std::string_view name_of(rate_finding f) noexcept;  ///< "held", "target", "generator".

/// What one try showed.
struct rate_step {
  std::string phase;
  double wanted_per_s{}, answered_per_s{};
  std::optional<double> value;  ///< Of the bound, in its measure; nothing without samples.
  std::uint64_t samples{};      ///< Behind `value`.
  std::uint64_t failed{};       ///< Refused, not answered in time, cut.
  std::uint64_t owed{};         ///< How many more answers were owed at the end of the step than at its begin.
  double late_ratio{}, cpu{};   ///< Of the generator: late starts, processor of its busiest worker.
  rate_finding found{};
  std::string reason;  ///< "" when held.
};

/// At most this share of what was started may fail, or fall behind, in a rate that counts as held.
inline constexpr double rate_failed_max = 0.001, rate_owed_max = 0.02, rate_missing_max = 0.02;
/// A worker that used more of its processor than this is taken as the reason why a rate was not held.
inline constexpr double rate_cpu_max = 0.95;

/// Looks at one try. `of.phase` must be a phase of the run and not its first.
rate_step look_at(const run_record& run, const rate_try& of);

/// The rate to try after `steps`, 0 when the search is over: the first, twice as much while it is held, half
/// while none was, then between the highest held and the lowest not held. What was not held is tried a second
/// time before it is believed: one hiccup is not a limit.
double next_rate(std::span<const rate_step> steps, const rate_goal& goal);

struct rate_answer {
  std::vector<rate_step> steps;
  double held_per_s{};      ///< The highest rate that was held; 0 = none.
  double not_held_per_s{};  ///< The lowest above it that was not; 0 = none was tried.
  rate_finding limit{};     ///< Whose limit not_held_per_s is; `held` when none was found.
  bool narrow{};            ///< The search came to its end.
};
/// The whole search so far. `run.goal` must be there.
rate_answer answer_of(const run_record& run);
/// What the answer means for the run's verdict, and its sentences.
void add_rate_reasons(judgement& out, const run_record& run);
/// "12 600/s"; three significant digits below 1,000/s.
std::string show_rate(double per_s);

}  // namespace wanwu::report
