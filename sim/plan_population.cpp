// Models, templates, columns and scripts of one population.
#include "sim/plan_population.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>

#include "sim/model_facts.hpp"

namespace wanwu::sim {

namespace {

std::uint16_t slot_of(const lang::slot_table& names, std::string_view name) {
  lang::resolved_name meaning;
  return names.resolve(name, meaning) && !meaning.constant ? meaning.slot : std::uint16_t{0};
}

/// Compiles for one population and keeps the problems; every step goes on so that all are found.
class compiler {
 public:
  compiler(const lang::scenario& world, const lang::population& source, const lang::target_file& target,
           world_plan& plan, planned_population& made, std::vector<plan_problem>& problems)
      : world_{world}, source_{source}, target_{target}, plan_{plan}, made_{made}, problems_{problems} {}

  void run() {
    made_.source = &source_;
    made_.kind = source_.name;
    made_.sector = source_.sector;
    if (!find_model()) return;
    const lang::model_facts facts = facts_of(*made_.model);
    made_.names =
        std::make_shared<const lang::slot_table>(lang::slots_for(world_, source_, &facts, &target_));
    for (const auto& property : made_.model->properties) {
      made_.property_slots.push_back(slot_of(*made_.names, property.name));
    }
    find_places();
    add_columns();
    compile_behaviour();
    compile_payload();
    compile_forms();
    load_script();
    made_.period = source_.every.count() > 0
                       ? source_.every
                       : duration{static_cast<std::int64_t>(made_.model->period_s * 1e9 / plan_.speed)};
    made_.jitter = std::min(source_.jitter, 0.499);
  }

 private:
  void problem(std::string text, const lang::source_mark& mark, std::string hint = {}) {
    problems_.push_back({std::move(text), std::move(hint), mark});
  }

  template <class T>
  bool accept(tl::expected<T, lang::template_error>& compiled, std::optional<T>& into) {
    if (!compiled) {
      problem(compiled.error().message, compiled.error().mark, compiled.error().hint);
      return false;
    }
    into = std::move(*compiled);
    return true;
  }

  bool find_model() {
    auto found = plan_.models->find(source_.model);
    if (found) {
      made_.model = *found;
      return true;
    }
    for (const things::model_error& e : found.error()) {
      std::string where = e.file.empty() ? std::string{} : e.file + ":" + std::to_string(e.line) + ": ";
      problem(where + e.message, source_.model_mark, e.hint);
    }
    return false;
  }

  void find_places() {
    if (source_.place.empty()) return;
    for (const lang::place_count& place : world_.places) {
      if (place.name == source_.place) {
        made_.places.push_back(
            {place.name, std::max<std::uint64_t>(place.count, 1), slot_of(*made_.names, place.name)});
      }
    }
  }

  planned_column& column(const std::string& name) {
    const auto known = std::find_if(made_.columns.begin(), made_.columns.end(),
                                    [&](const planned_column& c) { return c.name == name; });
    if (known != made_.columns.end()) return *known;
    planned_column fresh;
    fresh.name = name;
    fresh.slot = slot_of(*made_.names, name);
    if (const auto* property = made_.model->find_property(name);
        property != nullptr && std::isfinite(property->minimum)) {
      fresh.constant = property->minimum;
    }
    return made_.columns.emplace_back(std::move(fresh));
  }

  std::optional<lang::expression> compile(const lang::assignment& from) {
    auto compiled = lang::compile_expression(from.source, *made_.names);
    if (compiled) return std::move(*compiled);
    problem(compiled.error().message, from.source_mark_, compiled.error().hint);
    return std::nullopt;
  }

  static column_type column_type_of(lang::value_type type) {
    if (type == lang::value_type::boolean) return column_type::boolean;
    return type == lang::value_type::text ? column_type::text : column_type::number;
  }

  void add_columns() {
    for (const lang::assignment& state : source_.state) {
      planned_column& c = column(state.name);
      if (state.is_expression) {
        c.start = compile(state);
        if (c.start) c.type = column_type_of(c.start->type());
        continue;
      }
      const lang::node& written = state.written;
      c.constant = written.kind == lang::node_kind::boolean ? (written.boolean ? 1 : 0) : written.number;
      c.constant_text = written.text;
      c.type = written.kind == lang::node_kind::boolean   ? column_type::boolean
               : written.kind == lang::node_kind::integer ? column_type::integer
               : written.kind == lang::node_kind::text    ? column_type::text
                                                          : column_type::number;
    }
    for (const lang::assignment& update : source_.update) {
      planned_column& c = column(update.name);
      c.update = compile(update);
      // A whole number at the start may become a fraction.
      if (c.update && c.type == column_type::integer) c.type = column_type::number;
      if (c.update && c.type == column_type::number) c.type = column_type_of(c.update->type());
    }
  }

  void compile_behaviour() {
    std::vector<std::string> names;
    for (const planned_column& c : made_.columns) names.push_back(c.name);
    auto compiled = dynamics::compile(*made_.model, plan_.frame, names);
    if (!compiled) return problem(compiled.error(), source_.model_mark);
    made_.behaviour = std::make_shared<const dynamics>(std::move(*compiled));
  }

  void compile_payload() {
    made_.description.emplace(*made_.model, "");
    if (source_.payload == lang::payload_kind::body && source_.payload_body) {
      auto body = lang::compile_body(*source_.payload_body, *made_.names);
      if (!accept(body, made_.payload_body)) return;
      made_.payload_needs = needs_of(*made_.payload_body, made_.names->size());
      return;
    }
    const auto format = source_.payload == lang::payload_kind::senml_cbor   ? payload_format::senml_cbor
                        : source_.payload == lang::payload_kind::senml_json ? payload_format::senml_json
                                                                            : payload_format::json;
    made_.payload.emplace(*made_.model, format);
  }

  std::string payload_content() const {
    if (!source_.payload_content.empty()) return source_.payload_content;
    return made_.payload ? std::string{content_type_of(made_.payload->format())} : "application/json";
  }

  void compile_form(const lang::per_protocol<lang::message_form>& forms, operation op,
                    std::optional<compiled_message>& into) {
    const auto& form = forms[static_cast<std::size_t>(source_.over)];
    if (!form) return;
    lang::message_form with_content = *form;
    if (with_content.payload.content.empty() &&
        with_content.payload.what == lang::payload_source::kind::own) {
      with_content.payload.content = payload_content();
    } else if (with_content.payload.content.empty() &&
               with_content.payload.what == lang::payload_source::kind::body) {
      with_content.payload.content = "application/json";
    }
    auto compiled = compile_message(with_content, op, made_.index, plan_.mqtt_version, *made_.names);
    accept(compiled, into);
  }

  void compile_forms() {
    const lang::operations& ops = target_.ops;
    compile_form(ops.telemetry, operation::telemetry, made_.telemetry);
    if (!made_.telemetry) {
      plan_.notes.push_back("the target has no telemetry over " + std::string{name_of(source_.over)} + ": " +
                            source_.full_name + " only connects");
    }
    if (!made_.model->events.empty() || !source_.script.empty())
      compile_form(ops.event, operation::event, made_.event);
    compile_form(ops.register_, operation::register_, made_.register_);
    compile_form(ops.read, operation::read, made_.read);
    if (made_.read) made_.read->shape.wants_answer = true;
    // What can do nothing when told to does not listen: a million probes would each keep a subscription.
    const bool acts = !made_.model->actions.empty() || !source_.script.empty();
    if (const auto& hearing = ops.hearing[static_cast<std::size_t>(source_.over)]; hearing && acts) {
      auto compiled = compile_hearing(*hearing, made_.index, plan_.mqtt_version, *made_.names);
      accept(compiled, made_.hearing);
    }
    if (source_.over == protocol::mqtt && target_.mqtt) {
      compile_login(target_.mqtt->client_id, made_.client_id);
      compile_login(target_.mqtt->user, made_.user);
    }
  }

  void compile_login(const lang::template_source& from, lang::text_template& into) {
    if (from.empty()) return;
    auto compiled = lang::compile_text(from.text, from.mark, lang::place::plain, *made_.names);
    if (compiled) {
      into = std::move(*compiled);
    } else {
      problem(compiled.error().message, compiled.error().mark, compiled.error().hint);
    }
  }

  void load_script() {
    if (source_.script.empty()) return;
    std::ifstream file{source_.script, std::ios::binary};
    std::string text(script_file_bytes_max + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (text.size() > script_file_bytes_max)
      return problem("the script is larger than 1 MB", source_.script_mark);
    if (text.empty()) return problem("the script is empty or cannot be read", source_.script_mark);
    std::vector<script_column> columns;
    for (const planned_column& c : made_.columns) columns.push_back({c.name, c.type, true});
    if (auto loaded = script::load(text, source_.script, columns, plan_.seed); !loaded) {
      const script_error& e = loaded.error();
      return problem(e.file + ":" + std::to_string(e.line) + ": " + e.message, source_.script_mark);
    }
    made_.script_text = std::move(text);
    made_.script_file = source_.script;
  }

  const lang::scenario& world_;
  const lang::population& source_;
  const lang::target_file& target_;
  world_plan& plan_;
  planned_population& made_;
  std::vector<plan_problem>& problems_;
};

}  // namespace

void compile_population(const lang::scenario& world, const lang::population& source,
                        const lang::target_file& target, world_plan& plan, planned_population& made,
                        std::vector<plan_problem>& problems) {
  compiler{world, source, target, plan, made, problems}.run();
}

}  // namespace wanwu::sim
