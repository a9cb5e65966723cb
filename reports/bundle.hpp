// The bundle: the folder a run appends its facts to, readable after kill -9. Writing and reading back.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "reports/recorder.hpp"
#include "reports/run_record.hpp"

namespace wanwu::report {

/// Why a bundle could not be written or read: one sentence for the user, with the path.
struct bundle_error {
  std::string text;
};
template <class T>
using bundle_result = tl::expected<T, bundle_error>;

/// "20261122T151102Z-region-1m-7f3a2c": UTC, the name reduced to [a-z0-9-], six hex digits of chance.
std::string make_run_id(std::string_view name, std::int64_t unix_ms, std::uint64_t chance);

/// Appends to one bundle. One thread. After the first failed write it stops writing and says so once.
class bundle_writer {
 public:
  /// Makes `directory` (and its parents) and writes manifest.json and inputs/. Refuses a folder that already
  /// holds a run, or that another process is writing.
  static bundle_result<bundle_writer> create(const std::string& directory, const run_record& of);
  bundle_writer(bundle_writer&&) noexcept;
  bundle_writer& operator=(bundle_writer&&) noexcept;
  ~bundle_writer();

  /// One line of series.ndjson, on disk before it returns.
  void append(const series_point& point);
  void append(const log_entry& entry);
  /// Adds one second's latencies to the running 10-second interval. Each interval becomes lines of
  /// latency.hlog; the one in progress is kept in latency.tail.hlog, replaced each second.
  void append_latencies(const delta& seen);
  void end_latency_second(double at_s);
  /// Closes the last interval and writes summary.json.
  void finish(const run_record& of, std::string_view summary_json);

  /// "" while all went well; else the first failure, with path and reason ("No space left on device").
  const std::string& problem() const noexcept;
  const std::string& path() const noexcept;

 private:
  struct state;
  explicit bundle_writer(std::unique_ptr<state> with);
  std::unique_ptr<state> state_;
};

/// Reads what is there: a whole bundle, one of a killed run, one with a torn last line. Refuses a folder
/// without a manifest, and files beyond the limits below. `notes` of the manifest get a sentence for each
/// damaged line.
bundle_result<run_record> read_bundle(const std::string& directory);

/// Puts the first `count` seconds of the bundle's series in front of those in `into`: what a long run left to
/// its bundle. `into` must be the record of the run that wrote it. What cannot be read is left out.
void read_series_back(const std::string& directory, std::size_t count, run_record& into);

inline constexpr std::size_t bundle_line_bytes_max = 4'000'000;
inline constexpr std::size_t bundle_series_max = 1'000'000;  ///< Seconds: eleven days.
inline constexpr std::size_t bundle_log_max = 100'000;       ///< Later entries are counted, not kept.

}  // namespace wanwu::report
