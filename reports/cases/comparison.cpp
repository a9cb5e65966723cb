#include "reports/cases/comparison.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

namespace wanwu::report {

namespace {

/// A deviation is a pass, a waiver no verdict of its own.
bool is_judged(case_status status) {
  return status != case_status::not_applicable && status != case_status::not_run;
}

/// Two runs against targets of one name are told apart by their number.
std::vector<std::string> names_of(const std::vector<suite_record>& runs) {
  std::vector<std::string> out;
  std::map<std::string, int> seen;
  for (const auto& run : runs) {
    const auto name = run.about.target_name.empty() ? run.about.id : run.about.target_name;
    const int number = ++seen[name];
    out.push_back(number == 1 ? name : fmt::format("{} ({})", name, number));
  }
  return out;
}

/// Files of the suite by their hash: a case may have changed between two runs.
std::map<std::string, std::string> files_of(const suite_record& run) {
  std::map<std::string, std::string> out;
  for (const auto& input : run.about.inputs) {
    if (input.path.ends_with(".suite.yaml") || input.path.ends_with("suite.yaml"))
      out[input.path] = input.sha256;
  }
  return out;
}

std::vector<std::string> doubts_of(const std::vector<suite_record>& runs) {
  std::vector<std::string> out;
  for (const auto& run : runs) {
    if (run.suite.id != runs.front().suite.id)
      out.push_back(
          fmt::format("{} is a run of {}, not of {}", run.about.id, run.suite.id, runs.front().suite.id));
    else if (files_of(run) != files_of(runs.front()))
      out.push_back(fmt::format("{} was made with other files of the suite than {}", run.about.id,
                                runs.front().about.id));
  }
  return out;
}

}  // namespace

bool compared_case::differs() const {
  const auto plain = [](case_status s) { return s == case_status::deviated ? case_status::passed : s; };
  const auto first = std::find_if(by_run.begin(), by_run.end(), is_judged);
  return first != by_run.end() && std::any_of(first, by_run.end(), [&](case_status s) {
           return is_judged(s) && plain(s) != plain(*first);
         });
}

case_status compared_case::worst() const {
  auto out = case_status::not_run;
  for (const auto one : by_run) out = more_worrying(one, out) ? one : out;
  return out;
}

suite_comparison compare(const std::vector<suite_record>& runs) {
  suite_comparison out;
  if (runs.empty()) return out;
  out.suite = runs.front().suite.id;
  out.title = runs.front().suite.title;
  out.targets = names_of(runs);
  out.counts.resize(runs.size());
  out.notes = doubts_of(runs);
  std::map<std::string, std::size_t> places;
  for (std::size_t r = 0; r < runs.size(); ++r) {
    for (const auto& one : runs[r].cases) {
      const auto [place, is_new] = places.emplace(one.id, out.cases.size());
      if (is_new) {
        out.cases.push_back({one.id, one.objective, one.level, {}, {}});
        out.cases.back().by_run.assign(runs.size(), case_status::not_run);
        for (std::size_t i = 0; i < one.clauses.size(); ++i)
          out.cases.back().clauses.push_back(clause_name(one, i));
      }
      out.cases[place->second].by_run[r] = status_of(one);
      out.counts[r].add(status_of(one));
    }
  }
  return out;
}

}  // namespace wanwu::report
