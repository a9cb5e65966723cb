// From the text of a `.tm.jsonld` file to a thing_model: W3C TM 1.1 plus the `sim:` vocabulary of README.md.
#include <algorithm>
#include <array>
#include <cmath>

#include "scenarios/things/catalogue.hpp"
#include "scenarios/things/dynamics_reader.hpp"

namespace wanwu::things {

namespace {

using json = json_value::type;

constexpr std::array<std::string_view, 10> sectors{"city",      "industry", "agriculture", "military",
                                                   "education", "health",   "aerospace",   "energy",
                                                   "logistics", "other"};
constexpr std::size_t properties_max = 128, actions_max = 64, events_max = 32, fields_max = 32;

/// `sim:` keys that mean something, by the object they stand in; anything else with the prefix is an error.
constexpr std::array<std::string_view, 3> model_words{"sim:sector", "sim:every", "sim:note"};
constexpr std::array<std::string_view, 4> property_words{"sim:dynamics", "sim:telemetry", "sim:prefix",
                                                         "sim:resolution"};
constexpr std::array<std::string_view, 2> action_words{"sim:effect", "sim:reject"};
constexpr std::array<std::string_view, 2> event_words{"sim:trigger", "sim:from"};

class reader {
 public:
  explicit reader(std::string_view file) { errors_.file = file; }

  tl::expected<thing_model, model_errors> read(std::string_view text) {
    const auto root = parse_json(text);
    if (!root) {
      errors_.add(root.error().at, "not JSON: " + root.error().message);
      return tl::unexpected(std::move(errors_.found));
    }
    model_.text = text;
    model_.file = errors_.file;
    model_.name = name_of_file(errors_.file);
    read_head(*root);
    if (errors_.found.empty()) {
      read_schemas(*root);
      read_all_dynamics(*root);
      read_actions(*root);
      read_events(*root);
    }
    if (!errors_.found.empty()) return tl::unexpected(std::move(errors_.found));
    return std::move(model_);
  }

 private:
  static std::string name_of_file(std::string_view file) {
    file.remove_prefix(std::min(file.rfind('/') + 1, file.size()));
    return std::string(file.substr(0, file.find('.')));
  }

  template <std::size_t N>
  void check_words(const json_value& object, const std::array<std::string_view, N>& known) {
    for (const auto& member : object.members) {
      if (!member.key.starts_with("sim:") || std::find(known.begin(), known.end(), member.key) != known.end())
        continue;
      std::string hint = "known here:";
      for (const auto word : known) (hint += ' ') += word;
      errors_.add(member.at, "unknown key `" + member.key + "`", hint);
    }
  }

  static std::string text_at(const json_value& object, std::string_view key) {
    const auto* found = object.find(key);
    return found == nullptr ? std::string{} : found->text;
  }

  void read_head(const json_value& root) {
    if (!root.is(json::object)) return errors_.add(root.at, "a Thing Model is a JSON object");
    const auto* type = root.find("@type");
    const auto is_model = [](const json_value& v) { return v.text == "tm:ThingModel"; };
    if (type == nullptr ||
        !(is_model(*type) || std::any_of(type->items.begin(), type->items.end(), is_model))) {
      errors_.add(type == nullptr ? root.at : type->at, "not a Thing Model",
                  "`\"@type\": \"tm:ThingModel\"` must be there");
    }
    check_words(root, model_words);
    model_.title = text_at(root, "title");
    if (model_.title.empty()) model_.title = model_.name;
    model_.description = text_at(root, "description");
    if (const auto* sector = root.find("sim:sector"); sector != nullptr) {
      model_.sector = sector->text;
      if (std::find(sectors.begin(), sectors.end(), model_.sector) == sectors.end()) {
        std::string hint = "one of:";
        for (const auto one : sectors) (hint += ' ') += one;
        errors_.add(sector->at, "`" + model_.sector + "` is no sector", hint);
      }
    }
    if (const auto* every = root.find("sim:every"); every != nullptr) {
      const auto period = parse_quantity(every->text, dimension::time);
      if (!period || *period < 0.001)
        errors_.add(every->at, "`sim:every` is not valid", std::string(units_of(dimension::time)));
      model_.period_s = period.value_or(60);
    }
  }

  /// Members of an object member of the root that are objects themselves; anything else is an error.
  std::vector<const json_member*> objects_of(const json_value& root, std::string_view key, std::size_t most) {
    std::vector<const json_member*> found;
    const auto* group = root.find(key);
    if (group == nullptr) return found;
    if (!group->is(json::object)) {
      errors_.add(group->at, "`" + std::string(key) + "` must be an object");
      return found;
    }
    for (const auto& member : group->members) {
      if (!member.value.is(json::object)) {
        errors_.add(member.value.at, "`" + member.key + "` must be an object");
      } else if (member.value.find("tm:ref") != nullptr) {
        errors_.add(member.value.at, "`tm:ref` is not followed", "write the definition out");
      } else if (found.size() == most) {
        errors_.add(member.at, "more than " + std::to_string(most) + " " + std::string(key));
        break;
      } else {
        found.push_back(&member);
      }
    }
    return found;
  }

  /// What a data schema says, for properties, inputs and data alike. False for types that are not simulated.
  template <class Target>
  bool read_schema(const json_value& schema, Target& out) {
    auto type = text_at(schema, "type");
    const auto* values = schema.find("enum");
    if (type.empty() && values != nullptr) type = "string";
    constexpr std::array names{value_type::number, value_type::integer, value_type::boolean,
                               value_type::string};
    const auto known =
        std::find_if(names.begin(), names.end(), [&](value_type t) { return name_of(t) == type; });
    if (known == names.end()) return false;
    out.type = *known;
    out.unit = text_at(schema, "unit");
    if (const auto* low = schema.find("minimum"); low != nullptr) out.minimum = low->number;
    if (const auto* high = schema.find("maximum"); high != nullptr) out.maximum = high->number;
    if (out.minimum > out.maximum) errors_.add(schema.at, "`minimum` is over `maximum`");
    if (values != nullptr && out.type == value_type::string) {
      for (const auto& value : values->items) out.enumeration.push_back(value.text);
      if (out.enumeration.empty()) errors_.add(values->at, "`enum` is empty");
    }
    return true;
  }

  void read_schemas(const json_value& root) {
    for (const auto* member : objects_of(root, "properties", properties_max)) {
      property p;
      p.name = member->key;
      if (!read_schema(member->value, p)) continue;  // objects and arrays are described, not simulated
      check_words(member->value, property_words);
      p.title = text_at(member->value, "title");
      if (const auto* flag = member->value.find("readOnly"); flag != nullptr) p.read_only = flag->boolean;
      if (const auto* flag = member->value.find("sim:telemetry"); flag != nullptr)
        p.telemetry = flag->boolean;
      p.text_prefix = text_at(member->value, "sim:prefix");
      p.resolution = resolution_of(member->value, p);
      model_.properties.push_back(std::move(p));
      schemas_.push_back(&member->value);
    }
  }

  double resolution_of(const json_value& schema, const property& p) {
    if (p.type != value_type::number) return p.type == value_type::integer ? 1 : 0;
    const auto* step = schema.find("multipleOf");
    if (step == nullptr) step = schema.find("sim:resolution");
    if (step == nullptr) return 0;
    if (step->number < 1e-9) errors_.add(step->at, "the resolution must be above 0");
    return step->number;
  }

  void read_all_dynamics(const json_value&) {
    for (std::size_t i = 0; i < model_.properties.size(); ++i) {
      auto& p = model_.properties[i];
      const auto* written = schemas_[i]->find("sim:dynamics");
      if (written == nullptr) written = schemas_[i]->find("const");
      const bool scalar_text = written != nullptr && written->is(json::string) &&
                               p.type == value_type::string && p.enumeration.empty();
      if (scalar_text) {  // a constant text: the prefix alone
        p.enumeration = {written->text};
        p.dynamics = {.kind = dynamics_kind::constant, .parameters = {0}};
      } else {
        p.dynamics = written == nullptr ? default_dynamics(p) : read_dynamics(*written, model_, p, errors_);
      }
    }
  }

  std::vector<field> read_fields(const json_value* schema) {
    std::vector<field> fields;
    if (schema == nullptr || !schema->is(json::object)) return fields;
    if (field whole; read_schema(*schema, whole)) {
      whole.required = true;
      whole.from_property = text_at(*schema, "sim:from");
      return {std::move(whole)};
    }
    const auto* required = schema->find("required");
    for (const auto* member : objects_of(*schema, "properties", fields_max)) {
      field f;
      f.name = member->key;
      if (!read_schema(member->value, f)) continue;
      f.from_property = text_at(member->value, "sim:from");
      if (!f.from_property.empty() && model_.find_property(f.from_property) == nullptr) {
        errors_.add(member->value.at, "the model has no property `" + f.from_property + "`");
      }
      for (const auto& name : required == nullptr ? std::vector<json_value>{} : required->items) {
        if (name.text == f.name) f.required = true;
      }
      fields.push_back(std::move(f));
    }
    return fields;
  }

  void read_actions(const json_value& root) {
    for (const auto* member : objects_of(root, "actions", actions_max)) {
      check_words(member->value, action_words);
      action a;
      a.name = member->key;
      a.title = text_at(member->value, "title");
      a.input = read_fields(member->value.find("input"));
      if (const auto* effects = member->value.find("sim:effect"); effects != nullptr) {
        if (!effects->is(json::array)) read_effect(*effects, a);
        for (const auto& one : effects->items) read_effect(one, a);
      }
      if (const auto* reject = member->value.find("sim:reject"); reject != nullptr) {
        const auto* share = reject->find("share");
        a.reject_share = share == nullptr ? 0 : share->number;
        a.reject_reason = text_at(*reject, "reason");
        if (a.reject_share < 0 || a.reject_share > 1)
          errors_.add(reject->at, "`share` must lie between 0 and 1");
      }
      model_.actions.push_back(std::move(a));
    }
  }

  std::optional<std::size_t> property_at(const json_value& object) {
    const auto* name = object.find("property");
    for (std::size_t i = 0; name != nullptr && i < model_.properties.size(); ++i) {
      if (model_.properties[i].name == name->text) return i;
    }
    errors_.add(name == nullptr ? object.at : name->at, "`property` must name a property of this model");
    return std::nullopt;
  }

  void read_effect(const json_value& written, action& a) {
    const auto which = property_at(written);
    if (!which) return;
    effect made{.property = *which};
    if (model_.properties[*which].dynamics.kind != dynamics_kind::setpoint) {
      errors_.add(written.at, "`" + model_.properties[*which].name + "` cannot be set",
                  "its `sim:dynamics` must be a `setpoint`");
    }
    if (const auto* from = written.find("from"); from != nullptr) {
      made.scalar_input = a.input.size() == 1 && a.input[0].name.empty();
      made.from_input = from->text;
      const auto named = [&](const field& f) { return f.name == from->text; };
      if (!made.scalar_input && std::none_of(a.input.begin(), a.input.end(), named)) {
        errors_.add(from->at, "the action's input has no field `" + from->text + "`");
      }
    } else if (const auto* value = written.find("value"); value != nullptr) {
      const auto number = number_of(model_.properties[*which], *value);
      if (!number) errors_.add(value->at, "no value of `" + model_.properties[*which].name + "`");
      made.value = number.value_or(0);
    } else {
      errors_.add(written.at, "an effect needs `from` or `value`");
    }
    if (const auto* scale = written.find("scale"); scale != nullptr) made.scale = scale->number;
    a.effects.push_back(std::move(made));
  }

  static std::optional<double> number_of(const property& p, const json_value& written) {
    if (written.is(json::number)) return written.number;
    if (written.is(json::boolean)) return written.boolean ? 1.0 : 0.0;
    if (written.is(json::string)) return state_number(p, written.text);
    return std::nullopt;
  }

  void read_events(const json_value& root) {
    for (const auto* member : objects_of(root, "events", events_max)) {
      check_words(member->value, event_words);
      event e;
      e.name = member->key;
      e.title = text_at(member->value, "title");
      e.data = read_fields(member->value.find("data"));
      if (const auto* written = member->value.find("sim:trigger"); written != nullptr)
        e.when = read_trigger(*written);
      model_.events.push_back(std::move(e));
    }
  }

  trigger read_trigger(const json_value& written) {
    if (const auto* rate = written.find("poisson"); rate != nullptr) {
      const auto per_second = parse_quantity(rate->text, dimension::rate);
      if (!per_second || *per_second < 0)
        errors_.add(rate->at, "`poisson` is not valid", std::string(units_of(dimension::rate)));
      return {.kind = trigger_kind::poisson, .rate_per_s = per_second.value_or(0)};
    }
    const auto which = property_at(written);
    if (!which) return {};
    const auto& target = model_.properties[*which];
    constexpr std::array<std::pair<std::string_view, trigger_kind>, 3> words{
        {{"above", trigger_kind::above}, {"below", trigger_kind::below}, {"equals", trigger_kind::equals}}};
    for (const auto& [word, kind] : words) {
      const auto* limit = written.find(word);
      if (limit == nullptr) continue;
      const auto number = number_of(target, *limit);
      if (!number) errors_.add(limit->at, "no value of `" + target.name + "`");
      return {.kind = kind, .property = *which, .limit = number.value_or(0)};
    }
    errors_.add(written.at, "a trigger needs `poisson`, `above`, `below` or `equals`");
    return {};
  }

  thing_model model_;
  error_list errors_;
  std::vector<const json_value*> schemas_;  ///< Beside model_.properties.
};

}  // namespace

tl::expected<thing_model, model_errors> read_thing_model(std::string_view text, std::string_view file) {
  return reader{file}.read(text);
}

}  // namespace wanwu::things
