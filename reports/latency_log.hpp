// latency.hlog: HdrHistogram's log of intervals, one tagged line for each series.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "reports/recorder.hpp"
#include "reports/run_record.hpp"

namespace wanwu::report {

/// The lines a log begins with. Times in it are seconds after `started_unix_ms`.
std::string latency_log_header(const manifest& of);

/// All series of one interval, each a line ending in a newline: 2 digits for each cell, 3 for all together.
std::string latency_log_lines(const delta& seen, const run_shape& shape, double start_s, double length_s);

/// Which series and interval a line is about, for telling apart what was read already.
struct latency_line_key {
  std::string_view tag;  ///< A part of the line.
  double start_s{};
};
std::optional<latency_line_key> latency_line_key_of(std::string_view line);

/// Merges one line into the store. False when it is damaged or does not fit the run's shape.
bool read_latency_line(std::string_view line, run_record& into);

}  // namespace wanwu::report
