// wanwu validate: everything that is wrong with the files, and nothing sent.
#include <iostream>
#include <map>

#include "sim/cli/arguments.hpp"
#include "sim/cli/catalogue_lookup.hpp"
#include "sim/cli/input.hpp"

namespace wanwu::cli {

int validate_command(std::span<const std::string> arguments, const global_options& global) {
  argument_parser app{
      "validate", "Checks files and says what is wrong, where, and what would be right. Nothing is sent."};
  std::vector<std::string> files;
  std::string format = "human";
  input_flags flags;
  app.add_option("FILE", files, "Scenario and target files").required();
  app.add_option("--format", format, "human, json, sarif or github")
      .one_of({"human", "json", "sarif", "github"})
      .type_name("FORMAT");
  add_input_flags(app, flags);
  if (const auto code = app.parse(arguments)) return *code;

  const catalogue_lookup models;
  lang::load_options options;
  options.models = &models;
  if (!to_options("validate", flags, options)) return exit_bad_input;

  // All errors of all files in one report: the sources of every file go into one set.
  lang::source_set sources;
  lang::diagnostics found;
  std::vector<std::string> good;
  for (const std::string& file : files) {
    const lang::load_result loaded = lang::load_file(file, options);
    const auto offset = static_cast<std::uint32_t>(sources.size());
    for (std::uint32_t i = 0; i < loaded.sources->size(); ++i)
      sources.add(loaded.sources->path(i), loaded.sources->text(i));
    for (lang::diagnostic d : loaded.found.all()) {
      if (d.mark.file != lang::source_mark::no_file) d.mark.file += offset;
      for (auto& note : d.notes) {
        if (note.mark.file != lang::source_mark::no_file) note.mark.file += offset;
      }
      auto& copy = d.level == lang::severity::error ? found.error(d.code, d.mark, d.message, d.hint)
                                                    : found.warning(d.code, d.mark, d.message, d.hint);
      copy.notes = d.notes;
    }
    if (loaded.ok()) good.push_back(file + ": " + loaded.kind + ", no errors");
  }
  const std::map<std::string, lang::diagnostic_format> formats{{"human", lang::diagnostic_format::human},
                                                               {"json", lang::diagnostic_format::json},
                                                               {"sarif", lang::diagnostic_format::sarif},
                                                               {"github", lang::diagnostic_format::github}};
  const auto chosen = formats.at(format);
  const bool human = chosen == lang::diagnostic_format::human;
  std::cout << lang::format_diagnostics(found, sources, chosen, human && use_colour(global, 1));
  if (human) {
    for (const std::string& line : good) std::cout << line << "\n";
    if (found.has_errors())
      std::cout << found.error_count() << (found.error_count() == 1 ? " error" : " errors") << "\n";
  }
  return found.has_errors() ? exit_bad_input : exit_pass;
}

}  // namespace wanwu::cli
