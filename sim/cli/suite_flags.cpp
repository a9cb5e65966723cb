#include "sim/cli/suite_flags.hpp"

#include <algorithm>

namespace wanwu::cli {

namespace {

/// "must,inconclusive" or "never"; false for another word.
bool read_demands(const std::string& text, report::suite_demands& out) {
  out = {false, false};
  if (text == "never") return true;
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find(',', begin), text.size());
    const auto word = text.substr(begin, end - begin);
    if (word == "must")
      out.must = true;
    else if (word == "inconclusive")
      out.inconclusive = true;
    else if (word != "threshold")
      return false;
    begin = end + 1;
  }
  return true;
}

}  // namespace

std::string suite_flags::given() const {
  const suite_flags none;
  if (!only.empty()) return "--only";
  if (!skip.empty()) return "--skip";
  if (!profiles.empty()) return "--profile";
  if (!waivers.empty()) return "--waivers";
  if (!baseline.empty()) return "--baseline";
  if (strict) return "--strict";
  if (hooks) return "--hooks";
  if (jobs != none.jobs) return "--jobs";
  if (wire != none.wire) return "--wire";
  return fail_on != none.fail_on ? "--fail-on" : "";
}

void add_suite_flags(argument_parser& app, suite_flags& flags) {
  const std::string group = "Suites";
  const auto list = [&](const char* name, std::vector<std::string>& into, const char* what,
                        const char* help) {
    app.add_option(name, into, help).type_name(what).one_at_a_time().group(group);
  };
  list("--only", flags.only, "SELECTOR",
       "Only these cases: an id (CONNECT-*), group:mqtt/connect, clause:MQTT5 3.1.*, level:must, timing "
       "(repeatable)");
  list("--skip", flags.skip, "SELECTOR", "Not these cases (repeatable)");
  list("--profile", flags.profiles, "NAME", "Only this configuration of the target (repeatable)");
  app.add_option("--waivers", flags.waivers, "Known failures (default: waivers.yaml, if there is one)")
      .type_name("FILE")
      .group(group);
  app.add_option("--baseline", flags.baseline,
                 "Bundle or summary.json of an earlier run: what failed there is known")
      .type_name("RUN")
      .group(group);
  app.add_flag("--strict", flags.strict, "What should be and is not, fails").group(group);
  app.add_flag("--hooks", flags.hooks, "Let the target file run its start, stop and restart commands")
      .group(group);
  app.add_option("--jobs", flags.jobs, "Cases side by side").range(1, 1024).show_default().group(group);
  app.add_option("--wire", flags.wire, "Whose wire logs are kept: failures, all or none")
      .one_of({"failures", "all", "none"})
      .type_name("WHICH")
      .show_default()
      .group(group);
  app.add_option("--fail-on", flags.fail_on, "What fails the process; or never")
      .type_name("LIST")
      .show_default()
      .group(group);
}

bool to_suite_wishes(const suite_flags& flags, const run_wishes& run, suite_wishes& out) {
  out.only = flags.only;
  out.skip = flags.skip;
  out.profiles = flags.profiles;
  out.waivers = flags.waivers;
  out.baseline = flags.baseline;
  out.jobs = flags.jobs;
  out.strict = flags.strict;
  out.hooks = flags.hooks;
  out.run = run;
  if (!read_demands(flags.fail_on, out.demands)) {
    usage_error("run",
                "--fail-on takes must, threshold and inconclusive with commas between, or never; not '" +
                    flags.fail_on + "'");
    return false;
  }
  out.wire = flags.wire == "all"    ? report::wire_choice::all
             : flags.wire == "none" ? report::wire_choice::none
                                    : report::wire_choice::failures;
  return true;
}

}  // namespace wanwu::cli
