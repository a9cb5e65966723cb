// Mistakes in a model are all found, where they stand; plain W3C models run as they are.
#include <catch2/catch.hpp>

#include "scenarios/things/catalogue.hpp"
#include "scenarios/things/dynamics_reader.hpp"

using namespace wanwu;

namespace {
std::string with(const std::string& dynamics) {
  return R"({"@type":"tm:ThingModel","properties":{"s":{"type":"string","enum":["a","b"]},"x":{"type":"number","sim:dynamics":)" +
         dynamics + "}}}";
}
}  // namespace

TEST_CASE("A mistake in dynamics is named, and what would be right") {
  const struct {
    const char *dynamics, *message, *hint;
  } table[]{
      {R"({"kind":"dirunal"})", "unknown kind of dynamics `dirunal`", "one of: constant"},
      {R"({"mean":3})", "an expression needs a `kind`", "one of: constant"},
      {R"({"kind":"noise","sigma":1,"time":30})", "`time` is not valid",
       "a time in ms, s, min, h, d or yr, such as \"15 min\""},
      {R"({"kind":"noise","sigma":1,"time":"30 sec"})", "`time` is not valid", "a time in"},
      {R"({"kind":"noise","sigma":1,"time":"0 s"})", "`time` is out of its range", ""},
      {R"({"kind":"noise","sigma":1})", "`noise` needs `time`", "a time in"},
      {R"({"kind":"noise","sigma":1,"time":"1 s","octavs":3})", "unknown key `octavs` in `noise`",
       "known here: of stream sigma time octaves"},
      {R"({"property":"y"})", "the model has no property `y` that can be simulated", ""},
      {R"({"kind":"choose","of":{"property":"s"},"values":{"c":1}})", "`c` is no state of the input",
       "one of: a b"},
      {R"({"kind":"orbit","axis":"up","height":"500 km","inclination":97})", "`up` is not valid here",
       "one of: latitude longitude"},
      {R"({"kind":"table","of":1,"points":[[1,2],[1,3]]})", "points must rise in their first part", ""},
      {R"({"kind":"counter","rate":"1 /h","amplitude":0.6,"vary":0.5})",
       "`amplitude` and `vary` together must stay under 0.95, or the counter would fall", ""},
      {R"({"kind":"diurnal","mean":1,"peak":"25:00"})", "`peak` is not valid",
       "a time of day, such as \"18:30\""},
      {R"("on")", "`on` is no value of `x`", ""},
      {R"({"kind":"linear"})", "`linear` needs `of`", ""},
      {"null", "null is no dynamics", ""},
  };
  for (const auto& [dynamics, message, hint] : table) {
    CAPTURE(dynamics);
    const auto read = things::read_thing_model(with(dynamics), "m.tm.jsonld");
    REQUIRE_FALSE(read.has_value());
    CHECK(read.error()[0].message == message);
    CHECK(read.error()[0].hint.starts_with(hint));
    CHECK(read.error()[0].file == "m.tm.jsonld");
    CHECK(read.error()[0].line == 1);
    CHECK(read.error()[0].column > 90);
  }
}

TEST_CASE("All mistakes of a file come at once, each with its line") {
  const auto read = things::read_thing_model(R"({
  "@type": "tm:ThingModel",
  "properties": {
    "a": { "type": "number", "minimum": 5, "maximum": 1 },
    "b": { "type": "number", "sim:dynmics": 3 },
    "c": { "tm:ref": "other.tm.jsonld#/properties/c" }
  },
  "actions": { "go": { "sim:effect": { "property": "a", "value": 1 } } },
  "events": { "hot": { "sim:trigger": { "property": "a", "over": 3 } } }
})",
                                             "m.tm.jsonld");
  REQUIRE_FALSE(read.has_value());
  std::vector<std::size_t> lines;
  for (const auto& e : read.error()) lines.push_back(e.line);
  CHECK(lines == std::vector<std::size_t>{6, 4, 5, 8, 9});
}

TEST_CASE("What is no Thing Model is refused") {
  for (const auto* text :
       {"", "[]", "{}", R"({"@type":"Thing"})", R"({"@type":"tm:ThingModel","sim:sector":"space"})",
        R"({"@type":"tm:ThingModel","sim:every":"soon"})", R"({"@type":"tm:ThingModel","properties":[]})",
        R"({"@type":"tm:ThingModel","properties":{"x":3}})"}) {
    CAPTURE(text);
    CHECK_FALSE(things::read_thing_model(text, "x.tm.jsonld").has_value());
  }
}

TEST_CASE("A model without a word of ours is simulated in its declared ranges") {
  const auto read = things::read_thing_model(
      R"({"@context":"https://www.w3.org/2022/wot/td/v1.1","@type":["tm:ThingModel","saref:Light"],"title":"Lamp",
    "properties":{"level":{"type":"integer","minimum":10,"maximum":20},"on":{"type":"boolean"},"mode":{"enum":["a","b"]},"name":{"type":"string"},
                  "fixed":{"type":"number","const":4},"deep":{"type":"object"}},
    "actions":{"toggle":{}},"events":{"broken":{"data":{"type":"string"}}}})",
      "tm/lamp.tm.jsonld");
  REQUIRE(read.has_value());
  CHECK(read->title == "Lamp");
  CHECK(read->name == "lamp");
  CHECK(read->properties.size() == 5);
  CHECK(read->find_property("deep") == nullptr);
  CHECK(read->find_property("fixed")->dynamics.kind == things::dynamics_kind::constant);
  CHECK(read->find_action("toggle") != nullptr);
  CHECK(read->find_event("broken")->when.kind == things::trigger_kind::none);
}

TEST_CASE("Quantities carry a unit of their dimension") {
  using things::dimension;
  const struct {
    const char* text;
    dimension measure;
    double value;  // negative = refused
  } table[]{{"15 min", dimension::time, 900},    {"1.5h", dimension::time, 5400},
            {"2 yr", dimension::time, 63115200}, {"2 km", dimension::length, 2000},
            {"36 km/h", dimension::speed, 10},   {"60 /h", dimension::rate, 1.0 / 60},
            {"06:30", dimension::clock, 23400},  {"24:00", dimension::clock, 86400},
            {"24:01", dimension::clock, -1},     {"6:5", dimension::clock, -1},
            {"15", dimension::time, -1},         {"15 m", dimension::time, -1},
            {"x", dimension::time, -1},          {"", dimension::rate, -1},
            {"inf s", dimension::time, -1}};
  for (const auto& [text, measure, value] : table) {
    CAPTURE(text);
    const auto read = things::parse_quantity(text, measure);
    CHECK(read.has_value() == (value >= 0));
    if (read) CHECK(*read == Approx(value));
  }
}
