#include "sim/conformance/proof.hpp"

#include <algorithm>
#include <map>

#include "sim/conformance/case_player.hpp"

namespace wanwu::conform {

namespace {

/// Which case and edit a play is of. `edit` counts mutants, then benign ones; -1 = clean.
struct origin {
  std::size_t row{};
  int edit = -1;
};

/// Was something of the body found wrong, by a step or by a monitor?
bool broke_the_body(const case_result& result) {
  if (!result.findings.empty()) return true;
  return std::any_of(result.steps.begin(), result.steps.end(), [](const step_result& step) {
    return step.part == "body" && (step.outcome == "unmet" || step.outcome == "deviation");
  });
}

bool noticed(const case_result& mutated, bool clean_deviated) {
  if (mutated.outcome == verdict::fail) return true;
  // A case that is no must cannot fail: it deviates.
  return mutated.outcome == verdict::pass && mutated.deviation && !clean_deviated;
}

edit_proof judge(const edit& what, bool benign, const played& one, bool clean_deviated) {
  using outcome = edit_proof::outcome;
  edit_proof out;
  out.text = what.text;
  out.benign = benign;
  out.reason = one.result.reason;
  if (!one.edit_took_place) {
    out.what = outcome::never_took_place;
  } else if (benign) {
    out.what = one.result.outcome == verdict::pass ? outcome::proven : outcome::refused_choice;
  } else if (!noticed(one.result, clean_deviated)) {
    out.what = one.result.outcome == verdict::pass ? outcome::unnoticed : outcome::wrong_place;
  } else {
    out.what = broke_the_body(one.result) ? outcome::proven : outcome::wrong_place;
  }
  return out;
}

}  // namespace

bool case_proof::holds() const noexcept {
  return clean == verdict::pass && std::all_of(edits.begin(), edits.end(), [](const edit_proof& e) {
           return e.what == edit_proof::outcome::proven;
         });
}

proof::proof(const suite& all, std::vector<std::size_t> selected) : all_{all} {
  for (const auto index : selected) cases_.push_back({index, {}, verdict::not_applicable, {}, {}});
}

void proof::run(const target_access& target, const suite_run_options& options) {
  std::vector<play> plays;
  std::vector<origin> origins;
  for (std::size_t row = 0; row < cases_.size(); ++row) {
    if (!cases_[row].profile.empty()) continue;
    const auto index = cases_[row].test_case;
    const auto& what = all_.cases[index];
    plays.push_back({index, nullptr, limits::tries_max, true});
    origins.push_back({row, -1});
    int number = 0;
    for (const auto* list : {&what.mutants, &what.benign}) {
      for (const edit& one : *list) {
        // A mutant that fails at once has done what it is for; a benign one gets every chance.
        plays.push_back({index, &one, list == &what.mutants ? 1 : limits::tries_max, true});
        origins.push_back({row, number++});
      }
    }
  }
  case_player player{all_, target, options, plays, {}};
  const auto results = player.run();
  std::map<std::size_t, const case_result*> clean;
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (origins[i].edit < 0) clean[origins[i].row] = &results[i].result;
  }
  for (std::size_t i = 0; i < results.size(); ++i) {
    auto& row = cases_[origins[i].row];
    const auto& whole = *clean[origins[i].row];
    if (whole.outcome == verdict::not_applicable || whole.not_run) continue;
    row.profile = target.profile;
    row.clean = whole.outcome;
    row.clean_reason = whole.reason;
    if (origins[i].edit < 0) continue;
    const auto& what = all_.cases[row.test_case];
    const auto number = static_cast<std::size_t>(origins[i].edit);
    const bool benign = number >= what.mutants.size();
    const edit& one = benign ? what.benign[number - what.mutants.size()] : what.mutants[number];
    row.edits.push_back(judge(one, benign, results[i], whole.deviation));
    if (all_.sources) row.edits.back().where = all_.sources->where(one.mark);
  }
}

bool proof::holds() const noexcept {
  return std::all_of(cases_.begin(), cases_.end(), [](const case_proof& one) { return one.holds(); });
}

namespace {

void add(clause_score& to, const test_case& what, const case_proof& one) {
  to.mutants += static_cast<std::uint32_t>(what.mutants.size());
  if (one.clean != verdict::pass) return;
  to.proven +=
      static_cast<std::uint32_t>(std::count_if(one.edits.begin(), one.edits.end(), [](const auto& e) {
        return !e.benign && e.what == edit_proof::outcome::proven;
      }));
}

}  // namespace

clause_score proof::total() const {
  clause_score out;
  for (const auto& one : cases_) add(out, all_.cases[one.test_case], one);
  return out;
}

std::vector<clause_score> proof::by_clause() const {
  std::vector<clause_score> out;
  std::map<std::pair<std::string, std::string>, clause_score> found;
  for (const auto& one : cases_) {
    const auto& what = all_.cases[one.test_case];
    for (std::size_t i = 0; i < what.clauses.size(); ++i) {
      const auto spec = i < what.clause_specs.size() ? what.clause_specs[i] : std::string{};
      auto& row = found[{spec, what.clauses[i]}];
      row.spec = spec;
      row.clause = what.clauses[i];
      add(row, what, one);
    }
  }
  for (auto& [name, row] : found) out.push_back(std::move(row));
  return out;
}

}  // namespace wanwu::conform
