// Expressions mean what C and CEL readers expect, and every mistake is found before the run, with its place.
#include <cmath>
#include <deque>
#include <map>
#include <utility>

#include <catch2/catch.hpp>

#include "scenarios/language/slots.hpp"

using namespace std::chrono_literals;
using namespace wanwu::lang;

namespace {

struct world {
  slot_table names;
  std::vector<value> slots;
  eval_context context;

  world() {
    names.add("temperature", value_type::number);
    names.add("heating", value_type::boolean);
    names.add_constant("tenant", "acme");
    slots.resize(names.size());
    set("thing.id", value::of("lamp-7"));
    set("temperature", value::of(20.5));
    set("heating", value::of(true));
    set("input", value::json(R"({"level": 30, "mode": "eco", "nested": {"on": true}, "list": [1, 2]})"));
    context.slots = slots;
    context.now_ns = 1'795'000'000'123'456'789;
    context.random = {42, 0};
  }
  void set(std::string_view name, value v) {
    resolved_name meaning;
    REQUIRE(names.resolve(name, meaning));
    slots[meaning.slot] = v;
  }
  value run(std::string_view source) {
    INFO(source);
    // A text in a value may be a constant of its expression: it lives as long as that does.
    auto& compiled = kept.emplace_back(compile_expression(source, names));
    if (!compiled) FAIL(compiled.error().message);
    context.scratch_used = 0;
    return compiled->evaluate(context);
  }
  std::deque<decltype(compile_expression({}, std::declval<slot_table&>()))> kept;
};

}  // namespace

TEST_CASE("Arithmetic binds and rounds as in C, and / always divides exactly") {
  world w;
  const std::map<std::string, double> table{{"1 + 2 * 3", 7},
                                            {"(1 + 2) * 3", 9},
                                            {"7 / 2", 3.5},
                                            {"7 % 3", 1},
                                            {"-2 - -3", 1},
                                            {"1.5e2", 150},
                                            {"20 %", 0.2},
                                            {"20 % 3", 2},
                                            {"50 % * 4", 2},
                                            {"10 - 2 - 3", 5},
                                            {"temperature", 20.5},
                                            {"temperature * 2", 41},
                                            {"heating ? 1 : 2", 1},
                                            {"!heating ? 1 : 2", 2},
                                            {"min(3, 1, 2)", 1},
                                            {"max(1, 2.5)", 2.5},
                                            {"abs(-4)", 4},
                                            {"floor(2.9)", 2},
                                            {"round(2.345, 2)", 2.35},
                                            {"clamp(9, 0, 5)", 5},
                                            {"input.level + 1", 31},
                                            {"size('äb')", 2},
                                            {"number('12')", 12},
                                            {"int(2.9)", 2},
                                            {"0x82 + 1", 131},
                                            {"0xFf", 255},
                                            {"0b1111", 15},
                                            {"0b0", 0},
                                            {"-0x10", -16},
                                            {"true ? false ? 1 : 2 : 3", 2}};
  for (const auto& [source, expected] : table) CHECK(w.run(source).number() == Approx(expected));
}

TEST_CASE("Whole numbers stay whole until they no longer fit") {
  world w;
  CHECK(w.run("2 + 3").kind() == value_kind::integer);
  CHECK(w.run("9223372036854775807 + 1").kind() == value_kind::number);
  CHECK(w.run("7 / 2").kind() == value_kind::number);
  CHECK(std::isnan(w.run("0 / 0").number()));
  CHECK(w.run("5 % 0").kind() == value_kind::number);
}

TEST_CASE("Truth, order and membership") {
  world w;
  for (const char* yes : {"1 < 2",
                          "2 <= 2",
                          "'a' < 'b'",
                          "1 == 1.0",
                          "'x' != 'y'",
                          "true || 1 / 0 > 5",
                          "!(false && true)",
                          "3 in [1, 2, 3]",
                          "16 in [0, 0x10]",
                          "3 in [0b11]",
                          "'eco' in ['eco', 'off']",
                          "!(4 in [1, 2])",
                          "1 in input.list",
                          "'am' in 'lamp'",
                          "input.mode == 'eco'",
                          "input.nested.on",
                          "input.nested.on == 1",
                          "input.nested.on != 2",
                          "input.missing == null",
                          "1.5 s == 1500 ms",
                          "4 * 1.5 s + 1 s == 7 s",
                          "2 min > 100 s",
                          "starts_with(thing.id, 'lamp')",
                          "ends_with('abc', 'c')",
                          "contains('abc', 'b')",
                          "reverse('abc') == 'cba' && reverse('') == ''",
                          "tenant == 'acme'",
                          "null == null",
                          "1 s + 500 ms == 1.5 s",
                          "3 s / 1.5 s == 2",
                          "2 * 1 s == 2 s"}) {
    CAPTURE(yes);
    CHECK(w.run(yes).truth());
  }
}

TEST_CASE("?? takes the right side only for null, and text joins") {
  world w;
  CHECK(w.run("input.missing ?? 4").number() == 4);
  CHECK(w.run("input.level ?? 4").number() == 30);
  CHECK(w.run("null ?? 'x'").text() == "x");
  CHECK(w.run("thing.id + '/' + tenant").text() == "lamp-7/acme");
  CHECK(w.run("text(1.5) + '!'").text() == "1.5!");
  CHECK(w.run("now_iso()").text() == "2026-11-18T11:06:40.123Z");
  CHECK(w.run("now_s()").integer() == 1'795'000'000);
  CHECK(w.run("now_ms()").integer() == 1'795'000'000'123);
}

TEST_CASE("The same key draws the same numbers, and draws follow their distribution") {
  world w;
  const auto gauss = compile_expression("normal(20, 2)", w.names);
  const auto dice = compile_expression("randint(1, 6)", w.names);
  REQUIRE(gauss);
  REQUIRE(dice);
  w.context.random = {7, 0};
  const double first = gauss->evaluate(w.context).number();
  w.context.random = {7, 0};
  CHECK(gauss->evaluate(w.context).number() == first);
  double sum = 0, squares = 0;
  std::map<std::int64_t, int> faces;
  constexpr int draws = 20'000;
  for (int i = 0; i < draws; ++i) {
    const double x = gauss->evaluate(w.context).number();
    sum += x;
    squares += x * x;
    ++faces[dice->evaluate(w.context).integer()];
  }
  const double mean = sum / draws;
  CHECK(mean == Approx(20).margin(0.1));
  CHECK(std::sqrt(squares / draws - mean * mean) == Approx(2).margin(0.1));
  CHECK(faces.size() == 6);
  CHECK(faces.begin()->first == 1);
  for (const auto& [face, count] : faces) CHECK(count == Approx(draws / 6.0).epsilon(0.1));
  for (int i = 0; i < 100; ++i) {
    const double walked = w.run("walk(5, 10, 0, 6)").number();
    CHECK((walked >= 0 && walked <= 6));
  }
}

TEST_CASE("Every mistake is found when compiling, with its offset and what would be right") {
  world w;
  struct row {
    std::string_view source;
    std::size_t offset;
    std::string_view message;
  };
  const auto table = std::to_array<row>({
      {"1 +", 3, "something is missing here"},
      {"temprature + 1", 0, "there is no `temprature` here"},
      {"1 + nomal(1, 2)", 4, "there is no function `nomal`"},
      {"normal(1)", 0, "normal() does not take 1 arguments"},
      {"normal('a', 1)", 7, "normal() takes a number here, not a text"},
      {"heating + 1", 8, "cannot be added"},
      {"'a' + 1", 4, "cannot be added"},
      {"'a' == 1", 4, "never equals"},
      {"temperature ? 1 : 2", 0, "the condition before `?`"},
      {"heating && 1", 8, "joins true or false"},
      {"thing.id.x", 9, "has no member `x`"},
      {"kind = 'a'", 5, "`=` means nothing here"},
      {"(1 + 2", 6, "`)` is missing"},
      {"'abc", 0, "the text does not end"},
      {"1 sec", 2, "should end here"},
      {"1sec", 1, "`sec` is not a unit"},
      {"1 2", 2, "should end here"},
      {"3 in 4", 2, "needs a list"},
      {"[1, 2]", 0, "a list can only stand behind `in`"},
      {"1 s + 2", 4, "cannot be added"},
      {"-'a'", 0, "have a sign"},
      {"", 0, "something is missing"},
      {"a ? b", 0, "there is no `a`"},
      {"1 ? 2 : 3", 0, "the condition"},
      {"100000000 d", 0, "out of range"},
      {"#", 0, "means nothing here"},
      {"1 + 0x", 4, "`0x` is not a number"},
      {"0xg1", 0, "`0xg1` is not a number"},
      {"0b102", 0, "`0b102` is not a number"},
      {"0x82s", 0, "`0x82s` is not a number"},
      {"0xffffffffffffffff", 0, "the number is too large"},
  });
  for (const auto& [source, offset, message] : table) {
    CAPTURE(source);
    const auto compiled = compile_expression(source, w.names);
    REQUIRE_FALSE(compiled);
    CHECK(compiled.error().offset == offset);
    CHECK_THAT(compiled.error().message, Catch::Contains(std::string{message}));
  }
  CHECK_FALSE(compile_expression(std::string(40, '(') + "1" + std::string(40, ')'), w.names));
  CHECK_FALSE(compile_expression(std::string(100, '-') + "1", w.names));
  CHECK_FALSE(compile_expression(std::string(5000, ' '), w.names));
  CHECK_FALSE(compile_expression("'text'", w.names, value_type::boolean));
  CHECK(compile_expression("temprature", w.names).error().hint == "did you mean `temperature`?");
}

TEST_CASE("Constants of any kind are known by name, and a copied table has its own") {
  slot_table copy{false};
  {
    slot_table names{false};
    std::string text = "abc";
    names.add_constant("text", value::of(std::string_view{text}));
    names.add_constant("number", value::of(std::int64_t{0x82}));
    names.add_constant("time", value::of(wanwu::duration{std::chrono::seconds{2}}));
    names.add_constant("yes", value::of(true));
    names.add_constant("nothing", value{});
    names.add_constant("text", value::of("a known name keeps what it is"));
    text = "xxx";
    copy = names;
  }
  eval_context context;
  for (const char* yes : {"text == 'abc'", "number == 130", "time * 2 == 4 s", "yes", "nothing == null"}) {
    CAPTURE(yes);
    const auto compiled = compile_expression(yes, copy, value_type::boolean);
    REQUIRE(compiled);
    CHECK(compiled->evaluate(context).truth());
  }
  CHECK_FALSE(compile_expression("time + number", copy));
}

TEST_CASE("A long chain neither overflows the stack nor is refused") {
  world w;
  std::string sum = "1";
  for (int i = 0; i < 1000; ++i) sum += "+1";
  CHECK(w.run(sum).number() == 1001);
}

TEST_CASE("What depends on nothing is computed once, when compiling") {
  world w;
  CHECK(compile_expression("2 * 3 + 1", w.names)->is_constant());
  CHECK(compile_expression("tenant + '!'", w.names)->is_constant());
  CHECK_FALSE(compile_expression("normal(0, 1)", w.names)->is_constant());
  CHECK_FALSE(compile_expression("now()", w.names)->is_constant());
  CHECK(compile_expression("thing.id", w.names)->single_slot() == static_cast<int>(index_of(slot::thing_id)));
}
