// What ships, and how a model is found.
#include "scenarios/things/catalogue.hpp"

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include <catch2/catch.hpp>
#include <unistd.h>

using namespace wanwu;
namespace fs = std::filesystem;

TEST_CASE("Each of the ten sectors has at least three kinds, and every built-in model reads without error") {
  things::catalogue all;
  std::map<std::string, int> kinds;
  for (const auto& name : things::catalogue::names()) {
    const auto found = all.find(name);
    CAPTURE(name);
    REQUIRE(found.has_value());
    const auto& model = **found;
    ++kinds[model.sector];
    CHECK("builtin/" + model.name == name);
    CHECK_FALSE(model.properties.empty());
    CHECK_FALSE(model.title.empty());
    CHECK(model.period_s >= 1);
    for (const auto& p : model.properties) CHECK(p.name.size() < 40);
    for (const auto& e : model.events) CHECK(e.when.kind != things::trigger_kind::none);
    CHECK(all.find(model.name).value() == found.value());  // the bare name means the same
  }
  CHECK(kinds.size() == 10);
  for (const auto& [sector, count] : kinds) {
    CAPTURE(sector);
    CHECK(count >= 3);
  }
  CHECK(things::catalogue::names().size() >= 35);
}

TEST_CASE("What is compiled in is what stands in the files, all of them") {
  std::size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path{SOURCE_ROOT} / "scenarios/things")) {
    if (entry.path().extension() == ".jsonld") ++files;
  }
  CHECK(files == things::builtin_models().size());
  for (const auto& one : things::builtin_models()) {
    std::ifstream in{
        fs::path{SOURCE_ROOT} / "scenarios/things" / one.sector / (std::string(one.name) + ".tm.jsonld"),
        std::ios::binary};
    std::ostringstream text;
    text << in.rdbuf();
    CHECK(text.str() == one.text);
  }
}

TEST_CASE("A model file of the project is found by its path, and only inside the project") {
  const auto folder = fs::temp_directory_path() / ("wanwu-catalogue-" + std::to_string(::getpid()));
  fs::create_directories(folder / "project" / "tm");
  const auto write = [&](const char* path, const char* text) { std::ofstream{folder / path} << text; };
  write("project/tm/lamp.tm.jsonld", R"({"@type":"tm:ThingModel","properties":{"on":{"type":"boolean"}}})");
  write("outside.tm.jsonld", R"({"@type":"tm:ThingModel"})");
  fs::create_symlink(folder / "outside.tm.jsonld", folder / "project" / "tm" / "link.tm.jsonld");
  things::catalogue all{folder / "project"};
  const auto lamp = all.find("tm/lamp.tm.jsonld");
  REQUIRE(lamp.has_value());
  CHECK((*lamp)->name == "lamp");
  CHECK(all.find("./tm/lamp.tm.jsonld").value() == *lamp);
  const struct {
    const char *reference, *message;
  } table[]{{"tm/none.tm.jsonld", "cannot read the model: No such file or directory"},
            {"../outside.tm.jsonld", "the model lies outside the project's folder"},
            {"/etc/passwd.tm.jsonld", "the model lies outside the project's folder"},
            {"tm/link.tm.jsonld", "the model lies outside the project's folder"},
            {"builtin/none", "there is no built-in model `none`"},
            {"none", "there is no built-in model `none`"}};
  for (const auto& [reference, message] : table) {
    CAPTURE(reference);
    const auto found = all.find(reference);
    REQUIRE_FALSE(found.has_value());
    CHECK(found.error()[0].message == message);
  }
  fs::remove_all(folder);
}

TEST_CASE("The README describes every kind of dynamics") {
  std::ifstream in{fs::path{SOURCE_ROOT} / "scenarios/things/README.md"};
  std::ostringstream text;
  text << in.rdbuf();
  for (const auto& row : things::dynamics_kinds()) {
    CAPTURE(row.name);
    CHECK(text.str().find("`" + std::string(row.name) + "`") != std::string::npos);
    CHECK(text.str().find(row.text) != std::string::npos);
  }
}
