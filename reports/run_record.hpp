// The facts of one run, whether still in memory or read back from a bundle. Every report is made from this.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "reports/limit.hpp"
#include "reports/metrics.hpp"
#include "reports/rate_search.hpp"
#include "reports/run_shape.hpp"
#include "reports/series.hpp"
#include "scenarios/verdict.hpp"

namespace wanwu::report {

/// A file the run was made from.
struct input_file {
  std::string path;     ///< As the user named it.
  std::string content;  ///< As run, secrets out. Written to inputs/; empty when read back.
  std::string sha256;   ///< Computed by run_record when empty.
};

/// Who ran what, where and how. Written to manifest.json before anything is sent.
struct manifest {
  std::string id;    ///< "20261122T151102Z-region-1m-7f3a2c": the bundle's folder.
  std::string name;  ///< Of the scenario.
  std::string title;
  std::string tool_version;
  std::string command_line;                                       ///< Reproduces the run; secrets out.
  std::string target_name;                                        ///< "embedded" for our own.
  std::vector<std::pair<std::string, std::string>> capabilities;  ///< Of the target file; values are JSON.
  std::vector<std::string> notes;  ///< Shown in every report: "no `arrived`: loss was not measured".
  std::uint64_t seed{};
  double scale{1};
  std::uint32_t shard{}, shards{1};
  bool virtual_time{};
  bool closed_loop{};  ///< The next message waits for an answer: there is no schedule to be late against.
  std::string host, kernel, cpu;
  std::uint32_t cores{};
  std::uint64_t memory_bytes{};
  std::uint64_t descriptor_limit{};  ///< Of each worker.
  std::uint64_t ports{};             ///< That the run may connect from, over all source addresses.
  std::int64_t started_unix_ms{};    ///< Wall clock at T0.
  std::vector<input_file> inputs;
};
/// What the latency of a run is: counted from when a message was due, or, where none was, from its send.
struct latency_meaning {
  std::string_view loop, name, from;
};
latency_meaning latency_meaning_of(const manifest& of) noexcept;
/// Fills host, kernel, cpu, cores and memory of this machine.
void describe_machine(manifest& of);
/// Computes the SHA-256 of every input that has none.
void hash_inputs(manifest& of);

enum class log_level : std::uint8_t { info, warning, error };

/// A line of log.ndjson: what happened once, with its time after the start.
struct log_entry {
  double at_s{};
  log_level level{};
  std::int64_t limit{-1};  ///< Index of the limit this is about, -1 for none.
  std::string event;       ///< A word: "phase", "limit_crossed", "storm", "target_unreachable", ...
  std::string text;        ///< A sentence. May quote the target; control characters are escaped when written.
  std::optional<rate_try> rate{};  ///< That this rate is given from now on.
};

/// How the run ended.
enum class ending : std::uint8_t {
  running,      ///< No end was written: killed, or still running.
  complete,     ///< The schedule was run to its end.
  aborted,      ///< Before its plan was done: a threshold with `abort`, --timeout, a target out of reach.
  interrupted,  ///< By the user: SIGINT.
  terminated    ///< By a scheduler: SIGTERM.
};
std::string_view name_of(ending e) noexcept;
/// What the process returned, or would have: 130 or 143 after a signal, else the verdict's code.
int exit_code_of(ending end, verdict judged) noexcept;

/// Everything measured and noted.
struct run_record {
  manifest about;
  run_shape shape;
  std::vector<limit> limits;
  metric_store store;
  std::vector<series_point> series;
  std::vector<log_entry> log;
  /// For each limit, seconds after the start when it was first found crossed; negative = never.
  std::vector<double> first_crossed_s;
  std::optional<rate_goal> goal;  ///< The run searches a rate; then it has no limits.
  std::vector<rate_try> tries;    ///< In the order of time.
  ending end{};
  double duration_s{};
  std::string bundle_path;     ///< "" when the run could not write one.
  std::string bundle_problem;  ///< Why the bundle is missing or cut, "" when it is whole.

  run_record(manifest about_, run_shape shape_, std::vector<limit> limits_);
};

}  // namespace wanwu::report
