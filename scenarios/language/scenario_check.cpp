// The checks that need more than one place to judge: models, names in expressions, operations, tags and
// phases.
#include <algorithm>
#include <set>

#include "scenarios/language/readers.hpp"
#include "scenarios/language/template.hpp"

namespace wanwu::lang {
namespace {

class scenario_checker {
 public:
  scenario_checker(scenario& s, const load_options& options, diagnostics& found)
      : s_{s}, options_{options}, found_{found} {}
  void check();

 private:
  std::optional<model_facts> model(population& p);
  void files(population& p);
  void columns(population& p, const model_facts* facts);
  void column(const assignment& a, const name_resolver& names, value_type& type);
  void operations_of(const population& p, const model_facts* facts);
  void gateway(const population& p);
  void storms();
  void thresholds();
  void tags(const threshold& t);
  void report(const expression_error& wrong, const source_mark& at);

  scenario& s_;
  const load_options& options_;
  diagnostics& found_;
};

void scenario_checker::report(const expression_error& wrong, const source_mark& at) {
  const bool name = wrong.message.starts_with("there is no `");
  found_.error(name ? "E121" : "E120", inside(at, wrong.offset, wrong.length), wrong.message, wrong.hint);
}

std::optional<model_facts> scenario_checker::model(population& p) {
  if (p.model.empty()) return std::nullopt;
  std::string reference = p.model;
  if (!p.model.starts_with("builtin/")) {
    const auto path = resolve_inside(s_.folder, p.model, p.model_mark, "E150", "model", found_);
    if (!path) return std::nullopt;
    reference = *path;
  }
  if (options_.models == nullptr) return std::nullopt;
  std::string why;
  auto facts = options_.models->facts(reference, why);
  if (facts) return facts;
  const auto names = options_.models->names();
  const std::vector<std::string_view> known{names.begin(), names.end()};
  if (!why.empty())
    found_.error("E150", p.model_mark, "the model `" + p.model + "` is broken: " + why);
  else
    found_.error("E150", p.model_mark, "there is no model `" + p.model + "`", suggestion(p.model, known, 8));
  return std::nullopt;
}

void scenario_checker::files(population& p) {
  if (!p.script.empty()) {
    if (const auto path = resolve_inside(s_.folder, p.script, p.script_mark, "E001", "script", found_))
      p.script = *path;
  }
  if (p.place.empty()) return;
  std::vector<std::string_view> known;
  for (const place_count& place : s_.places) known.emplace_back(place.name);
  if (std::find(known.begin(), known.end(), p.place) == known.end()) {
    found_.error("E140", p.place_mark,
                 "the place `" + p.place + "` of " + p.full_name + " stands nowhere under `places`",
                 suggestion(p.place, known));
  }
}

void scenario_checker::column(const assignment& a, const name_resolver& names, value_type& type) {
  if (!a.is_expression) return;
  const auto compiled = compile_expression(a.source, names);
  if (compiled)
    type = compiled->type();
  else
    report(compiled.error(), a.source_mark_);
}

void scenario_checker::columns(population& p, const model_facts* facts) {
  // Without the model its properties are not known, and a message about their names would only add noise.
  const bool any_name = facts == nullptr;
  const slot_table start = slots_for(s_, p, facts, nullptr);
  for (assignment& a : p.state) column(a, open_names{start, any_name}, a.type);
  const slot_table names = slots_for(s_, p, facts, nullptr);  // again: the columns' types are known now
  const open_names full{names, any_name};
  for (assignment& a : p.update) {
    column(a, full, a.type);
    std::vector<std::string_view> known;
    for (const assignment& s : p.state) known.emplace_back(s.name);
    if (facts != nullptr) {
      for (const auto& property : facts->properties) known.emplace_back(property.name);
    }
    const bool unknown = std::find(known.begin(), known.end(), a.name) == known.end();
    if (unknown && facts != nullptr) {
      found_.error("E121", a.mark,
                   "`" + a.name + "` is neither a column of `state` nor a property of the model",
                   suggestion(a.name, known));
    }
  }
  if (p.payload_body) {
    if (const auto compiled = compile_body(*p.payload_body, full); !compiled) {
      const bool name = compiled.error().message.starts_with("there is no `");
      found_.error(name ? "E121" : "E120", compiled.error().mark, compiled.error().message,
                   compiled.error().hint);
    }
  }
}

void scenario_checker::operations_of(const population& p, const model_facts* facts) {
  const target_file& target = *s_.target;
  const std::string over{name_of(p.over)};
  const auto point_at_target = [&](diagnostic& d, std::string text) {
    source_mark mark{source_mark::no_file, 1, 1, 1};
    for (const auto& form : target.ops.telemetry) {
      if (form) mark = form->mark;
    }
    d.notes.push_back({std::move(text), mark});
  };
  const auto endpoint_mark = [&] {
    if (target.mqtt) return target.mqtt->mark;
    if (target.coap) return target.coap->mark;
    return target.http ? target.http->mark : source_mark{source_mark::no_file, 1, 1, 1};
  };
  if (s_.target_named && !target.has(p.over)) {
    auto& d = found_.error("E160", p.over_mark,
                           p.full_name + " speaks " + over + ", but the target has no " + over + " endpoint");
    d.notes.push_back({"the target is described here", endpoint_mark()});
    return;
  }
  const auto index = static_cast<std::size_t>(p.over);
  if (!target.ops.telemetry[index]) {
    auto& d =
        found_.error("E160", p.over_mark,
                     "operation telemetry has no " + over + " form, but " + p.full_name + " speaks " + over);
    point_at_target(d, "the target describes telemetry here");
    return;
  }
  if (facts == nullptr) return;
  const slot_table names = slots_for(s_, p, facts, &target);
  check_templates(target, names, p.over, found_);
}

void scenario_checker::gateway(const population& p) {
  if (p.collect.count() > 0 && p.gateway == 0)
    found_.error("E103", p.collect_mark, "`collect` is what a gateway does, and " + p.full_name + " has none",
                 "say how many things share one, as in `gateway: 100`");
  if (p.collect.count() > 0 && p.every.count() > 0 && p.collect > p.every)
    found_.error("E103", p.collect_mark,
                 "`collect` is longer than `every`: a thing would report twice in one beat");
  if (p.gateway == 0 || p.over == protocol::mqtt) return;
  found_.error(
      "E103", p.over_mark,
      "`gateway` shares an MQTT connection, but " + p.full_name + " speaks " + std::string{name_of(p.over)});
}

void scenario_checker::storms() {
  const slot_table names = storm_slots(s_);
  for (const storm& s : s_.storms) {
    if (s.who.empty()) continue;
    const auto compiled = compile_expression(s.who, names, value_type::boolean);
    if (!compiled) report(compiled.error(), s.who_mark);
  }
}

void scenario_checker::tags(const threshold& t) {
  for (const auto& [key, wanted] : t.tags) {
    std::set<std::string> keys, values;
    for (const std::string_view known : builtin_tags()) keys.emplace(known);
    for (std::size_t i = 0; i < s_.populations.size(); ++i) {
      const population& p = s_.populations[i];
      if (key == "conduct") values.emplace(is_troubled(s_, i) ? "troubled" : "orderly");
      if (key == "sector") values.insert(p.sector);
      if (key == "kind") values.insert(p.name);
      if (key == "protocol") values.emplace(name_of(p.over));
      for (const auto& tag : p.tags) {
        keys.insert(tag.first);
        if (tag.first == key) values.insert(tag.second);
      }
    }
    const bool known_key = keys.contains(key);
    if (known_key && values.contains(wanted)) continue;
    const auto& in = known_key ? values : keys;
    const std::string& word = known_key ? wanted : key;
    const std::vector<std::string_view> known{in.begin(), in.end()};
    const std::size_t at = t.text.find(word, t.text.find('{'));
    found_.error("E140", inside(t.mark, at == std::string::npos ? 0 : at, word.size()),
                 known_key ? "no thing has " + key + "=" + wanted : "there is no tag `" + key + "`",
                 suggestion(word, known));
  }
}

void scenario_checker::thresholds() {
  std::vector<std::string_view> phases;
  for (const phase& p : s_.phases) phases.emplace_back(p.name);
  for (const threshold& t : s_.thresholds) {
    tags(t);
    if (t.phase.empty() || std::find(phases.begin(), phases.end(), t.phase) != phases.end()) continue;
    const std::size_t at = t.text.rfind(t.phase);
    found_.error("E140", inside(t.mark, at, t.phase.size()), "there is no phase `" + t.phase + "`",
                 suggestion(t.phase, phases));
  }
}

void scenario_checker::check() {
  for (population& p : s_.populations) {
    const auto facts = model(p);
    const model_facts* known = facts ? &*facts : nullptr;
    files(p);
    columns(p, known);
    gateway(p);
    if (s_.target) operations_of(p, known);
  }
  storms();
  check_faults(s_, found_);
  thresholds();
}

}  // namespace

slot_table slots_for(const scenario& s, const population& p, const model_facts* model,
                     const target_file* target) {
  slot_table out;
  const auto with_thing = [&](const std::string& name, value_type type) {
    const std::uint16_t number = out.add(name, type);
    out.add_alias("thing." + name, number, type);
  };
  if (model != nullptr) {
    for (const auto& property : model->properties) with_thing(property.name, property.type);
  }
  for (const assignment& a : p.state) with_thing(a.name, a.type);
  for (const place_count& place : s.places) with_thing(place.name, value_type::text);
  for (const auto& [key, text] : p.tags) out.add_constant("tags." + key, text);
  if (target != nullptr) {
    for (const auto& [name, text] : target->vars) out.add_constant(name, text);
  }
  return out;
}

slot_table storm_slots(const scenario& s) {
  slot_table out;
  for (const place_count& place : s.places) {
    const std::uint16_t number = out.add(place.name, value_type::text);
    out.add_alias("thing." + place.name, number, value_type::text);
  }
  return out;
}

void check_scenario(scenario& s, const load_options& options, diagnostics& found) {
  scenario_checker{s, options, found}.check();
}

}  // namespace wanwu::lang
