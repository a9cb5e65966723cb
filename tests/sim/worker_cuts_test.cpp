// What a worker does with operations that its own storms have cut off: whom it tells, and what it makes
// again.
#include <catch2/catch.hpp>

#include "tests/sim/told_driver.hpp"

using namespace wanwu;
using namespace wanwu::sim;
using namespace std::chrono_literals;

namespace {

constexpr time_point t0 = told_worker::t0;

struct note_taker final : reading_tap {
  bool samples(thing_id thing) const override { return static_cast<std::uint32_t>(thing) % 2 == 0; }
  void sent(const outgoing_reading&) override {}
  void cut_off(const cut_reading& which) override { cuts.push_back(which); }
  std::vector<cut_reading> cuts;
};

constexpr std::size_t meters = 20;
constexpr duration cut_at = 5s;

/// Twenty meters that a storm cuts off after five seconds, for one.
struct stormy : told_worker {
  explicit stormy(const std::string& drop, std::uint8_t qos = 1)
      : told_worker{R"(
wanwu: scenario/v1
things: { m: { model: builtin/meter, count: 20, over: mqtt, every: 1 s } }
phases:
  - { name: ramp, ramp: 1 s }
  - { name: calm, hold: 4 s }
  - { name: blackout, hold: 5 s, storm: cut }
storms:
  cut: { share: 100 %, drop: )" +
                    drop + ", dark: 1 s, return: { within: 0 s, backoff: none } }\n"} {
    plan->populations[0].telemetry->shape.qos = qos;
    begin({.plan = *plan, .sink = seen, .started = t0, .tap = &tap});
  }
  note_taker tap;
};

}  // namespace

TEST_CASE("At QoS 0 what left just before a storm without a goodbye may have gone with its links") {
  const std::string drop = GENERATE(as<std::string>{}, "abrupt", "clean");
  const std::uint8_t qos = GENERATE(std::uint8_t{0}, std::uint8_t{1});
  stormy world{drop, qos};
  world.run_until(9s);
  CHECK(world.seen.count(operation::disconnect) == meters);
  CHECK(world.tap.cuts.size() == (drop == "abrupt" && qos == 0 ? meters / 2 : 0));  // those of the sample
  for (const cut_reading& one : world.tap.cuts) {
    CHECK(world.tap.samples(one.thing));
    CHECK(one.until >= t0 + cut_at);
    CHECK(one.until < t0 + cut_at + 10ms);
    CHECK(one.since == one.until - arrive_within);
  }
}

TEST_CASE("Each reading whose answer a storm has cut off is told to the witness, by its intended start") {
  stormy world{GENERATE(as<std::string>{}, "abrupt", "clean")};
  world.wire->answers = [](operation op, time_point now) {
    return op != operation::telemetry || now < t0 + 4s;
  };
  world.run_until(cut_at + 100ms);
  CHECK(world.wire->cut == meters);  // one a second each
  CHECK(world.tap.cuts.size() == meters / 2);
  for (const cut_reading& one : world.tap.cuts) {
    CHECK(one.since == one.until);
    CHECK(one.since >= t0 + 4s - 1s);
    CHECK(one.since <= t0 + cut_at);
  }
}

TEST_CASE(
    "A registration that a storm has cut off is made again when its thing is back, and readings wait for "
    "it") {
  stormy world{"abrupt"};
  world.wire->answers = [](operation op, time_point now) {
    return op != operation::register_ || now > t0 + cut_at;
  };
  world.run_until(cut_at + 500ms);
  CHECK(world.wire->cut == meters);
  CHECK(world.begun(operation::register_) == meters);
  CHECK(world.begun(operation::telemetry) == 0);
  world.run_until(9s);
  CHECK(world.begun(operation::register_) == 2 * meters);
  CHECK(world.begun(operation::telemetry) > meters);
}
