// Whole worlds in invented time: the same run on any number of workers, and what storms and phases do to it.
#include "sim/virtual_network.hpp"

#include <map>
#include <set>

#include <catch2/catch.hpp>

#include "tests/sim/invented_world.hpp"

using namespace wanwu;
using namespace wanwu::sim;
using namespace std::chrono_literals;

namespace {

auto fields(const observation& o) {
  return std::tuple{o.intended_at, o.sent_at, o.done_at, o.thing, o.bytes_sent, o.bytes_received,
                    o.population,  o.code,    o.op,      o.via,   o.result};
}

keeper run(const world_plan& plan) {
  keeper seen;
  virtual_network world{plan, seen, {.epoch_ms = 1'767'225'600'000}};
  world.run([](time_point) { return true; });
  return seen;
}

const std::string three_protocols = R"(
wanwu: scenario/v1
things:
  m: { model: builtin/meter, count: 41, over: mqtt, every: 1 s, jitter: 20 % }
  g: { model: builtin/meter, count: 23, over: mqtt, every: 2 s, gateway: 5 }
  c: { model: builtin/streetlight, count: 17, over: coap, every: 1 s }
  h: { model: builtin/meter, count: 9, over: http, every: 1 s }
phases:
  - { name: ramp, ramp: 3 s }
  - { name: steady, hold: 5 s }
  - { name: down, ramp: 2 s, to: 0 % }
)";

// The same, cut off on the way, so that some is lost, sent twice or out of order.
const std::string with_storm = three_protocols + R"(
  - { name: back, ramp: 1 s, to: 100 % }
  - { name: again, hold: 6 s, storm: cut }
storms:
  cut: { who: 'true', share: 60 %, drop: abrupt, dark: 1 s, return: { within: 2 s, backoff: none } }
)";

// The same over ways that lose, delay, double, reorder and are narrow.
const std::string with_faults = three_protocols + R"(
  - { name: back, ramp: 1 s, to: 100 %, faults: [ lte ] }
  - { name: rough, hold: 6 s, faults: [ lte, radio ] }
faults:
  lte: { who: 'kind != "c"', delay: 30 ms, jitter: 20 ms, loss: 5 %, rate: 100 kbit/s, share: 70 % }
  radio: { who: 'kind == "c"', delay: 30 ms, jitter: 20 ms, loss: 10 %, duplicate: 5 %, reorder: 5 % }
)";

}  // namespace

TEST_CASE("The same seed gives the same observations on 1, 2 and 5 workers, and another seed others") {
  const std::string world = GENERATE(as<std::string>{}, three_protocols, with_storm, with_faults);
  const keeper one = run(*plan_of(world, 1));
  REQUIRE(one.count(operation::telemetry) > 300);
  REQUIRE(one.count(operation::arrived) > 300);
  for (const std::uint32_t workers : {2U, 5U}) {
    const keeper many = run(*plan_of(world, workers));
    REQUIRE(many.all.size() == one.all.size());
    bool same = true;
    for (std::size_t i = 0; i < one.all.size(); ++i) same = same && fields(one.all[i]) == fields(many.all[i]);
    CHECK(same);
  }
  const keeper other = run(*plan_of(world, 1, 2));
  bool same = other.all.size() == one.all.size();
  for (std::size_t i = 0; same && i < one.all.size(); ++i) same = fields(one.all[i]) == fields(other.all[i]);
  CHECK_FALSE(same);
}

TEST_CASE("Faults of the way act on those they are about, in the phases that name them") {
  const auto plan = plan_of(R"(
wanwu: scenario/v1
things:
  near: { model: builtin/meter, count: 30, over: mqtt, every: 1 s }
  far: { model: builtin/meter, count: 30, over: mqtt, every: 1 s }
  page: { model: builtin/meter, count: 30, over: http, every: 1 s }
  probe: { model: builtin/meter, count: 30, over: coap, every: 1 s }
phases:
  - { name: ramp, ramp: 1 s }
  - { name: fine, hold: 10 s }
  - { name: rough, hold: 10 s, faults: [ lte ] }
faults:
  lte: { who: 'kind != "near"', delay: 50 ms }
)",
                            2);
  const keeper seen = run(*plan);
  const time_point rough = virtual_network::start_instant() + 11s;
  for (const observation& o : seen.all) {
    // Not those whose answer is under way when the phase changes.
    if (o.op != operation::telemetry || std::chrono::abs(o.intended_at - rough) < 100ms) continue;
    const bool suffers = o.population != 0 && o.intended_at > rough;
    CAPTURE(o.population, (o.intended_at - rough).count());
    REQUIRE(o.result == outcome::ok);
    // There and back: twice 2 ms of the network, twice the delay.
    CHECK(o.done_at - o.sent_at >= (suffers ? 104ms : 4ms));
    CHECK(o.done_at - o.sent_at < (suffers ? 106ms : 6ms));
  }
}

TEST_CASE("A world ends in time though some of its things are cut off and others are owed answers") {
  const auto plan = plan_of(R"(
wanwu: scenario/v1
things:
  cut: { model: builtin/meter, count: 20, over: mqtt, every: 1 s }
  owed: { model: builtin/meter, count: 20, over: coap, every: 1 s }
phases:
  - { name: ramp, ramp: 1 s }
  - { name: rough, hold: 10 s, faults: [ links, dark ] }
faults:
  links: { who: 'kind == "cut"', reset: 2 s }
  dark: { who: 'kind == "owed"', black_hole: true }
)",
                            1);
  const keeper seen = run(*plan);
  CHECK(seen.count(protocol::mqtt, operation::disconnect, outcome::broken_link) > 20);
  CHECK(seen.count(protocol::coap, operation::telemetry, outcome::timed_out) > 0);
}

TEST_CASE("Arrivals are watched over every protocol, and nothing is lost without a cause") {
  const auto plan = plan_of(three_protocols, 2);
  const keeper seen = run(*plan);
  for (const protocol via : {protocol::mqtt, protocol::coap, protocol::http}) {
    CAPTURE(name_of(via));
    const std::size_t sent = seen.count(via, operation::telemetry, outcome::ok);
    const std::size_t arrived = seen.count(via, operation::arrived, outcome::ok);
    // The sample is all of so small a world, from the moment on that the witness listens.
    CHECK(arrived > sent * 9 / 10);
    CHECK(arrived <= sent);
    CHECK(seen.count(via, operation::arrived, outcome::lost) == 0);
    CHECK(seen.count(via, operation::arrived, outcome::duplicate) == 0);
  }
  for (const observation& o : seen.all) {
    if (o.op != operation::arrived) continue;
    CHECK(o.done_at - o.intended_at >= 4ms);  // two links
    CHECK(o.done_at - o.intended_at < 20ms);
  }
  keeper unwatched;
  virtual_network world{*plan, unwatched, {.epoch_ms = 1'767'225'600'000, .witness = false}};
  world.run([](time_point) { return true; });
  CHECK(unwatched.count(operation::arrived) == 0);
  CHECK(unwatched.count(operation::telemetry) == seen.count(operation::telemetry));
}

TEST_CASE("Every thing connects once, is described once, and its readings are acknowledged by the target") {
  const auto plan = plan_of(three_protocols, 3);
  const keeper seen = run(*plan);
  CHECK(seen.count(operation::connect) == 41 + 5 + 9);  // 5 gateways; CoAP has no handshake
  CHECK(seen.count(operation::register_) == 41 + 23 + 17 + 9);
  std::set<std::uint32_t> reporting;
  for (const observation& o : seen.all) {
    CHECK(o.result == outcome::ok);
    if (o.op == operation::telemetry) reporting.insert(static_cast<std::uint32_t>(o.thing));
    CHECK(o.done_at >= o.sent_at);
    CHECK(o.sent_at >= o.intended_at);
  }
  CHECK(reporting.size() == plan->thing_count());
}

TEST_CASE("Only things that can act listen for commands") {
  const auto plan = plan_of(R"(
wanwu: scenario/v1
things:
  probe: { model: builtin/soil-probe, count: 12, over: mqtt, every: 1 s }
  lamp: { model: builtin/streetlight, count: 7, over: mqtt, every: 1 s }
phases:
  - { name: ramp, ramp: 1 s }
  - { name: steady, hold: 2 s }
)",
                            2);
  CHECK(run(*plan).count(operation::subscribe) == 7);
}

TEST_CASE("A storm cuts its share off, keeps it dark, and lets it return in time") {
  const auto plan = plan_of(R"(
wanwu: scenario/v1
sectors:
  city: { streetlight: { model: builtin/streetlight, count: 100, over: mqtt, every: 1 s } }
  energy: { meter: { model: builtin/meter, count: 100, over: mqtt, every: 1 s } }
phases:
  - { name: ramp, ramp: 2 s }
  - { name: calm, hold: 3 s }
  - { name: blackout, hold: 10 s, storm: cut }
storms:
  cut: { who: 'sector == "city"', share: 50 %, drop: abrupt, dark: 2 s, return: { within: 3 s, backoff: none } }
)",
                            2);
  const keeper seen = run(*plan);
  const time_point cut = virtual_network::start_instant() + 5s;
  std::set<std::uint32_t> back;
  for (const observation& o : seen.all) {
    if (o.op != operation::reconnect) continue;
    CHECK(o.result == outcome::ok);
    CHECK(o.population == 0);
    CHECK(o.done_at >= cut + 2s);
    CHECK(o.done_at <= cut + 5s + 100ms);
    back.insert(static_cast<std::uint32_t>(o.thing));
  }
  CHECK(back.size() > 30);
  CHECK(back.size() < 70);
  // Who is dark says nothing, and that is nobody's error.
  for (const observation& o : seen.all) {
    if (o.op != operation::telemetry || !back.contains(static_cast<std::uint32_t>(o.thing))) continue;
    CHECK_FALSE((o.intended_at > cut + 10ms && o.intended_at < cut + 2s));
  }
  CHECK(seen.count(operation::telemetry, outcome::broken_link) == 0);
}

TEST_CASE("A storm over answers under way is no error of the target, and nothing is lost by it") {
  const auto plan = plan_of(R"(
wanwu: scenario/v1
things:
  m: { model: builtin/meter, count: 60, over: mqtt, every: 1 s }
  c: { model: builtin/streetlight, count: 60, over: coap, every: 1 s }
  h: { model: builtin/meter, count: 60, over: http, every: 1 s }
phases:
  - { name: ramp, ramp: 1 s }
  - { name: calm, hold: 8 s, faults: [ far ] }
  - { name: blackout, hold: 10 s, storm: cut, faults: [ far ] }
  - { name: down, ramp: 2 s, to: 0 %, faults: [ far ] }
storms:
  cut: { who: 'true', share: 100 %, drop: abrupt, dark: 1 s, return: { within: 1 s, backoff: none } }
faults:
  far: { who: 'true', delay: 150 ms }
)",
                            2);
  const keeper seen = run(*plan);
  for (const protocol via : {protocol::mqtt, protocol::coap, protocol::http}) {
    CAPTURE(name_of(via));
    CHECK(seen.count(via, operation::telemetry, outcome::cut_off) > 5);
    CHECK(seen.count(via, operation::telemetry, outcome::broken_link) == 0);
    CHECK(seen.count(via, operation::telemetry, outcome::timed_out) == 0);
    CHECK(seen.count(via, operation::arrived, outcome::lost) == 0);
    CHECK(seen.count(via, operation::arrived, outcome::duplicate) == 0);
    CHECK(seen.count(via, operation::arrived, outcome::ok) > 300);
  }
  CHECK(seen.count(operation::disconnect, outcome::broken_link) == 0);
}

TEST_CASE(
    "Intended starts follow the schedule whatever the target does, and nothing is late in invented time") {
  const auto plan = plan_of(three_protocols, 1);
  keeper seen;
  virtual_network world{*plan, seen};
  world.run([](time_point) { return true; });
  const worker_numbers n = world.levels().all;
  CHECK(n.late == 0);
  CHECK(n.due >= seen.count(operation::telemetry));
  CHECK(n.connected == 0);
}

TEST_CASE("A report sees the world up to its instant, not what happens at it") {
  const auto plan = plan_of(R"(
wanwu: scenario/v1
things:
  m: { model: builtin/meter, count: 400, over: mqtt, every: 1 s, jitter: 20 % }
phases:
  - { name: ramp, ramp: 1 s }
  - { name: calm, hold: 3 s }
  - { name: blackout, hold: 3 s, storm: cut }
storms:
  cut: { who: 'true', share: 50 %, drop: abrupt, dark: 1 s, return: { within: 1 s, backoff: none } }
)",
                            1);
  keeper seen;
  virtual_network world{*plan, seen};
  std::map<time_point, std::uint64_t> connected;
  world.run([&](time_point now) {
    connected.emplace(now, world.levels().all.connected);
    return true;
  });
  const time_point cut = virtual_network::start_instant() + 4s;
  REQUIRE(connected.contains(cut));
  CHECK(connected[cut] == 400);
  CHECK(connected[cut + 1s] < 300);
}

TEST_CASE("A run that is told to end takes leave and stops") {
  const auto plan = plan_of(three_protocols, 2);
  keeper seen;
  virtual_network world{*plan, seen};
  world.run([&](time_point now) { return now < virtual_network::start_instant() + 4s; });
  for (const observation& o : seen.all) CHECK(o.intended_at < virtual_network::start_instant() + 4s + 100ms);
}
