// Commands as they come in topics and JSON, honest and hostile.
#include "sim/heard_command.hpp"

#include <catch2/catch.hpp>

using namespace wanwu;
using namespace wanwu::sim;

namespace {

lang::command_hearing by_topic() {
  lang::command_hearing rules;
  rules.action = {lang::extraction::from::topic_level, 3, "", {}};
  rules.corr = {lang::extraction::from::topic_level, 4, "", {}};
  return rules;
}

lang::command_hearing by_payload() {
  lang::command_hearing rules;
  rules.action = {lang::extraction::from::payload, 0, "$.action", {}};
  rules.corr = {lang::extraction::from::payload, 0, "$.id", {}};
  rules.input = {lang::extraction::from::payload, 0, "$.input", {}};
  return rules;
}

heard_message message(std::string_view address, std::string_view payload) {
  heard_message m;
  m.address = address;
  m.payload = as_bytes(payload);
  return m;
}

}  // namespace

TEST_CASE("Action and correlation are taken from the topic, the input is the payload") {
  const auto found = read_commands(by_topic(), message("things/lamp-1/commands/dim/c42", R"({"level":3})"));
  REQUIRE(found.size() == 1);
  CHECK(found[0].action == "dim");
  CHECK(found[0].corr == "c42");
  CHECK(found[0].input == R"({"level":3})");
}

TEST_CASE("One command, a list of them and a list of items are all read") {
  const std::string_view one = R"({"action":"dim","id":7,"input":{"level":3}})";
  CHECK(read_commands(by_payload(), message("", one)).size() == 1);
  CHECK(read_commands(by_payload(), message("", "[" + std::string{one} + "," + std::string{one} + "]"))
            .size() == 2);
  const auto items = read_commands(by_payload(), message("", R"({"items":[)" + std::string{one} + "]}"));
  REQUIRE(items.size() == 1);
  CHECK(items[0].corr == "7");
  CHECK(items[0].input == R"({"level":3})");
}

TEST_CASE("What is no command carries none, and hostile input is bounded") {
  for (const std::string text :
       {"", "{", "null", "17", "[]", R"({"items":[]})", R"({"action":""})", "\xff\xfe"}) {
    CAPTURE(text);
    CHECK(read_commands(by_payload(), message("", text)).empty());
  }
  CHECK(read_commands(by_payload(), message("", std::string(100'000, '['))).empty());
  std::string many = "[";
  for (int i = 0; i < 1000; ++i) many += R"({"action":"a"},)";
  many += R"({"action":"a"}])";
  CHECK(read_commands(by_payload(), message("", many)).size() == 64);
}

TEST_CASE("Parts of a document are found in one spelling") {
  CHECK(json_at(R"({"a":{"b":"c"}})", "$.a.b") == "c");
  CHECK_FALSE(json_at(R"({"a":1})", "$.b"));
  CHECK(canonical_json("{ \"b\" : 1, \"a\":2 }") == canonical_json(R"({"a":2,"b":1})"));
  const auto parts = json_parts(R"({"thing":"x","payload":{"v":1}})");
  REQUIRE(parts.size() == 2);
  CHECK(parts[1] == R"({"v":1})");
}
