// Rows that the program makes: complete, readable, unique.
#include <set>

#include <catch2/catch.hpp>

#include "protocols/core/hex.hpp"
#include "protocols/mqtt/decode.hpp"
#include "scenarios/conformance/case_row.hpp"
#include "tests/scenarios/conformance/suite_text.hpp"

using namespace wanwu;
using namespace wanwu::conform;

namespace {

std::set<std::string> labels(const std::vector<case_row>& rows) {
  std::set<std::string> out;
  for (const case_row& row : rows) CHECK(out.insert(row.label).second);
  return out;
}

std::string value_of(const case_row& row, std::string_view name) {
  for (const parameter& p : row.values) {
    if (p.name == name) return p.value.text;
  }
  return "";
}

std::vector<std::string> ids_with(const std::string& rest) {
  const auto loaded = load_suite_text("t", suite_with(rest));
  INFO(complaints(loaded));
  REQUIRE(loaded.loaded != nullptr);
  std::vector<std::string> out;
  for (const test_case& c : loaded.loaded->cases) out.push_back(c.id);
  return out;
}

}  // namespace

TEST_CASE("Reserved flags: every value but the right ones") {
  const auto rows = mqtt_rows("reserved-flags", {"SUBSCRIBE", "PINGREQ", "PUBLISH"});
  CHECK(rows.size() == 15 + 15 + 4);
  const auto names = labels(rows);
  CHECK(names.contains("SUBSCRIBE-0000"));
  CHECK_FALSE(names.contains("SUBSCRIBE-0010"));
  CHECK_FALSE(names.contains("PINGREQ-0000"));
  CHECK(names.contains("PUBLISH-0110"));
}

TEST_CASE("Misplaced properties: all that the table has nowhere in the packet, and none that it has") {
  const auto rows = mqtt_rows("misplaced-properties", {"CONNECT", "PUBLISH", "PUBACK"});
  const auto names = labels(rows);
  std::size_t wanted = 0;
  for (const auto type :
       {mqtt::packet_type::connect, mqtt::packet_type::publish, mqtt::packet_type::puback}) {
    for (const auto& rule : mqtt::property_table()) {
      const bool there = (rule.places & mqtt::place_of(type)) != 0;
      CAPTURE(rule.name, name_of(type));
      CHECK(names.contains(std::string{name_of(type)} + "-" + std::string{rule.name}) == !there);
      wanted += there ? 0U : 1U;
    }
  }
  CHECK(rows.size() == wanted);
  for (const case_row& row : rows) {
    const auto raw = parse_hex(value_of(row, "raw"));
    REQUIRE(raw);
    const mqtt::property_view view{*raw};
    REQUIRE(view.begin() != view.end());
    CHECK(view.begin()->rule->name == value_of(row, "property"));
  }
}

TEST_CASE("Doubled properties: all that may stand once and not twice") {
  const auto names = labels(mqtt_rows("doubled-properties", {"CONNECT", "SUBSCRIBE", "AUTH"}));
  CHECK(names.contains("CONNECT-receive_maximum"));
  CHECK(names.contains("SUBSCRIBE-subscription_identifier"));
  CHECK(names.contains("AUTH-reason_string"));
  CHECK_FALSE(names.contains("CONNECT-user_property"));
  CHECK_FALSE(names.contains("CONNECT-topic_alias"));
}

TEST_CASE("Bad values: what the strict decoder refuses of a property that may stand there") {
  const auto rows = mqtt_rows("bad-values", {"CONNECT", "PUBLISH", "SUBSCRIBE"});
  const auto names = labels(rows);
  for (const char* name : {"CONNECT-receive_maximum-0", "CONNECT-maximum_packet_size-0",
                           "CONNECT-request_problem_information-2", "PUBLISH-payload_format_indicator-255",
                           "PUBLISH-topic_alias-0", "SUBSCRIBE-subscription_identifier-0"}) {
    CAPTURE(name);
    CHECK(names.contains(name));
  }
  CHECK_FALSE(names.contains("CONNECT-session_expiry_interval-0"));
  CHECK_FALSE(names.contains("CONNECT-topic_alias_maximum-0"));
}

TEST_CASE("A packet is whole at some of its lengths, and cut at all others") {
  const auto lengths = [](std::string_view hex) { return incomplete_lengths(*parse_hex(hex), 5); };
  using list = std::vector<std::uint32_t>;
  CHECK(lengths("40 04 0001 10 00") == list{0, 1});              // PUBACK: an id alone is whole
  CHECK(lengths("30 06 0001 't' 00 'ab'") == list{0, 1, 2, 3});  // PUBLISH: a shorter payload is whole
  CHECK(lengths("82 07 0001 00 0001 'a' 00") == list{0, 1, 2, 3, 4, 5, 6});
  CHECK(lengths("82 0b 0001 00 0001 'a' 00 0001 'b' 00") == list{0, 1, 2, 3, 4, 5, 6, 8, 9, 10});
  CHECK(lengths("c0 00").empty());
}

TEST_CASE("Truncations are counted on the packet that the step makes") {
  const auto ids = ids_with(R"(    generate: { kind: truncations, packet: PUBLISH }
    body:
      - open: { as: tester, set: {} }
      - stimulus: { as: tester, packet: PUBLISH, set: { topic: "${unique}", qos: 1 }, corrupt: { body_cut: "${cut}" } }
      - verify: { as: tester, closed: by-iut }
)");
  CHECK(ids.size() == 2 + unique_size + 2 + 1);  // topic, packet id, length of properties
  CHECK(ids.front() == "A/0");
  // A number is as long as any other, also when it is known only in the run.
  CHECK(ids_with(R"(    generate: { kind: truncations, packet: PUBACK }
    body:
      - open: { as: tester, set: {} }
      - verify: { as: tester, packet: PUBLISH, save: { pid: packet_id } }
      - stimulus: { as: tester, packet: PUBACK, set: { packet_id: "${pid}", reason_string: ab }, corrupt: { body_cut: "${cut}" } }
      - verify: { as: tester, closed: by-iut }
)") == std::vector<std::string>{"A/0", "A/1", "A/4", "A/5", "A/6", "A/7", "A/8"});
}

TEST_CASE("Lists, ranges and grids give a readable id each") {
  const std::string body = "    body: [ open: { as: c } ]\n";
  CHECK(ids_with("    generate: { kind: range, name: n, from: 0, to: 2 }\n" + body) ==
        std::vector<std::string>{"A/0", "A/1", "A/2"});
  CHECK(ids_with("    generate: { kind: each, name: f, of: [ a/b, \"#\", \"+\", a b ] }\n" + body) ==
        std::vector<std::string>{"A/a-b", "A/row", "A/row-2", "A/a-b-2"});
  CHECK(ids_with("    generate: { kind: grid, names: { qos: [ 0, 1 ], keep: [ true ] } }\n" + body) ==
        std::vector<std::string>{"A/qos.0-keep.true", "A/qos.1-keep.true"});
}
