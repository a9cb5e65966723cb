// sample_bundle DIRECTORY [[hostile-]plain|suite|comparison]: writes a bundle to look at, its reports beside
// it.
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <string>

#include "reports/bundle.hpp"
#include "reports/cases/suite_bundle.hpp"
#include "reports/writers/comparison_writers.hpp"
#include "reports/writers/suite_writers.hpp"
#include "tests/reports/sample_run.hpp"
#include "tests/reports/sample_suite.hpp"

namespace {

using namespace wanwu::report;

void complain(const std::string& problem) {
  if (!problem.empty()) std::cerr << problem << "\n";
}

int write_load(const std::string& directory, bool hostile) {
  sample_options options;
  options.hostile = hostile;
  make_sample_run(directory, options);
  const auto run = read_bundle(directory);
  if (!run) return complain(run.error().text), 1;
  const auto of = summarize(*run);
  for (const auto* format : {"html", "json", "junit", "md", "csv"})
    complain(write_report(format, directory + "/report." + format, *run, of));
  return 0;
}

int write_suite(const std::string& directory, bool hostile) {
  const auto made = make_sample_suite({.hostile = hostile, .passing = 40});
  auto out = suite_bundle_writer::create(directory, made, wire_choice::all);
  if (!out) return complain(out.error().text), 1;
  for (const auto& one : made.cases) {
    if (!one.not_run) out->append(one);
  }
  out->append(log_entry{made.duration_s, log_level::info, -1, "end", "complete"});
  out->finish(to_summary_json(made, summarize(made)));
  const auto run = read_suite_bundle(directory);
  if (!run) return complain(run.error().text), 1;
  const auto of = summarize(*run);
  for (const auto* format : {"html", "json", "junit", "md", "tap", "ctrf", "earl"})
    complain(write_suite_report(format, directory + "/report." + format, *run, of));
  return 0;
}

/// Two targets that differ in what failed.
int write_comparison(const std::string& directory, bool hostile) {
  const auto of = compare(make_sample_comparison(hostile));
  std::filesystem::create_directories(directory);
  complain(write_text(directory + "/report.html", write_comparison_html(of)));
  const auto differ =
      std::count_if(of.cases.begin(), of.cases.end(), [](const auto& one) { return one.differs(); });
  complain(write_text(directory + "/summary.json", "{\"targets\":" + std::to_string(of.targets.size()) +
                                                       ",\"cases\":" + std::to_string(of.cases.size()) +
                                                       ",\"differ\":" + std::to_string(differ) + "}\n"));
  return 0;
}

}  // namespace

int main(int count, char** words) {
  if (count < 2) return 2;
  const std::string kind = count > 2 ? words[2] : "plain";
  const bool hostile = kind.starts_with("hostile");
  if (kind.ends_with("comparison")) return write_comparison(words[1], hostile);
  return kind.ends_with("suite") ? write_suite(words[1], hostile) : write_load(words[1], hostile);
}
