// From thing models to the few facts that checks need.
#include "sim/cli/catalogue_lookup.hpp"

#include <filesystem>

#include "scenarios/things/catalogue.hpp"
#include "sim/model_facts.hpp"

namespace wanwu::cli {
namespace {

std::string text_of(const things::model_error& wrong) {
  std::string out;
  if (wrong.line != 0) out = "line " + std::to_string(wrong.line) + ": ";
  return out + wrong.message + (wrong.hint.empty() ? "" : " (" + wrong.hint + ")");
}

bool is_builtin(std::string_view name) {
  for (const std::string& known : things::catalogue::names()) {
    if (known == name) return true;
  }
  return false;
}

}  // namespace

std::optional<lang::model_facts> catalogue_lookup::facts(std::string_view name, std::string& why) const {
  if (name.starts_with("builtin/") && !is_builtin(name)) return std::nullopt;
  const std::filesystem::path path{name};
  const bool file = !name.starts_with("builtin/");
  things::catalogue models{file ? path.parent_path() : std::filesystem::path{}};
  const auto model = models.find(file ? path.filename().string() : std::string{name});
  if (!model) {
    for (const things::model_error& wrong : model.error()) why += (why.empty() ? "" : "; ") + text_of(wrong);
    return std::nullopt;
  }
  return sim::facts_of(**model);
}

std::vector<std::string> catalogue_lookup::names() const {
  return things::catalogue::names();
}

}  // namespace wanwu::cli
