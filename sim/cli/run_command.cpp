// wanwu run: scenarios and suites, one after the other.
#include <algorithm>
#include <iostream>

#include "sim/cli/arguments.hpp"
#include "sim/cli/catalogue_lookup.hpp"
#include "sim/cli/input.hpp"
#include "sim/cli/run_flags.hpp"
#include "sim/cli/suite_run.hpp"

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

/// Scenarios and suites in the order given, all read before anything is sent.
struct readied {
  std::optional<opened_suite> suite;  ///< Else the scenario.
  lang::load_result loaded;
};

struct all_flags {
  std::vector<std::string> files;
  std::string phases;
  bool dry = false;
  input_flags input;
  run_flags run;
  suite_flags suites;
  suite_wishes wanted;
};

/// False after an explanation on stderr.
bool ready_suite(const std::string& file, const all_flags& flags, const global_options& global,
                 std::vector<readied>& into) {
  if (!formats_exist("run", flags.run.wishes, report_of::suite)) return false;
  auto opened = open_suite_run(file, flags.wanted, global);
  if (opened) into.push_back({std::move(*opened), {}});
  return opened.has_value();
}

bool ready(const std::string& file, const lang::load_options& options, const all_flags& flags,
           const global_options& global, std::vector<readied>& into) {
  if (is_suite_name(file)) return ready_suite(file, flags, global, into);
  auto loaded = lang::load_file(file, options);
  if (loaded.kind == "suite/v1") return ready_suite(file, flags, global, into);
  if (!report(loaded, global)) return false;
  if (!loaded.scenario) {
    std::cerr << "wanwu run: " << file << " is a " << loaded.kind << ", not a scenario\n";
    return false;
  }
  if (const auto flag = flags.suites.given(); !flag.empty()) {
    usage_error("run", flag + " is for suites; " + file + " is a scenario");
    return false;
  }
  if (!formats_exist("run", flags.run.wishes, report_of::load)) return false;
  into.push_back({std::nullopt, std::move(loaded)});
  return true;
}

int play(const readied& one, const all_flags& flags, const global_options& global) {
  if (one.suite) {
    if (!flags.dry) return run_suite(*one.suite, flags.wanted, global);
    print_planned(*one.suite);
    return exit_pass;
  }
  run_wishes wishes = flags.run.wishes;
  if (!choose_phases(flags.phases, *one.loaded.scenario, wishes.plan.phases)) return exit_bad_input;
  return flags.dry ? print_plan(one.loaded, wishes, false, global) : run_test(one.loaded, wishes, global);
}

}  // namespace

int run_command(std::span<const std::string> arguments, const global_options& global) {
  argument_parser app{
      "run",
      "Runs scenarios and suites against their target (the embedded one when none is named) and judges it"};
  app.footer(
      "Examples:\n  wanwu run world.yaml\n  wanwu run world.yaml --scale 1% --to html=report.html\n"
      "  wanwu run world.yaml --virtual --observations log.txt    a run in memory, the same bytes for the "
      "same seed\n  wanwu run mqtt-5.0 --target mqtt://127.0.0.1:1883        a suite that ships, against a "
      "broker\n"
      "  wanwu run mqtt-5.0 --only 'clause:3.1.*' --skip timing");
  all_flags flags;
  app.add_option("FILE", flags.files, "Scenarios and suites: files, folders, or names of suites that ship")
      .required();
  add_input_flags(app, flags.input);
  app.add_option("--phases", flags.phases, "Only these phases, by name").type_name("A,B");
  app.add_flag("--virtual", flags.run.wishes.plan.virtual_time,
               "Invented time, memory links and the embedded target: a week in minutes");
  app.add_flag("--sink", flags.run.wishes.sink,
               "With --virtual: speak to nobody; count what would be sent and print its digest");
  app.add_flag("--dry-run", flags.dry, "Print the plan, or the cases; send nothing");
  add_run_flags(app, flags.run);
  add_suite_flags(app, flags.suites);
  if (const auto code = app.parse(arguments)) return *code;
  if (!to_wishes("run", arguments, flags.run) ||
      !to_suite_wishes(flags.suites, flags.run.wishes, flags.wanted))
    return exit_bad_input;
  if (flags.run.wishes.sink && !flags.run.wishes.plan.virtual_time)
    return usage_error("run", "--sink is for runs in invented time: give --virtual too");
  if (flags.run.wishes.sink) flags.run.wishes.witness = false;  // nothing arrives anywhere
  if (flags.files.size() > 1 && !flags.run.wishes.out.empty())
    return usage_error("run", "--out names the folder of one run; give one FILE");

  const catalogue_lookup models;
  lang::load_options options;
  options.models = &models;
  if (!to_options("run", flags.input, options)) return exit_bad_input;
  flags.wanted.seed = options.seed;
  flags.wanted.target = flags.input.target;
  std::vector<readied> all;
  bool whole = true;
  for (const std::string& file : flags.files) whole = ready(file, options, flags, global, all) && whole;
  if (!whole) return exit_bad_input;
  int code = exit_pass;
  for (const auto& one : all) {
    const int got = play(one, flags, global);
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
  add_source_flag(app, flags);
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
