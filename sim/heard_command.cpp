// Reading commands out of topics and JSON.
#include "sim/heard_command.hpp"

#include <nlohmann/json.hpp>

#include "sim/limits.hpp"

namespace wanwu::sim {

namespace {

using nlohmann::json;

constexpr std::size_t path_steps_max = 32;

/// Nothing but plain member steps: "$", "$.a", "$.a.b". Lists on the way are not entered.
const json* walk(const json& document, std::string_view path) {
  if (path.empty() || path.front() != '$') return nullptr;
  path.remove_prefix(1);
  const json* at = &document;
  for (std::size_t steps = 0; !path.empty() && steps < path_steps_max; ++steps) {
    if (path.front() != '.') return nullptr;
    path.remove_prefix(1);
    const std::size_t end = std::min(path.find('.'), path.size());
    if (!at->is_object()) return nullptr;
    const auto found = at->find(std::string{path.substr(0, end)});
    if (found == at->end()) return nullptr;
    at = &*found;
    path.remove_prefix(end);
  }
  return path.empty() ? at : nullptr;
}

std::string text_of(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

struct parts {
  const lang::command_hearing& rules;
  const heard_message& message;
  const json* document;

  std::optional<std::string> take(const lang::extraction& from) const {
    switch (from.source) {
      case lang::extraction::from::none:
        return std::nullopt;
      case lang::extraction::from::topic_level:
        return std::string{topic_level(message.address, from.level)};
      case lang::extraction::from::response_topic:
        return std::string{message.response_topic};
      case lang::extraction::from::correlation_data:
        return std::string{as_text(message.correlation)};
      case lang::extraction::from::payload:
        break;
    }
    const json* found = document == nullptr ? nullptr : walk(*document, from.json_path);
    return found == nullptr ? std::nullopt : std::optional{text_of(*found)};
  }

  std::string input() const {
    if (rules.input.source == lang::extraction::from::none) return std::string{as_text(message.payload)};
    if (rules.input.source != lang::extraction::from::payload) return take(rules.input).value_or("");
    const json* found = document == nullptr ? nullptr : walk(*document, rules.input.json_path);
    if (found == nullptr || found->is_null()) return "";
    return found->dump(-1, ' ', false, json::error_handler_t::replace);
  }

  void append_to(std::vector<heard_command>& out) const {
    auto action = take(rules.action);
    if (!action || action->empty() || out.size() >= limits::commands_per_message_max) return;
    out.push_back({std::move(*action), take(rules.corr).value_or(""), input()});
  }
};

}  // namespace

std::string_view topic_level(std::string_view topic, std::size_t index) {
  for (std::size_t i = 0; i < index; ++i) {
    const std::size_t slash = topic.find('/');
    if (slash == std::string_view::npos) return {};
    topic.remove_prefix(slash + 1);
  }
  return topic.substr(0, topic.find('/'));
}

std::vector<heard_command> read_commands(const lang::command_hearing& rules, const heard_message& message) {
  std::vector<heard_command> out;
  if (message.payload.size() > limits::command_bytes_max) return out;
  const auto text = as_text(message.payload);
  const json document = json::parse(text.begin(), text.end(), nullptr, false);
  const json* root = document.is_discarded() ? nullptr : &document;
  const json* list = root;
  if (root != nullptr && root->is_object()) {
    const auto items = root->find("items");
    if (items != root->end()) list = &*items;
  }
  if (list == nullptr || !list->is_array()) {
    parts{rules, message, root}.append_to(out);
    return out;
  }
  for (const json& element : *list) parts{rules, message, &element}.append_to(out);
  return out;
}

std::optional<std::string> json_at(std::string_view document, std::string_view path) {
  const json parsed = json::parse(document.begin(), document.end(), nullptr, false);
  if (parsed.is_discarded()) return std::nullopt;
  const json* found = walk(parsed, path);
  return found == nullptr ? std::nullopt : std::optional{text_of(*found)};
}

std::string canonical_json(std::string_view document) {
  const json parsed = json::parse(document.begin(), document.end(), nullptr, false);
  return parsed.is_discarded() ? std::string{} : parsed.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::vector<std::string> json_parts(std::string_view document) {
  std::vector<std::string> parts;
  const json parsed = json::parse(document.begin(), document.end(), nullptr, false);
  if (parsed.is_discarded()) return parts;
  parts.push_back(parsed.dump(-1, ' ', false, json::error_handler_t::replace));
  if (!parsed.is_object()) return parts;
  for (const json& member : parsed) {
    if (member.is_structured()) parts.push_back(member.dump(-1, ' ', false, json::error_handler_t::replace));
  }
  return parts;
}

}  // namespace wanwu::sim
