// Commands as things hear them: taken out of a message by the rules of the target file. The message is
// hostile.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocols/drivers/driver.hpp"
#include "scenarios/language/target_file.hpp"

namespace wanwu::sim {

struct heard_command {
  std::string action;
  std::string corr;   ///< "" when the message has none.
  std::string input;  ///< JSON, "" = none.
};

/// All commands a message carries: one, or those of a JSON list (a poll's answer, `[…]` or `{"items": […]}`),
/// at most limits::commands_per_message_max. Messages without an action carry none.
std::vector<heard_command> read_commands(const lang::command_hearing& rules, const heard_message& message);

/// Level `index` of a topic, from 0; "" when it has fewer.
std::string_view topic_level(std::string_view topic, std::size_t index);

/// The value at a path such as "$.id" or "$.a.b" of a JSON document: texts without quotes, all else as JSON.
/// Nothing when there is no such value or the text is no JSON.
std::optional<std::string> json_at(std::string_view document, std::string_view path);

/// The same JSON in one canonical spelling; "" for what is no JSON.
std::string canonical_json(std::string_view document);
/// The document and each of its members that is an object or a list, all in canonical spelling.
std::vector<std::string> json_parts(std::string_view document);

}  // namespace wanwu::sim
