// Broken files beside what is demanded to be said about them: tests/vectors/language/NAME.yaml and
// NAME.expected.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <catch2/catch.hpp>

#include "scenarios/language/load.hpp"
#include "tests/scenarios/language/model_table.hpp"

namespace fs = std::filesystem;
using namespace wanwu::lang;

namespace {

std::string read(const fs::path& path) {
  std::ifstream in{path, std::ios::binary};
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// "E110 file:6:11+2 message | hint", a line each.
std::string summary(const load_result& loaded) {
  std::string out;
  for (const diagnostic& d : loaded.found.all()) {
    out +=
        d.code + " " + loaded.sources->where(d.mark) + "+" + std::to_string(d.mark.length) + " " + d.message;
    if (!d.hint.empty()) out += " | " + d.hint;
    out += "\n";
  }
  return out;
}

/// Files are named as a user in that folder would.
struct in_vectors {
  in_vectors() : before{fs::current_path()} {
    fs::current_path(fs::path{SOURCE_ROOT} / "tests/vectors/language");
  }
  ~in_vectors() { fs::current_path(before); }
  fs::path before;
};

const model_table models;

load_options with_models() {
  load_options options;
  options.models = &models;
  return options;
}

}  // namespace

TEST_CASE("Every broken file is refused with the messages written beside it, all at once") {
  const in_vectors here;
  int seen = 0;
  for (const auto& entry : fs::directory_iterator{"."}) {
    if (entry.path().extension() != ".yaml") continue;
    const std::string name = entry.path().filename().string();
    INFO(name);
    ++seen;
    const load_result loaded = load_file(name, with_models());
    const std::string expected = read(fs::path{name}.replace_extension(".expected"));
    CHECK(summary(loaded) == expected);
    CHECK(loaded.ok() == expected.empty());
    CHECK((loaded.target == nullptr) == !loaded.ok());
    for (const diagnostic& d : loaded.found.all()) CHECK(find_code(d.code) != nullptr);
  }
  CHECK(seen >= 20);
}

TEST_CASE("The four mistakes of the language's own page are shown exactly so") {
  const in_vectors here;
  const load_result loaded = load_file("typo.scenario.yaml", with_models());
  CHECK(format_diagnostics(loaded.found, *loaded.sources, diagnostic_format::human) == read("typo.human"));
  CHECK(format_diagnostics(loaded.found, *loaded.sources, diagnostic_format::github) == read("typo.github"));
}

TEST_CASE("A message about a secret does not repeat it") {
  const in_vectors here;
  const load_result loaded = load_file("broken.target.yaml", with_models());
  const std::string text = format_diagnostics(loaded.found, *loaded.sources, diagnostic_format::human);
  const std::size_t at = text.find("E170", text.find("E170") + 1);
  CHECK(text.substr(at, text.find("error", at + 4) - at).find("hunter2") == std::string::npos);
}

TEST_CASE("A message that belongs to two files points at both") {
  const in_vectors here;
  const load_result loaded = load_file("target.scenario.yaml", with_models());
  const std::string text = format_diagnostics(loaded.found, *loaded.sources, diagnostic_format::human);
  CHECK_THAT(text, Catch::Contains("--> target.scenario.yaml:4:46"));
  CHECK_THAT(text, Catch::Contains("--> partial.target.yaml:7:11"));
}

TEST_CASE("Cutting a good file anywhere never crashes and says something unless the rest is still good") {
  const std::string text = read(fs::path{SOURCE_ROOT} / "scenarios/targets/embedded.target.yaml");
  for (std::size_t size = 0; size < text.size(); size += 7) {
    const load_result loaded = load_text("cut", text.substr(0, size));
    CHECK(loaded.ok() == (loaded.target != nullptr));
  }
}
