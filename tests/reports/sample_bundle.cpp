// sample_bundle DIRECTORY [hostile]: writes a bundle to look at, and its page and summary beside it.
#include <iostream>
#include <string>

#include "reports/bundle.hpp"
#include "reports/writers/writers.hpp"
#include "tests/reports/sample_run.hpp"

int main(int count, char** words) {
  if (count < 2) return 2;
  const std::string directory = words[1];
  wanwu::report::sample_options options;
  options.hostile = count > 2 && std::string{words[2]} == "hostile";
  wanwu::report::make_sample_run(directory, options);
  const auto run = wanwu::report::read_bundle(directory);
  if (!run) {
    std::cerr << run.error().text << "\n";
    return 1;
  }
  const auto of = wanwu::report::summarize(*run);
  for (const auto* format : {"html", "json", "junit", "md", "csv"}) {
    const auto problem = wanwu::report::write_report(format, directory + "/report." + format, *run, of);
    if (!problem.empty()) std::cerr << problem << "\n";
  }
  return 0;
}
