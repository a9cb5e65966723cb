// The bundle of a suite's run: a folder that gets a line for each case as it ends, readable after kill -9.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "reports/bundle.hpp"
#include "reports/cases/suite_record.hpp"

namespace wanwu::report {

enum class wire_choice : std::uint8_t { failures, all, none };

/// Appends to one bundle. One thread. After the first failed write it stops writing and says so once.
class suite_bundle_writer {
 public:
  /// Makes `directory` and writes manifest.json and inputs/. Refuses a folder that already holds a run.
  static bundle_result<suite_bundle_writer> create(const std::string& directory, const suite_record& of,
                                                   wire_choice wire);
  suite_bundle_writer(suite_bundle_writer&&) noexcept;
  suite_bundle_writer& operator=(suite_bundle_writer&&) noexcept;
  ~suite_bundle_writer();

  /// One line of cases.ndjson, on disk before it returns; its wire log and capture before that.
  void append(const conform::case_result& of);
  void append(const log_entry& entry);
  void finish(std::string_view summary_json);

  /// "" while all went well; else the first failure, with path and reason.
  const std::string& problem() const noexcept;
  const std::string& path() const noexcept;

 private:
  struct state;
  explicit suite_bundle_writer(std::unique_ptr<state> with);
  std::unique_ptr<state> state_;
};

/// Whether a bundle is that of a suite's run; false also when it is none at all.
bool holds_suite(const std::string& directory);
/// Reads what is there, as read_bundle() does for load runs: whole, cut, torn or damaged.
bundle_result<suite_record> read_suite_bundle(const std::string& directory);

/// A case with its wire log, whatever its verdict is; of several configurations the one that decided, or the
/// one named.
bundle_result<conform::case_result> read_case(const std::string& directory, const std::string& id,
                                              const std::string& profile = {});

inline constexpr std::size_t wire_files_max = 20'000;            ///< Of one bundle; later logs are not kept.
inline constexpr std::size_t wire_bytes_read_max = 256'000'000;  ///< Of all wire logs read back together.

}  // namespace wanwu::report
