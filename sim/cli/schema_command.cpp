// wanwu schema: the JSON Schema of a kind of file, printed from the table that checks it.
#include <filesystem>
#include <fstream>
#include <iostream>

#include "scenarios/language/diagnostics.hpp"
#include "scenarios/language/fields.hpp"
#include "sim/cli/arguments.hpp"
#include "sim/cli/command.hpp"

namespace wanwu::cli {
namespace {

int install(const std::vector<const lang::file_kind*>& kinds) {
  const std::filesystem::path folder{".wanwu/schema"};
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  for (const lang::file_kind* kind : kinds) {
    const auto path = folder / (std::string{kind->word} + ".json");
    std::ofstream out{path, std::ios::binary};
    out << lang::schema_text(*kind);
    out.close();
    if (failed || !out) {
      std::cerr << "wanwu schema: cannot write " << path.string() << "\n";
      return exit_bad_input;
    }
    std::cout << path.string() << "   first line of a file: # yaml-language-server: $schema=" << path.string()
              << "\n";
  }
  return exit_pass;
}

}  // namespace

int schema_command(std::span<const std::string> arguments, const global_options&) {
  argument_parser app{
      "schema", "Prints the JSON Schema (draft-07) of a kind of file, for editors that complete and check."};
  std::string word;
  bool write = false;
  app.add_option("KIND", word, "scenario, target, suite or waivers; all with --install");
  app.add_flag("--install", write, "Write to .wanwu/schema/ here, for use without a network");
  if (const auto code = app.parse(arguments)) return *code;

  std::vector<const lang::file_kind*> kinds;
  std::vector<std::string_view> known;
  for (const lang::file_kind& kind : lang::file_kinds()) {
    known.push_back(kind.word);
    if (word.empty() || word == kind.word || word == kind.name) kinds.push_back(&kind);
  }
  if (kinds.empty())
    return usage_error("schema", "there is no kind of file '" + word + "'; " + lang::suggestion(word, known));
  if (write) return install(kinds);
  // One document on stdout: the first kind is the scenario.
  std::cout << lang::schema_text(*kinds.front());
  return exit_pass;
}

}  // namespace wanwu::cli
