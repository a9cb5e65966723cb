// One demand on one number: "telemetry.latency{sector=health} p99.9 < 1 s in steady".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

#include "protocols/core/time.hpp"
#include "scenarios/language/expression.hpp"
#include "scenarios/language/metric_table.hpp"
#include "scenarios/language/source.hpp"

namespace wanwu::lang {

enum class stat_kind : std::uint8_t { count, rate, ratio, min, max, mean, percentile };
enum class comparison : std::uint8_t { less, less_equal, greater, greater_equal, equal };
enum class threshold_level : std::uint8_t { must, should };

/// In what `threshold::limit` is measured.
enum class limit_unit : std::uint8_t {
  number,  ///< A plain count.
  share,   ///< 1 = 100 %.
  time,    ///< Nanoseconds.
  per_second,
  bytes,
};

struct threshold {
  std::string text;  ///< As written, for reports.
  source_mark mark;
  metric_id metric{};
  std::vector<std::pair<std::string, std::string>> tags;  ///< Sorted by key; all must match.
  stat_kind stat{};
  double percentile = 0;  ///< 99.9 for p99.9; only with stat_kind::percentile.
  comparison op{};
  double limit = 0;  ///< In `unit`.
  limit_unit unit{};
  std::string phase;  ///< "" = the whole run.

  bool abort = false;  ///< End the run as soon as it is crossed, after `grace`.
  duration grace{};
  threshold_level level = threshold_level::must;
  std::uint64_t min_samples =
      1;  ///< Fewer: inconclusive. Percentiles: 100 / (1 - p) unless the file says otherwise.
  std::string why;
};

/// The grammar of one line. Offsets in errors count from the start of `text`. Names of tags and phases are
/// not known here: see check_scenario.
tl::expected<threshold, expression_error> parse_threshold(std::string_view text);

bool holds(comparison op, double measured, double limit) noexcept;
std::string_view sign_of(comparison op) noexcept;
/// "p99.9", "ratio", ... as written.
std::string stat_text(const threshold& t);
/// A measured or demanded number with its unit: "1.31 s", "0.02 %", "12/s".
std::string quantity_text(double amount, limit_unit unit);

}  // namespace wanwu::lang
