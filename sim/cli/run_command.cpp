// wanwu run: scenarios from files, one after the other.
#include <algorithm>
#include <iostream>

#include "sim/cli/arguments.hpp"
#include "sim/cli/catalogue_lookup.hpp"
#include "sim/cli/input.hpp"
#include "sim/cli/run_flags.hpp"

namespace wanwu::cli {

namespace {

/// "A,B" into the names; false when the scenario has no such phase.
bool choose_phases(const std::string& list, const lang::scenario& world, std::vector<std::string>& into) {
  std::size_t begin = 0;
  while (begin <= list.size() && !list.empty()) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    const std::string name = list.substr(begin, end - begin);
    std::vector<std::string_view> known;
    for (const lang::phase& p : world.phases) known.push_back(p.name);
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      usage_error("run", "there is no phase '" + name + "'; " + lang::suggestion(name, known));
      return false;
    }
    into.push_back(name);
    begin = end + 1;
  }
  return true;
}

/// The worst of several runs: a broken file outweighs all but a bug, a signal ends everything.
int worse_code(int a, int b) {
  const auto rank = [](int code) {
    switch (code) {
      case exit_pass:
        return 0;
      case exit_inconclusive:
        return 1;
      case exit_fail:
        return 2;
      case exit_bad_input:
        return 3;
      default:
        return 4;
    }
  };
  return rank(a) >= rank(b) ? a : b;
}

}  // namespace

int run_command(std::span<const std::string> arguments, const global_options& global) {
  argument_parser app{
      "run", "Runs scenarios against their target (the embedded one when none is named) and judges it"};
  app.footer(
      "Examples:\n  wanwu run world.yaml\n  wanwu run world.yaml --scale 1% --to html=report.html\n"
      "  wanwu run world.yaml --virtual --observations log.txt    a run in memory, the same bytes for the "
      "same seed");
  std::vector<std::string> files;
  std::string phases;
  bool dry = false;
  input_flags input;
  run_flags flags;
  app.add_option("FILE", files, "Scenario files").required();
  add_input_flags(app, input);
  app.add_option("--phases", phases, "Only these phases, by name").type_name("A,B");
  app.add_flag("--virtual", flags.wishes.plan.virtual_time,
               "Invented time, memory links and the embedded target: a week in minutes");
  app.add_flag("--dry-run", dry, "Print the plan; send nothing");
  add_run_flags(app, flags);
  if (const auto code = app.parse(arguments)) return *code;
  if (!to_wishes("run", arguments, flags)) return exit_bad_input;
  if (files.size() > 1 && !flags.wishes.out.empty())
    return usage_error("run", "--out names the folder of one run; give one FILE");

  const catalogue_lookup models;
  lang::load_options options;
  options.models = &models;
  if (!to_options("run", input, options)) return exit_bad_input;
  // All files are read before anything is sent.
  std::vector<lang::load_result> loaded;
  bool whole = true;
  for (const std::string& file : files) {
    loaded.push_back(lang::load_file(file, options));
    const bool good = report(loaded.back(), global);
    if (good && !loaded.back().scenario)
      std::cerr << "wanwu run: " << file << " is a " << loaded.back().kind << ", not a scenario\n";
    whole = whole && good && loaded.back().scenario;
  }
  if (!whole) return exit_bad_input;
  int code = exit_pass;
  for (const lang::load_result& one : loaded) {
    run_wishes wishes = flags.wishes;
    if (!choose_phases(phases, *one.scenario, wishes.plan.phases)) return exit_bad_input;
    const int got = dry ? print_plan(one, wishes, false, global) : run_test(one, wishes, global);
    if (got >= 128) return got;
    code = worse_code(code, got);
  }
  return code;
}

int plan_command(std::span<const std::string> arguments, const global_options& global) {
  argument_parser app{
      "plan",
      "Says what a run would do and take, and whether this machine and the target's limits allow it. Sends "
      "nothing"};
  std::string file;
  bool json = false;
  input_flags input;
  run_flags flags;
  app.add_option("FILE", file, "Scenario file").required();
  add_input_flags(app, input);
  app.add_option("--workers", flags.wishes.plan.workers,
                 "Threads (default: as cores and descriptors ask for)")
      .range(1, 256)
      .type_name("N");
  app.add_option("--local-ips", flags.local_ips, "Local IPv4 addresses to connect from, FIRST-LAST")
      .type_name("RANGE");
  app.add_flag("--virtual", flags.wishes.plan.virtual_time, "For a run in invented time");
  app.add_flag("--json", json, "As JSON");
  if (const auto code = app.parse(arguments)) return *code;
  if (!to_wishes("plan", arguments, flags)) return exit_bad_input;
  const catalogue_lookup models;
  lang::load_options options;
  options.models = &models;
  if (!to_options("plan", input, options)) return exit_bad_input;
  const lang::load_result loaded = lang::load_file(file, options);
  if (!report(loaded, global)) return exit_bad_input;
  if (!loaded.scenario) return usage_error("plan", file + " is a " + loaded.kind + ", not a scenario");
  return print_plan(loaded, flags.wishes, json, global);
}

}  // namespace wanwu::cli
