#include "scenarios/conformance/case_selection.hpp"

#include <catch2/catch.hpp>

using namespace wanwu::conform;

namespace {

test_case made(const char* id, const char* family, const char* group, std::vector<std::string> clauses) {
  test_case out;
  out.id = id;
  out.family = family;
  out.group = group;
  out.clause_specs.assign(clauses.size(), "MQTT5");
  out.clauses = std::move(clauses);
  return out;
}

suite small_suite() {
  suite out;
  out.id = "s";
  out.cases = {made("CONNECT-01", "CONNECT-01", "mqtt/connect", {"MQTT-3.1.0-1"}),
               made("DUP-01/a", "DUP-01", "mqtt/connect", {"MQTT-3.1.0-2", "U5-1.5.5-a"}),
               made("DUP-01/b", "DUP-01", "mqtt/connect/more", {"MQTT-3.1.0-2"}),
               made("WAIT-01", "WAIT-01", "mqtt/connector", {"MQTT-3.10.4-1"})};
  out.cases[1].force = level::should;
  out.cases[3].timing = true;
  out.cases[3].exclusive = true;
  return out;
}

std::string ids_of(const std::vector<std::string>& only, const std::vector<std::string>& skip = {}) {
  const auto all = small_suite();
  const auto got = select_cases(all, only, skip);
  if (!got) return got.error();
  std::string out;
  for (const auto index : *got) out += (out.empty() ? "" : " ") + all.cases[index].id;
  return out;
}

}  // namespace

TEST_CASE(
    "Selectors mean ids, groups and those below, clauses by both their names, levels and what a case takes") {
  const auto [selector, expected] = GENERATE(table<std::string, std::string>({
      {"CONNECT-01", "CONNECT-01"},
      {"DUP-01", "DUP-01/a DUP-01/b"},
      {"DUP-01/b", "DUP-01/b"},
      {"*-01", "CONNECT-01 DUP-01/a DUP-01/b WAIT-01"},
      {"group:mqtt/connect", "CONNECT-01 DUP-01/a DUP-01/b"},
      {"group:mqtt", "CONNECT-01 DUP-01/a DUP-01/b WAIT-01"},
      {"clause:MQTT-3.1.0-2", "DUP-01/a DUP-01/b"},
      {"clause:3.1.*", "CONNECT-01 DUP-01/a DUP-01/b"},
      {"clause:MQTT5 3.1.*", "CONNECT-01 DUP-01/a DUP-01/b"},
      {"clause:MQTT-3.1.*", "CONNECT-01 DUP-01/a DUP-01/b"},
      {"clause:1.5.5-a", "DUP-01/a"},
      {"level:should", "DUP-01/a"},
      {"timing", "WAIT-01"},
      {"exclusive", "WAIT-01"},
  }));
  CAPTURE(selector);
  CHECK(ids_of({selector}) == expected);
}

TEST_CASE("What is skipped is taken from what is selected, and nothing left is an error") {
  CHECK(ids_of({}) == "CONNECT-01 DUP-01/a DUP-01/b WAIT-01");
  CHECK(ids_of({"DUP-01", "timing"}, {"level:should"}) == "DUP-01/b WAIT-01");
  CHECK(ids_of({}, {"timing", "level:may"}) == "CONNECT-01 DUP-01/a DUP-01/b");
  CHECK(ids_of({"timing"}, {"timing"}) == "no case of s is left to play");
}

TEST_CASE("A selector that is none, or that selects nothing, is named with what was meant") {
  CHECK(ids_of({"CONECT-01"}) == "'CONECT-01' selects no case of s; did you mean 'CONNECT-01'?");
  CHECK(ids_of({"clause:RFC7252 3.1.*"}) == "'clause:RFC7252 3.1.*' selects no case of s");
  CHECK(ids_of({}, {"level:most"}) == "there is no level 'most'; there are must, should and may");
  CHECK(ids_of({}, {"CONECT-01"}) == "'CONECT-01' selects no case of s; did you mean 'CONNECT-01'?");
  CHECK(ids_of({}, {"group:mqtt/nothing"}) == "'group:mqtt/nothing' selects no case of s");
  CHECK(ids_of({}, {"grup:mqtt"}).starts_with("'grup:mqtt' selects nothing: it is"));
  CHECK(ids_of({"group:"}) == "'group:' names nothing");
}
