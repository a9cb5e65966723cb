// Worlds that speak to nobody: one digest for one world, whoever renders it, and another one for any other.
#include "sim/virtual_sink.hpp"

#include <set>

#include <catch2/catch.hpp>

#include "sim/limits.hpp"
#include "tests/sim/invented_world.hpp"

using namespace wanwu;
using namespace wanwu::sim;
using namespace std::chrono_literals;

namespace {

struct outcome_of_run {
  sink_totals taken;
  std::vector<observation> seen;
  worker_numbers numbers;
};

outcome_of_run run(const std::string& text, std::uint32_t workers, std::uint64_t seed = 1) {
  const auto plan = plan_of(text, workers, seed);
  keeper seen;
  virtual_sink world{*plan, seen, {.epoch_ms = 1'767'225'600'000}};
  world.run([](time_point) { return true; });
  return {world.taken(), std::move(seen.all), world.levels().all};
}

const std::string mixed = R"(
wanwu: scenario/v1
things:
  m: { model: builtin/meter, count: 41, over: mqtt, every: 1 s, jitter: 20 % }
  g: { model: builtin/meter, count: 230, over: mqtt, every: 2 s, gateway: 50, collect: 500 ms }
  c: { model: builtin/streetlight, count: 17, over: coap, every: 1 s }
  h: { model: builtin/meter, count: 9, over: http, every: 1 s }
phases:
  - { name: ramp, ramp: 3 s }
  - { name: steady, hold: 5 s }
  - { name: cut, hold: 5 s, storm: cut }
storms:
  cut: { who: 'true', share: 60 %, drop: abrupt, dark: 1 s, return: { within: 2 s, backoff: none } }
)";

}  // namespace

TEST_CASE("The sink's digest is of the world and not of the workers that render it") {
  const auto one = run(mixed, 1), again = run(mixed, 1), three = run(mixed, 3), other = run(mixed, 1, 2);
  CHECK(one.taken.messages > 1'000);
  CHECK(one.taken.digest == again.taken.digest);
  CHECK(one.taken.digest == three.taken.digest);
  CHECK(one.taken.messages == three.taken.messages);
  CHECK(one.taken.bytes == three.taken.bytes);
  CHECK(one.taken.digest != other.taken.digest);
}

TEST_CASE("The sink takes each message once, when it was due, and none is late by the steps of its clock") {
  const auto seen = run(mixed, 2);
  std::set<std::pair<thing_id, time_point>> readings;
  std::uint64_t bytes = 0, telemetry = 0;
  for (const observation& o : seen.seen) {
    if (o.op == operation::telemetry) {
      readings.insert({o.thing, o.intended_at});
      ++telemetry;
    }
    CHECK(o.result == outcome::ok);
    CHECK(o.sent_at == o.intended_at);
    CHECK(o.done_at == o.intended_at);
    bytes += o.bytes_sent;
  }
  CHECK(readings.size() == telemetry);
  CHECK(seen.taken.messages == seen.seen.size());
  CHECK(seen.taken.bytes == bytes);
  CHECK(seen.numbers.late == 0);
  CHECK(seen.numbers.away_ns == 0);
  CHECK(seen.numbers.connections_up == 0);  // all have taken leave
}

TEST_CASE("What a gateway collects is due at its beats") {
  const auto seen = run(R"(
wanwu: scenario/v1
things:
  g: { model: builtin/meter, count: 200, over: mqtt, every: 1 s, gateway: 50, collect: 1 s }
phases: [ ramp: 0 s, hold: 10 s ]
)",
                        1);
  std::set<duration> beats;
  for (const observation& o : seen.seen) {
    if (o.op == operation::telemetry) beats.insert(o.intended_at.time_since_epoch() % 1s);
  }
  CHECK(seen.taken.messages > 1'500);
  CHECK((beats.size() >= 2 && beats.size() <= 4));
}
