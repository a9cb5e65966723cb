// The program: global options, the table of commands, and the last net under them all.
#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iostream>

#include <unistd.h>

#include "scenarios/language/diagnostics.hpp"
#include "sim/cli/command.hpp"

namespace wanwu::cli {

// Each stands in sim/cli/NAME_command.cpp. A new command is one line here and one in the table.
int describe_command(std::span<const std::string> arguments, const global_options& global);
int explain_command(std::span<const std::string> arguments, const global_options& global);
int run_command(std::span<const std::string> arguments, const global_options& global);
int load_command(std::span<const std::string> arguments, const global_options& global);
int plan_command(std::span<const std::string> arguments, const global_options& global);
int probe_command(std::span<const std::string> arguments, const global_options& global);
int prove_command(std::span<const std::string> arguments, const global_options& global);
int help_command(std::span<const std::string> arguments, const global_options& global);
int list_command(std::span<const std::string> arguments, const global_options& global);
int schema_command(std::span<const std::string> arguments, const global_options& global);
int validate_command(std::span<const std::string> arguments, const global_options& global);
int target_command(std::span<const std::string> arguments, const global_options& global);
int replay_command(std::span<const std::string> arguments, const global_options& global);
int report_command(std::span<const std::string> arguments, const global_options& global);
int doctor_command(std::span<const std::string> arguments, const global_options& global);
int version_command(std::span<const std::string> arguments, const global_options& global);

namespace {

constexpr auto table = std::to_array<command>({
    {"load", "[URL]… [-n 10k] [--every 10s] [--for 2m]", "Load a target from the command line alone, no file",
     load_command},
    {"run", "FILE|SUITE… [-t TARGET] [--to html=PATH]…", "Run scenarios and suites and judge the target",
     run_command},
    {"plan", "FILE [--json]", "What a run would do: things, rates, sockets, memory, time", plan_command},
    {"probe", "[TARGET]", "One thing, every operation, every protocol: what came back", probe_command},
    {"prove", "SUITE [--json FILE]",
     "Show that each case of a suite can fail, and leaves the target its choices", prove_command},
    {"validate", "FILE… [--format human|json|sarif|github]",
     "Say what is wrong with files, where, and what would be right", validate_command},
    {"list", "WHAT [FILE]",
     "Metrics, models, codes; things, phases, storms, faults, thresholds, places of a file", list_command},
    {"describe", "NAME [FILE]", "One of those in full", describe_command},
    {"explain", "CODE", "The long form of an error such as E101", explain_command},
    {"schema", "[KIND] [--install]", "JSON Schema of a kind of file, for editors", schema_command},
    {"help", "[COMMAND|exit-codes|metrics|expressions]",
     "How to use the program, a command, or a part of the language", help_command},
    {"target", "[--mqtt ADDRESS:PORT] [--coap …] [--http …]",
     "Run the embedded target: MQTT, CoAP and HTTP on this machine", target_command},
    {"replay", "BUNDLE CASE [-t TARGET]", "Send again what was sent in a case of an earlier run",
     replay_command},
    {"report", "BUNDLE… [--to FORMAT=PATH]…", "Make reports again from the bundle of a run", report_command},
    {"doctor", "[-n COUNT] [--remote] [--json]",
     "What this machine can carry, and the commands that raise it", doctor_command},
    {"version", "[--json]", "Print the program's version", version_command},
});

constexpr std::string_view color_flag = "--color";

/// Takes --color WHEN or --color=WHEN out of the arguments, wherever it stands before "--". False: not
/// understood.
bool take_colour(std::vector<std::string>& arguments, global_options& global) {
  for (auto at = arguments.begin(); at != arguments.end() && *at != "--";) {
    std::string word;
    if (*at == color_flag && at + 1 != arguments.end()) {
      word = *(at + 1);
      at = arguments.erase(at, at + 2);
    } else if (at->starts_with(std::string{color_flag} + "=")) {
      word = at->substr(color_flag.size() + 1);
      at = arguments.erase(at);
    } else if (*at == color_flag) {
      return false;
    } else {
      ++at;
      continue;
    }
    if (word == "auto")
      global.colour = colour_choice::automatic;
    else if (word == "always")
      global.colour = colour_choice::always;
    else if (word == "never")
      global.colour = colour_choice::never;
    else
      return false;
  }
  return true;
}

int unknown_command(const std::string& word) {
  std::vector<std::string_view> names;
  for (const command& c : table) names.push_back(c.name);
  std::cerr << "wanwu: there is no command '" << word << "'";
  if (const auto near = lang::did_you_mean(word, names); !near.empty())
    std::cerr << "; did you mean '" << near << "'?";
  std::cerr << "\nTry 'wanwu help'.\n";
  return exit_bad_input;
}

int dispatch(std::vector<std::string> arguments) {
  global_options global;
  if (!take_colour(arguments, global)) {
    std::cerr << "wanwu: --color takes auto, always or never\n";
    return exit_bad_input;
  }
  if (arguments.empty()) {
    help_command({}, global);
    return exit_bad_input;
  }
  std::string name = arguments.front();
  if (name == "-h" || name == "--help") name = "help";
  if (name == "-V" || name == "--version") name = "version";
  const auto found =
      std::find_if(table.begin(), table.end(), [&](const command& c) { return c.name == name; });
  if (found == table.end()) return unknown_command(arguments.front());
  return found->run(std::span{arguments}.subspan(1), global);
}

/// A result that could not be printed is none. Whoever closes a pipe has read enough.
int once_printed(int code) {
  std::cout.flush();
  if (std::cout) return code;
  const int reason =
      ::write(STDOUT_FILENO, "\n", 1) == 1 ? EIO : errno;  // the failed write's own is long gone
  if (reason == EPIPE) return code;
  std::cerr << "wanwu: cannot write to the standard output: " << std::strerror(reason) << '\n';
  return code == exit_pass ? exit_inconclusive : code;
}

}  // namespace

std::span<const command> commands() {
  return table;
}

bool use_colour(const global_options& global, int descriptor) {
  if (global.colour != colour_choice::automatic) return global.colour == colour_choice::always;
  const char* no_colour = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  if (no_colour != nullptr && *no_colour != '\0') return false;
  if (terminal != nullptr && std::string_view{terminal} == "dumb") return false;
  return isatty(descriptor) == 1;
}

}  // namespace wanwu::cli

int main(int count, char** words) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe or socket is an error value where it is written
  try {
    return wanwu::cli::once_printed(wanwu::cli::dispatch({words + 1, words + count}));
  } catch (const std::exception& lost) {
    std::cerr << "wanwu: internal error: " << lost.what()
              << "\nThis is a bug of wanwu, not of your files or target.\n";
  } catch (...) {
    std::cerr
        << "wanwu: internal error of unknown kind\nThis is a bug of wanwu, not of your files or target.\n";
  }
  return wanwu::cli::exit_internal;
}
