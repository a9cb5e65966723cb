// One second of a run, as a line of series.ndjson and as a point of the charts.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "protocols/core/observation.hpp"
#include "reports/gauges.hpp"
#include "reports/metrics.hpp"

namespace wanwu::report {

/// Percentiles of one second, in microseconds.
struct latency_point {
  std::uint64_t count{}, p50_us{}, p90_us{}, p99_us{}, p999_us{}, max_us{};
};
latency_point summarize_latency(const histogram& of);

/// Latency of one second of one sector or of everything ("" as sector).
struct tagged_latency {
  operation op{};
  std::string sector;
  latency_point latency;
};

/// Counts of one cell within the second.
struct cell_count {
  cell_key key;
  std::uint32_t phase{};
  outcome_counts outcomes{};
  std::uint64_t bytes_sent{}, bytes_received{};
};

/// One interval. Gauges hold totals since the start, as the engine gives them.
struct series_point {
  double at_s{};       ///< End of the interval, seconds after the start of the run.
  double length_s{1};  ///< Of the interval.
  std::uint32_t phase{};
  gauges now;
  std::vector<cell_count> cells;
  std::vector<tagged_latency> latencies;
  std::vector<error_group> errors;  ///< New ones of this interval, counts of this interval.
};

}  // namespace wanwu::report
