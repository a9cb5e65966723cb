// One command of the program: what the table in main.cpp holds.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace wanwu::cli {

/// Exit codes of the whole program; scenarios/verdict.hpp maps verdicts to the first four.
enum exit_code : int {
  exit_pass = 0,
  exit_fail = 1,
  exit_bad_input = 2,  ///< Usage or invalid files; nothing was sent.
  exit_inconclusive = 3,
  exit_regression = 4,
  exit_internal = 5,
};

enum class colour_choice : unsigned char { automatic, always, never };

/// What stood before the command's name and holds for all.
struct global_options {
  colour_choice colour = colour_choice::automatic;
};

/// May escape sequences go to this descriptor (1 stdout, 2 stderr)? --color, NO_COLOR, TERM=dumb, not a
/// terminal.
bool use_colour(const global_options& global, int descriptor);

/// A command: `arguments` are those behind its name. Returns the exit code. Result to stdout, all else to
/// stderr. Each lives in sim/cli/NAME_command.cpp, uses CLI11 only there, and is named once in main.cpp's
/// table.
struct command {
  std::string_view name;
  std::string_view usage;    ///< "FILE… [--format human|json|sarif|github]"
  std::string_view summary;  ///< One line for `wanwu help`.
  int (*run)(std::span<const std::string> arguments, const global_options& global);
};

/// All commands, in the order of `wanwu help`. Defined in main.cpp.
std::span<const command> commands();

}  // namespace wanwu::cli
