#include "sim/conformance/stream_edit.hpp"

#include <catch2/catch.hpp>

#include "tests/sim/conformance/stage.hpp"

using namespace wanwu;
using namespace wanwu::conform;
using namespace std::chrono_literals;

namespace {

/// Tester asks, the target answers with two messages, a ping answer and the end; the body wants just that.
std::string with_edit(const std::string& edit) {
  return "  - id: C\n    group: g\n    objective: o\n    preamble:\n"
         "      - open: { as: tester, set: {} }\n"
         "    body:\n"
         "      - stimulus: { as: tester, packet: PINGREQ }\n"
         "      - verify: { as: tester, packet: PUBLISH, where: payload == '1' && !retain, save: { topic_: "
         "topic } }\n"
         "      - verify: { as: tester, packet: PUBLISH, where: \"payload == '2' && topic == topic_\" }\n"
         "      - verify: { as: tester, packet: PINGRESP }\n"
         "      - verify: { as: tester, closed: by-iut }\n"
         "    mutants:\n      - { as: tester, " +
         edit + " }\n";
}

struct row {
  std::string name, edit, says;
};

const std::vector<row> table{
    {"drop", "drop: { packet: PUBLISH, nth: 2 }", "received PINGRESP"},
    {"drop what fits", "drop: { packet: PUBLISH, where: payload == '2' }", "received PINGRESP"},
    {"drop each", "drop: { packet: PUBLISH, nth: all }", "received PINGRESP"},
    {"change a field", "change: { packet: PUBLISH }, set: { retain: true }", "retain payload=\"1\""},
    {"change by what came before", "change: { packet: PUBLISH, nth: 2 }, set: { payload: \"${topic_}\" }",
     "payload=\"a\""},
    {"change by its own fields", "change: { packet: PUBLISH }, set: { payload: \"${payload}x\" }",
     "payload=\"1x\""},
    {"add a property", "change: { packet: PUBLISH }, set: { payload: x, content_type: t }",
     "content_type=\"t\""},
    {"break a byte", "corrupt: { packet: PINGRESP }, set: { fixed_flags: 1 }", "MQTT-2.1.3-1"},
    {"edit bytes", "corrupt: { packet: PUBLISH }, edits: [ { at: 6, remove: 1, insert: \"'9'\" } ]",
     "payload=\"9\""},
    {"cut a packet short", "corrupt: { packet: PUBLISH }, set: { body_cut: 2 }", "truncated"},
    {"replace", "replace: { packet: PUBLISH }, bytes: \"d0 00\"", "received PINGRESP"},
    {"inject before", "inject: { packet: PUBLISH, set: { topic: z } }, before: { packet: PINGRESP }",
     "topic=\"z\""},
    {"inject after", "inject: { packet: PUBLISH, set: { topic: z } }, after: { packet: PUBLISH }",
     "topic=\"z\""},
    {"inject before the end", "inject: { bytes: \"e0 00\" }, before: closed", "received DISCONNECT"},
    {"inject at a step", "inject: { bytes: \"e0 00\" }, step: 3", "DISCONNECT"},
    {"inject when one looks", "inject: { bytes: \"e0 00\" }", "received DISCONNECT"},
    {"repeat", "repeat: { packet: PUBLISH }", "received PUBLISH topic=\"a\" qos=0 payload=\"1\""},
    {"swap", "swap: [ { packet: PUBLISH }, { packet: PINGRESP } ]", "payload=\"2\""},
    {"delay", "delay: { packet: PINGRESP }, by: 3 s", "nothing came"},
    {"delay the end", "delay: closed, by: 3 s", "nothing came"},
    {"hide the end", "hide: closed", "nothing came"},
    {"close before", "close: { before: { packet: PUBLISH } }", "closed by the target"},
    {"close after", "close: { after: { packet: PUBLISH } }", "closed by the target"},
    {"close at a step", "close: { step: 1 }", "closed by the target"},
};

}  // namespace

TEST_CASE("Each edit does to the stream what a wrong target would have done") {
  for (const row& one : table) {
    INFO(one.name);
    stage told{with_edit(one.edit)};
    told.on("c0",
            {{"30 05 00 01 'a' 00 '1'"}, {"30 05 00 01 'a' 00 '2'", 5ms}, {"d0 00", 10ms}, {"close", 15ms}})
        .usual();
    const auto whole = told.play();
    INFO(whole.reason);
    CHECK(whole.outcome == verdict::pass);
    CHECK_FALSE(told.edit_took_place);
    const auto broken = told.mutant(0);
    INFO(broken.reason);
    CHECK(told.edit_took_place);
    CHECK(broken.outcome == verdict::fail);
    CHECK(broken.reason.find(one.says) != std::string::npos);
  }
}

TEST_CASE("An edit begins with the body, and what waits unread belongs to the body") {
  const std::string text =
      "  - id: C\n    group: g\n    objective: o\n    preamble:\n"
      "      - open: { as: tester, set: {} }\n"
      "      - stimulus: { as: tester, packet: PINGREQ, expect: { packet: PINGRESP } }\n"
      "    body:\n"
      "      - stimulus: { as: tester, packet: PINGREQ, expect: { packet: PINGRESP } }\n"
      "    mutants:\n      - { as: tester, drop: { packet: PINGRESP } }\n";
  stage played{text};
  const auto broken = played.usual().mutant(0);
  CHECK(broken.outcome == verdict::fail);
  CHECK(broken.steps.back().part == "body");
  stage early{text};
  early.on("c0", {{"d0 00 d0 00"}}, {}, 1).on("c0", {}).usual();
  CHECK(early.play().outcome == verdict::pass);
  CHECK(early.mutant(0).outcome == verdict::fail);
}

TEST_CASE("The target is answered as it spoke, whatever an edit makes of it") {
  stage played{
      "  - id: C\n    group: g\n    objective: o\n    preamble:\n      - open: { as: a }\n    body:\n"
      "      - stimulus: { as: a, packet: PINGREQ }\n"
      "      - verify: { as: a, packet: PUBLISH, where: packet_id == 7 }\n"
      "      - verify: { as: a, packet: PUBLISH, where: packet_id == 7 }\n"
      "    mutants:\n      - { as: a, change: { packet: PUBLISH }, set: { packet_id: 9 } }\n"
      "    benign:\n      - { as: a, inject: { packet: PINGRESP }, before: { packet: PUBLISH, nth: 2 } }\n"};
  // The same id again, once it has been acknowledged: no finding, edited or not.
  const std::string message = "32 06 00 01 't' 00 07 00";
  played.on("c0", {{message}}).on("40 02 00 07", {{message}}, "a", 1).usual();
  CHECK(played.play().outcome == verdict::pass);
  const auto benign = played.play(0, &played.all().cases[0].benign[0]);
  INFO(benign.reason);
  CHECK(benign.outcome == verdict::pass);
  CHECK(benign.findings.empty());
  CHECK(played.mutant(0).outcome == verdict::fail);
  CHECK(played.sent.find("a 40 02 00 07") != std::string::npos);
  CHECK(played.sent.find("00 09") == std::string::npos);
}

TEST_CASE("An edit that cannot be done is an error of the suite") {
  stage played{with_edit(
      "change: { packet: PUBLISH }, set: { payload: \"${topic_alias}\", packet_id: \"${topic_alias}\" }")};
  played.on("c0", {{"30 05 00 01 'a' 00 '1'"}}).usual();
  const auto result = played.mutant(0);
  CHECK(result.outcome == verdict::error);
  CHECK(result.reason == "the edit: packet_id has no value");
}
