// How every command reads its arguments: one parser set-up, one way to say no.
#pragma once

#include <optional>
#include <span>
#include <string>

namespace CLI {
class App;
}

namespace wanwu::cli {

/// Prepares `app` for a command: name, help text, no abbreviations. Call before adding options.
void prepare(CLI::App& app, const std::string& command_name);

/// Parses `arguments`. Nothing: go on. A number: return it (0 after --help, exit_bad_input after a usage
/// error, which has then been explained on stderr).
std::optional<int> parse(CLI::App& app, std::span<const std::string> arguments);

/// Prints "wanwu NAME: MESSAGE" and where help is to stderr; returns exit_bad_input.
int usage_error(const std::string& command_name, const std::string& message);

}  // namespace wanwu::cli
