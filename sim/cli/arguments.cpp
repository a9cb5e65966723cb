// Reading the arguments of a command with CLI11.
#include "sim/cli/arguments.hpp"

#include <iostream>

#include <CLI/CLI.hpp>

#include "sim/cli/command.hpp"

namespace wanwu::cli {

namespace {

CLI::Option& of(void* option) {
  return *static_cast<CLI::Option*>(option);
}

}  // namespace

option& option::type_name(const std::string& word) {
  of(option_).type_name(word);
  return *this;
}

option& option::group(const std::string& heading) {
  of(option_).group(heading);
  return *this;
}

option& option::range(std::int64_t least, std::int64_t most) {
  of(option_).check(CLI::Range(least, most));
  return *this;
}

option& option::one_of(std::initializer_list<const char*> words) {
  of(option_).check(CLI::IsMember(std::vector<std::string>(words.begin(), words.end())));
  return *this;
}

option& option::required() {
  of(option_).required();
  return *this;
}

option& option::show_default() {
  of(option_).capture_default_str();
  return *this;
}

option& option::one_at_a_time() {
  of(option_).allow_extra_args(false);
  return *this;
}

option& option::take_all() {
  of(option_).take_all();
  return *this;
}

struct argument_parser::library {
  explicit library(const std::string& description) : app{description} {}
  CLI::App app;
};

argument_parser::argument_parser(const std::string& command_name, const std::string& description)
    : library_{std::make_unique<library>(description)} {
  CLI::App& app = library_->app;
  app.name("wanwu " + command_name);
  app.set_help_flag("-h,--help", "Print this help and exit");
  app.get_formatter()->column_width(34);
}

argument_parser::~argument_parser() = default;

option argument_parser::add_option(const std::string& name, std::string& into, const std::string& help) {
  return option{library_->app.add_option(name, into, help)};
}
option argument_parser::add_option(const std::string& name, std::vector<std::string>& into,
                                   const std::string& help) {
  return option{library_->app.add_option(name, into, help)};
}
option argument_parser::add_option(const std::string& name, std::int32_t& into, const std::string& help) {
  return option{library_->app.add_option(name, into, help)};
}
option argument_parser::add_option(const std::string& name, std::uint8_t& into, const std::string& help) {
  return option{library_->app.add_option(name, into, help)};
}
option argument_parser::add_option(const std::string& name, std::uint16_t& into, const std::string& help) {
  return option{library_->app.add_option(name, into, help)};
}
option argument_parser::add_option(const std::string& name, std::uint32_t& into, const std::string& help) {
  return option{library_->app.add_option(name, into, help)};
}
option argument_parser::add_option(const std::string& name, std::uint64_t& into, const std::string& help) {
  return option{library_->app.add_option(name, into, help)};
}

option argument_parser::add_flag(const std::string& name, bool& into, const std::string& help) {
  return option{library_->app.add_flag(name, into, help)};
}

void argument_parser::footer(const std::string& text) {
  library_->app.footer(text);
}

std::optional<int> argument_parser::parse(std::span<const std::string> arguments) {
  CLI::App& app = library_->app;
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
