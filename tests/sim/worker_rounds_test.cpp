// What a worker does in one round has a bound, since it looks in between at what came in; and a round that
// ended there is followed by the next at once.
#include <algorithm>

#include <catch2/catch.hpp>

#include "tests/sim/told_driver.hpp"

using namespace wanwu;
using namespace wanwu::sim;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t endpoints = 5'000;

struct many_endpoints : told_worker {
  many_endpoints()
      : told_worker{R"(
wanwu: scenario/v1
things: { m: { model: builtin/meter, count: 5000, over: coap, every: 1 s } }
phases: [ { name: ramp, ramp: 1 s }, { name: steady, hold: 10 s } ]
)"} {
    plan->virtual_time = false;
    begin({.plan = *plan, .sink = seen, .started = t0});
  }

  struct counted {
    std::size_t rounds = 0, most = 0, all = 0;
    bool had_more_before_the_last = true;
  };
  /// Rounds at one instant until nothing is left of `op` for it.
  counted rounds_at(time_point instant, operation op) {
    counted out;
    now = instant;
    subject->round(instant);  // comes late to it, and gives way
    for (bool more = true; more && out.rounds < endpoints; ++out.rounds) {
      const std::size_t had = seen.count(op);
      subject->round(instant);
      const std::size_t did = seen.count(op) - had;
      more = did != 0;
      out.most = std::max(out.most, did);
      out.all += did;
      if (did == 0) CHECK(!subject->has_more());
      if (did == out.most) out.had_more_before_the_last &= subject->has_more();
    }
    return out;
  }
};

}  // namespace

TEST_CASE("All that are wanted are opened at one instant, some in each of many rounds") {
  many_endpoints world;
  const auto opened = world.rounds_at(world.t0 + 1s, operation::connect);
  CHECK(world.seen.count(operation::connect) == endpoints);
  CHECK(opened.most == limits::opened_a_round);
  CHECK(opened.had_more_before_the_last);
}

TEST_CASE("What is due at one instant is started in several rounds, and nothing is left out") {
  many_endpoints world;
  world.rounds_at(world.t0 + 1s, operation::connect);
  world.run_until(2s);
  const auto started = world.rounds_at(world.t0 + 3s, operation::telemetry);
  CHECK(world.seen.count(operation::telemetry) == 2 * endpoints);
  CHECK(started.most >= limits::starts_a_round);
  CHECK(started.most < 2 * limits::starts_a_round);  // what is due in one tick is not parted
  CHECK(started.had_more_before_the_last);
}

TEST_CASE("A worker that came late to its round waits before it opens more") {
  many_endpoints world;
  world.subject->round(world.t0);
  world.subject->round(world.t0 + 1s);
  CHECK(world.seen.count(operation::connect) <= limits::opened_when_held_up);
  CHECK(!world.subject->has_more());
}
