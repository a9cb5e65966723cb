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
    "Each case is proven in the first configuration that it applies to, and one that applies to none is "
    "not") {
  proven all{a_case("ALWAYS", ping, drop) + a_case("FAST", ping, drop, "    applies: speed > 5\n") +
             a_case("NEVER", ping, drop, "    applies: speed > 50\n")};
  const loopback_target target{{loopback_target::polite, {}, {}}};
  all.run(target, "slow", 1);
  CHECK(all.found.cases()[1].profile.empty());
  all.run(target, "fast", 9);
  CHECK(all.found.cases()[0].profile == "slow");
  CHECK(all.found.cases()[1].profile == "fast");
  CHECK(all.found.cases()[1].holds());
  CHECK_FALSE(all.found.cases()[2].holds());
  CHECK_FALSE(all.found.holds());
  CHECK(all.found.total().mutants == 3);
  CHECK(all.found.total().proven == 2);
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
