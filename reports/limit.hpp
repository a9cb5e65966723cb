// One threshold, resolved: what to measure, where, against which number. The judge's input.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "protocols/core/time.hpp"

namespace wanwu::lang {
struct threshold;
}

namespace wanwu::report {

enum class statistic : std::uint8_t { count, rate, ratio, min, max, mean, percentile };
enum class comparison : std::uint8_t { less, at_most, greater, at_least, equal };

/// What the bound's number means.
enum class measure : std::uint8_t {
  number,   ///< Plain count, or bytes.
  time_us,  ///< Microseconds.
  ratio,    ///< Fraction of 1.
  rate,     ///< Per second.
};

struct limit {
  std::string text;                                       ///< As the user wrote it.
  std::string metric;                                     ///< "telemetry.latency", ...
  std::vector<std::pair<std::string, std::string>> tags;  ///< sector, kind, protocol.
  statistic stat{};
  double percentile{};  ///< 99.9 for p99.9; only for statistic::percentile.
  comparison op{};
  measure unit{};
  double bound{};
  std::string phase;  ///< "" = the whole run.
  std::string why;    ///< The user's own words, may be empty.
  std::string file;   ///< Where it is written; "" when from the command line.
  int line{}, column{};
  std::uint64_t min_samples{};  ///< 0 = the default of its statistic.
  bool should{};                ///< Advice: crossing it is reported and does not fail the run.
  bool abort{};                 ///< Stop the run once crossed,
  duration grace{};             ///< but not before this long into the run, or into its phase.
};

/// The scenario's threshold with its units made ours; `file` is the path its mark is about, "" when none.
limit limit_of(const lang::threshold& from, std::string file);

}  // namespace wanwu::report
