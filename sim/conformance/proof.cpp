#include "sim/conformance/proof.hpp"

#include <algorithm>
#include <map>

#include "sim/conformance/case_player.hpp"

namespace wanwu::conform {

namespace {

constexpr std::uint32_t rounds = 3;

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

void judge(edit_proof& out, const played& one, bool clean_deviated) {
  using outcome = edit_proof::outcome;
  out.reason = one.result.reason;
  if (out.benign) {
    out.what = one.result.outcome == verdict::pass ? outcome::proven : outcome::refused_choice;
  } else if (!one.edit_took_place) {
    out.what = outcome::never_took_place;
  } else if (!noticed(one.result, clean_deviated)) {
    out.what = one.result.outcome == verdict::pass ? outcome::unnoticed : outcome::wrong_place;
  } else {
    out.what = broke_the_body(one.result) ? outcome::proven : outcome::wrong_place;
  }
}

/// That a mutant was noticed says more than that it never took place; that it was overlooked says the most.
constexpr int weight_of(edit_proof::outcome what) {
  using outcome = edit_proof::outcome;
  return what == outcome::never_took_place ? 0 : what == outcome::proven ? 1 : 2;
}

constexpr bool outweighs(edit_proof::outcome one, edit_proof::outcome other) {
  return weight_of(one) > weight_of(other);
}

}  // namespace

bool case_proof::holds() const noexcept {
  return clean == verdict::pass && std::all_of(edits.begin(), edits.end(), [](const edit_proof& e) {
           return e.what == edit_proof::outcome::proven;
         });
}

proof::proof(const suite& all, std::vector<std::size_t> selected) : all_{all} {
  for (const auto index : selected) {
    auto& row = cases_.emplace_back();
    row.test_case = index;
    for (const auto* list : {&all.cases[index].mutants, &all.cases[index].benign}) {
      for (const edit& one : *list) {
        auto& made = row.edits.emplace_back();
        made.text = one.text;
        made.benign = list == &all.cases[index].benign;
        made.what = edit_proof::outcome::never_took_place;
        if (all.sources) made.where = all.sources->where(one.mark);
      }
    }
  }
}

bool proof::is_benign(const planned& what) const {
  return what.edit >= 0 && cases_[what.row].edits[static_cast<std::size_t>(what.edit)].benign;
}

const edit& proof::edit_of(const planned& what) const {
  const auto number = static_cast<std::size_t>(what.edit);
  const auto& from = case_of(what);
  return number < from.mutants.size() ? from.mutants[number] : from.benign[number - from.mutants.size()];
}

std::vector<proof::planned> proof::first_plan() const {
  std::vector<planned> out;
  for (std::size_t row = 0; row < cases_.size(); ++row) {
    for (int edit = -1; edit < static_cast<int>(cases_[row].edits.size()); ++edit) out.push_back({row, edit});
  }
  return out;
}

std::vector<proof::planned> proof::again(const std::string& profile) const {
  std::vector<planned> out;
  for (std::size_t row = 0; row < cases_.size(); ++row) {
    const auto& one = cases_[row];
    if (one.profile != profile || one.holds()) continue;
    if (one.clean != verdict::pass) out.push_back({row, -1});
    for (std::size_t edit = 0; edit < one.edits.size(); ++edit) {
      if (one.edits[edit].what != edit_proof::outcome::proven) out.push_back({row, static_cast<int>(edit)});
    }
  }
  return out;
}

void proof::play(const std::vector<planned>& plan, const target_access& target,
                 const suite_run_options& options, std::uint32_t tries) {
  std::vector<conform::play> plays;
  for (const planned& one : plan) {
    // A mutant that fails at once has done what it is for; the others get every chance.
    const bool once = one.edit >= 0 && !is_benign(one);
    plays.push_back({.test_case = cases_[one.row].test_case,
                     .mutation = one.edit < 0 ? nullptr : &edit_of(one),
                     .tries_max = once ? 1 : limits::tries_max,
                     .independent = true});
  }
  case_player player{all_, target, options, plays, {}};
  const auto results = player.run();
  for (std::size_t i = 0; i < results.size(); ++i) {
    const auto& whole = results[i].result;
    if (plan[i].edit >= 0 || whole.outcome == verdict::not_applicable || whole.not_run) continue;
    auto& row = cases_[plan[i].row];
    row.profile = target.profile;
    row.clean = whole.outcome;
    row.clean_deviated = whole.deviation;
    row.clean_reason = whole.reason;
    row.clean_tries = tries;
  }
  for (std::size_t i = 0; i < results.size(); ++i) {
    auto& row = cases_[plan[i].row];
    if (plan[i].edit < 0 || row.profile != target.profile || results[i].result.not_run) continue;
    auto& edit = row.edits[static_cast<std::size_t>(plan[i].edit)];
    judge(edit, results[i], row.clean_deviated);
    edit.profile = target.profile;
    edit.tries = tries;
  }
}

void proof::run(const target_access& target, const suite_run_options& options) {
  auto plan = first_plan();
  for (std::uint32_t round = 1; round <= rounds && !plan.empty(); ++round) {
    play(plan, target, options, round);
    plan = again(target.profile);
  }
}

void proof::add(const proof& elsewhere) {
  for (std::size_t i = 0; i < cases_.size(); ++i) {
    auto& mine = cases_[i];
    const auto& other = elsewhere.cases_[i];
    if (other.profile.empty()) continue;
    if (mine.profile.empty()) {
      mine = other;
      continue;
    }
    // Where the case itself does not pass, its edits say nothing.
    const bool here = mine.clean == verdict::pass, there = other.clean == verdict::pass;
    if (!here) continue;
    if (!there) {
      mine = other;
      continue;
    }
    for (std::size_t e = 0; e < mine.edits.size(); ++e) {
      if (outweighs(other.edits[e].what, mine.edits[e].what)) mine.edits[e] = other.edits[e];
    }
  }
}

bool proof::holds() const noexcept {
  return std::all_of(cases_.begin(), cases_.end(), [](const case_proof& one) { return one.holds(); });
}

namespace {

void count_in(clause_score& to, const test_case& what, const case_proof& one) {
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
  for (const auto& one : cases_) count_in(out, all_.cases[one.test_case], one);
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
      count_in(row, what, one);
    }
  }
  for (auto& [name, row] : found) out.push_back(std::move(row));
  return out;
}

}  // namespace wanwu::conform
