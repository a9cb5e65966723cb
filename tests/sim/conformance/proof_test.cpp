#include "sim/conformance/proof.hpp"

#include <numeric>

#include <catch2/catch.hpp>

#include "tests/sim/conformance/loopback_target.hpp"
#include "tests/sim/conformance/stage.hpp"

using namespace wanwu;
using namespace wanwu::conform;

namespace {

using came_to = edit_proof::outcome;

std::string a_case(const std::string& id, const std::string& body, const std::string& edits,
                   const std::string& more = {}) {
  return "  - id: " + id + "\n    group: g\n    objective: o\n" + more +
         "    preamble:\n      - open: { as: tester, set: {} }\n    body:\n" + body + edits;
}
const std::string ping = "      - stimulus: { as: tester, packet: PINGREQ, expect: { packet: PINGRESP } }\n";
const std::string drop = "    mutants:\n      - { as: tester, drop: { packet: PINGRESP } }\n";

struct proven {
  suite_loaded loaded;
  proof found;
  explicit proven(const std::string& cases) : loaded{suite_of(cases)}, found{*loaded.loaded, all()} {}
  std::vector<std::size_t> all() const {
    std::vector<std::size_t> out(loaded.loaded->cases.size());
    std::iota(out.begin(), out.end(), 0U);
    return out;
  }
  void run(const loopback_target& target, const std::string& profile, std::int64_t speed) {
    target_access access;
    access.mqtt = target.address();
    access.profile = profile;
    access.capabilities = {{"speed", lang::value::of(speed)}};
    found.run(access, {});
  }
};

}  // namespace

TEST_CASE(
    "A mutant counts when a step of the body or a monitor notices it, a benign edit when nothing does") {
  struct row {
    std::string name, body, edits;
    std::vector<came_to> wanted;
  };
  const std::vector<row> table{
      {"noticed by a step", ping, drop, {came_to::proven}},
      {"noticed by a monitor",
       ping,
       "    mutants:\n      - { as: tester, corrupt: { packet: PINGRESP }, set: { fixed_flags: 1 } }\n",
       {came_to::proven}},
      {"noticed by nobody",
       ping,
       "    mutants:\n      - { as: tester, inject: { packet: PINGRESP }, after: { packet: PINGRESP } }\n",
       {came_to::unnoticed}},
      {"only a probe is broken",
       "      - probe: { as: tester }\n      - verify: { as: tester, quiet: 1 ms }\n",
       drop,
       {came_to::wrong_place}},
      {"what it edits never comes",
       ping,
       "    mutants:\n      - { as: tester, drop: { packet: PUBACK } }\n",
       {came_to::never_took_place}},
      {"a choice that is left",
       ping,
       drop + "    benign:\n      - { as: tester, delay: { packet: PINGRESP }, by: 100 ms }\n",
       {came_to::proven, came_to::proven}},
      {"a choice that is refused",
       ping,
       drop + "    benign:\n      - { as: tester, inject: { bytes: \"e0 00\" }, before: { packet: PINGRESP } "
              "}\n",
       {came_to::proven, came_to::refused_choice}},
  };
  std::string cases;
  for (std::size_t i = 0; i < table.size(); ++i)
    cases += a_case("C-" + std::to_string(i), table[i].body, table[i].edits);
  proven all{cases};
  const loopback_target target{{loopback_target::polite, {}, {}}};
  all.run(target, "default", 1);
  for (std::size_t i = 0; i < table.size(); ++i) {
    INFO(table[i].name);
    const auto& one = all.found.cases()[i];
    CHECK(one.clean == verdict::pass);
    REQUIRE(one.edits.size() == table[i].wanted.size());
    bool holds = true;
    for (std::size_t e = 0; e < one.edits.size(); ++e) {
      INFO(one.edits[e].text << ": " << one.edits[e].reason);
      CHECK(one.edits[e].what == table[i].wanted[e]);
      holds = holds && table[i].wanted[e] == came_to::proven;
    }
    CHECK(one.holds() == holds);
  }
  CHECK_FALSE(all.found.holds());
  CHECK(all.found.total().mutants == 7);
  CHECK(all.found.total().proven == 4);
}

TEST_CASE(
    "A mutant must be noticed in one configuration and overlooked in none; a case that applies to none is "
    "not proven") {
  const std::string slow_answer =
      "    mutants:\n      - { as: tester, delay: { packet: PINGRESP }, by: 900 ms }\n";
  const auto lenient =
      "      - stimulus: { as: tester, packet: PINGREQ }\n"
      "      - verify: { as: tester, packet: PINGRESP, where: \"speed > 5 || elapsed < 500 ms\" }\n";
  const auto cases = a_case("ALWAYS", ping, drop) + a_case("FAST", ping, drop, "    applies: speed > 5\n") +
                     a_case("NEVER", ping, drop, "    applies: speed > 50\n") +
                     a_case("LENIENT", lenient, slow_answer);
  const loopback_target target{{loopback_target::polite, {}, {}}};
  proven slow{cases}, fast{cases};
  slow.run(target, "slow", 1);
  CHECK(slow.found.cases()[1].profile.empty());
  CHECK(slow.found.cases()[3].holds());
  fast.run(target, "fast", 9);
  slow.found.add(fast.found);
  const auto& both = slow.found.cases();
  CHECK(both[0].profile == "slow");
  CHECK(both[0].holds());
  CHECK(both[1].profile == "fast");
  CHECK(both[1].holds());
  CHECK_FALSE(both[2].holds());
  CHECK(both[3].edits[0].what == came_to::unnoticed);
  CHECK(both[3].edits[0].profile == "fast");
  CHECK_FALSE(slow.found.holds());
  CHECK(slow.found.total().mutants == 4);
  CHECK(slow.found.total().proven == 2);
}

TEST_CASE("That what a mutant edits comes in one configuration only is enough") {
  const auto either =
      "      - stimulus: { as: tester, packet: PINGREQ }\n"
      "      - verify: { as: tester, one_of: [ { packet: PINGRESP }, { closed: by-iut } ] }\n";
  const auto cases = a_case("EITHER", either, drop);
  const loopback_target polite{{loopback_target::polite, {}, {}}};
  const loopback_target closing{
      {[](const std::string& told) {
         return told.starts_with("c0") ? reply{"", true} : loopback_target::polite(told);
       },
       {},
       {}}};
  proven here{cases}, there{cases};
  here.run(polite, "polite", 1);
  there.run(closing, "closing", 1);
  REQUIRE(here.found.holds());
  REQUIRE(there.found.cases()[0].edits[0].what == came_to::never_took_place);
  here.found.add(there.found);
  CHECK(here.found.holds());
}

TEST_CASE("Where the case itself fails, its mutants prove nothing") {
  proven all{a_case("FAILS",
                    "      - stimulus: { as: tester, packet: PINGREQ, expect: { packet: PUBACK } }\n", drop)};
  const loopback_target target{{loopback_target::polite, {}, {}}};
  all.run(target, "default", 1);
  CHECK(all.found.cases()[0].clean == verdict::fail);
  CHECK_FALSE(all.found.holds());
  CHECK(all.found.total().proven == 0);
}

TEST_CASE("A case that may is proven by a deviation") {
  proven all{a_case("MAY", ping, drop, "    level: may\n")};
  const loopback_target target{{loopback_target::polite, {}, {}}};
  all.run(target, "default", 1);
  CHECK(all.found.holds());
}
