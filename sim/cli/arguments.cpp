// Reading the arguments of a command with CLI11.
#include "sim/cli/arguments.hpp"

#include <algorithm>
#include <iostream>
#include <vector>

#include <CLI/CLI.hpp>

#include "sim/cli/command.hpp"

namespace wanwu::cli {

void prepare(CLI::App& app, const std::string& command_name) {
  app.name("wanwu " + command_name);
  app.set_help_flag("-h,--help", "Print this help and exit");
  app.get_formatter()->column_width(34);
}

std::optional<int> parse(CLI::App& app, std::span<const std::string> arguments) {
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());  // CLI11 wants them from the back
  try {
    app.parse(std::move(reversed));
    return std::nullopt;
  } catch (const CLI::CallForHelp&) {
    std::cout << app.help();
    return exit_pass;
  } catch (const CLI::ParseError& wrong) {
    std::cerr << app.get_name() << ": " << wrong.what() << "\nTry '" << app.get_name() << " --help'.\n";
    return exit_bad_input;
  }
}

int usage_error(const std::string& command_name, const std::string& message) {
  std::cerr << "wanwu " << command_name << ": " << message << "\nTry 'wanwu " << command_name
            << " --help'.\n";
  return exit_bad_input;
}

}  // namespace wanwu::cli
