#include "reports/cases/suite_record.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "reports/cases/case_status.hpp"

namespace wanwu::report {

std::string shell_quoted(const std::string& word) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view{"_-./:=@%+,"}.find(c) != std::string_view::npos;
  };
  if (!word.empty() && std::all_of(word.begin(), word.end(), plain)) return word;
  std::string out = "'";
  for (const char c : word) c == '\'' ? out += "'\\''" : out += c;
  return out + "'";
}

std::string again_command(const suite_record& run, const conform::case_result& of) {
  std::string out = run.suite.again.empty() ? "wanwu run " + run.suite.id : run.suite.again;
  if (run.suite.profiles.size() > 1 && !of.profile.empty()) out += " --profile " + shell_quoted(of.profile);
  return out + " --only " + shell_quoted(of.id);
}

const clause_facts* find_clause(const suite_record& run, std::string_view spec, std::string_view id) {
  for (const auto& one : run.suite.specs) {
    if (one.key != spec) continue;
    for (const auto& clause : one.clauses) {
      if (clause.id == id) return &clause;
    }
  }
  return nullptr;
}

std::string clause_name(const conform::case_result& of, std::size_t number) {
  const bool known = number < of.specs.size() && !of.specs[number].empty();
  return known ? of.specs[number] + " " + of.clauses[number] : of.clauses[number];
}

namespace {

/// Times as the bundle keeps them, so that a report says the same now and when it is made again.
void round_times(conform::case_result& of) {
  const auto round = [](double& ms) { ms = std::isfinite(ms) ? std::round(ms * 1000) / 1000 : 0; };
  round(of.ms);
  for (auto& step : of.steps) {
    round(step.at_ms);
    round(step.took_ms);
  }
  for (auto& found : of.findings) round(found.at_ms);
  for (auto& event : of.wire) round(event.at_ms);
}

}  // namespace

case_collection::case_collection(const std::vector<std::string>& planned) {
  for (const auto& id : planned) {
    if (!places_.emplace(id, cases_.size()).second) continue;
    conform::case_result one;
    one.id = id;
    one.not_run = true;
    cases_.push_back(std::move(one));
  }
}

bool case_collection::would_decide(const conform::case_result& one) const {
  const auto known = places_.find(one.id);
  return known == places_.end() || outweighs(one, cases_[known->second]);
}

bool case_collection::add(conform::case_result one) {
  round_times(one);
  const auto known = places_.find(one.id);
  if (known == places_.end()) {
    if (cases_.size() >= suite_cases_max) return false;
    places_.emplace(one.id, cases_.size());
    cases_.push_back(std::move(one));
    return true;
  }
  auto& place = cases_[known->second];
  // A line that says more about a case that did not run (its objective) replaces the bare id.
  if (outweighs(one, place) || (place.not_run && place.objective.empty())) place = std::move(one);
  return true;
}

}  // namespace wanwu::report
