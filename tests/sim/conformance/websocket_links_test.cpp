// Links over WebSocket: the upgrade as a packet, frames in and out, what a target may and may not do.
#include <algorithm>

#include <catch2/catch.hpp>

#include "protocols/core/hex.hpp"
#include "sim/conformance/replay.hpp"
#include "sim/conformance/upgrade_message.hpp"
#include "tests/sim/conformance/loopback_target.hpp"
#include "tests/sim/conformance/stage.hpp"

using namespace wanwu;
using namespace wanwu::conform;

namespace {

std::string a_case(const std::string& body, const std::string& open = "{ as: ws }") {
  return "  - id: WS\n    group: g\n    objective: o\n    body:\n      - open: " + open + "\n" + body;
}
const std::string upgraded =
    "      - verify: { as: ws, packet: UPGRADE, where: \"status == 101 && subprotocol == 'mqtt'\" }\n";
const std::string connected =
    upgraded +
    "      - stimulus: { as: ws, packet: CONNECT, expect: { packet: CONNACK, where: reason == 0 } }\n";
const std::string ping = "      - stimulus: { as: ws, packet: PINGREQ, expect: { packet: PINGRESP } }\n";

/// What stands in the log of the wire, one word each.
std::string log_of(const case_result& result) {
  std::string out;
  for (const auto& event : result.wire) {
    if (!event.text.empty()) out += event.text + "\n";
  }
  return out;
}

bool has_clause(const case_result& result, std::string_view clause) {
  return std::any_of(result.findings.begin(), result.findings.end(),
                     [&](const finding& one) { return one.clause == clause; });
}

}  // namespace

TEST_CASE("A case speaks over WebSocket: the upgrade is a packet, and the log has what the frames carry") {
  stage play{a_case(connected + ping)};
  play.usual();
  const auto result = play.play();
  INFO(result.reason);
  CHECK(result.outcome == verdict::pass);
  CHECK(result.findings.empty());
  const auto log = log_of(result);
  CHECK(log.starts_with(
      "over WebSocket\na request to upgrade, offering mqtt\nUPGRADE status=101 subprotocol=mqtt\nCONNECT "));
  CHECK(play.sent.find("ws c0 00\n") != std::string::npos);
  for (const auto& event : result.wire) {
    if (event.text == "PINGREQ") CHECK(event.raw == bytes{std::byte{0xC0}, std::byte{0}});
  }
}

TEST_CASE("What is offered is what the open says; a refusal is a packet too") {
  const std::string refused =
      "      - verify: { as: ws, packet: UPGRADE, where: status == 400 && subprotocol == null }\n";
  for (const std::string offer : {"\"\"", "chat", "mqttv3.1"}) {
    CAPTURE(offer);
    CHECK(stage{a_case(refused, "{ as: ws, subprotocol: " + offer + " }")}.usual().play().outcome ==
          verdict::pass);
  }
  CHECK(stage{a_case(connected, "{ as: ws, subprotocol: \"chat, mqtt\" }")}.usual().play().outcome ==
        verdict::pass);
  // Nothing can be sent where the upgrade was refused.
  const auto after = stage{a_case(refused + ping, "{ as: ws, subprotocol: chat }")}.usual().play();
  CHECK(after.outcome == verdict::fail);
}

TEST_CASE("A stimulus goes out in the frames it asks for") {
  const auto sent_as = [](const std::string& how) {
    stage play{a_case(connected + "      - stimulus: { as: ws, bytes: \"c0 00 c0 00\"" + how + " }\n")};
    play.usual();
    CHECK(play.play().outcome == verdict::pass);
    return play.sent.substr(play.sent.find("ws c0"));
  };
  CHECK(sent_as("").starts_with("ws c0 00 c0 00\n"));
  CHECK(sent_as(", split: 3").starts_with("ws c0 00 c0 00\n"));  // in one go: the server's stream has it all
  CHECK(sent_as(", frame: fragments, split: 1").starts_with("ws c0 00 c0 00\n"));
  stage text{a_case(connected + "      - stimulus: { as: ws, bytes: \"c0 00\", frame: text }\n" +
                    "      - verify: { as: ws, closed: by-iut }\n")};
  const auto result = text.usual().play();
  INFO(result.reason);
  CHECK(result.outcome == verdict::pass);
  CHECK(text.sent.find("ws c0") == std::string::npos);
  CHECK(log_of(result).find("PINGREQ, in text\n") != std::string::npos);
}

TEST_CASE("A ping of either side is answered and disturbs nothing; a close frame ends the link") {
  stage pinged{a_case(connected + "      - stimulus: { as: ws, bytes: \"'?'\", frame: ping }\n" + ping)};
  pinged.on("c0", {{"raw 89 01 21"}, {"d0 00"}}).usual();
  CHECK(pinged.play().outcome == verdict::pass);
  stage closed{a_case(connected + "      - stimulus: { as: ws, packet: PINGREQ }\n" +
                      "      - verify: { as: ws, closed: by-iut }\n")};
  closed.on("c0", {{"raw 88 02 03e8"}}).usual();
  const auto result = closed.play();
  INFO(result.reason);
  CHECK(result.outcome == verdict::pass);
  CHECK(closed.sent.find("ws closed\n") != std::string::npos);
}

TEST_CASE("A target that breaks the carrier is found out under the clause, whatever the case looks at") {
  const std::pair<const char*, const char*> table[] = {{"raw 81 02 d000", "MQTT-6.0.0-1"},
                                                       {"raw 82 82 00000000 d000", "RFC6455-5.1"},
                                                       {"raw c2 02 d000", "RFC6455-5.2"}};
  for (const auto& [answer, clause] : table) {
    CAPTURE(answer);
    const auto result = stage{a_case(connected + ping)}.on("c0", {{answer}}).usual().play();
    CHECK(result.outcome == verdict::fail);
    CHECK(has_clause(result, clause));
  }
  const auto wrong =
      stage{a_case(upgraded)}
          .on("upgrade", {{"raw 'HTTP/1.1 101 Switching Protocols' 0d0a 'Upgrade: websocket' 0d0a "
                           "'Connection: Upgrade' 0d0a 'Sec-WebSocket-Accept: no' 0d0a "
                           "'Sec-WebSocket-Protocol: mqtt' 0d0a0d0a"}})
          .play();
  CHECK(wrong.outcome == verdict::fail);
  CHECK(has_clause(wrong, "RFC6455-4.2.2"));
}

TEST_CASE("An answer to the upgrade that never ends, or is none, is garbage and not a wait") {
  const std::string endless = "raw 'HTTP/1.1 101 " + std::string(9000, 'x') + "'";
  for (const std::string& answer : {endless, std::string{"raw 'SSH-2.0-x' 0d0a0d0a"}}) {
    const auto result = stage{a_case(upgraded)}.on("upgrade", {{answer}}).play();
    CHECK(result.outcome == verdict::fail);
    CHECK_FALSE(result.findings.empty());
  }
}

TEST_CASE("Edits change the answer to an upgrade, and only in ways that it can have") {
  const auto mutants = [](const std::string& edit) {
    stage play{a_case(upgraded + "    mutants:\n      - { as: ws, " + edit + " }\n")};
    play.usual();
    CHECK(play.play().outcome == verdict::pass);
    const auto result = play.mutant(0);
    CHECK(play.edit_took_place);
    return result.outcome;
  };
  CHECK(mutants("change: { packet: UPGRADE }, set: { subprotocol: chat }") == verdict::fail);
  CHECK(mutants("change: { packet: UPGRADE }, set: { subprotocol: ~ }") == verdict::fail);
  CHECK(mutants("change: { packet: UPGRADE }, set: { status: 403 }") == verdict::fail);
  CHECK(mutants("change: { packet: UPGRADE }, set: { subprotocol: \"${subprotocol}\" }") == verdict::pass);
  CHECK(mutants("replace: { packet: UPGRADE }, bytes: \"'HTTP/1.1 200 OK' 0d0a0d0a\"") == verdict::fail);
  CHECK(mutants("drop: { packet: UPGRADE }") == verdict::fail);
  CHECK(mutants("close: { before: { packet: UPGRADE } }") == verdict::fail);
}

TEST_CASE("What a script cannot mean is an error of the script") {
  const auto early = stage{a_case(ping)}.usual().play();
  CHECK(early.outcome == verdict::error);
  CHECK(early.reason.find("the upgrade is not answered yet") != std::string::npos);
  const auto long_ping = stage{a_case(upgraded + "      - stimulus: { as: ws, bytes: \"'" +
                                      std::string(126, 'x') + "'\", frame: ping }\n")}
                             .usual()
                             .play();
  CHECK(long_ping.outcome == verdict::error);
}

TEST_CASE("A target without an address for WebSocket is not concerned by such a case, and others are") {
  const auto loaded = suite_of(
      a_case(upgraded) +
      "  - id: TCP\n    group: g\n    objective: o\n    body:\n      - open: { as: tester, set: {} }\n");
  loopback_target target{{loopback_target::polite, {}, {}}};
  target_access access;
  access.mqtt = target.address();
  suite_run_options options;
  options.selected = {0, 1};
  const auto done = run_cases(*loaded.loaded, access, options);
  CHECK(done[0].outcome == verdict::not_applicable);
  CHECK(done[0].reason == "the target names no address for MQTT over WebSocket");
  CHECK(done[1].outcome == verdict::pass);
  // An address where something else answers: the link goes there, and not to the broker.
  loopback_target other{{[](const std::string&) {
                           return reply{"48 54 54 50 2f 31 2e 31 20 34 30 33 20 6e 6f 0d 0a 0d 0a", true};
                         },
                         {},
                         {}}};
  access.websocket = {other.address(), "other", "/"};
  const auto again = run_cases(*loaded.loaded, access, options);
  CHECK(again[0].outcome == verdict::fail);
  CHECK(log_of(again[0]).find("UPGRADE status=403") != std::string::npos);
  CHECK(again[1].outcome == verdict::pass);
}

TEST_CASE("Passwords do not reach the log of a link over WebSocket") {
  stage play{a_case(upgraded + "      - stimulus: { as: ws, packet: CONNECT, split: 3 }\n")};
  play.usual().target().user = "u";
  play.target().password = "very secret";
  const auto result = play.play();
  CHECK(play.sent.find(to_hex(as_bytes("very secret"))) != std::string::npos);
  for (const auto& event : result.wire)
    CHECK(std::string{as_text(event.raw)}.find("very secret") == std::string::npos);
}

TEST_CASE("A recording over WebSocket is not replayed as if it had been TCP") {
  stage play{a_case(connected)};
  const auto result = play.usual().play();
  CHECK(replay_problem(result.wire).find("went over WebSocket") != std::string::npos);
}
