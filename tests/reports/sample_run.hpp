// A run of ten sectors over three protocols with a storm and failures, made up but recorded like any other.
#pragma once

#include <string>

#include "reports/run_record.hpp"

namespace wanwu::report {

/// What kind of run to make.
struct sample_options {
  int seconds = 180;
  bool hostile{};        ///< Names and texts as an attacker would choose them.
  bool finished = true;  ///< False leaves the bundle as a kill would.
  bool cuts{};           ///< The storm finds answers under way.
};

/// Text that must come out of every report as text. Holds markup, quotes, a script's end, a formula, an
/// escape.
std::string hostile_text();

/// Records the run into `directory` ("" = memory only) and returns it.
run_record make_sample_run(const std::string& directory, const sample_options& options);

}  // namespace wanwu::report
