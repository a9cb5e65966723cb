// CSV of clauses, and the catalogues that ship.
#include "scenarios/conformance/clause_file.hpp"

#include <catch2/catch.hpp>

#include "scenarios/conformance/coverage.hpp"
#include "tests/scenarios/conformance/suite_text.hpp"

using namespace wanwu::conform;
namespace lang = wanwu::lang;

TEST_CASE("CSV is read with quotes, commas and line ends inside cells") {
  std::uint32_t bad = 0;
  const auto rows = read_csv("\xEF\xBB\xBFid,text\r\n1,\"a \"\"b\"\", c\nd\"\n\n2,\n", bad);
  REQUIRE(rows);
  REQUIRE(rows->size() == 3);
  CHECK((*rows)[0].cells == std::vector<std::string>{"id", "text"});
  CHECK((*rows)[1].cells == std::vector<std::string>{"1", "a \"b\", c\nd"});
  CHECK((*rows)[2].cells == std::vector<std::string>{"2", ""});
  CHECK((*rows)[2].line == 5);
  CHECK_FALSE(read_csv("id\n1\n\"open\n", bad));
  CHECK(bad == 3);
}

TEST_CASE("Columns are known by name, and only id must be there") {
  lang::source_set sources;
  lang::diagnostics found;
  const auto file = sources.add("c.csv", "text,id,testable,level\none,A-1,partly,may\ntwo,A-2,no,\n");
  const auto clauses = read_clauses(sources, file, found);
  CHECK_FALSE(found.has_errors());
  REQUIRE(clauses.size() == 2);
  CHECK(clauses[0].id == "A-1");
  CHECK(clauses[0].force == level::may);
  CHECK(clauses[0].testable);
  CHECK(clauses[1].text == "two");
  CHECK(clauses[1].force == level::must);
  CHECK_FALSE(clauses[1].testable);
}

TEST_CASE("The catalogues that ship have the clauses that a server can be held to") {
  struct row {
    const char *suite, *spec;
    std::uint32_t testable;
  };
  for (const row& r :
       {row{"mqtt-3.1.1", "MQTT311", 132}, row{"mqtt-5.0", "MQTT5", 238}, row{"mqtt-5.0", "MQTT5U", 63}}) {
    const auto loaded = load_suite(r.suite);
    INFO(complaints(loaded));
    REQUIRE(loaded.loaded != nullptr);
    bool seen = false;
    for (const auto& spec : coverage_of(*loaded.loaded)) {
      if (spec.spec != r.spec) continue;
      seen = true;
      CHECK(spec.testable == r.testable);
      CHECK(spec.covered + spec.uncovered.size() + spec.left_out.size() == r.testable);
    }
    CHECK(seen);
  }
}

// The other direction, that no case cites an id that is not there, is the loader's: such a suite does not
// load.
TEST_CASE("No clause that can be tested is without a case, but those that say why") {
  for (const std::string& name : shipped_suites()) {
    CAPTURE(name);
    const auto loaded = load_suite(name);
    INFO(complaints(loaded));
    REQUIRE(loaded.loaded != nullptr);
    for (const auto& spec : coverage_of(*loaded.loaded)) {
      CAPTURE(spec.spec);
      CHECK(spec.uncovered == std::vector<std::string>{});
      for (const auto& [id, reason] : spec.left_out) {
        CAPTURE(id);
        CHECK(reason.size() > 20);
        CHECK(cases_of(*loaded.loaded, spec.spec, id).empty());
      }
    }
  }
}

TEST_CASE("A case that cites an id that is not there makes a suite that does not load") {
  const auto loaded = load_suite(std::string{SOURCE_ROOT} + "/tests/vectors/suites/clauses.suite.yaml");
  CHECK(loaded.loaded == nullptr);
  CHECK(complaints(loaded).find("E190") != std::string::npos);
}
