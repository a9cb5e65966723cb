// wanwu report: makes reports again from bundles, also of a run that was killed.
#include <algorithm>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>

#include <unistd.h>

#include "reports/bundle.hpp"
#include "reports/cases/suite_bundle.hpp"
#include "reports/summary.hpp"
#include "reports/writers/comparison_writers.hpp"
#include "reports/writers/suite_writers.hpp"
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
  if (!report::is_format(one.format) && !report::is_suite_format(one.format)) {
    return "there is no report format '" + one.format + "'; there are " + std::string{report::format_names} +
           " of loads, " + std::string{report::suite_format_names} + " of suites";
  }
  into.push_back(std::move(one));
  return "";
}

/// With several bundles each gets a file of its own: report.html becomes report.ID.html.
std::string path_for(const wanted_report& wanted, const std::string& id, bool several) {
  if (!several) return wanted.path;
  const auto slash = wanted.path.find_last_of('/'), dot = wanted.path.find_last_of('.');
  const bool has_ending = dot != std::string::npos && (slash == std::string::npos || dot > slash);
  const auto at = has_ending ? dot : wanted.path.size();
  return wanted.path.substr(0, at) + "." + id + wanted.path.substr(at);
}

/// How a run read back is printed and written, whatever kind it is.
struct written_run {
  std::string id, problem;
  std::function<std::string(const report::terminal_style&)> print;
  std::function<std::string(const std::string& format, const std::string& path)> write;
};

template <class Record, class Print, class Write>
written_run written(report::bundle_result<Record> run, Print print, Write write) {
  if (!run) return {"", run.error().text, {}, {}};
  const auto facts = std::make_shared<const Record>(std::move(*run));
  const auto of = std::make_shared<const decltype(report::summarize(*facts))>(report::summarize(*facts));
  return {
      facts->about.id, "", [=](const report::terminal_style& style) { return print(*facts, *of, style); },
      [=](const std::string& format, const std::string& path) { return write(format, path, *facts, *of); }};
}

written_run read_run(const std::string& path) {
  if (report::holds_suite(path))
    return written(report::read_suite_bundle(path), report::write_suite_terminal, report::write_suite_report);
  return written(report::read_bundle(path), report::write_terminal, report::write_report);
}

/// Several runs of suites are shown side by side; nothing when they are no such runs, or a format has no such
/// form.
std::optional<int> side_by_side(const std::vector<std::string>& bundles,
                                const std::vector<wanted_report>& wanted) {
  const auto has_form = [](const wanted_report& one) { return one.format == "html" || one.format == "md"; };
  if (bundles.size() < 2 || !std::all_of(bundles.begin(), bundles.end(), report::holds_suite) ||
      !std::all_of(wanted.begin(), wanted.end(), has_form))
    return std::nullopt;
  std::vector<report::suite_record> runs;
  for (const auto& path : bundles) {
    auto run = report::read_suite_bundle(path);
    if (!run) {
      std::cerr << "wanwu report: " << run.error().text << "\n";
      return exit_bad_input;
    }
    runs.push_back(std::move(*run));
  }
  const auto of = report::compare(runs);
  if (wanted.empty()) std::cout << report::write_comparison_terminal(of);
  int code = exit_pass;
  for (const auto& one : wanted) {
    const bool page = one.format == "html";
    const auto problem = report::write_text(
        one.path, page ? report::write_comparison_html(of) : report::write_comparison_markdown(of));
    std::cerr << (problem.empty() ? "wrote " + one.path : "wanwu report: " + problem) << "\n";
    if (!problem.empty()) code = exit_bad_input;
  }
  return code;
}

}  // namespace

int report_command(std::span<const std::string> arguments, const global_options& global) {
  argument_parser app{"report", "Makes reports again from the bundle of a run, also of one that was killed"};
  std::vector<std::string> bundles, to;
  app.add_option("BUNDLE", bundles, "Directories of runs; several of a suite are put side by side (html, md)")
      .required();
  app.add_option("--to", to,
                 "FORMAT=PATH: html, json, junit, md; csv of a load; tap, ctrf, earl of a suite; repeatable. "
                 "Without it the report is printed")
      .take_all();
  if (const auto code = app.parse(arguments)) return *code;
  std::vector<wanted_report> wanted;
  for (const auto& word : to) {
    if (const auto problem = parse_wanted(word, wanted); !problem.empty())
      return usage_error("report", problem);
  }
  if (const auto code = side_by_side(bundles, wanted)) return *code;
  int code = exit_pass;
  const auto complain = [&](const std::string& problem) {
    std::cerr << "wanwu report: " << problem << "\n";
    code = exit_bad_input;
  };
  for (const auto& path : bundles) {
    const auto run = read_run(path);
    if (!run.problem.empty()) {
      complain(run.problem);
      continue;
    }
    if (wanted.empty()) std::cout << run.print({use_colour(global, STDOUT_FILENO), true});
    for (const auto& one : wanted) {
      const auto file = path_for(one, run.id, bundles.size() > 1);
      const auto problem = run.write(one.format, file);
      if (problem.empty())
        std::cerr << "wrote " << file << "\n";
      else
        complain(problem);
    }
  }
  return code;
}

}  // namespace wanwu::cli
