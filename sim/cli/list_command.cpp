// wanwu list: names of one kind, of the program or of a file.
#include <algorithm>
#include <array>
#include <iostream>
#include <map>

#include "scenarios/conformance/vocabulary.hpp"
#include "scenarios/language/units.hpp"
#include "scenarios/things/catalogue.hpp"
#include "sim/cli/arguments.hpp"
#include "sim/cli/catalogue_lookup.hpp"
#include "sim/cli/input.hpp"
#include "sim/cli/suite_view.hpp"
#include "sim/cli/table_text.hpp"

namespace wanwu::cli {
namespace {

using rows = std::vector<std::vector<std::string>>;

std::string percent(double share) {
  return lang::quantity_text(share, lang::limit_unit::share);
}

rows metric_rows(const lang::scenario* s) {
  rows out{{"METRIC", "KIND", "UNIT", "STATS", "MEANING"}};
  for (const auto& m : lang::metrics()) {
    out.push_back({std::string{m.name}, std::string{lang::name_of(m.kind)},
                   std::string{lang::unit_text(m.unit)}, std::string{lang::stat_words(m)},
                   std::string{m.help}});
  }
  if (s == nullptr) return out;
  std::string tags;
  for (const auto key : lang::builtin_tags()) tags += " " + std::string{key};
  std::map<std::string, bool> own;
  for (const auto& p : s->populations) {
    for (const auto& tag : p.tags) own[tag.first] = true;
  }
  for (const auto& [key, ignored] : own) tags += " " + key;
  out.push_back({"tags:" + tags});
  return out;
}

rows model_rows() {
  rows out{{"MODEL", "SECTOR", "PROPERTIES", "EVENTS", "ACTIONS", "TITLE"}};
  things::catalogue models;
  for (const std::string& name : things::catalogue::names()) {
    const auto model = models.find(name);
    if (!model) continue;
    const auto& m = **model;
    out.push_back({name, m.sector, std::to_string(m.properties.size()), std::to_string(m.events.size()),
                   std::to_string(m.actions.size()), m.title});
  }
  return out;
}

rows thing_rows(const lang::scenario& s) {
  rows out{{"KIND", "COUNT", "OVER", "EVERY", "MODEL", "DRIVER"}};
  for (const auto& p : s.populations) {
    out.push_back({p.full_name, std::to_string(p.count), std::string{name_of(p.over)},
                   p.every == duration{} ? "model" : lang::format_duration(p.every), p.model,
                   p.driver == lang::driver_choice::stock ? "stock" : "native"});
  }
  return out;
}

rows phase_rows(const lang::scenario& s) {
  rows out{{"PHASE", "LENGTH", "THINGS", "STORM"}};
  for (const auto& p : s.phases) {
    out.push_back({p.name, lang::format_duration(p.length),
                   p.from == p.to ? percent(p.to) : percent(p.from) + " to " + percent(p.to),
                   p.storm < 0 ? "" : s.storms[static_cast<std::size_t>(p.storm)].name});
  }
  return out;
}

rows storm_rows(const lang::scenario& s) {
  rows out{{"STORM", "WHO", "SHARE", "DROP", "DARK", "RETURN"}};
  for (const auto& one : s.storms) {
    out.push_back({one.name, one.who.empty() ? "all" : one.who, percent(one.share),
                   one.drop == lang::drop_kind::clean ? "clean" : "abrupt", lang::format_duration(one.dark),
                   lang::format_duration(one.return_within)});
  }
  return out;
}

rows fault_rows(const lang::scenario& s) {
  rows out{{"FAULT", "WHO", "SHARE", "DOES"}};
  for (const auto& one : s.faults)
    out.push_back({one.name, one.who.empty() ? "all" : one.who, percent(one.share), lang::fault_text(one)});
  return out;
}

rows threshold_rows(const lang::scenario& s) {
  rows out{{"THRESHOLD", "LEVEL", "WHERE"}};
  for (const auto& t : s.thresholds) {
    out.push_back(
        {t.text, t.level == lang::threshold_level::must ? "must" : "should", s.sources->where(t.mark)});
  }
  return out;
}

rows place_rows(const lang::scenario& s) {
  rows out{{"PLACE", "COUNT"}};
  for (const auto& p : s.places) out.push_back({p.name, std::to_string(p.count)});
  return out;
}

rows code_rows() {
  rows out{{"CODE", "TITLE"}};
  for (const auto& code : lang::diagnostic_codes())
    out.push_back({std::string{code.code}, std::string{code.title}});
  return out;
}

using of_file = rows (*)(const lang::scenario&);
const std::map<std::string, of_file> file_lists{{"things", thing_rows},         {"phases", phase_rows},
                                                {"storms", storm_rows},         {"faults", fault_rows},
                                                {"thresholds", threshold_rows}, {"places", place_rows}};

constexpr std::array<std::string_view, 3> of_program{"metrics", "models", "codes"};
constexpr std::array<std::string_view, 4> of_suites{"suites", "cases", "clauses", "fields"};

/// Suites, their cases and clauses; packets and their fields.
int list_of_suites(const std::string& what, const std::string& name, const std::string& path, bool uncovered,
                   const global_options& global) {
  if (what == "suites") {
    std::cout << table_text(suite_rows());
    return exit_pass;
  }
  if (what == "fields") {
    const auto fields = field_rows(name);
    if (!fields.empty()) {
      std::cout << table_text(fields);
      return exit_pass;
    }
    const auto packets = conform::mqtt_vocabulary().packets();
    return usage_error("list", "there is no packet '" + name + "'; " + lang::suggestion(name, packets, 16));
  }
  const std::string& suite = path.empty() ? name : path;
  if (suite.empty())
    return usage_error("list", "'" + what + "' are of a suite: wanwu list " + what + " --suite mqtt-5.0");
  const auto of = open_suite(suite, global);
  if (!of) return exit_bad_input;
  std::cout << table_text(what == "cases" ? case_rows(*of) : clause_rows(*of, uncovered));
  if (what == "clauses") std::cout << coverage_text(*of);
  return exit_pass;
}

template <std::size_t N>
bool stands_in(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

int list_command(std::span<const std::string> arguments, const global_options& global) {
  argument_parser app{"list",
                      "Lists names: metrics, models, codes, suites and packets' fields of the program; cases "
                      "and clauses of a suite; "
                      "things, phases, storms, faults, thresholds, places of a scenario."};
  std::string what, file, suite;
  bool uncovered = false;
  app.add_option(
         "WHAT", what,
         "metrics, models, codes, suites, fields, cases, clauses, things, phases, storms, faults, thresholds "
         "or places")
      .required();
  app.add_option("FILE", file, "A scenario, or a suite; with fields: a packet");
  app.add_option("--suite", suite, "A suite: the name of one that ships, a file or a folder")
      .type_name("SUITE");
  app.add_flag("--uncovered", uncovered, "clauses: only testable ones without a case");
  if (const auto code = app.parse(arguments)) return *code;

  std::vector<std::string_view> known{of_program.begin(), of_program.end()};
  known.insert(known.end(), of_suites.begin(), of_suites.end());
  for (const auto& [word, ignored] : file_lists) known.emplace_back(word);
  if (stands_in(of_suites, what)) return list_of_suites(what, file, suite, uncovered, global);
  const auto of = file_lists.find(what);
  if (of == file_lists.end() && !stands_in(of_program, what)) {
    return usage_error("list", "there is no list of '" + what + "'; " + lang::suggestion(what, known, 16));
  }
  if (of != file_lists.end() && file.empty())
    return usage_error("list", "'" + what + "' are of a scenario: wanwu list " + what + " FILE");
  lang::load_result loaded;
  if (!file.empty()) {
    const catalogue_lookup models;
    lang::load_options options;
    options.models = &models;
    loaded = lang::load_file(file, options);
    if (!report(loaded, global)) return exit_bad_input;
    if (!loaded.scenario) return usage_error("list", file + " is not a scenario");
  }
  if (of != file_lists.end())
    std::cout << table_text(of->second(*loaded.scenario));
  else if (what == "metrics")
    std::cout << table_text(metric_rows(loaded.scenario.get()));
  else if (what == "models")
    std::cout << table_text(model_rows());
  else
    std::cout << table_text(code_rows());
  return exit_pass;
}

}  // namespace wanwu::cli
