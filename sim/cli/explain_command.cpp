// wanwu explain: the long form behind an error code.
#include <iostream>

#include "scenarios/language/diagnostics.hpp"
#include "sim/cli/arguments.hpp"
#include "sim/cli/command.hpp"

namespace wanwu::cli {

int explain_command(std::span<const std::string> arguments, const global_options&) {
  argument_parser app{"explain", "Explains an error code such as E101. Without one, lists all."};
  std::string word;
  app.add_option("CODE", word, "The code in brackets of a message");
  if (const auto code = app.parse(arguments)) return *code;

  if (word.empty()) {
    for (const auto& code : lang::diagnostic_codes()) std::cout << code.code << "  " << code.title << "\n";
    return exit_pass;
  }
  for (char& c : word) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  const auto* code = lang::find_code(word);
  if (code == nullptr) {
    std::vector<std::string_view> known;
    for (const auto& c : lang::diagnostic_codes()) known.push_back(c.code);
    return usage_error("explain", "there is no code '" + word + "'; " + lang::suggestion(word, known, 40));
  }
  std::cout << code->code << ": " << code->title << "\n\n" << code->text << "\n";
  return exit_pass;
}

}  // namespace wanwu::cli
