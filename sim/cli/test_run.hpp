// What `run` and `load` do once the scenario is known: start the target if none is named, plan, drive, watch,
// judge, report.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "scenarios/language/load.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/rate_finder.hpp"
#include "sim/plan.hpp"

namespace wanwu::cli {

struct run_wishes {
  sim::plan_options plan;
  std::uint32_t flood_window = 0;
  std::string out;  ///< Bundle folder; "" = runs/ID.
  bool no_bundle = false;
  std::optional<rate_wishes> find;                      ///< Search a rate instead of giving the plan's.
  std::vector<std::pair<std::string, std::string>> to;  ///< Format, path.
  std::string observations;                             ///< "" = none.
  std::string progress = "auto";
  std::optional<duration> timeout;  ///< None: the plan's length × 1.5 + a minute.
  bool fail_fast = false;
  bool quiet = false;
  bool verbose = false;
  bool witness = true;
  bool sink = false;         ///< In virtual time: speak to nobody, count and digest what would be sent.
  std::string command_line;  ///< For the manifest.
};

/// Prints what is wrong with a plan to stderr.
void print_problems(const std::vector<sim::plan_problem>& problems, const lang::source_set* sources,
                    const global_options& global);

/// Plans and prints the plan to stdout; sends nothing.
int print_plan(const lang::load_result& loaded, const run_wishes& wishes, bool as_json,
               const global_options& global);

/// Runs the scenario and returns the exit code. Everything is printed: progress and problems to stderr, the
/// result to stdout.
int run_test(const lang::load_result& loaded, const run_wishes& wishes, const global_options& global);

}  // namespace wanwu::cli
