// Single members come out of JSON text without a tree, and hostile text gives nothing.
#include "scenarios/language/json_view.hpp"

#include <catch2/catch.hpp>

using namespace wanwu::lang;

TEST_CASE("A path leads to the piece it names") {
  constexpr std::string_view json =
      R"( {"id": "a\u00fc", "n": -1.5, "list": [{"id": 1}, {"id": 2}], "o": {"k\"": [true, null]}} )";
  const auto at = [&](std::string_view path) { return std::string{json_path::compile(path)->find(json)}; };
  CHECK(at("$.n") == "-1.5");
  CHECK(json_text(at("$.id")) == "aü");
  CHECK(at("$.list[1].id") == "2");
  CHECK(at("$.o").starts_with("{"));
  CHECK(at("$.missing").empty());
  CHECK(at("$.list[2]").empty());
  CHECK(json_value("true").truth());
  CHECK(json_value("12").integer() == 12);
  std::string all;
  json_path::compile("$.list[*].id")->for_each(json, 10, [&](std::string_view piece) {
    all += std::string{piece} + ";";
  });
  CHECK(all == "1;2;");
  for (const char* bad : {"", "x", "$.", "$[", "$[x]", "$..a", "$.a b[", "$a"})
    CHECK_FALSE(json_path::compile(bad));
}

TEST_CASE("Broken JSON gives nothing and is never read past its end") {
  const auto path = *json_path::compile("$.a[0].b");
  for (const char* broken : {"", "{", "{\"a", "{\"a\"", "{\"a\":", "{\"a\":[", "{\"a\":[{", "{\"a\":[{\"b\"",
                             "\"\\", "{\"a\\", "[[[[", "{\"a\":[{\"b\":\"x\\"}) {
    CAPTURE(broken);
    CHECK(path.find(broken).empty());
    CHECK(json_text(broken).size() <= std::string_view{broken}.size());
  }
  CHECK(json_path::compile("$.a")->find(std::string(1000, '[')).empty());
}
