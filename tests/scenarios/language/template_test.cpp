// Templates put values where they belong: escaped for the place, typed where they stand alone, refused where
// they harm.
#include "scenarios/language/template.hpp"

#include <chrono>
#include <iostream>

#include <catch2/catch.hpp>

#include "scenarios/language/slots.hpp"

using namespace wanwu;
using namespace wanwu::lang;

namespace {

struct stage {
  slot_table names;
  std::vector<value> slots{fixed_slot_count};
  std::vector<reading> readings{{"temperature", value::of(20.5)}, {"level", value::of(std::int64_t{80})}};
  eval_context context;

  stage() {
    set(slot::thing_id, value::of("lamp-7"));
    set(slot::thing_sector, value::of("city"));
    set(slot::value, value::of(20.5));
    set(slot::property, value::of("temperature"));
    set(slot::event_payload, value::json(R"({"bpm": 88})"));
    context.slots = slots;
    context.readings = readings;
    context.now_ns = 1'795'000'000'000'000'000;
  }
  void set(slot s, value v) { slots[index_of(s)] = v; }
  std::string text(std::string_view source, place where) {
    const auto compiled = compile_text(source, {}, where, names);
    if (!compiled) return "error: " + compiled.error().message;
    byte_writer out;
    return compiled->render(context, out) ? std::string{as_text(out.view())} : "refused";
  }
  std::string body(std::string yaml) {
    source_set sources;
    diagnostics found;
    const auto tree = parse_value(sources, "body", std::move(yaml), found);
    REQUIRE(tree);
    const auto compiled = compile_body(*tree, names);
    if (!compiled) return "error: " + compiled.error().message;
    byte_writer out;
    return compiled->render(context, out) ? std::string{as_text(out.view())} : "refused";
  }
};

}  // namespace

TEST_CASE("Plain text, the escape, and what has no end") {
  stage s;
  CHECK(s.text("a ${thing.id} b", place::plain) == "a lamp-7 b");
  CHECK(s.text("$${thing.id}", place::plain) == "${thing.id}");
  CHECK(s.text("cost $5 {x}", place::plain) == "cost $5 {x}");
  CHECK(s.text("${'}'}", place::plain) == "}");
  CHECK(s.text("${thing.id", place::plain) == "error: `${` has no `}`");
  CHECK(s.text("${1 + 2}", place::plain) == "3");
}

TEST_CASE("An MQTT level refuses what would change the topic") {
  stage s;
  CHECK(s.text("t/${thing.id}/x", place::topic) == "t/lamp-7/x");
  for (const char* evil : {"a/b", "+", "#", "a+"}) {
    s.set(slot::thing_id, value::of(evil));
    CHECK(s.text("t/${thing.id}/x", place::topic) == "refused");
  }
  s.set(slot::response_topic, value::of("reply/to/7"));
  CHECK(s.text("${properties.responseTopic}", place::topic) == "reply/to/7");
  s.set(slot::response_topic, value::of("reply/#"));
  CHECK(s.text("${properties.responseTopic}", place::topic) == "refused");
}

TEST_CASE("A refused value leaves nothing behind") {
  stage s;
  s.set(slot::thing_id, value::of("#"));
  const auto compiled = compile_text("t/${thing.id}", {}, place::topic, s.names);
  byte_writer out;
  out.append(std::string_view{"before"});
  CHECK_FALSE(compiled->render(s.context, out));
  CHECK(as_text(out.view()) == "before");
}

TEST_CASE("Paths and queries are percent-encoded and cannot be climbed out of") {
  stage s;
  s.set(slot::thing_id, value::of("a b/ü?&=%"));
  CHECK(s.text("/things/${thing.id}/x?id=${thing.id}", place::uri_path) ==
        "/things/a%20b%2F%C3%BC%3F%26%3D%25/x?id=a%20b%2F%C3%BC%3F%26%3D%25");
  s.set(slot::thing_id, value::of(".."));
  CHECK(s.text("/things/${thing.id}", place::uri_path) == "refused");
}

TEST_CASE("A JSON body keeps types, escapes text, and repeats elements per reading") {
  stage s;
  CHECK(s.body("{ a: 1, b: true, c: null, d: text, e: 1.5 }") ==
        R"({"a":1,"b":true,"c":null,"d":"text","e":1.5})");
  CHECK(s.body(R"({ id: "${thing.id}", v: "${value}", mixed: "v=${value}" })") ==
        R"({"id":"lamp-7","v":20.5,"mixed":"v=20.5"})");
  CHECK(s.body(R"({ p: "${event.payload}" })") == R"({"p":{"bpm": 88}})");
  CHECK(s.body(R"("${event.payload}")") == R"({"bpm": 88})");
  CHECK(s.body(R"([ { bn: "urn:${thing.id}/", n: "${property}", v: "${value}" } ])") ==
        R"([{"bn":"urn:lamp-7/","n":"temperature","v":20.5},{"bn":"urn:lamp-7/","n":"level","v":80}])");
  CHECK(s.body(R"({ d: [ { r: [ { n: "${property}" } ] } ], z: 1 })") ==
        R"({"d":[{"r":[{"n":"temperature"},{"n":"level"}]}],"z":1})");
  s.set(slot::thing_id, value::of("a\"\\\n\x01"));
  CHECK(s.body(R"({ id: "x${thing.id}" })") == "{\"id\":\"xa\\\"\\\\\\n\\u0001\"}");
}

TEST_CASE("Numbers are written so that they read back") {
  stage s;
  struct row {
    double number;
    std::string_view text;
  };
  for (const auto& [number, text] :
       {row{20.5, "20.5"}, row{-0.25, "-0.25"}, row{0, "0"}, row{-0.0, "0"}, row{1e-7, "1e-07"},
        row{1234567.125, "1234567.125"}, row{0.1, "0.1"}, row{21, "21"}, row{1e300, "1e+300"},
        row{1.0 / 3, "0.3333333333333333"}}) {
    s.set(slot::value, value::of(number));
    CHECK(s.text("${value}", place::plain) == text);
  }
  s.set(slot::value, value::of(std::numeric_limits<double>::quiet_NaN()));
  CHECK(s.body(R"({ v: "${value}" })") == R"({"v":null})");
  std::uint64_t x = 88172645463325252ULL;
  for (int i = 0; i < 20'000; ++i) {
    x ^= x << 13U, x ^= x >> 7U, x ^= x << 17U;
    const double number = static_cast<double>(static_cast<std::int64_t>(x % 2'000'000'000) - 1'000'000'000) /
                          static_cast<double>(1 + x % 7777);
    s.set(slot::value, value::of(number));
    REQUIRE(std::stod(s.text("${value}", place::plain)) == number);
  }
}

TEST_CASE("An error in a template points into the string") {
  stage s;
  const auto compiled = compile_text("ab ${1 + thing.ix} c", {0, 4, 10, 20}, place::plain, s.names);
  REQUIRE_FALSE(compiled);
  CHECK(compiled.error().mark.line == 4);
  CHECK(compiled.error().mark.column == 10 + 9);
  CHECK(compiled.error().mark.length == 8);
}

TEST_CASE("Rendering a telemetry payload is fast enough to be done per message", "[.bench]") {
  stage s;
  source_set sources;
  diagnostics found;
  const auto tree = parse_value(
      sources, "body",
      R"([ { bn: "urn:dev:${thing.id}/", bt: "${now_s()}", n: "${property}", v: "${value}" } ])", found);
  const auto body = compile_body(*tree, s.names);
  const auto topic = compile_text("things/${thing.id}/telemetry", {}, place::topic, s.names);
  const auto update = compile_expression("value + (value > 21 ? 0.15 : -0.05) + normal(0, 0.02)", s.names);
  REQUIRE(body);
  REQUIRE(topic);
  REQUIRE(update);
  s.context.readings = std::span{s.readings}.first(1);
  byte_writer out;
  constexpr int rounds = 2'000'000;
  const auto measure = [&](const char* what, auto&& work) {
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < rounds; ++i) work();
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
    std::cout << what << ": " << took.count() / rounds << " ns\n";
  };
  measure("topic", [&] {
    out.clear();
    topic->render(s.context, out);
  });
  measure("SenML body of one reading", [&] {
    out.clear();
    body->render(s.context, out);
  });
  double sum = 0;
  measure("update expression with normal()", [&] { sum += update->evaluate(s.context).number(); });
  CHECK(sum != 0);
}
