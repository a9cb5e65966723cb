// Suites, cases, clauses and fields as text.
#include "sim/cli/suite_view.hpp"

#include <algorithm>
#include <iostream>

#include "scenarios/conformance/coverage.hpp"
#include "scenarios/conformance/vocabulary.hpp"
#include "scenarios/conformance/words.hpp"
#include "sim/cli/input.hpp"
#include "sim/cli/table_text.hpp"

namespace wanwu::cli {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

bool is_left_out(const conform::spec_entry& spec, const std::string& id) {
  return std::any_of(spec.left_out.begin(), spec.left_out.end(),
                     [&](const auto& entry) { return entry.first == id; });
}

void print_steps(std::string_view part, const std::vector<conform::step>& steps) {
  if (!steps.empty()) std::cout << "\n" << part << "\n";
  for (std::size_t i = 0; i < steps.size(); ++i) std::cout << "  " << i + 1 << "  " << steps[i].text << "\n";
}

void print_edits(std::string_view part, const std::vector<conform::edit>& edits) {
  if (!edits.empty()) std::cout << "\n" << part << "\n";
  for (const auto& e : edits) std::cout << "  " << e.text << "\n";
}

void describe_case(const conform::test_case& c, const conform::suite& of) {
  std::cout << c.id << "  " << of.sources->where(c.mark) << "\n" << c.objective << "\n";
  table_rows facts{{"  group", c.group}, {"  level", std::string{conform::name_of(c.force)}}};
  if (!c.applies_text.empty()) facts.push_back({"  applies", c.applies_text});
  if (!c.needs.empty()) facts.push_back({"  needs", c.needs});
  if (c.timing) facts.push_back({"  timing", "measures time"});
  if (c.exclusive) facts.push_back({"  exclusive", "no other case runs beside it"});
  std::cout << table_text(facts);
  if (!c.clauses.empty()) std::cout << "\nclauses\n";
  for (std::size_t i = 0; i < c.clauses.size(); ++i) {
    std::cout << "  " << c.clause_specs[i] << " " << c.clauses[i];
    for (const auto& spec : of.specs) {
      if (spec.key != c.clause_specs[i]) continue;
      for (const auto& clause : spec.clauses) {
        if (clause.id == c.clauses[i]) std::cout << "  " << clause.text;
      }
    }
    std::cout << "\n";
  }
  print_steps("preamble", c.preamble);
  print_steps("body", c.body);
  print_steps("postamble", c.postamble);
  print_edits("mutants: must fail when the target", c.mutants);
  print_edits("benign: must not fail when the target", c.benign);
}

}  // namespace

std::shared_ptr<const conform::suite> open_suite(const std::string& path, const global_options& global) {
  const auto loaded = conform::load_suite(path);
  report(loaded.found, *loaded.sources, global);
  return loaded.loaded;
}

table_rows suite_rows() {
  table_rows out{{"SUITE", "CASES", "TITLE"}};
  for (const std::string& name : conform::shipped_suites()) {
    const auto loaded = conform::load_suite(name);
    if (loaded.loaded)
      out.push_back({name, std::to_string(loaded.loaded->cases.size()), loaded.loaded->title});
  }
  return out;
}

table_rows case_rows(const conform::suite& of) {
  table_rows out{{"CASE", "LEVEL", "GROUP", "CLAUSES", "OBJECTIVE"}};
  for (const auto& c : of.cases)
    out.push_back({c.id, std::string{conform::name_of(c.force)}, c.group, joined(c.clauses), c.objective});
  return out;
}

table_rows clause_rows(const conform::suite& of, bool uncovered) {
  table_rows out{{"CLAUSE", "LEVEL", "CASES", "TEXT"}};
  for (const auto& spec : of.specs) {
    for (const auto& clause : spec.clauses) {
      const auto cases = conform::cases_of(of, spec.key, clause.id);
      const bool left_out = is_left_out(spec, clause.id);
      if (uncovered && (!clause.testable || left_out || !cases.empty())) continue;
      std::string shown;
      for (const std::string_view name : cases) shown += (shown.empty() ? "" : " ") + std::string{name};
      if (left_out) shown = "left out";
      if (!clause.testable) shown = "not testable";
      out.push_back({clause.id, std::string{conform::name_of(clause.force)}, shown, clause.text});
    }
  }
  return out;
}

std::string coverage_text(const conform::suite& of) {
  std::string out;
  for (const auto& row : conform::coverage_of(of)) {
    out += row.spec + ": " + std::to_string(row.testable) + " testable, " + std::to_string(row.covered) +
           " with a case, " + std::to_string(row.left_out.size()) + " left out, " +
           std::to_string(row.uncovered.size()) + " without\n";
  }
  return out;
}

table_rows field_rows(const std::string& packet) {
  const auto& words = conform::mqtt_vocabulary();
  table_rows out{{"PACKET", "FIELD", "TAKES"}};
  for (const std::string_view name : words.packets()) {
    if (!packet.empty() && name != packet) continue;
    for (const std::string_view field : words.settable(name)) {
      const bool text = words.form_of(name, field) == conform::vocabulary::form::text;
      out.push_back({std::string{name}, std::string{field}, text ? "text" : "number"});
    }
    if (!packet.empty() && out.size() == 1) out.push_back({packet, "-", "no fields"});
  }
  if (out.size() == 1) return {};
  if (!packet.empty()) return out;
  for (const std::string_view name : words.corruptions()) {
    const bool text = words.corruption_form(name) == conform::vocabulary::form::text;
    out.push_back({"corrupt", std::string{name}, text ? "text" : "number"});
  }
  return out;
}

bool describe_in_suite(const std::string& name, const conform::suite& of) {
  bool found = false;
  for (const auto& c : of.cases) {
    if (c.id != name && c.family != name) continue;
    if (found && c.id != name) {
      std::cout << "also " << c.id << "\n";
      continue;
    }
    describe_case(c, of);
    found = true;
  }
  for (const auto& spec : of.specs) {
    for (const auto& clause : spec.clauses) {
      if (clause.id != name || found) continue;
      std::cout << spec.key << " " << clause.id << "  " << clause.text << "\n";
      for (const std::string_view one : conform::cases_of(of, spec.key, clause.id))
        std::cout << "  " << one << "\n";
      found = true;
    }
  }
  return found;
}

}  // namespace wanwu::cli
