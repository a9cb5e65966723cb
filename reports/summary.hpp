// The report as plain values: what summary.json says, and what every other format is written from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "reports/judge.hpp"
#include "reports/run_record.hpp"
#include "scenarios/verdict.hpp"

namespace wanwu::report {

/// One row of "metrics": a metric of one sector, kind and protocol in one phase ("" = the whole run).
struct metric_row {
  std::string metric;
  std::string sector, kind, protocol;  ///< "" = all.
  std::string phase;
  std::uint64_t count{}, attempts{};
  bool has_latency{};
  std::uint64_t p50_us{}, p90_us{}, p99_us{}, p999_us{}, max_us{};
  double mean_us{};
  double error_bound{};
};

struct error_row {
  std::string what;  ///< "telemetry over mqtt: refused, code 0x87".
  std::string who;   ///< "city/streetlight", or "city/streetlight and 4 more kinds": the most frequent first.
  std::uint64_t count{};
  double first_s{}, last_s{};
};

/// Totals a reader looks for first.
struct headline {
  std::uint64_t things{}, connected_max{}, connected_end{};
  std::uint64_t sent{}, acknowledged{}, arrived{}, lost{}, duplicates{}, reordered{}, errors{};
  std::uint64_t cut_off{};  ///< Of `sent`, by storms and ramps of ours: neither acknowledged nor errors.
  bool arrival_measured{};
  double sent_per_s{}, sent_per_s_max{};
  std::uint64_t latency_count{}, p50_us{}, p99_us{}, p999_us{}, max_us{};
  latency_point bystanders, bystanders_usual;  ///< While a fault acts on others, and otherwise.
  std::uint64_t bystander_errors{};
};

struct generator_health {
  double late_ratio{}, cpu_max{}, cpu_wait_max{};
  std::uint64_t due{}, late{}, lag_us_max{}, memory_bytes_max{}, script_errors{}, local_errors{};
  latency_point lateness;  ///< Of every start.
  std::uint64_t openings{}, openings_late{};
  double drift_ratio{};  ///< Share of the run by which the worst worker's loop came round late.
  std::uint64_t drift_us_max{};
  self_gauges worst;  ///< The largest value that each ever had; `lateness` is empty.
};

struct summary {
  judgement judged;
  headline totals;
  generator_health generator;
  std::optional<rate_answer> rates;  ///< When the run searched for one.
  std::vector<metric_row> metrics;
  std::vector<error_row> errors;
  std::uint64_t errors_uncounted{};
  std::string sentence;  ///< The verdict in one sentence.
};

summary summarize(const run_record& run);

/// What a report says of it after the errors: "" when nothing was.
std::string cut_off_words(const headline& of);

/// summary.json, schema wanwu.report/v1. Ends with a newline.
std::string to_summary_json(const run_record& run, const summary& of);

}  // namespace wanwu::report
