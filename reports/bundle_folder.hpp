// The folder of a bundle: made by exactly one run, its manifest and inputs first.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reports/run_record.hpp"

namespace wanwu::report {

/// Why a folder could not be made; nothing when it was. `problem` gets the first input that could not be
/// kept.
std::optional<std::string> make_bundle_folder(const std::string& directory, std::string_view manifest_json,
                                              const std::vector<input_file>& inputs, std::string& problem);
/// Locks a file of the bundle for as long as it stays open: how others see that the run is going on.
void lock_bundle_file(int descriptor) noexcept;
/// summary.json, whole or not at all: a reader takes its presence as the end of the run. "" or what is wrong.
std::string put_summary(const std::string& directory, std::string_view summary_json);
/// "cannot write FILE in DIRECTORY: REASON".
std::string cannot_write(std::string_view file, const std::string& directory, int reason);
/// The text of manifest.json, or why there is none, for the user.
struct manifest_text {
  std::string text, problem;
};
manifest_text read_manifest_text(const std::string& directory);

}  // namespace wanwu::report
