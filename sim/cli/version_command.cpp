// wanwu version: which program this is and what it was built with.
#include <iostream>

#include <nlohmann/json.hpp>

#include "sim/cli/arguments.hpp"
#include "sim/cli/command.hpp"

namespace wanwu::cli {
namespace {

#if defined(__clang__)
constexpr std::string_view compiler = "clang " __clang_version__;
#else
constexpr std::string_view compiler = "gcc " __VERSION__;
#endif

}  // namespace

int version_command(std::span<const std::string> arguments, const global_options&) {
  argument_parser app{"version", "Prints the program's version"};
  bool as_json = false;
  app.add_flag("--json", as_json, "As one JSON object");
  if (const auto code = app.parse(arguments)) return *code;
  if (!as_json) {
    std::cout << "wanwu " << WANWU_VERSION << "\n";
    return exit_pass;
  }
  const nlohmann::ordered_json out{
      {"name", "wanwu"},
      {"version", WANWU_VERSION},
      {"compiler", compiler},
      {"formats", {"scenario/v1", "target/v1", "wanwu.bundle/v1", "wanwu.report/v1"}},
      {"protocols", {"mqtt-3.1.1", "mqtt-5.0", "coap", "http-1.1"}}};
  std::cout << out.dump(2) << "\n";
  return exit_pass;
}

}  // namespace wanwu::cli
