// Commands come from the target: the input is parsed with bounds, and every field is held against its schema.
#include "sim/actuator.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include <nlohmann/json.hpp>

namespace wanwu::sim {

namespace {

using nlohmann::json;
using things::value_type;

constexpr int depth_max = 16;

/// Parses at most depth_max levels; nothing when it is not JSON.
std::optional<json> parse(bytes_view input) {
  const auto text = as_text(input);
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return json(nullptr);
  bool deep = false;
  auto parsed = json::parse(
      text,
      [&deep](int depth, json::parse_event_t, json&) {
        deep = deep || depth > depth_max;
        return !deep;
      },
      false);
  if (parsed.is_discarded() || deep) return std::nullopt;
  return parsed;
}

/// "" when `value` fits the field, else why not.
std::string misfit(const things::field& field, const json& value) {
  const auto name = field.name.empty() ? std::string("input") : "`" + field.name + "`";
  switch (field.type) {
    case value_type::boolean:
      return value.is_boolean() ? "" : name + " must be true or false";
    case value_type::string: {
      if (!value.is_string()) return name + " must be a text";
      const auto& text = value.get_ref<const std::string&>();
      const auto& allowed = field.enumeration;
      if (!allowed.empty() && std::find(allowed.begin(), allowed.end(), text) == allowed.end())
        return name + " has no such value";
      return "";
    }
    case value_type::integer:
    case value_type::number:
      break;
  }
  if (!value.is_number()) return name + " must be a number";
  const auto number = value.get<double>();
  if (field.type == value_type::integer && number != std::floor(number))
    return name + " must be a whole number";
  return number < field.minimum || number > field.maximum ? name + " is out of range" : "";
}

std::string check(const things::action& action, const json& input) {
  if (action.input.size() == 1 && action.input[0].name.empty()) return misfit(action.input[0], input);
  if (action.input.empty()) return "";
  if (!input.is_object() && !input.is_null()) return "the input must be an object";
  for (const auto& field : action.input) {
    const auto found = input.is_object() ? input.find(field.name) : input.end();
    if (!input.is_object() || found == input.end()) {
      if (field.required) return "`" + field.name + "` is missing";
    } else if (auto why = misfit(field, *found); !why.empty()) {
      return why;
    }
  }
  return "";
}

std::optional<double> number_in(const json& value, const things::property& target) {
  if (value.is_boolean()) return value.get<bool>() ? 1.0 : 0.0;
  if (value.is_number()) return value.get<double>();
  if (!value.is_string()) return std::nullopt;
  const auto& states = target.enumeration;
  const auto at = std::find(states.begin(), states.end(), value.get_ref<const std::string&>());
  if (at == states.end()) return std::nullopt;
  return static_cast<double>(at - states.begin());
}

std::optional<double> wanted(const things::effect& effect, const things::property& target,
                             const json& input) {
  if (effect.scalar_input || !effect.from_input.empty()) {
    if (effect.scalar_input) {
      if (const auto n = number_in(input, target)) return *n * effect.scale;
      return std::nullopt;
    }
    if (!input.is_object()) return std::nullopt;
    const auto found = input.find(effect.from_input);
    if (found == input.end()) return std::nullopt;
    if (const auto n = number_in(*found, target)) return *n * effect.scale;
    return std::nullopt;
  }
  return effect.value;
}

}  // namespace

command_answer act(const things::thing_model& model, const dynamics& behaviour, const world_frame& world,
                   subject who, std::int64_t at_ms, std::string_view name, bytes_view input,
                   std::span<const actuation> commands, std::span<const double> columns) {
  const auto* action = model.find_action(name);
  if (action == nullptr) return {.reason = "no such action"};
  if (input.size() > command_input_bytes_max) return {.reason = "the input is too large"};
  const auto parsed = parse(input);
  if (!parsed) return {.reason = "the input is not JSON"};
  if (auto why = check(*action, *parsed); !why.empty()) return {.reason = std::move(why)};
  const random_stream draws{world.seed, number_of(who.thing), stream_of("reject/" + action->name)};
  if (draws.chance(static_cast<std::uint64_t>(at_ms), action->reject_share)) {
    return {.reason = action->reject_reason.empty() ? "refused" : action->reject_reason};
  }
  command_answer answer{.accepted = true};
  for (const auto& effect : action->effects) {
    const auto to = wanted(effect, model.properties[effect.property], *parsed);
    if (!to) continue;
    const double from = behaviour.value(who, effect.property, at_ms, commands, columns);
    answer.actuations.push_back({.at_ms = at_ms,
                                 .from = static_cast<float>(is_absent(from) ? *to : from),
                                 .to = static_cast<float>(*to),
                                 .property = static_cast<std::uint16_t>(effect.property)});
  }
  return answer;
}

}  // namespace wanwu::sim
