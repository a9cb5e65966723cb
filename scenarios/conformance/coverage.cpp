// What is covered, what is not, what is left out.
#include "scenarios/conformance/coverage.hpp"

#include <algorithm>
#include <set>

namespace wanwu::conform {

std::vector<coverage_row> coverage_of(const suite& whole) {
  std::set<std::pair<std::string_view, std::string_view>> cited;
  for (const test_case& c : whole.cases) {
    for (std::size_t i = 0; i < c.clauses.size(); ++i) cited.emplace(c.clause_specs[i], c.clauses[i]);
  }
  std::vector<coverage_row> out;
  for (const spec_entry& spec : whole.specs) {
    if (spec.clauses.empty()) continue;
    coverage_row row;
    row.spec = spec.key;
    row.title = spec.title;
    row.left_out = spec.left_out;
    for (const clause_row& clause : spec.clauses) {
      if (!clause.testable) continue;
      ++row.testable;
      const bool left_out = std::any_of(spec.left_out.begin(), spec.left_out.end(),
                                        [&](const auto& entry) { return entry.first == clause.id; });
      const bool covered = cited.contains({spec.key, clause.id});
      if (covered && !left_out)
        ++row.covered;
      else if (!left_out)
        row.uncovered.push_back(clause.id);
    }
    out.push_back(std::move(row));
  }
  return out;
}

std::vector<std::string_view> cases_of(const suite& whole, std::string_view spec, std::string_view clause) {
  std::vector<std::string_view> out;
  for (const test_case& c : whole.cases) {
    if (!out.empty() && out.back() == c.family) continue;
    for (std::size_t i = 0; i < c.clauses.size(); ++i) {
      if (c.clauses[i] != clause || c.clause_specs[i] != spec) continue;
      out.push_back(c.family);
      break;
    }
  }
  return out;
}

}  // namespace wanwu::conform
