#include <catch2/catch.hpp>

#include "tests/sim/conformance/stage.hpp"

using namespace wanwu;
using namespace wanwu::conform;
using namespace std::chrono_literals;

namespace {

std::string case_of(const std::string& preamble, const std::string& body, const std::string& more = {}) {
  return "  - id: C\n    group: g\n    objective: o\n" + more + "    preamble:\n" + preamble + "    body:\n" +
         body;
}

const std::string connected = "      - open: { as: tester, set: {} }\n";
const std::string ping = "      - stimulus: { as: tester, packet: PINGREQ, expect: { packet: PINGRESP } }\n";

bool says(const case_result& result, const std::string& text) {
  return result.reason.find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("What a step that does not happen comes to depends on where it stands") {
  struct row {
    std::string name, text;
    verdict outcome;
    std::string says;
  };
  const std::string pings_wrong =
      "      - stimulus: { as: tester, packet: PINGREQ, expect: { packet: PUBACK } }\n";
  const std::vector<row> table{
      {"all well", case_of(connected, ping), verdict::pass, ""},
      {"preamble", case_of(connected + pings_wrong, ping), verdict::inconclusive,
       "preamble step 2: expected"},
      {"body", case_of(connected, pings_wrong), verdict::fail, "body step 1: expected PUBACK"},
      {"probe of the body",
       case_of(connected,
               "      - probe: { as: tester, packet: PINGREQ, expect: { packet: PUBACK } }\n" + ping),
       verdict::inconclusive, "body step 1"},
      {"postamble", case_of(connected, ping, "") + "    postamble:\n" + pings_wrong, verdict::pass, ""},
      {"the greeting, in the body",
       case_of("      - open: { as: second }\n",
               "      - open: { as: tester, set: {}, where: session_present }\n      - verify: { as: second, "
               "quiet: 1 "
               "ms }\n"),
       verdict::fail, "body step 1"},
      {"the greeting, in the preamble",
       case_of("      - open: { as: tester, set: {}, where: session_present }\n", ping),
       verdict::inconclusive, "preamble step 1"},
  };
  for (const row& one : table) {
    INFO(one.name);
    stage played{one.text};
    const auto result = played.usual().play();
    INFO(result.reason);
    CHECK(result.outcome == one.outcome);
    CHECK(says(result, one.says));
  }
}

TEST_CASE(
    "A case that fails by what a monitor saw names that clause; one whose own demand is not met, its own") {
  struct row {
    std::string name, body, answer;
    std::vector<std::string> clauses;
  };
  const std::string asked = "      - stimulus: { as: tester, packet: PINGREQ }\n";
  const std::string message = "      - verify: { as: tester, packet: PUBLISH, where: qos == 1 }\n";
  const std::vector<row> table{
      {"all well", asked + message, "32 07 00 01 74 00 07 00 6d", {"R-1"}},
      {"the demand is met, by what breaks another rule",
       asked + message,
       "3a 07 00 01 74 00 07 00 6d",
       {"MQTT-3.3.1-3"}},
      {"the packet waited for cannot be read",
       asked + message,
       "36 07 00 01 74 00 07 00 6d",
       {"MQTT-3.3.1-4"}},
      {"a close is waited for",
       asked + "      - verify: { as: tester, closed: by-iut }\n",
       "36 07 00 01 74 00 07 00 6d",
       {"R-1"}},
      {"the wrong packet", asked + message, "30 05 00 01 74 00 6d", {"R-1"}},
  };
  for (const row& one : table) {
    INFO(one.name);
    stage played{case_of(connected, one.body, "    clause: [ RULES R-1 ]\n")};
    played.on("c0", {{one.answer}});
    const auto result = played.usual().play();
    INFO(result.reason);
    CHECK((result.outcome == verdict::pass) == (one.name == "all well"));
    CHECK(result.clauses == one.clauses);
    CHECK(result.specs.size() == one.clauses.size());
  }
}

TEST_CASE("A demand that is no must leaves a deviation, or a fail when asked to be strict") {
  struct row {
    std::string name, text;
    bool fails_strictly;
    std::size_t steps;
  };
  const std::string wrong = "      - stimulus: { as: tester, packet: PINGREQ, expect: { packet: PUBACK } }\n";
  const std::string soft =
      "      - stimulus: { as: tester, packet: PINGREQ }\n"
      "      - verify: { as: tester, packet: PUBACK, level: ";
  const std::vector<row> table{
      {"a case that should", case_of(connected, wrong + ping, "    level: should\n"), true, 2},
      {"a case that may", case_of(connected, wrong + ping, "    level: may\n"), false, 2},
      {"a step that should", case_of(connected, soft + "should }\n" + ping), true, 4},
      {"a step that may", case_of(connected, soft + "may }\n" + ping), false, 4},
      {"a code that is not listed",
       case_of(connected,
               "      - stimulus: { as: tester, packet: PUBLISH, set: { topic: '#' } }\n"
               "      - verify: { as: tester, closed: by-iut, codes: [ 0x82 ] }\n"),
       false, 3},
  };
  for (const row& one : table) {
    INFO(one.name);
    stage played{one.text};
    played.usual().on("30", {{"e0 02 90 00"}, {"close"}});
    const auto result = played.play();
    INFO(result.reason);
    CHECK(result.outcome == verdict::pass);
    CHECK(result.deviation);
    CHECK_FALSE(result.reason.empty());
    CHECK(result.steps.size() == one.steps);  // a case that is none ends there, a step alone does not end it
    const auto strict = played.strict().play();
    CHECK(strict.outcome == (one.fails_strictly ? verdict::fail : verdict::pass));
  }
}

TEST_CASE("A script that makes no sense is an error, and a target that cannot be reached is nobody's fault") {
  struct row {
    std::string name, text;
    verdict outcome;
    std::string says;
  };
  const std::vector<row> table{
      {"a value that is missing",
       case_of("      - open: { as: tester, set: {}, save: { gone: server_keep_alive } }\n",
               "      - stimulus: { as: tester, packet: PUBACK, set: { packet_id: \"${gone}\" } }\n" + ping),
       verdict::error, "packet_id has no value"},
      {"a value that does not fit",
       case_of("      - open: { as: tester, set: {}, save: { big: 'size + 70000' } }\n",
               "      - stimulus: { as: tester, packet: PUBACK, set: { packet_id: \"${big}\" } }\n" + ping),
       verdict::error, "packet_id does not fit on the wire"},
      {"too often",
       case_of("      - open: { as: tester, set: {}, save: { big: 'size + 1000000' } }\n",
               "      - stimulus: { as: tester, packet: PINGREQ, times: \"${big}\" }\n" + ping),
       verdict::error, "times is no number"},
      {"closed by the script itself", case_of(connected, "      - close: { as: tester }\n" + ping),
       verdict::error, "the link is not open"},
  };
  for (const row& one : table) {
    INFO(one.name);
    stage played{one.text};
    const auto result = played.usual().play();
    INFO(result.reason);
    CHECK(result.outcome == one.outcome);
    CHECK(says(result, one.says));
  }
  stage nobody{case_of("      - open: { as: second }\n", connected + ping)};
  const auto refused = nobody.on("open", {{"refuse"}}).play();
  CHECK(refused.outcome == verdict::inconclusive);
  CHECK(says(refused, "cannot connect: refused"));
}

TEST_CASE("A stimulus is sent with the defaults of its link, as often as asked, and gives its values") {
  stage played{case_of("      - open: { as: tester, set: {} }\n      - open: { as: old, set: { user: ~ } }\n",
                       "      - stimulus: { as: tester, packet: PUBLISH, set: { topic: t, qos: 1, payload: "
                       "\"${text(n)}\" }, times: 2 }\n"
                       "      - stimulus: { as: tester, packet: SUBSCRIBE, set: { filter: [ a, { filter: b, "
                       "qos: 2 } ] }, save: { pid: packet_id } }\n"
                       "      - verify: { as: tester, packet: SUBACK, where: packet_id == pid }\n"
                       "      - stimulus: { as: tester, packet: PINGREQ, corrupt: { fixed_flags: 15, tail: { "
                       "bytes: \"00\" } } }\n"
                       "      - stimulus: { as: tester, bytes: \"${pid:16} 'x' ${pid:8}\" }\n")};
  played.target().user = "me";
  played.target().password = "secret";
  played.usual().on("82", {{"90 05 00 03 00 00 02"}});
  const auto result = played.play();
  CHECK(result.outcome == verdict::pass);
  CHECK(played.sent ==
        "tester 10 2a 00 04 4d 51 54 54 05 c2 00 00 00 00 11 61 62 63 64 65 66 67 68 69 6a 2d 74 65 73 74 65 "
        "72 "
        "00 02 6d 65 00 06 73 65 63 72 65 74\n"
        "old 10 22 00 04 4d 51 54 54 04 42 00 00 00 0e 61 62 63 64 65 66 67 68 69 6a 2d 6f 6c 64 00 06 73 65 "
        "63 72 "
        "65 74\n"
        "tester 32 07 00 01 74 00 01 00 31\n"
        "tester 32 07 00 01 74 00 02 00 32\n"
        "tester 82 0b 00 03 00 00 01 61 00 00 01 62 02\n"
        "tester cf 01 00\n"
        "tester 00 03 78 03\n"
        "tester closed\nold closed\n");
  REQUIRE(result.wire.size() > 3);
  for (const auto& event : result.wire) {
    CHECK(as_text(event.raw).find("secret") == std::string_view::npos);
    CHECK(event.text.find("secret") == std::string::npos);
  }
}

TEST_CASE("A stimulus that is sent several times and expects something waits for it each time") {
  const std::string three =
      "      - stimulus: { as: a, packet: PUBLISH, set: { topic: t, qos: 2, payload: \"${n}\" }, times: 3, "
      "expect: { packet: PUBCOMP } }\n";
  stage played{case_of("      - open: { as: a }\n", three)};
  played.usual().on("62 02 00 01", {{"70 02 00 01", 5ms}}).on("62 02 00 02", {{"70 02 00 02", 5ms}});
  for (const std::string id : {"01", "02", "03"})
    played.on("34 07 00 01 74 00 " + id, {{"50 02 00 " + id, 5ms}});
  const auto silent = played.play();
  CHECK(silent.outcome == verdict::fail);
  CHECK(says(silent, "body step 1: expected PUBCOMP; nothing came"));
  CHECK(silent.steps.size() == 2);
  played.on("62 02 00 03", {{"70 02 00 03"}});
  const auto answered = played.play();
  INFO(answered.reason);
  CHECK(answered.outcome == verdict::pass);
  const auto first_done = played.sent.find("62 02 00 01"), second = played.sent.find("34 07 00 01 74 00 02");
  REQUIRE(second != std::string::npos);
  CHECK(first_done < second);
  CHECK(played.sent.find("62 02 00 02") < played.sent.find("34 07 00 01 74 00 03"));
}

TEST_CASE("A well-behaved link answers by itself, and passes over what it looks after") {
  stage played{case_of("      - open: { as: a }\n",
                       "      - stimulus: { as: a, packet: PUBLISH, set: { topic: t, qos: 2 } }\n"
                       "      - verify: { as: a, packet: PUBLISH, where: qos == 1 }\n"
                       "      - verify: { as: a, packet: PUBLISH, where: qos == 2 }\n"
                       "      - stimulus: { as: a, packet: PUBLISH, set: { topic: t, qos: 1 }, expect: { "
                       "packet: PUBACK } }\n")};
  played.usual().on("34",
                    {{"50 02 00 01"}, {"32 06 00 01 't' 00 07 00"}, {"34 06 00 01 't' 00 08 00", 10ms}});
  played.on("62", {{"70 02 00 01"}}).on("50 02 00 08", {{"62 02 00 08"}}).on("32", {{"40 02 00 02", 20ms}});
  const auto result = played.play();
  INFO(result.reason);
  CHECK(result.outcome == verdict::pass);
  for (const auto* line :
       {"a 62 02 00 01\n", "a 40 02 00 07\n", "a 50 02 00 08\n", "a 70 02 00 08\n", "a e0 00\n"}) {
    INFO(line);
    CHECK(played.sent.find(line) != std::string::npos);
  }
}

TEST_CASE("What comes while a script does something else is kept for the step that looks") {
  stage played{case_of(connected + "      - open: { as: a }\n",
                       "      - stimulus: { as: tester, packet: PINGREQ }\n"
                       "      - wait: 5 s\n"
                       "      - probe: { as: tester }\n"
                       "      - verify: { as: a, packet: PUBLISH }\n"
                       "      - verify: { as: tester, packet: PUBLISH }\n"
                       "      - close: { as: tester, how: abrupt }\n"
                       "      - open: { as: tester, set: { clean_start: false } }\n" +
                           ping)};
  const std::string published = "30 04 00 01 't' 00";
  played.on("c0", {{published}, {"d0 00"}}, "tester", 1).on("open", {{published, 1s}}, "a");
  played.usual();
  const auto result = played.play();
  INFO(result.reason);
  CHECK(result.outcome == verdict::pass);
  CHECK(played.took < 6s);
  CHECK(played.sent.find("tester reset\n") != std::string::npos);
}

TEST_CASE("A verdict of the clock does not count when the clock was read too late") {
  const std::string text = case_of(connected,
                                   "      - stimulus: { as: tester, packet: PINGREQ }\n"
                                   "      - verify: { as: tester, packet: PINGRESP, within: 1 s }\n");
  struct row {
    std::string name;
    duration answers_after, lag;
    bool unreliable;
  };
  const std::vector<row> table{{"in time", 10ms, 500ms, false},
                               {"never, and we were there", 10s, 90ms, false},
                               {"never, and we were not", 10s, 110ms, true}};
  for (const row& one : table) {
    INFO(one.name);
    stage played{text};
    played.on("c0", {{"d0 00", one.answers_after}}).usual().late_by(one.lag);
    played.play();
    CHECK(played.unreliable == one.unreliable);
  }
  stage measured{case_of(connected,
                         "      - stimulus: { as: tester, packet: PINGREQ }\n"
                         "      - verify: { as: tester, packet: PINGRESP, between: [ 500 ms, 1 s ] }\n")};
  measured.on("c0", {{"d0 00", 600ms}}).usual().late_by(110ms);
  CHECK(measured.play().outcome == verdict::pass);
  CHECK(measured.unreliable);
}

TEST_CASE("A target that pours out packets costs a bounded queue, and the case ends") {
  std::string flood;
  for (int i = 0; i < 500; ++i) flood += "d0 00 ";
  stage played{case_of(connected + "      - open: { as: a }\n",
                       "      - wait: 1 s\n      - verify: { as: tester, closed: by-iut, without: [ { "
                       "packet: PUBACK } ] }\n")};
  std::vector<answer> floods;
  for (int i = 0; i < 20; ++i) floods.push_back({flood, std::chrono::milliseconds{10 + i}});
  played.usual().on("open", floods, "tester");
  const auto result = played.play();
  CHECK(result.outcome == verdict::fail);
  CHECK(says(result, "that nothing waits for"));
  CHECK(result.wire.size() <= 2000);
}
