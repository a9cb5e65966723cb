// Suites beside what is demanded to be said about them: tests/vectors/suites/NAME.yaml and NAME.expected.
#include <filesystem>
#include <fstream>
#include <sstream>

#include <catch2/catch.hpp>

#include "tests/scenarios/conformance/suite_text.hpp"

namespace fs = std::filesystem;
using namespace wanwu::conform;
namespace lang = wanwu::lang;

namespace {

std::string read(const fs::path& path) {
  std::ifstream in{path, std::ios::binary};
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// Files are named as a user in that folder would.
struct in_vectors {
  in_vectors() : before{fs::current_path()} {
    fs::current_path(fs::path{SOURCE_ROOT} / "tests/vectors/suites");
  }
  ~in_vectors() { fs::current_path(before); }
  fs::path before;
};

}  // namespace

TEST_CASE("Every broken suite is refused with the messages written beside it, all at once") {
  const in_vectors here;
  int broken = 0;
  for (const auto& entry : fs::directory_iterator{"."}) {
    const fs::path expected = fs::path{entry.path()}.replace_extension(".expected");
    if (entry.path().extension() != ".yaml" || !fs::exists(expected)) continue;
    const std::string name = entry.path().filename().string();
    INFO(name);
    ++broken;
    suite_loaded loaded = load_suite(name);
    if (name.starts_with("waivers")) {
      auto waivers = load_waivers(name);
      loaded.sources = waivers.sources;
      loaded.found = waivers.found;
    }
    CHECK(complaints(loaded) == read(expected));
    CHECK(loaded.loaded == nullptr);
    for (const lang::diagnostic& d : loaded.found.all()) CHECK(lang::find_code(d.code) != nullptr);
  }
  CHECK(broken == 8);
}

TEST_CASE("The standards group's example loads, with its row of cases and its clauses") {
  const in_vectors here;
  const auto loaded = load_suite("region-mqtt.suite.yaml");
  CHECK(complaints(loaded).empty());
  REQUIRE(loaded.loaded != nullptr);
  const suite& s = *loaded.loaded;
  CHECK(s.editors == std::vector<std::string>{"WG Interop"});
  CHECK(s.timer("T_settle") == std::chrono::seconds{5});
  REQUIRE(s.cases.size() == 4);
  CHECK(s.cases[1].id == "TP_MQTT_CONNECT_002/same-id");
  CHECK(s.cases[2].family == "TP_MQTT_CONNECT_002");
  CHECK(s.cases[0].clauses == std::vector<std::string>{"3.1.4-1", "2.1.3-1"});
  CHECK(s.specs[2].clauses.size() == 3);
  const step& keep_alive = s.cases[3].body[0];
  REQUIRE(keep_alive.expect->within);
  REQUIRE(keep_alive.expect->within->computed);
  CHECK(keep_alive.text.find("between") != std::string::npos);
}

TEST_CASE("A suite that uses every word of the language loads") {
  const in_vectors here;
  const auto loaded = load_suite("words.suite.yaml", {"bulk"});
  CHECK(complaints(loaded).empty());
  REQUIRE(loaded.loaded != nullptr);
  const suite& s = *loaded.loaded;
  const test_case& c = s.cases.front();
  CHECK(c.id == "WORDS-01/one");
  CHECK(c.timing);
  CHECK(c.exclusive);
  CHECK(c.force == level::should);
  CHECK(c.computed.size() == 1);
  CHECK(c.preamble.size() == 4);
  CHECK(c.body.size() == 15);
  CHECK(c.mutants.size() == 16);
  CHECK(c.benign.size() == 1);
  CHECK(c.roles_used.size() == 3);
  CHECK(c.body[0].text ==
        "tester sends PUBLISH topic=${second} qos=1 retain=true payload={repeat: x, times: 3} "
        "user_property=[a=1, "
        "b=2] correlation_data={bytes: 00 ${raw:hex}}, 3 times");
  CHECK(c.mutants[0].text == "to tester: hides the close");
  const test_case& last = s.cases.back();
  CHECK(last.id == "MORE-01");
  CHECK(s.roles[last.roles_used.front()].version == 4);
  CHECK(last.body[2].expect->within->fixed == std::chrono::milliseconds{20});
}
