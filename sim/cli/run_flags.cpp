// Flags of a run, checked.
#include "sim/cli/run_flags.hpp"

#include "reports/cases/suite_record.hpp"
#include "reports/writers/suite_writers.hpp"
#include "scenarios/language/units.hpp"
#include "sim/cli/arguments.hpp"
#include "sim/cli/source_addresses.hpp"
#include "sim/limits.hpp"

namespace wanwu::cli {

namespace {

bool read_reports(const std::string& command_name, run_flags& flags) {
  for (const std::string& word : flags.to) {
    const auto equals = word.find('=');
    if (equals == std::string::npos || equals + 1 == word.size()) {
      usage_error(command_name, "--to takes FORMAT=PATH, as in --to html=report.html");
      return false;
    }
    flags.wishes.to.emplace_back(word.substr(0, equals), word.substr(equals + 1));
  }
  return true;
}

bool read_sources(const std::string& command_name, run_flags& flags) {
  if (flags.source.empty()) return true;
  const auto read = parse_source_addresses(flags.source);
  if (!read) {
    usage_error(command_name, "--source: " + read.error());
    return false;
  }
  flags.wishes.plan.first_local_address = read->first;
  flags.wishes.plan.local_addresses = read->count;
  return true;
}

}  // namespace

void add_source_flag(argument_parser& app, run_flags& flags) {
  app.add_option("--source", flags.source,
                 "IPv4 addresses of this machine to connect from: CIDR, FIRST-LAST or an interface's name")
      .type_name("ADDRESSES");
}

void add_run_flags(argument_parser& app, run_flags& flags) {
  run_wishes& w = flags.wishes;
  app.add_option("-o,--out", w.out, "Folder of the bundle (default: runs/UTC-NAME-HEX)").type_name("DIR");
  app.add_flag("--no-bundle", w.no_bundle, "Write no bundle");
  app.add_option(
         "--to", flags.to,
         "Also write a report: html, json, junit, md; csv of a load; tap, ctrf, earl of a suite (repeatable)")
      .type_name("FORMAT=PATH")
      .one_at_a_time();
  app.add_option("--workers", w.plan.workers, "Threads (default: as cores and descriptors ask for)")
      .range(1U, sim::limits::workers_max)
      .type_name("N");
  app.add_option("--observations", w.observations, "Write every observation as a line of text")
      .type_name("FILE");
  app.add_option("--progress", w.progress, "auto, tty, plain, json or none")
      .one_of({"auto", "tty", "plain", "json", "none"})
      .type_name("HOW")
      .show_default();
  app.add_option("--timeout", flags.timeout,
                 "End the run after this long (default: 1.5 x its length + 1 min)")
      .type_name("TIME");
  app.add_flag("--fail-fast", w.fail_fast, "End the run as soon as a threshold is crossed or a case fails");
  add_source_flag(app, flags);
  app.add_flag("!--no-witness", w.witness, "Do not watch arrivals by an independent client");
  app.add_flag("-q,--quiet", w.quiet, "No progress");
  app.add_flag("-v,--verbose", w.verbose, "Print the plan before the run; every case of a suite");
}

bool formats_exist(const std::string& command_name, const run_wishes& wishes, report_of kind) {
  for (const auto& [format, path] : wishes.to) {
    const bool suite = kind == report_of::suite;
    if (suite ? report::is_suite_format(format) : report::is_format(format)) continue;
    usage_error(command_name, "there is no report format '" + format + "' for " +
                                  (suite ? "suites" : "loads") + "; there are " +
                                  std::string{suite ? report::suite_format_names : report::format_names});
    return false;
  }
  return true;
}

bool to_wishes(const std::string& command_name, std::span<const std::string> arguments, run_flags& flags) {
  if (!read_reports(command_name, flags) || !read_sources(command_name, flags)) return false;
  if (!flags.timeout.empty()) {
    flags.wishes.timeout = lang::parse_duration(flags.timeout);
    if (!flags.wishes.timeout || flags.wishes.timeout->count() == 0) {
      usage_error(command_name,
                  "--timeout takes a length of time such as 90 s or 10 min, not '" + flags.timeout + "'");
      return false;
    }
  }
  std::string line = "wanwu " + command_name;
  for (const std::string& word : arguments) line += " " + report::shell_quoted(word);
  flags.wishes.command_line = std::move(line);
  return true;
}

}  // namespace wanwu::cli
