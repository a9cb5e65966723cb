#include <catch2/catch.hpp>

#include "tests/sim/conformance/stage.hpp"

using namespace wanwu;
using namespace wanwu::conform;
using namespace std::chrono_literals;

namespace {

/// One case: tester and the well-behaved a are connected, then the body asks tester and waits.
std::string asking(const std::string& steps) {
  return "  - id: C\n    group: g\n    objective: o\n    preamble:\n      - open: { as: tester, set: {} }\n"
         "      - open: { as: a }\n    body:\n      - stimulus: { as: tester, bytes: \"ff ff ff ff ff\" }\n" +
         steps;
}

struct row {
  std::string name, verify;
  std::vector<answer> comes;  ///< On tester, once it has asked.
  std::string says;           ///< "" = met; else a part of the reason.
  std::vector<answer> comes_on_a = {};
};

const std::string suback = "90 04 00 01 00 00", refused = "90 04 00 01 00 87";
std::string published(const std::string& payload) {
  return "30 0" + std::to_string(4 + payload.size()) + " 00 01 'a' 00 '" + payload + "'";
}

const std::vector<row> packets{
    {"the packet", "packet: PINGRESP", {{"d0 00"}}, ""},
    {"another packet", "packet: PINGRESP", {{"40 02 00 01"}}, "received PUBACK packet_id=1"},
    {"nothing", "packet: PINGRESP", {}, "nothing came"},
    {"late", "packet: PINGRESP, within: 1 s", {{"d0 00", 1001ms}}, "nothing came"},
    {"just in time", "packet: PINGRESP, within: 1 s", {{"d0 00", 999ms}}, ""},
    {"closed instead", "packet: PINGRESP", {{"close"}}, "closed by the target"},
    {"fields hold",
     "packet: SUBACK, where: \"reason == 0 && packet_id == 1 && reasons == '00'\"",
     {{suback}},
     ""},
    {"fields do not hold", "packet: SUBACK, where: reason == 0", {{refused}}, "received SUBACK"},
    {"special names",
     "packet: PUBLISH, where: \"flags == 0 && size == 7 && payload_hex == '6d' && topic == 'a' && !dup && "
     "retain == 0 && "
     "topic_alias == null && properties == ''\"",
     {{published("m")}},
     ""},
    {"a packet to be ignored comes before",
     "packet: PINGRESP, ignore: [ { packet: PUBLISH, where: payload == 'x' } ]",
     {{published("x")}, {"d0 00"}},
     ""},
    {"only what fits is ignored",
     "packet: PINGRESP, ignore: [ { packet: PUBLISH, where: payload == 'x' } ]",
     {{published("y")}, {"d0 00"}},
     "received PUBLISH"},
    {"in two pieces", "packet: PINGRESP", {{"d0"}, {"00", 5ms}}, ""},
    {"two packets in one piece", "packet: PINGRESP, then: { packet: PINGRESP }", {{"d0 00 d0 00"}}, ""},
    {"what follows does not come", "packet: PINGRESP, then: { closed: by-iut }", {{"d0 00"}}, "nothing came"},
    {"too early", "packet: PINGRESP, between: [ 1 s, 2 s ]", {{"d0 00", 990ms}}, "too early, after 0.990 s"},
    {"too late", "packet: PINGRESP, between: [ 1 s, 2 s ]", {{"d0 00", 2001ms}}, "nothing came"},
    {"within the window", "packet: PINGRESP, between: [ 1 s, 2 s ]", {{"d0 00", 1500ms}}, ""},
    {"garbage", "packet: PINGRESP", {{"d0 ff ff ff ff 01"}}, "no remaining length"},
    {"what was saved is known afterwards",
     "packet: SUBACK, save: { code: reason }, then: { packet: PUBACK, where: packet_id == code }",
     {{"90 04 00 01 00 01"}, {"40 02 00 01"}},
     ""},
};

const std::vector<row> counted{
    {"three of three",
     "packet: PUBLISH, times: 3, where: payload == text(n)",
     {{published("1")}, {published("2")}, {published("3")}},
     ""},
    {"out of order",
     "packet: PUBLISH, times: 3, where: payload == text(n)",
     {{published("2")}, {published("1")}, {published("3")}},
     "received PUBLISH"},
    {"two of three", "packet: PUBLISH, times: 3", {{published("1")}, {published("2")}}, "only 2 of 3"},
    {"one before the marker",
     "packet: PUBLISH, times: [ 1, 2 ], until: { packet: PUBLISH, where: payload == 'end' }",
     {{published("1")}, {published("end")}},
     ""},
    {"three before the marker",
     "packet: PUBLISH, times: [ 1, 2 ], until: { packet: PUBLISH, where: payload == 'end' }",
     {{published("1")}, {published("2")}, {published("3")}, {published("end")}},
     "one more than 2"},
    {"none before the marker though one is due",
     "packet: PUBLISH, times: [ 1, 2 ], until: { packet: PUBLISH, where: payload == 'end' }",
     {{published("end")}},
     "0 of 1, then PUBLISH"},
    {"none, as it must be", "packet: PUBLISH, times: 0, until: { packet: PINGRESP }", {{"d0 00"}}, ""},
    {"one that must not be",
     "packet: PUBLISH, times: 0, until: { packet: PINGRESP }",
     {{published("1")}, {"d0 00"}},
     "received PUBLISH"},
    {"no marker", "packet: PUBLISH, times: 0, until: { packet: PINGRESP }", {}, "nothing came"},
};

const std::vector<row> bytes_and_ends{
    {"the bytes", "bytes: \"d0 00\"", {{"d0 00"}}, ""},
    {"other bytes", "bytes: \"90 {len} 0001 00 ??\"", {{suback}}, ""},
    {"any bytes", "bytes: \"90 ..\"", {{suback}}, ""},
    {"not these bytes", "bytes: \"d0 01\"", {{"d0 00"}}, "received PINGRESP"},
    {"closed", "closed: by-iut", {{"close"}}, ""},
    {"reset is closed too", "closed: by-iut", {{"reset"}}, ""},
    {"stays open", "closed: by-iut", {}, "nothing came"},
    {"a last word that nothing allows",
     "closed: by-iut",
     {{"e0 02 81 00"}, {"close"}},
     "received DISCONNECT"},
    {"a last word that is listed", "closed: by-iut, codes: [ 0x81 ]", {{"e0 02 81 00"}, {"close"}}, ""},
    {"two last words",
     "closed: by-iut, codes: any",
     {{refused}, {"e0 02 81 00"}, {"close"}},
     "received DISCONNECT"},
    {"a good word is no last word", "closed: by-iut, codes: any", {{suback}, {"close"}}, "received SUBACK"},
    {"a last word and no end", "closed: by-iut, codes: any", {{"e0 02 81 00"}}, "nothing came"},
    {"anything but",
     "closed: by-iut, without: [ { packet: SUBACK, where: reason < 0x80 } ]",
     {{"d0 00"}, {refused}, {"close"}},
     ""},
    {"just what is excepted",
     "closed: by-iut, without: [ { packet: SUBACK, where: reason < 0x80 } ]",
     {{"d0 00"}, {suback}, {"close"}},
     "received SUBACK"},
    {"closed too early", "closed: by-iut, between: [ 1 s, 2 s ]", {{"close", 500ms}}, "too early"},
    {"quiet", "quiet: T_quiet", {}, ""},
    {"not quiet", "quiet: T_quiet", {{"d0 00", 399ms}}, "received PINGRESP"},
    {"quiet long enough", "quiet: T_quiet", {{"d0 00", 401ms}}, ""},
    {"closed is not quiet", "quiet: T_quiet", {{"close", 100ms}}, "closed by the target"},
    {"quiet but for what is ignored",
     "quiet: T_quiet, ignore: [ { packet: PINGRESP } ]",
     {{"d0 00", 100ms}},
     ""},
};

const std::vector<row> compound{
    {"the first alternative", "one_of: [ { packet: PUBACK }, { closed: by-iut } ]", {{"40 02 00 01"}}, ""},
    {"the second", "one_of: [ { packet: PUBACK }, { closed: by-iut } ]", {{"close"}}, ""},
    {"neither", "one_of: [ { packet: PUBACK }, { closed: by-iut } ]", {{"d0 00"}}, "received PINGRESP"},
    {"neither in time", "one_of: [ { packet: PUBACK }, { closed: by-iut } ]", {}, "nothing came"},
    {"silence as an alternative", "one_of: [ { quiet: 1 s }, { closed: by-iut } ]", {}, ""},
    {"the end as the other", "one_of: [ { quiet: 1 s }, { closed: by-iut } ]", {{"close", 500ms}}, ""},
    {"alternatives go on together",
     "one_of: [ { packet: PINGRESP, then: { packet: PUBACK } }, { packet: PINGRESP, then: { closed: by-iut } "
     "} ]",
     {{"d0 00"}, {"close"}},
     ""},
    {"and die together",
     "one_of: [ { packet: PINGRESP, then: { packet: PUBACK } }, { packet: PINGRESP, then: { closed: by-iut } "
     "} ]",
     {{"d0 00"}, {"d0 00"}},
     "received PINGRESP"},
    {"an alternative on another link",
     "one_of: [ { closed: by-iut }, { as: a, packet: PUBLISH } ]",
     {},
     "",
     {{published("1")}}},
    {"all, in any order",
     "all_of: [ { packet: PUBACK }, { packet: PINGRESP } ]",
     {{"d0 00"}, {"40 02 00 01"}},
     ""},
    {"all but one", "all_of: [ { packet: PUBACK }, { packet: PINGRESP } ]", {{"d0 00"}}, "nothing came"},
    {"one twice",
     "all_of: [ { packet: PUBACK }, { packet: PINGRESP } ]",
     {{"d0 00"}, {"d0 00"}, {"40 02 00 01"}},
     "received PINGRESP"},
    {"all on two links",
     "all_of: [ { packet: PINGRESP }, { as: a, packet: PUBLISH } ]",
     {{"d0 00"}},
     "",
     {{published("1"), 1s}}},
    {"one of two links stays silent",
     "all_of: [ { packet: PINGRESP }, { as: a, packet: PUBLISH } ]",
     {{"d0 00"}},
     "nothing came"},
};

void check(const row& one) {
  INFO(one.name);
  stage played{asking("      - verify: { as: tester, " + one.verify + " }\n")};
  played.usual();
  played.on("ff", one.comes, "tester");
  if (!one.comes_on_a.empty()) {
    auto after_greeting = one.comes_on_a;
    for (answer& each : after_greeting) each.after += 10ms;
    played.on("open", after_greeting, "a");
  }
  const auto result = played.play();
  INFO(result.reason);
  if (one.says.empty()) {
    CHECK(result.outcome == verdict::pass);
    CHECK_FALSE(result.deviation);
    CHECK(result.steps.back().outcome == "met");
  } else {
    CHECK(result.outcome == verdict::fail);
    CHECK(result.reason.find(one.says) != std::string::npos);
    CHECK(result.steps.back().outcome == "unmet");
    CHECK_FALSE(result.steps.back().expected.empty());
  }
}

}  // namespace

TEST_CASE("A packet is waited for, and nothing else may come") {
  for (const row& one : packets) check(one);
}

TEST_CASE("Packets are counted, up to a marker") {
  for (const row& one : counted) check(one);
}

TEST_CASE("Bytes, the end of a connection, and silence") {
  for (const row& one : bytes_and_ends) check(one);
}

TEST_CASE("Alternatives and sets, over one link or two") {
  for (const row& one : compound) check(one);
}
