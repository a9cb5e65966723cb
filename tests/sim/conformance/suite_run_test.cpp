#include "sim/conformance/suite_run.hpp"

#include <algorithm>
#include <atomic>
#include <numeric>
#include <utility>

#include <catch2/catch.hpp>

#include "tests/sim/conformance/loopback_target.hpp"
#include "tests/sim/conformance/stage.hpp"

using namespace wanwu;
using namespace wanwu::conform;

namespace {

std::string a_case(const std::string& id, const std::string& body, const std::string& more = {}) {
  return "  - id: " + id + "\n    group: g\n    objective: o\n" + more +
         "    preamble:\n      - open: { as: tester, set: {} }\n    body:\n" + body;
}
const std::string ping = "      - stimulus: { as: tester, packet: PINGREQ, expect: { packet: PINGRESP } }\n";
const std::string deadly = "      - stimulus: { as: tester, packet: PUBLISH, set: { topic: die } }\n" + ping;
const std::string slow = "      - wait: 300 ms\n" + ping;

reply mortal(const std::string& told) {
  if (told.find("64 69 65") != std::string::npos) return {"", true, true};
  return loopback_target::polite(told);
}

struct outcome_of_run {
  std::vector<case_result> cases;
  std::vector<std::string> ended, notes;
};

outcome_of_run run(const suite& all, const loopback_target& target, suite_run_options options = {}) {
  outcome_of_run out;
  target_access access;
  access.mqtt = target.address();
  access.capabilities = {{"speed", lang::value::of(std::int64_t{3})}};
  options.selected.resize(all.cases.size());
  std::iota(options.selected.begin(), options.selected.end(), 0U);
  options.seed = 7;
  options.ended = [&](const case_result& one) { out.ended.push_back(one.id); };
  options.notes = &out.notes;
  out.cases = run_cases(all, access, options);
  return out;
}

}  // namespace

TEST_CASE("Cases run side by side, and their results come in the suite's order") {
  std::string cases;
  for (int i = 0; i < 40; ++i) cases += a_case("C-" + std::to_string(i), slow);
  const auto loaded = suite_of(cases);
  loopback_target target{{loopback_target::polite, {}, {}}};
  const auto began = std::chrono::steady_clock::now();
  const auto done = run(*loaded.loaded, target);
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds{6});  // 12 s one by one
  CHECK(target.most_at_once() >= 20);
  REQUIRE(done.cases.size() == 40);
  for (std::size_t i = 0; i < 40; ++i) {
    CHECK(done.cases[i].id == "C-" + std::to_string(i));
    INFO(done.cases[i].reason);
    CHECK(done.cases[i].outcome == verdict::pass);
    CHECK(done.cases[i].tries == 1);
  }
  CHECK(done.ended.size() == 40);

  suite_run_options one_by_one;
  one_by_one.jobs = 1;
  const auto few = suite_of(a_case("A", ping) + a_case("B", ping) + a_case("D", ping));
  loopback_target quiet_target{{loopback_target::polite, {}, {}}};
  CHECK(run(*few.loaded, quiet_target, one_by_one).ended == std::vector<std::string>{"A", "B", "D"});
  CHECK(quiet_target.most_at_once() <= 2);  // one case, one look whether the target lives
}

TEST_CASE("What a case needs comes first, and decides with it") {
  const std::string wrong = "      - stimulus: { as: tester, packet: PINGREQ, expect: { packet: PUBACK } }\n";
  const auto loaded = suite_of(
      a_case("FAILS", wrong) + a_case("PASSES", slow) + a_case("ABSENT", ping, "    applies: speed > 3\n") +
      a_case("ALONE", ping, "    exclusive: true\n") + a_case("NEEDS-FAILED", ping, "    needs: FAILS\n") +
      a_case("NEEDS-PASSED", ping, "    needs: PASSES\n") +
      a_case("NEEDS-ABSENT", ping, "    needs: ABSENT\n"));
  loopback_target target{{loopback_target::polite, {}, {}}};
  const auto done = run(*loaded.loaded, target);
  const std::vector<std::pair<verdict, std::string>> wanted{
      {verdict::fail, "body step 1"},
      {verdict::pass, ""},
      {verdict::not_applicable, "applies: speed > 3"},
      {verdict::pass, ""},
      {verdict::inconclusive, "needs FAILS, which did not pass"},
      {verdict::pass, ""},
      {verdict::not_applicable, "needs ABSENT, which does not apply"}};
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    INFO(done.cases[i].id << ": " << done.cases[i].reason);
    CHECK(done.cases[i].outcome == wanted[i].first);
    CHECK(done.cases[i].reason.starts_with(wanted[i].second));
  }
  CHECK(done.ended.back() == "ALONE");
}

TEST_CASE("The case that kills the target is found, the target brought back, and the run goes on") {
  std::string cases;
  for (int i = 0; i < 10; ++i) cases += a_case("C-" + std::to_string(i), slow);
  const auto loaded =
      suite_of(cases + a_case("DEADLY", deadly) + a_case("LATER", ping, "    exclusive: true\n"));
  loopback_target target{{mortal, {}, {}}};
  int restarts = 0;
  suite_run_options options;
  options.restart = [&] {
    ++restarts;
    return target.restart();
  };
  const auto done = run(*loaded.loaded, target, options);
  for (const auto& one : done.cases) {
    INFO(one.id << ": " << one.reason);
    CHECK(one.outcome == (one.id == "DEADLY" ? verdict::fail : verdict::pass));
  }
  CHECK(done.cases[10].reason == "the target died during this case");
  CHECK(restarts == 2);  // once for all that ran, once for the one that did it
  CHECK(done.notes.size() == 2);
  CHECK(done.ended.size() == 12);
}

TEST_CASE("A target that stays dead leaves the suspects undecided and the rest unplayed") {
  const auto both = suite_of(a_case("SLOW", slow) + a_case("DEADLY", deadly) +
                             a_case("LATER", ping, "    exclusive: true\n"));
  loopback_target target{{mortal, {}, {}}};
  const auto done = run(*both.loaded, target);
  CHECK(done.cases[0].outcome == verdict::inconclusive);
  CHECK(done.cases[1].outcome == verdict::inconclusive);
  CHECK(done.cases[1].reason == "the target died while these ran: DEADLY, SLOW");
  CHECK(done.cases[2].not_run);
  CHECK(done.cases[2].reason.starts_with("the target is dead since "));

  const auto one = suite_of(a_case("DEADLY", deadly) + a_case("LATER", ping, "    exclusive: true\n"));
  loopback_target other{{mortal, {}, {}}};
  const auto sure = run(*one.loaded, other);
  CHECK(sure.cases[0].outcome == verdict::fail);
  CHECK(sure.cases[0].reason == "the target died during this case");
  CHECK(sure.cases[1].reason == "the target is dead since DEADLY");

  const auto gone = run(*one.loaded, other);  // it is not even there at first
  CHECK(gone.cases[0].outcome == verdict::inconclusive);
  CHECK(gone.cases[0].reason.find("is not there") != std::string::npos);
}

TEST_CASE("A target of the older version alone is asked what it can be asked") {
  const auto loaded =
      suite_of(a_case("NEW", ping) +
               "  - id: OLD\n    group: g\n    objective: o\n    preamble:\n"
               "      - open: { as: old, set: {} }\n    body:\n"
               "      - stimulus: { as: old, packet: PINGREQ, expect: { packet: PINGRESP } }\n");
  for (const auto* refusal : {"20 02 00 01", "20 03 00 84 00"}) {
    loopback_target target{{[&](const std::string& told) {
                              const bool asks_new = told.starts_with("10") && told.substr(24, 2) == "05";
                              return asks_new ? reply{refusal, true} : loopback_target::polite(told);
                            },
                            {},
                            {}}};
    const auto done = run(*loaded.loaded, target);
    CHECK(done.cases[0].outcome == verdict::inconclusive);
    CHECK(done.cases[0].reason == "the target says that it does not speak MQTT 5.0");
    INFO(done.cases[1].reason);
    CHECK(done.cases[1].outcome == verdict::pass);
  }
}

TEST_CASE("What a target announces decides about cases of either version") {
  const auto old_case = [](const std::string& id, const std::string& applies) {
    return "  - id: " + id + "\n    group: g\n    objective: o\n    applies: " + applies +
           "\n    preamble:\n      - open: { as: old, set: {} }\n    body:\n"
           "      - stimulus: { as: old, packet: PINGREQ, expect: { packet: PINGRESP } }\n";
  };
  const auto loaded =
      suite_of(old_case("QOS-0", "maximum_qos == 0") + old_case("QOS-1", "maximum_qos >= 1") +
               old_case("RETAIN", "retain_available") + old_case("SHARED", "shared_subscription_available"));
  suite only_old = *loaded.loaded;
  for (role_spec& role : only_old.roles) role.version = 4;
  loopback_target target{{[](const std::string& told) {
                            const bool asks_new = told.starts_with("10") && told.substr(24, 2) == "05";
                            return asks_new ? reply{"20 07 00 00 04 24 00 25 00"}
                                            : loopback_target::polite(told);
                          },
                          {},
                          {}}};
  const auto done = run(only_old, target);
  const std::vector<verdict> wanted{verdict::pass, verdict::not_applicable, verdict::not_applicable,
                                    verdict::pass};
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    INFO(done.cases[i].id << ": " << done.cases[i].reason);
    CHECK(done.cases[i].outcome == wanted[i]);
  }
}

TEST_CASE("A run that is stopped gives back what was not played") {
  const auto loaded = suite_of(a_case("A", ping) + a_case("B", ping));
  loopback_target target{{loopback_target::polite, {}, {}}};
  const std::atomic<int> stop{2};
  suite_run_options options;
  options.stop = &stop;
  const auto done = run(*loaded.loaded, target, options);
  for (const auto& one : done.cases) {
    CHECK(one.not_run);
    CHECK(one.outcome == verdict::inconclusive);
  }
}

TEST_CASE("A case that measures time is tried three times before it fails") {
  const std::string timed =
      "      - stimulus: { as: tester, packet: PINGREQ }\n"
      "      - verify: { as: tester, packet: PINGRESP, between: [ 1 s, 30 s ] }\n";
  const auto loaded = suite_of(a_case("TIMED", timed, "    timing: true\n") + a_case("PLAIN", timed));
  loopback_target target{{loopback_target::polite, {}, {}}};
  const auto done = run(*loaded.loaded, target);
  CHECK(done.cases[0].outcome == verdict::fail);
  CHECK(done.cases[0].tries == 3);
  CHECK(done.cases[1].outcome == verdict::fail);
  CHECK(done.cases[1].reason.find("too early") != std::string::npos);
}

TEST_CASE("What was judged by the clock while this machine was late is played again") {
  const auto loaded = suite_of(
      a_case(
          "WAITS",
          "      - stimulus: { as: tester, packet: PINGREQ }\n"
          "      - verify: { as: tester, packet: PUBACK, within: 1 s, ignore: [ { packet: PINGRESP } ] }\n") +
      a_case("SLOW", slow));
  loopback_target target{{loopback_target::polite, {}, {}}};
  target_access access;
  access.mqtt = target.address();
  suite_run_options options;
  options.selected = {0, 1};
  bool once = true;
  options.ended = [&](const case_result& one) {
    if (one.id != "SLOW" || !std::exchange(once, false)) return;
    const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds{400};
    while (std::chrono::steady_clock::now() < until) {  // a report that takes its time
    }
  };
  const auto done = run_cases(*loaded.loaded, access, options);
  INFO(done[0].reason);
  CHECK(done[0].tries >= 2);
  CHECK(done[0].outcome == verdict::fail);
}

TEST_CASE("What nothing but silence decided is asked again when less goes on, once") {
  const std::string quick =
      "      - stimulus: { as: tester, packet: PINGREQ }\n"
      "      - verify: { as: tester, packet: PINGRESP, within: 200 ms }\n";
  const std::string before_measuring =
      "      - probe: { as: tester, packet: PINGREQ, expect: { packet: PINGRESP, within: 200 ms } }\n";
  const auto plain = suite_of(a_case("A", quick));
  const auto timed = suite_of(a_case("A", before_measuring + ping, "    timing: true\n"));
  const std::pair<bool, int> rows[] = {{false, 1}, {false, 2}, {true, 1}, {true, 2}};
  for (const auto& row : rows) {
    const bool measures = row.first;
    const int silences = row.second;
    CAPTURE(measures, silences);
    std::atomic<int> asked{0};
    loopback_target target{{[&](const std::string& told) {
                              const bool ping_request = told.starts_with("c0");
                              return ping_request && asked++ < silences ? reply{}
                                                                        : loopback_target::polite(told);
                            },
                            {},
                            {}}};
    // While this machine is late a case is played again for that; some time it is not.
    outcome_of_run done;
    for (int i = 0; i < 20 && (done.cases.empty() || done.cases[0].tries != 2); ++i) {
      asked = 0;
      done = run(measures ? *timed.loaded : *plain.loaded, target);
    }
    const auto unmet = measures ? verdict::inconclusive : verdict::fail;
    CHECK(done.cases[0].outcome == (silences == 1 ? verdict::pass : unmet));
    CHECK(done.cases[0].tries == 2);
  }
}

TEST_CASE("No target can hang the runner, whatever it does") {
  struct row {
    std::string name;
    loopback_target::manners how;
    verdict expected;
  };
  const auto greet = [](reply then) {
    return [then](const std::string& told) {
      return told.starts_with("10") ? loopback_target::polite(told) : then;
    };
  };
  const auto silent = [](const std::string&) { return reply{}; };
  const std::vector<row> table{
      {"never answers", {silent, {}, {}}, verdict::inconclusive},
      {"closes at once",
       {[](const std::string&) {
          return reply{"", true};
        },
        {},
        {}},
       verdict::inconclusive},
      {"garbage to everything",
       {[](const std::string&) { return reply{"ff ff ff ff ff ff"}; }, {}, {}},
       verdict::fail},
      {"garbage before anything", {silent, "48 54 54 50 2f 31 2e 31", {}}, verdict::inconclusive},
      {"announces 256 MB", {greet({"30 ff ff ff 7f 00 01"}), {}, {}}, verdict::fail},
      {"half a packet, then nothing", {greet({"d0"}), {}, {}}, verdict::fail},
      {"half a packet, then the end", {greet({"d0", true}), {}, {}}, verdict::fail},
      {"byte by byte", {loopback_target::polite, {}, {}, true}, verdict::pass},
      {"endless packets", {greet({}), {}, "d0 00 d0 00 d0 00 d0 00 d0 00 d0 00 d0 00 d0 00"}, verdict::fail},
      {"endless bytes", {greet({}), {}, "ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff"}, verdict::fail},
  };
  const auto loaded =
      suite_of(a_case("A", ping) + a_case("B", "      - verify: { as: tester, quiet: 1 ms }\n" + ping));
  for (const row& one : table) {
    INFO(one.name);
    loopback_target target{one.how};
    const auto began = std::chrono::steady_clock::now();
    const auto done = run(*loaded.loaded, target);
    CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds{60});
    INFO(done.cases[0].reason);
    CHECK(done.cases[0].outcome == one.expected);
    CHECK(done.ended.size() == 2);
  }
}
