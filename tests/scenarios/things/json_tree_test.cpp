// The positioned JSON reader against nlohmann's: the same documents, the same values.
#include "scenarios/things/json_tree.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "scenarios/things/catalogue.hpp"

using namespace wanwu;
using nlohmann::json;
using kind = things::json_value::type;

namespace {
json converted(const things::json_value& v) {
  switch (v.kind) {
    case kind::null:
      return nullptr;
    case kind::boolean:
      return v.boolean;
    case kind::number:
      return v.number;
    case kind::string:
      return v.text;
    case kind::array: {
      json out = json::array();
      for (const auto& item : v.items) out.push_back(converted(item));
      return out;
    }
    case kind::object:
      break;
  }
  json out = json::object();
  for (const auto& member : v.members) out[member.key] = converted(member.value);
  return out;
}
}  // namespace

TEST_CASE("Documents mean what an independent reader finds in them") {
  const auto* text = GENERATE("null", "[]", "{}", " [1, -0, 0.5, 1e3, -2.5E-2, true, false, null] ",
                              R"({"a":{"b":["\u00e4\uD83D\uDE00\n\"\\\/",""]}})", "\"x\"", "12");
  CAPTURE(text);
  const auto read = things::parse_json(text);
  REQUIRE(read.has_value());
  CHECK(converted(*read) == json::parse(text));
}

TEST_CASE("Every built-in model is read the same by both") {
  for (const auto& one : things::builtin_models()) {
    const auto read = things::parse_json(one.text);
    REQUIRE(read.has_value());
    CHECK(converted(*read) == json::parse(one.text));
  }
}

TEST_CASE("What is no JSON is refused where it goes wrong, and by the independent reader too") {
  const struct {
    const char* text;
    std::size_t line, column;
    bool only_ours = false;
  } table[]{{"", 1, 1},
            {"[1,]", 1, 4},
            {"{\"a\":1,}", 1, 8},
            {"[01]", 1, 3},
            {"[1.]", 1, 4},
            {"[+1]", 1, 2},
            {"{\n  \"a\" 1}", 2, 7},
            {"\"\\x\"", 1, 3},
            {"\"\\uD800\"", 1, 8},
            {"\"a\nb\"", 1, 3},
            {"[1] 2", 1, 5},
            {"nul", 1, 1},
            {"[1e999]", 1, 7},
            {"{\"a\":1,\n\"a\":2}", 2, 1, true},
            {"\"abc", 1, 5},
            {"[NaN]", 1, 2}};
  for (const auto& [text, line, column, only_ours] : table) {
    CAPTURE(text);
    const auto read = things::parse_json(text);
    REQUIRE_FALSE(read.has_value());
    CHECK(read.error().at.line == line);
    CHECK(read.error().at.column == column);
    CHECK((only_ours || !json::accept(text)));
  }
  CHECK_FALSE(things::parse_json(std::string(1000, '[')).has_value());
  CHECK_FALSE(things::parse_json("\"\xff\"").has_value());
}
