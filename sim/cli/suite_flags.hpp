// The flags of `run` that are about suites.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "reports/cases/suite_bundle.hpp"
#include "sim/cli/arguments.hpp"
#include "sim/cli/test_run.hpp"

namespace wanwu::cli {

/// As typed, and checked by to_suite_wishes().
struct suite_flags {
  std::vector<std::string> only, skip, profiles;
  std::string waivers, baseline, fail_on = "must,threshold,inconclusive", wire = "failures";
  std::uint32_t jobs = 64;
  bool strict = false, hooks = false;

  /// Whether a flag was given that means nothing for a scenario; its name, or "".
  std::string given() const;
};
void add_suite_flags(argument_parser& app, suite_flags& flags);

/// What a suite's run is to be like.
struct suite_wishes {
  std::vector<std::string> only, skip, profiles;
  std::string waivers;   ///< "" = waivers.yaml, if there is one.
  std::string baseline;  ///< "" = none.
  report::suite_demands demands;
  report::wire_choice wire{};
  std::uint32_t jobs{};
  bool strict{}, hooks{};
  std::optional<std::uint64_t> seed;
  std::string target;  ///< A file or a URL; "" = the embedded one.
  run_wishes run;      ///< Where to write, how to show, when to end.
};
/// False after an explanation on stderr.
bool to_suite_wishes(const suite_flags& flags, const run_wishes& run, suite_wishes& out);

}  // namespace wanwu::cli
