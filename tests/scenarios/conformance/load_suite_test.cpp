// What names mean by where they stand, what a case becomes, and where suites come from.
#include "scenarios/conformance/load_suite.hpp"

#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "scenarios/conformance/coverage.hpp"
#include "tests/scenarios/conformance/suite_text.hpp"

using namespace wanwu;
using namespace wanwu::conform;

namespace {

/// The one case of a suite that must load.
std::shared_ptr<const suite> loaded_with(const std::string& rest) {
  const auto loaded = load_suite_text("t.suite.yaml", suite_with(rest));
  INFO(complaints(loaded));
  REQUIRE(loaded.loaded != nullptr);
  return loaded.loaded;
}

std::uint16_t slot_of(const test_case& c, std::string_view name) {
  lang::resolved_name meaning;
  REQUIRE(c.names->resolve(name, meaning));
  CHECK_FALSE(meaning.constant);
  return meaning.slot;
}

}  // namespace

TEST_CASE("A name is a packet's field where a packet is looked at, and the target's elsewhere") {
  const auto s = loaded_with(R"(    applies: receive_maximum > 4 && retain && cloud
    params: { a: { topic: t, receive: 3 } }
    body:
      - open: { as: c, where: "receive_maximum == 1", save: { got: receive_maximum } }
      - stimulus: { as: c, packet: PUBLISH, set: { qos: "${receive_maximum}", topic: "${topic}" }, times: "${receive}" }
      - verify: { as: c, packet: PUBLISH, where: "topic == 'x' && receive == 3 && target.receive_maximum == got" }
)");
  const test_case& c = s->cases.front();
  const auto announced = slot_of(c, "target.receive_maximum"), field = slot_of(c, "receive_maximum");
  CHECK(announced != field);
  CHECK(c.applies->uses_slot(announced));
  CHECK_FALSE(c.applies->uses_slot(field));
  CHECK(c.applies->uses_slot(slot_of(c, "target.cloud")));
  CHECK(c.applies->uses_slot(slot_of(c, "target.retain")));
  CHECK(c.body[0].expect->pattern.where->uses_slot(field));
  CHECK(c.body[0].expect->save.front().slot == slot_of(c, "got"));
  CHECK(std::get<lang::expression>(c.body[1].message.set[0].value).uses_slot(announced));
  const auto& topic = std::get<lang::text_template>(c.body[1].message.set[1].value);
  lang::eval_context nothing;
  byte_writer out;
  CHECK(topic.render(nothing, out));
  CHECK(as_text(out.view()) == "t");
  CHECK(c.body[2].expect->pattern.where->uses_slot(slot_of(c, "topic")));
  CHECK(c.body[1].times->is_constant());
}

TEST_CASE("Parameters keep their types, and texts with ${} in them become values of the run") {
  const auto s = loaded_with(R"(    params: { a: { f: "${unique}/x", n: 0x10, yes: true, g: "${f}/y" } }
    body:
      - open: { as: c }
      - stimulus: { as: c, packet: SUBSCRIBE, set: { packet_id: "${n}", filter: "${g}", no_local: "${yes}" } }
      - verify: { as: c, packet: SUBACK, where: "packet_id == n" }
)");
  const test_case& c = s->cases.front();
  CHECK(c.id == "A/a");
  REQUIRE(c.computed.size() == 2);
  CHECK(std::get<std::uint64_t>(c.body[1].message.set[0].value) == 16);
  CHECK(std::get<std::uint64_t>(c.body[1].message.set[2].value) == 1);
  std::vector<lang::value> slots(c.names->size());
  slots[slot_of(c, "unique")] = lang::value::of("u");
  std::vector<std::string> texts(slots.size());
  lang::eval_context context;
  context.slots = slots;
  for (const saved_value& v : c.computed) {
    context.scratch_used = 0;
    texts[v.slot] = std::string{v.what.evaluate(context).text()};
    slots[v.slot] = lang::value::of(std::string_view{texts[v.slot]});
  }
  byte_writer out;
  CHECK(std::get<lang::text_template>(c.body[1].message.set[1].value).render(context, out));
  CHECK(as_text(out.view()) == "u/x/y");
}

TEST_CASE("A list of filters becomes assignments in the file's order") {
  const auto s = loaded_with(R"(    body:
      - open: { as: c }
      - stimulus: { as: c, packet: SUBSCRIBE, set: { filter: [ a, { filter: b, qos: 1 }, { qos: 2, filter: d } ] } }
      - verify: { as: c, packet: SUBACK }
)");
  std::string order;
  for (const setting& one : s->cases.front().body[1].message.set) order += one.name + " ";
  CHECK(order == "filter filter qos filter qos ");
}

TEST_CASE("Opening speaks at once where the link is a client's or something is set") {
  const auto s = loaded_with(R"(    body:
      - open: { as: tester }
      - open: { as: old, set: {} }
      - open: { as: c, within: 5 s }
      - verify: { as: c, quiet: T_quiet }
)");
  const auto& body = s->cases.front().body;
  CHECK_FALSE(body[0].connects);
  CHECK(body[0].expect == nullptr);
  CHECK(body[1].connects);
  CHECK(body[1].expect->pattern.where_text == "reason == 0");
  CHECK(body[2].expect->within->fixed == std::chrono::seconds{5});
  CHECK(body[3].expect->quiet->fixed == std::chrono::milliseconds{400});
}

TEST_CASE("Names near those of the target are doubted in applies, and taken") {
  const auto loaded = load_suite_text("t", suite_with(R"(    applies: retain_avialable
    body: [ open: { as: c } ]
)"));
  CHECK(loaded.loaded != nullptr);
  REQUIRE(loaded.found.all().size() == 1);
  CHECK(loaded.found.all()[0].level == lang::severity::warning);
  CHECK(loaded.found.all()[0].hint == "did you mean `retain_available`?");
}

TEST_CASE("Capabilities of the target file may be used anywhere") {
  const std::string text =
      suite_with("    body: [ stimulus: { as: c, packet: PINGREQ, times: \"${burst}\" } ]\n");
  const std::filesystem::path file = std::filesystem::temp_directory_path() / "wanwu-capability.suite.yaml";
  std::ofstream{file}
      << "wanwu: suite/v1\nid: t\ntitle: t\nroles: { c: { link: mqtt } }\ncases:\n"
         "  - { id: A, group: g, objective: o, body: [ open: { as: c }, stimulus: { as: c, packet: "
         "PINGREQ, times: \"${burst}\" } ] }\n";
  CHECK(load_suite(file.string()).found.has_errors());
  CHECK(load_suite(file.string(), {"burst"}).loaded != nullptr);
  CHECK(load_suite(file.string(), {"burst"}, {"roles.c.link=mqtt-rw"}).found.has_errors());
  std::filesystem::remove(file);
}

TEST_CASE("Suites that ship are found by name, and a name that is near is suggested") {
  const auto names = shipped_suites();
  CHECK(names == std::vector<std::string>{"mqtt-3.1.1", "mqtt-5.0"});
  for (const std::string& name : names) {
    const auto loaded = load_suite(name);
    INFO(complaints(loaded));
    REQUIRE(loaded.loaded != nullptr);
    CHECK(loaded.found.all().empty());
    CHECK(loaded.loaded->shipped);
  }
  const auto newest = load_suite("mqtt-5.0");
  CHECK(newest.loaded->spec_of("MQTT-3.3.1-3") == "MQTT5");
  CHECK(newest.loaded->spec_of("U5-3.3.4-a") == "MQTT5U");
  CHECK(newest.loaded->spec_of("MQTT-99.9.9-9").empty());
  const auto near = load_suite("mqtt-5");
  REQUIRE(near.found.has_errors());
  CHECK(near.found.all()[0].hint == "did you mean `mqtt-5.0`?");
}

TEST_CASE("A suite's own words are cited by clause and counted") {
  const auto loaded =
      load_suite(std::string{SOURCE_ROOT} + "/tests/vectors/suites/words.suite.yaml", {"bulk"});
  REQUIRE(loaded.loaded != nullptr);
  const auto rows = coverage_of(*loaded.loaded);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].spec == "RIP");
  CHECK(rows[0].testable == 3);
  CHECK(rows[0].covered == 2);
  CHECK(rows[0].uncovered == std::vector<std::string>{"6.4"});
  CHECK(cases_of(*loaded.loaded, "RIP", "5.2.1") == std::vector<std::string_view>{"WORDS-01"});
}

TEST_CASE("Waivers are read with the day they end") {
  const std::filesystem::path file = std::filesystem::temp_directory_path() / "wanwu-good.waivers.yaml";
  std::ofstream{file}
      << "wanwu: waivers/v1\nwaivers:\n  - { case: A/b, verdict: fail, because: it rounds, issue: "
         "\"https://x.example/1\", until: 2027-01-31 }\n";
  const auto loaded = load_waivers(file.string());
  std::filesystem::remove(file);
  CHECK_FALSE(loaded.found.has_errors());
  REQUIRE(loaded.waivers.size() == 1);
  CHECK(loaded.waivers[0].case_id == "A/b");
  CHECK(loaded.waivers[0].until == "2027-01-31");
}
