// The flags that `run` and `load` share.
#pragma once

#include <string>
#include <vector>

#include "sim/cli/arguments.hpp"
#include "sim/cli/test_run.hpp"

namespace wanwu::cli {

/// As typed; see to_wishes().
struct run_flags {
  std::vector<std::string> to;
  std::string timeout, source;
  run_wishes wishes;
};
/// --source, which run, load and plan have.
void add_source_flag(argument_parser& app, run_flags& flags);
void add_run_flags(argument_parser& app, run_flags& flags);
/// Checks and translates. False after an explanation on stderr.
bool to_wishes(const std::string& command_name, std::span<const std::string> arguments, run_flags& flags);

enum class report_of : unsigned char { load, suite };
/// Whether every format of --to is one of that kind of run. False after an explanation on stderr.
bool formats_exist(const std::string& command_name, const run_wishes& wishes, report_of kind);

}  // namespace wanwu::cli
