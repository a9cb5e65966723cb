// A suite made ready to be played: read, its cases selected, its target and waivers known. Sends nothing.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "reports/cases/baseline.hpp"
#include "reports/cases/waiver_rules.hpp"
#include "reports/run_record.hpp"
#include "scenarios/conformance/suite.hpp"
#include "sim/cli/suite_flags.hpp"
#include "sim/cli/suite_target.hpp"

namespace wanwu::cli {

struct opened_suite {
  std::string path;  ///< As the user named it.
  std::shared_ptr<const conform::suite> suite;
  std::vector<std::size_t> selected;
  suite_target target;
  report::waiver_rules waivers;
  report::baseline base;
  std::vector<report::input_file> inputs;
};

/// Whether a word of the command line means a suite: a shipped one's name, a folder, or a name that is no
/// file.
bool is_suite_name(const std::string& word);
/// The target that --target, --profile and --hooks mean. Nothing after an explanation on stderr.
std::optional<suite_target> open_suite_target(const suite_wishes& wishes, const global_options& global);
/// Nothing after an explanation on stderr.
std::optional<opened_suite> open_suite_run(const std::string& path, const suite_wishes& wishes,
                                           const global_options& global);
/// --dry-run: what would be played, on stdout.
void print_planned(const opened_suite& of);

}  // namespace wanwu::cli
