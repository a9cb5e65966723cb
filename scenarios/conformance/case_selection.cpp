#include "scenarios/conformance/case_selection.hpp"

#include <algorithm>

#include <fnmatch.h>

#include "scenarios/conformance/words.hpp"
#include "scenarios/language/diagnostics.hpp"

namespace wanwu::conform {

namespace {

bool fits(std::string_view pattern, const std::string& text) {
  return fnmatch(std::string{pattern}.c_str(), text.c_str(), 0) == 0;
}

bool in_group(std::string_view pattern, const std::string& group) {
  return fits(pattern, group) || fits(std::string{pattern} + "/*", group);
}

bool cites(std::string_view wanted, const test_case& one) {
  const auto space = wanted.rfind(' ');
  const auto spec = space == std::string_view::npos ? std::string_view{} : wanted.substr(0, space);
  const auto id = space == std::string_view::npos ? wanted : wanted.substr(space + 1);
  for (std::size_t i = 0; i < one.clauses.size(); ++i) {
    const auto& clause = one.clauses[i];
    if (!spec.empty() && (i >= one.clause_specs.size() || !fits(spec, one.clause_specs[i]))) continue;
    const auto dash = clause.find('-');
    if (fits(id, clause) || (dash != std::string::npos && fits(id, clause.substr(dash + 1)))) return true;
  }
  return false;
}

/// "group" and "mqtt/connect"; the kind is "" for an id.
std::pair<std::string_view, std::string_view> parts_of(std::string_view selector) {
  const auto colon = selector.find(':');
  if (colon == std::string_view::npos) return {"", selector};
  return {selector.substr(0, colon), selector.substr(colon + 1)};
}

/// What to say of a selector that none of the cases answers to; "" when one does.
std::string nothing_selected(const std::string& selector, const suite& of) {
  const auto chosen = [&](const test_case& one) { return selects(selector, one); };
  if (std::any_of(of.cases.begin(), of.cases.end(), chosen)) return "";
  std::vector<std::string_view> known;
  for (const auto& one : of.cases) known.push_back(one.id);
  const auto near = lang::did_you_mean(selector, known);
  return "'" + selector + "' selects no case of " + of.id +
         (near.empty() ? "" : "; did you mean '" + std::string{near} + "'?");
}

/// Of these a suite may have none, and who wants to do without them has got it.
bool is_kind_of_case(std::string_view selector) {
  const auto [kind, what] = parts_of(selector);
  return kind == "level" || (kind.empty() && (what == "timing" || what == "exclusive"));
}

}  // namespace

bool selects(std::string_view selector, const test_case& one) {
  const auto [kind, what] = parts_of(selector);
  if (kind == "group") return in_group(what, one.group);
  if (kind == "clause") return cites(what, one);
  if (kind == "level") return what == name_of(one.force);
  if (!kind.empty()) return false;
  if (what == "timing") return one.timing;
  if (what == "exclusive") return one.exclusive;
  return fits(what, one.id) || fits(what, one.family);
}

std::string selector_problem(std::string_view selector) {
  const auto [kind, what] = parts_of(selector);
  if (what.empty()) return "'" + std::string{selector} + "' names nothing";
  if (kind == "level" && what != "must" && what != "should" && what != "may")
    return "there is no level '" + std::string{what} + "'; there are must, should and may";
  if (kind.empty() || kind == "group" || kind == "clause" || kind == "level") return "";
  return "'" + std::string{selector} +
         "' selects nothing: it is an id, group:…, clause:…, level:…, timing or "
         "exclusive";
}

tl::expected<std::vector<std::size_t>, std::string> select_cases(const suite& of,
                                                                 const std::vector<std::string>& only,
                                                                 const std::vector<std::string>& skip) {
  for (const auto* list : {&only, &skip}) {
    for (const auto& selector : *list) {
      if (auto problem = selector_problem(selector); !problem.empty()) return tl::unexpected{problem};
    }
  }
  for (const auto& selector : only) {
    if (auto problem = nothing_selected(selector, of); !problem.empty()) return tl::unexpected{problem};
  }
  for (const auto& selector : skip) {
    if (is_kind_of_case(selector)) continue;
    if (auto problem = nothing_selected(selector, of); !problem.empty()) return tl::unexpected{problem};
  }
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < of.cases.size(); ++i) {
    const auto chosen = [&](const std::string& selector) { return selects(selector, of.cases[i]); };
    if (!only.empty() && std::none_of(only.begin(), only.end(), chosen)) continue;
    if (std::none_of(skip.begin(), skip.end(), chosen)) out.push_back(i);
  }
  if (out.empty()) return tl::unexpected{"no case of " + of.id + " is left to play"};
  return out;
}

}  // namespace wanwu::conform
