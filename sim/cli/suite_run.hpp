// A suite played against its target in every configuration, judged, reported.
#pragma once

#include "sim/cli/suite_opening.hpp"

namespace wanwu::cli {

/// Returns the exit code. Cases as they end and the result go to stdout, problems and notes to stderr.
int run_suite(const opened_suite& what, const suite_wishes& wishes, const global_options& global);

}  // namespace wanwu::cli
