// What a loaded scenario holds, and what the command line may change.
#include "scenarios/language/load.hpp"

#include <cstdlib>

#include <catch2/catch.hpp>

#include "scenarios/language/fields.hpp"
#include "scenarios/language/quick_scenario.hpp"
#include "scenarios/language/template.hpp"
#include "tests/scenarios/language/model_table.hpp"

using namespace std::chrono_literals;
using namespace wanwu;
using namespace wanwu::lang;

namespace {

const model_table models;

load_options with_models() {
  load_options options;
  options.models = &models;
  return options;
}

constexpr std::string_view world = R"(wanwu: scenario/v1
target: { mqtt: "mqtt://127.0.0.1:1884", http: "http://localhost:8080/api" }
seed: 7
clock: { start: "2026-11-22T17:00:00+01:00", speed: 60 }
places: { district: 40 }
sectors:
  energy:
    meter: { model: builtin/meter, count: 10k, over: http, every: 10 s, jitter: 20 %, place: district, tags: { floor: 3 },
             state: { bias: "${normal(0, 1)}", on: true }, update: { voltage: "${voltage + bias}" } }
things:
  spare: { model: builtin/meter, count: 3, driver: stock, gateway: 2, payload: senml-cbor }
phases:
  - { ramp: 30 s, to: 50 % }
  - hold: 2 min
  - { name: night, hold: 1 h, load: { meter: 3 }, storm: blackout }
  - { ramp: 10 s, to: 0 % }
storms:
  blackout: { who: 'sector == "energy" && district == "district-3"', share: 60 %, drop: clean, dark: 20 s,
              return: { within: 10 s, backoff: fixed } }
thresholds:
  - telemetry.latency{sector=energy,floor=3} p99.9 < 1 s in night
  - { check: "telemetry.errors ratio < 5 %", abort: true, grace: 60 s, level: should, min_samples: 10, why: because }
)";

std::shared_ptr<const scenario> load(load_options options = with_models()) {
  const load_result loaded = load_text("world.yaml", std::string{world}, options);
  INFO(format_diagnostics(loaded.found, *loaded.sources, diagnostic_format::human));
  REQUIRE(loaded.scenario);
  return loaded.scenario;
}

}  // namespace

TEST_CASE("A scenario arrives as plain values") {
  const auto s = load();
  CHECK(s->seed == 7);
  CHECK(s->clock.start_ns == 1'795'363'200LL * 1'000'000'000);
  CHECK(s->clock.utc_offset_s == 3600);
  REQUIRE(s->populations.size() == 2);
  const population& spare = s->populations[0];
  const population& meter = s->populations[1];
  CHECK(meter.full_name == "energy.meter");
  CHECK(meter.count == 10'000);
  CHECK(meter.over == protocol::http);
  CHECK(meter.every == 10s);
  CHECK(meter.jitter == Approx(0.2));
  CHECK(meter.state[0].source == "normal(0, 1)");
  CHECK(meter.state[1].type == value_type::boolean);
  CHECK(spare.full_name == "other.spare");
  CHECK(spare.over == protocol::mqtt);
  CHECK(spare.driver == driver_choice::stock);
  CHECK(spare.gateway == 2);
  CHECK(spare.payload == payload_kind::senml_cbor);
  REQUIRE(s->phases.size() == 4);
  CHECK(s->phases[0].name == "ramp");
  CHECK(s->phases[0].to == Approx(0.5));
  CHECK(s->phases[1].from == Approx(0.5));
  CHECK(s->phases[2].load == std::vector<std::pair<std::size_t, double>>{{1, 3.0}});
  CHECK(s->phases[2].storm == 0);
  CHECK(s->phases[3].name == "ramp-2");
  CHECK(s->storms[0].backoff == backoff_kind::fixed);
  CHECK(s->storms[0].drop == drop_kind::clean);
  CHECK(s->thresholds[0].min_samples == 100'000);
  CHECK(s->thresholds[0].percentile == Approx(99.9));
  CHECK(s->thresholds[0].limit == Approx(1e9));
  CHECK(s->thresholds[1].abort);
  CHECK(s->thresholds[1].level == threshold_level::should);
  CHECK(s->target->mqtt->at.port == 1884);
  CHECK(s->target->http->at.path == "/api");
  CHECK_FALSE(s->target->has(protocol::coap));
}

TEST_CASE("The command line changes counts, seed and scale before anything is checked") {
  load_options options = with_models();
  options.set = {"sectors.energy.meter.count=5k", "phases.1.hold=90 s", "things.spare.every=1 min"};
  options.seed = 99;
  options.scale = 0.001;
  const auto s = load(options);
  CHECK(s->seed == 99);
  CHECK(s->populations[1].count_written == 5'000);
  CHECK(s->populations[1].count == 5);
  CHECK(s->populations[0].count == 1);
  CHECK(s->populations[0].every == 1min);
  CHECK(s->phases[1].length == 90s);
}

TEST_CASE("A wrong override is shown as it was typed") {
  load_options options = with_models();
  options.set = {"sectors.energy.meter.count=many", "things.spar.count=1", "nonsense"};
  const load_result loaded = load_text("world.yaml", std::string{world}, options);
  const std::string text = format_diagnostics(loaded.found, *loaded.sources, diagnostic_format::human);
  CHECK_THAT(text, Catch::Contains("--> <command line>:1:34"));
  CHECK_THAT(text, Catch::Contains("--set sectors.energy.meter.count=many"));
  CHECK_THAT(text, Catch::Contains("did you mean `spare`?"));
  CHECK_THAT(text, Catch::Contains("is not KEY=VALUE"));
}

TEST_CASE("Whatever the checks accept compiles against the same names") {
  const auto s = load();
  for (const population& p : s->populations) {
    std::string why;
    const auto facts = models.facts(p.model, why);
    const slot_table names = slots_for(*s, p, &*facts, s->target.get());
    for (const assignment& a : p.update) CHECK(compile_expression(a.source, names));
    const auto& form = s->target->ops.telemetry[static_cast<std::size_t>(p.over)];
    REQUIRE(form);
    CHECK(compile_text(form->publish.empty() ? form->path.text : form->publish.text, form->mark, place::topic,
                       names));
  }
  CHECK(compile_expression(s->storms[0].who, storm_slots(*s), value_type::boolean));
}

TEST_CASE("Without a target the embedded one is meant, on every protocol") {
  const load_result loaded = load_text("t",
                                       "wanwu: scenario/v1\nthings: { a: { model: builtin/meter, count: 1, "
                                       "over: coap } }\nphases: [ hold: 1 s ]\n",
                                       with_models());
  REQUIRE(loaded.scenario);
  CHECK_FALSE(loaded.scenario->target_named);
  CHECK(loaded.scenario->target->ops.telemetry[1]);
  CHECK_FALSE(loaded.scenario->target->coap->at.given());
  const auto there =
      embedded_target_at(*parse_url("mqtt://127.0.0.1:5000"), {}, *parse_url("http://127.0.0.1:5001"));
  REQUIRE(there);
  CHECK(there->mqtt->at.port == 5000);
  CHECK_FALSE(there->coap);
  CHECK(there->ops.hearing[0]->ack);
}

TEST_CASE("The quick load prints the file that it runs, and that file loads") {
  quick_options quick;
  quick.urls = {"mqtt://127.0.0.1:1883"};
  quick.count = "10k";
  quick.every = "10s";
  quick.hold = "2 min";
  quick.ramp = "30s";
  CHECK(quick_scenario_text(quick) ==
        "wanwu: scenario/v1\n"
        "target: { mqtt: \"mqtt://127.0.0.1:1883\" }\n"
        "things:\n"
        "  meter: { model: builtin/meter, count: 10k, every: 10 s }\n"
        "phases:\n"
        "  - ramp: 30 s\n"
        "  - hold: 2 min\n"
        "thresholds:\n"
        "  - things.connected max >= 99 % in hold\n"
        "  - telemetry.latency p99 < 250 ms\n"
        "  - telemetry.lost ratio < 0.01 %\n");
  const load_result loaded = make_quick_scenario(quick, with_models());
  REQUIRE(loaded.scenario);
  CHECK(loaded.scenario->populations[0].count == 10'000);
  for (const char* evil : {"x\n  y: 1", "10k }, x: {", "\"", "}"}) {
    quick.count = evil;
    CHECK_FALSE(make_quick_scenario(quick, with_models()).ok());
  }
}

TEST_CASE("The version of MQTT is said beside the URL, or alone of the embedded target") {
  quick_options quick;
  CHECK(make_quick_scenario(quick, with_models()).scenario->target->mqtt->version == 5);
  quick.mqtt_version = "3.1.1";
  const load_result embedded = make_quick_scenario(quick, with_models());
  REQUIRE(embedded.scenario);
  CHECK_FALSE(embedded.scenario->target_named);
  CHECK(embedded.scenario->target->mqtt->version == 4);
  CHECK(embedded.scenario->target->ops.register_[0]);
  quick.urls = {"mqtt://127.0.0.1:1883"};
  CHECK(quick_scenario_text(quick).find(
            "target: { mqtt: \"mqtt://127.0.0.1:1883\", mqtt_version: \"3.1.1\" }\n") != std::string::npos);
  const load_result named = make_quick_scenario(quick, with_models());
  REQUIRE(named.scenario);
  CHECK(named.scenario->target_named);
  CHECK(named.scenario->target->mqtt->version == 4);
  quick.mqtt_version = "3.1";
  CHECK_FALSE(make_quick_scenario(quick, with_models()).ok());
}

TEST_CASE("Addresses beyond loopback need leave") {
  limits_spec limits;
  const std::array<std::uint8_t, 4> home{127, 9, 9, 9}, lan{10, 20, 3, 4};
  CHECK(allows(limits, home));
  CHECK_FALSE(allows(limits, lan));
  limits.allow = {*parse_cidr("10.20.0.0/16")};
  CHECK(allows(limits, lan));
  CHECK_FALSE(allows(limits, home));
  for (const char* bad : {"10.0.0.0/33", "10.0.0/8", "x", "::1/129", "10.0.0.0/", "10.0.0.0/8x"})
    CHECK_FALSE(parse_cidr(bad));
}

TEST_CASE("URLs are read strictly") {
  CHECK(parse_url("mqtt://h")->port == 1883);
  CHECK(parse_url("ws://h/mqtt")->port == 80);
  CHECK(parse_url("ws://h/mqtt")->path == "/mqtt");
  CHECK(parse_url("coap://[::1]:99")->host == "::1");
  CHECK(to_text(*parse_url("coap://[::1]:99")) == "coap://[::1]:99");
  for (const char* bad : {"", "mqtt:", "mqtt://", "ftp://h", "mqtt://h:0", "mqtt://h:70000", "mqtt://u:p@h",
                          "http://h/a?b", "mqtt://h:1x", "http://[::1"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_url(bad));
  }
}

TEST_CASE("Secrets come from the environment or a file and from nowhere else") {
  setenv("WANWU_TEST_SECRET", "s3", 1);
  CHECK(resolve_secret({secret_source::origin::env, "WANWU_TEST_SECRET", std::nullopt, {}}) == "s3");
  CHECK(resolve_secret({secret_source::origin::env, "WANWU_TEST_NEVER_SET", "d", {}}) == "d");
  CHECK_FALSE(resolve_secret({secret_source::origin::file, "/nonexistent", std::nullopt, {}}));
}

TEST_CASE("Hooks and profiles of a target arrive as lists of words, with a port and vars filled in") {
  const auto loaded = load_text("t.target.yaml", R"(wanwu: target/v1
vars: { folder: /etc/x }
endpoints: { mqtt: { url: "mqtt://127.0.0.1:1883" } }
hooks: { restart: [ "${wanwu}", target ] }
profiles:
  default: {}
  max-qos-0:
    title: No more than QoS 0
    start: [ mosquitto, "-p", "${port}", "-c", "${folder}/a b.conf" ]
    mqtt: "mqtt://127.0.0.1:${port}"
    auth: { user: u, password: { env: WANWU_TEST_SECRET } }
    capabilities: { maximum_qos: 0 }
)");
  REQUIRE(loaded.ok());
  const target_file& t = *loaded.target;
  CHECK(filled(t.hooks.restart, t, {"", "/usr/bin/wanwu"}) ==
        std::vector<std::string>{"/usr/bin/wanwu", "target"});
  REQUIRE(t.profiles.size() == 2);
  CHECK_FALSE(t.profiles[0].hooks.any());
  CHECK(mqtt_of(t.profiles[0], t, {})->port == 1883);
  const profile_spec& small = t.profiles[1];
  CHECK(small.title == "No more than QoS 0");
  CHECK(filled(small.hooks.start, t, {"4711", ""}) ==
        std::vector<std::string>{"mosquitto", "-p", "4711", "-c", "/etc/x/a b.conf"});
  CHECK(mqtt_of(small, t, {"4711", ""})->port == 4711);
  CHECK_FALSE(mqtt_of(small, t, {"70000", ""}));
  CHECK(small.user.text == "u");
  CHECK(small.password.name == "WANWU_TEST_SECRET");
  CHECK(small.capabilities->find("maximum_qos")->integer == 0);
}

TEST_CASE("Where a target speaks MQTT over WebSocket is its own, and no other program's") {
  const auto loaded = load_text("t.target.yaml", R"(wanwu: target/v1
endpoints: { mqtt: { url: "mqtt://127.0.0.1:1883", websocket: "ws://127.0.0.1:9001/mqtt" } }
profiles:
  the-same: {}
  another: { mqtt: "mqtt://127.0.0.1:${port}" }
  both: { mqtt: "mqtt://127.0.0.1:${port}", websocket: "ws://127.0.0.1:${websocket_port}/ws" }
  framed: { websocket: "ws://127.0.0.1:9002" }
)");
  REQUIRE(loaded.ok());
  const target_file& t = *loaded.target;
  REQUIRE(t.profiles.size() == 4);
  const hook_values with{"4711", "", "4712"};
  CHECK(websocket_of(t.profiles[0], t, with)->path == "/mqtt");
  CHECK(websocket_of(t.profiles[0], t, with)->port == 9001);
  CHECK_FALSE(websocket_of(t.profiles[1], t, with));
  CHECK(websocket_of(t.profiles[2], t, with)->port == 4712);
  CHECK(websocket_of(t.profiles[3], t, with)->port == 9002);
  CHECK(mqtt_of(t.profiles[3], t, with)->port == 1883);
  CHECK_FALSE(websocket_of(t.profiles[2], t, {"1", "", "70000"}));
}

TEST_CASE("Only a target file may name programs to run") {
  const auto loaded = load_text("s.scenario.yaml", R"(wanwu: scenario/v1
target: { mqtt: "mqtt://127.0.0.1:1883", hooks: { start: [ x ] } }
hooks: { start: [ x ] }
things: { meter: { model: builtin/meter, count: 1, every: 1 s } }
phases: [ { hold: 1 s } ]
)");
  int refused = 0;
  for (const diagnostic& d : loaded.found.all())
    refused += d.code == "E101" && d.message == "unknown key `hooks`" ? 1 : 0;
  CHECK(refused == 2);
}

TEST_CASE("Every key of every table has a shape, and schemas are printed from them") {
  for (const file_kind& kind : file_kinds()) {
    const std::string schema = schema_text(kind);
    CHECK_THAT(schema, Catch::Contains("draft-07"));
    for (const field& f : kind.table().fields) CHECK(f.value != nullptr);
  }
}
