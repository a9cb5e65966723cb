// wanwu report: makes reports again from bundles, also of a run that was killed.
#include <iostream>

#include <unistd.h>

#include "reports/bundle.hpp"
#include "reports/summary.hpp"
#include "reports/writers/writers.hpp"
#include "sim/cli/arguments.hpp"
#include "sim/cli/command.hpp"

namespace wanwu::cli {
namespace {

struct wanted_report {
  std::string format, path;
};

/// "html=out.html"; an error sentence otherwise.
std::string parse_wanted(const std::string& word, std::vector<wanted_report>& into) {
  const auto equals = word.find('=');
  if (equals == std::string::npos || equals + 1 == word.size())
    return "--to takes FORMAT=PATH, as in --to html=report.html";
  wanted_report one{word.substr(0, equals), word.substr(equals + 1)};
  if (!report::is_format(one.format))
    return "there is no report format '" + one.format + "'; there are html, json, junit, md and csv";
  into.push_back(std::move(one));
  return "";
}

/// With several bundles each gets a file of its own: report.html becomes report.ID.html.
std::string path_for(const wanted_report& wanted, const report::run_record& run, bool several) {
  if (!several) return wanted.path;
  const auto slash = wanted.path.find_last_of('/'), dot = wanted.path.find_last_of('.');
  const bool has_ending = dot != std::string::npos && (slash == std::string::npos || dot > slash);
  const auto at = has_ending ? dot : wanted.path.size();
  return wanted.path.substr(0, at) + "." + run.about.id + wanted.path.substr(at);
}

}  // namespace

int report_command(std::span<const std::string> arguments, const global_options& global) {
  argument_parser app{"report", "Makes reports again from the bundle of a run, also of one that was killed"};
  std::vector<std::string> bundles, to;
  app.add_option("BUNDLE", bundles, "Directories of runs").required();
  app.add_option("--to", to,
                 "FORMAT=PATH: html, json, junit, md or csv; repeatable. Without it the report is printed")
      .take_all();
  if (const auto code = app.parse(arguments)) return *code;
  std::vector<wanted_report> wanted;
  for (const auto& word : to) {
    if (const auto problem = parse_wanted(word, wanted); !problem.empty())
      return usage_error("report", problem);
  }
  int code = exit_pass;
  for (const auto& path : bundles) {
    const auto run = report::read_bundle(path);
    if (!run) {
      std::cerr << "wanwu report: " << run.error().text << "\n";
      code = exit_bad_input;
      continue;
    }
    const auto of = report::summarize(*run);
    if (wanted.empty())
      std::cout << report::write_terminal(*run, of, {use_colour(global, STDOUT_FILENO), true});
    for (const auto& one : wanted) {
      const auto file = path_for(one, *run, bundles.size() > 1);
      const auto problem = report::write_report(one.format, file, *run, of);
      if (!problem.empty()) {
        std::cerr << "wanwu report: " << problem << "\n";
        code = exit_bad_input;
        continue;
      }
      std::cerr << "wrote " << file << "\n";
    }
  }
  return code;
}

}  // namespace wanwu::cli
