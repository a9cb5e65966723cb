// wanwu validate: everything that is wrong with the files, and nothing sent.
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <map>

#include "scenarios/conformance/load_suite.hpp"
#include "sim/cli/arguments.hpp"
#include "sim/cli/catalogue_lookup.hpp"
#include "sim/cli/input.hpp"

namespace wanwu::cli {
namespace {

/// What loading a file of any kind found.
struct any_file {
  std::shared_ptr<lang::source_set> sources;
  lang::diagnostics found;
  std::string kind;
};

bool is_suite(const std::string& path) {
  const auto shipped = conform::shipped_suites();
  std::error_code failed;
  return std::find(shipped.begin(), shipped.end(), path) != shipped.end() ||
         std::filesystem::is_directory(path, failed) || lang::kind_of_file(path) == "suite/v1";
}

any_file load_any(const std::string& path, const lang::load_options& options) {
  if (is_suite(path)) {
    auto loaded = conform::load_suite(path, {}, options.set);
    return {loaded.sources, std::move(loaded.found), "suite/v1"};
  }
  if (lang::kind_of_file(path) == "waivers/v1") {
    auto loaded = conform::load_waivers(path);
    return {loaded.sources, std::move(loaded.found), "waivers/v1"};
  }
  auto loaded = lang::load_file(path, options);
  return {loaded.sources, std::move(loaded.found), loaded.kind};
}

}  // namespace

int validate_command(std::span<const std::string> arguments, const global_options& global) {
  argument_parser app{
      "validate", "Checks files and says what is wrong, where, and what would be right. Nothing is sent."};
  std::vector<std::string> files;
  std::string format = "human";
  input_flags flags;
  app.add_option("FILE", files,
                 "Scenarios, targets, suites (also a folder, or the name of one that ships), waivers")
      .required();
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
    const any_file loaded = load_any(file, options);
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
    if (!loaded.found.has_errors()) good.push_back(file + ": " + loaded.kind + ", no errors");
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
