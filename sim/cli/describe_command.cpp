// wanwu describe: one name in full.
#include <algorithm>
#include <iostream>

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

std::string number(double v) {
  return lang::quantity_text(v, lang::limit_unit::number);
}

std::string range_of(const things::property& p) {
  if (!p.enumeration.empty()) {
    std::string out;
    for (const std::string& word : p.enumeration) out += (out.empty() ? "" : " | ") + word;
    return out;
  }
  const bool low = p.minimum > -1e300, high = p.maximum < 1e300;
  if (!low && !high) return "";
  return (low ? number(p.minimum) : "") + ".." + (high ? number(p.maximum) : "") +
         (p.unit.empty() ? "" : " " + p.unit);
}

int describe_model(const things::thing_model& m) {
  std::cout << "builtin/" << m.name << "  " << m.title << "\n";
  if (!m.description.empty()) std::cout << m.description << "\n";
  std::cout << "sector " << m.sector << ", reports every "
            << lang::format_duration(duration{static_cast<std::int64_t>(m.period_s * 1e9)})
            << "\n\nproperties\n";
  rows table;
  for (const auto& p : m.properties)
    table.push_back({"  " + p.name, std::string{name_of(p.type)}, range_of(p), p.title});
  std::cout << table_text(table);
  if (!m.events.empty()) std::cout << "\nevents\n";
  for (const auto& e : m.events)
    std::cout << "  " << e.name << (e.title.empty() ? "" : "  " + e.title) << "\n";
  if (!m.actions.empty()) std::cout << "\nactions\n";
  for (const auto& a : m.actions) {
    std::cout << "  " << a.name << "(";
    for (std::size_t i = 0; i < a.input.size(); ++i) std::cout << (i == 0 ? "" : ", ") << a.input[i].name;
    std::cout << ")" << (a.title.empty() ? "" : "  " + a.title) << "\n";
  }
  return exit_pass;
}

int describe_metric(const lang::metric& m) {
  std::cout << m.name << "  " << m.help << "\n"
            << table_text({{"  kind", std::string{lang::name_of(m.kind)}},
                           {"  unit", std::string{lang::unit_text(m.unit)}},
                           {"  stats", std::string{lang::stat_words(m)}},
                           {"  ratio of", std::string{m.ratio_of}},
                           {"  tags", m.tagged ? "sector kind protocol conduct, and the scenario's own"
                                               : "none: one number for the whole run"}});
  return exit_pass;
}

int describe_population(const lang::population& p, const lang::scenario& s) {
  rows table{{"  count", std::to_string(p.count)},
             {"  model", p.model},
             {"  over", std::string{name_of(p.over)} +
                            (p.driver == lang::driver_choice::stock ? ", stock driver" : "")},
             {"  every", p.every == duration{} ? "as the model says" : lang::format_duration(p.every)},
             {"  where", s.sources->where(p.mark)}};
  if (!p.place.empty()) table.push_back({"  place", p.place});
  if (p.gateway != 0)
    table.push_back({"  gateway", std::to_string(p.gateway) + " things share a connection"});
  if (!p.script.empty()) table.push_back({"  script", p.script});
  for (const auto& a : p.state) table.push_back({"  state", a.name + " = " + a.written.text});
  for (const auto& a : p.update) table.push_back({"  update", a.name + " = " + a.written.text});
  for (const auto& [key, text] : p.tags) table.push_back({"  tag", key + " = " + text});
  std::cout << p.full_name << "\n" << table_text(table);
  return exit_pass;
}

int describe_in_file(const std::string& name, const lang::scenario& s) {
  for (const auto& p : s.populations) {
    if (name == p.name || name == p.full_name) return describe_population(p, s);
  }
  for (const auto& p : s.phases) {
    if (name != p.name) continue;
    std::cout << p.name << "  " << (p.kind == lang::phase_kind::ramp ? "ramp" : "hold") << " of "
              << lang::format_duration(p.length) << ", things "
              << lang::quantity_text(p.from, lang::limit_unit::share) << " to "
              << lang::quantity_text(p.to, lang::limit_unit::share) << "\n";
    for (const auto& [index, factor] : p.load)
      std::cout << "  load  " << s.populations[index].full_name << " x " << number(factor) << "\n";
    if (p.storm >= 0) std::cout << "  storm " << s.storms[static_cast<std::size_t>(p.storm)].name << "\n";
    for (const std::size_t fault : p.faults) std::cout << "  fault " << s.faults[fault].name << "\n";
    return exit_pass;
  }
  for (const auto& one : s.storms) {
    if (name != one.name) continue;
    std::cout << table_text({{one.name, "a storm"},
                             {"  who", one.who.empty() ? "all things" : one.who},
                             {"  share", lang::quantity_text(one.share, lang::limit_unit::share)},
                             {"  dark", lang::format_duration(one.dark)},
                             {"  return", "within " + lang::format_duration(one.return_within)}});
    return exit_pass;
  }
  for (const auto& one : s.faults) {
    if (name != one.name) continue;
    std::cout << table_text({{one.name, "a fault"},
                             {"  who", one.who.empty() ? "all things" : one.who},
                             {"  share", lang::quantity_text(one.share, lang::limit_unit::share)},
                             {"  does", lang::fault_text(one)}});
    return exit_pass;
  }
  return -1;
}

}  // namespace

int describe_command(std::span<const std::string> arguments, const global_options& global) {
  argument_parser app{
      "describe",
      "Describes one name in full: a metric, a model, a code; a kind, phase, storm or fault of a "
      "scenario; a case or clause "
      "of a suite."};
  std::string name, file, suite;
  app.add_option("NAME", name, "telemetry.latency, builtin/meter, E101, energy.meter, …").required();
  app.add_option("FILE", file, "A scenario");
  app.add_option("--suite", suite, "A suite: the name of one that ships, a file or a folder")
      .type_name("SUITE");
  if (const auto code = app.parse(arguments)) return *code;

  if (!suite.empty()) {
    const auto of = open_suite(suite, global);
    if (!of) return exit_bad_input;
    if (describe_in_suite(name, *of)) return exit_pass;
    std::vector<std::string_view> cases;
    for (const auto& c : of->cases) cases.push_back(c.id);
    const auto near = lang::did_you_mean(name, cases);
    return usage_error("describe", "the suite has no case or clause '" + name + "'" +
                                       (near.empty() ? "" : "; did you mean '" + std::string{near} + "'?"));
  }
  const catalogue_lookup lookup;
  if (!file.empty()) {
    lang::load_options options;
    options.models = &lookup;
    const lang::load_result loaded = lang::load_file(file, options);
    if (!report(loaded, global)) return exit_bad_input;
    if (!loaded.scenario) return usage_error("describe", file + " is not a scenario");
    if (const int code = describe_in_file(name, *loaded.scenario); code >= 0) return code;
  }
  if (const auto* metric = lang::find_metric(name)) return describe_metric(*metric);
  if (const auto* code = lang::find_code(name)) {
    std::cout << code->code << ": " << code->title << "\n\n" << code->text << "\n";
    return exit_pass;
  }
  things::catalogue models;
  const std::string reference = name.starts_with("builtin/") ? name : "builtin/" + name;
  const auto names = lookup.names();
  if (std::find(names.begin(), names.end(), reference) != names.end()) {
    if (const auto model = models.find(reference)) return describe_model(**model);
  }
  std::vector<std::string_view> known{names.begin(), names.end()};
  for (const auto& m : lang::metrics()) known.push_back(m.name);
  const auto near = lang::did_you_mean(name, known);
  return usage_error("describe", "there is no '" + name + "'" +
                                     (near.empty() ? "" : "; did you mean '" + std::string{near} + "'?"));
}

}  // namespace wanwu::cli
