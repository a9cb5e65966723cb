// wanwu list: names of one kind, of the program or of a file.
#include <iostream>
#include <map>

#include "scenarios/language/units.hpp"
#include "scenarios/things/catalogue.hpp"
#include "sim/cli/arguments.hpp"
#include "sim/cli/catalogue_lookup.hpp"
#include "sim/cli/input.hpp"
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
const std::map<std::string, of_file> file_lists{{"things", thing_rows},
                                                {"phases", phase_rows},
                                                {"storms", storm_rows},
                                                {"thresholds", threshold_rows},
                                                {"places", place_rows}};

}  // namespace

int list_command(std::span<const std::string> arguments, const global_options& global) {
  argument_parser app{
      "list",
      "Lists names: metrics, models and codes of the program; things, phases, storms, thresholds, places of "
      "a FILE."};
  std::string what, file;
  app.add_option("WHAT", what, "metrics, models, codes, things, phases, storms, thresholds or places")
      .required();
  app.add_option("FILE", file, "A scenario");
  if (const auto code = app.parse(arguments)) return *code;

  std::vector<std::string_view> known{"metrics", "models", "codes"};
  for (const auto& [word, ignored] : file_lists) known.emplace_back(word);
  const auto of = file_lists.find(what);
  if (of == file_lists.end() && what != "metrics" && what != "models" && what != "codes") {
    return usage_error("list", "there is no list of '" + what + "'; " + lang::suggestion(what, known));
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
