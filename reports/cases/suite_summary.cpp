#include "reports/cases/suite_summary.hpp"

#include <algorithm>
#include <map>
#include <numeric>

#include <fmt/format.h>

namespace wanwu::report {

namespace {

std::string plural(std::size_t n, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", n, n == 1 ? one : many);
}

/// Texts of a kind of log entry: "trouble" is what kept cases from being played at all, "regression" a case
/// that passed in the baseline and fails now.
std::vector<std::string> entries_of(const suite_record& run, std::string_view event) {
  std::vector<std::string> out;
  for (const auto& entry : run.log) {
    if (entry.event == event) out.push_back(entry.text);
  }
  return out;
}

verdict verdict_of(const suite_record& run, const case_counts& counts) {
  if (counts.of(case_status::error) != 0) return verdict::error;
  if (counts.of(case_status::failed) != 0) return verdict::fail;
  const bool cut = run.end == ending::running || run.end == ending::aborted;
  if (counts.of(case_status::inconclusive) != 0 || (cut && counts.of(case_status::not_run) != 0) ||
      !entries_of(run, "trouble").empty())
    return verdict::inconclusive;
  const bool any =
      counts.of(case_status::passed) + counts.of(case_status::deviated) + counts.of(case_status::waived) != 0;
  return any ? verdict::pass : verdict::not_applicable;
}

/// What --fail-on does not ask about does not fail the process.
int exit_code_for(const suite_record& run, verdict judged) {
  const suite_demands& d = run.suite.demands;
  const bool forgiven =
      (judged == verdict::fail && !d.must) || (judged == verdict::inconclusive && !d.inconclusive);
  const int code = exit_code_of(run.end, forgiven ? verdict::pass : judged);
  const bool regressed = code == exit_code_of(verdict::fail) && !entries_of(run, "regression").empty();
  return regressed ? exit_code_of_a_regression : code;
}

std::vector<std::string> reasons_of(const suite_record& run, const case_counts& counts) {
  std::vector<std::string> out;
  const auto say = [&](case_status status, std::string_view one, std::string_view many) {
    if (const auto n = counts.of(status); n != 0) out.push_back(plural(n, one, many));
  };
  say(case_status::error, "case ended in an error of our own", "cases ended in errors of our own");
  say(case_status::failed, "case failed", "cases failed");
  if (const auto n = entries_of(run, "regression").size(); n != 0)
    out.push_back(
        plural(n, "case that passed in the baseline fails", "cases that passed in the baseline fail"));
  say(case_status::inconclusive, "case could not be decided", "cases could not be decided");
  for (auto& trouble : entries_of(run, "trouble")) out.push_back(std::move(trouble));
  if (run.end == ending::running) out.emplace_back("the run was cut: no end was written");
  if (run.end == ending::aborted) out.emplace_back("the run was ended before all cases had run");
  if (run.end == ending::interrupted || run.end == ending::terminated)
    out.emplace_back("the run was interrupted");
  if (out.empty() && counts.of(case_status::not_applicable) == counts.total())
    out.emplace_back("no case applies to this target");
  return out;
}

std::vector<clause_row> clauses_of(const suite_record& run) {
  std::vector<clause_row> rows;
  std::map<std::pair<std::string, std::string>, std::size_t> places;
  for (const auto& spec : run.suite.specs) {
    for (const auto& one : spec.clauses) {
      places.emplace(std::pair{spec.key, one.id}, rows.size());
      rows.push_back({spec.key, one.id, one.section, one.level, one.text, one.testable, {}, {}, {}});
      rows.back().worst = case_status::not_run;
    }
  }
  for (std::size_t i = 0; i < run.cases.size(); ++i) {
    const auto& one = run.cases[i];
    for (std::size_t k = 0; k < one.clauses.size(); ++k) {
      const std::pair key{k < one.specs.size() ? one.specs[k] : "", one.clauses[k]};
      const auto [place, is_new] = places.emplace(key, rows.size());
      if (is_new) rows.push_back({key.first, key.second, "", one.level, "", true, {}, {}, {}});
      auto& row = rows[place->second];
      if (!row.cases.empty() && row.cases.back() == i) continue;
      if (row.cases.empty() || more_worrying(status_of(one), row.worst)) row.worst = status_of(one);
      row.cases.push_back(i);
    }
  }
  for (const auto& coverage : run.suite.coverage) {
    for (const auto& [id, reason] : coverage.left_out) {
      const auto place = places.find({coverage.spec, id});
      if (place != places.end()) rows[place->second].left_out = reason;
    }
  }
  return rows;
}

std::vector<std::size_t> findings_of(const suite_record& run) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < run.cases.size(); ++i) {
    if (is_finding(status_of(run.cases[i]))) out.push_back(i);
  }
  std::stable_sort(out.begin(), out.end(), [&](std::size_t a, std::size_t b) {
    return more_worrying(status_of(run.cases[a]), status_of(run.cases[b]));
  });
  return out;
}

}  // namespace

std::size_t case_counts::total() const noexcept {
  return std::accumulate(of_.begin(), of_.end(), std::size_t{0});
}

std::string show_counts(const case_counts& counts) {
  static constexpr std::array<std::string_view, case_status_count> words{
      "passed", "passed with a deviation", "failed",  "inconclusive",
      "errors", "not applicable",          "not run", "waived"};
  std::string out;
  for (std::size_t i = 0; i < case_status_count; ++i) {
    const auto n = counts.of(static_cast<case_status>(i));
    if (n == 0 && i != 0) continue;
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", n, words[i]);
  }
  return out;
}

std::string show_coverage(const conform::coverage_row& of) {
  const auto& name = of.title.empty() ? of.spec : of.title;
  return fmt::format("{}: {}/{} testable clauses covered", name, of.covered, of.testable);
}

suite_summary summarize(const suite_record& run) {
  suite_summary out;
  for (const auto& one : run.cases) out.counts.add(status_of(one));
  out.result = verdict_of(run, out.counts);
  out.exit_code = exit_code_for(run, out.result);
  out.reasons = reasons_of(run, out.counts);
  out.clauses = clauses_of(run);
  out.findings = findings_of(run);
  static constexpr std::array words{"Not applicable", "Pass", "Inconclusive", "Fail", "Error"};
  const auto& name = run.suite.title.empty() ? run.suite.id : run.suite.title;
  out.sentence = fmt::format("{}: {}. {}.", words[static_cast<std::size_t>(out.result)], name,
                             out.reasons.empty() ? show_counts(out.counts) : out.reasons.front());
  return out;
}

}  // namespace wanwu::report
