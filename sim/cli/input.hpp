// What every command that reads files does with what loading found.
#pragma once

#include <string>
#include <vector>

#include "scenarios/language/load.hpp"
#include "sim/cli/arguments.hpp"
#include "sim/cli/command.hpp"

namespace wanwu::cli {

/// The flags that change a file on the way in: --set, --seed, --scale, --target.
struct input_flags {
  std::vector<std::string> set;
  std::string seed, scale, target;
};
void add_input_flags(argument_parser& app, input_flags& flags);
/// False after an explanation on stderr.
bool to_options(const std::string& command_name, const input_flags& flags, lang::load_options& out);

/// --mqtt-version, which takes the spellings of other MQTT clients too; as written into `into`.
void add_mqtt_version(argument_parser& app, std::string& into);
/// "3.1.1" or "5.0" for any of these spellings, "" for "".
std::string mqtt_version_of(const std::string& spelling);

/// Prints diagnostics for people to stderr; true when loading succeeded.
bool report(const lang::load_result& loaded, const global_options& global);
bool report(const lang::diagnostics& found, const lang::source_set& sources, const global_options& global);

}  // namespace wanwu::cli
