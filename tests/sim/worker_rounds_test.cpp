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
    begin_in_real_time();
  }

  /// Rounds at one instant until nothing is left of `op` for it: the most that one of them did. Who did as
  /// much as the bound allows has more.
  std::size_t most_in_rounds_at(time_point instant, operation op, std::size_t bound) {
    std::size_t most = 0, did = 1;
    now = instant;
    subject->round(instant);  // comes late to it, and gives way
    for (std::size_t rounds = 0; did != 0 && rounds < endpoints; ++rounds) {
      const std::size_t had = seen.count(op);
      subject->round(instant);
      did = seen.count(op) - had;
      most = std::max(most, did);
      CHECK(subject->has_more() == (did >= bound));
    }
    return most;
  }
};

}  // namespace

TEST_CASE("All that are wanted are opened at one instant, some in each of many rounds") {
  many_endpoints world;
  const std::size_t most = world.most_in_rounds_at(world.t0 + 1s, operation::connect, limits::opened_a_round);
  CHECK(world.seen.count(operation::connect) == endpoints);
  CHECK(most == limits::opened_a_round);
}

TEST_CASE("What is due at one instant is started in several rounds, and nothing is left out") {
  many_endpoints world;
  world.most_in_rounds_at(world.t0 + 1s, operation::connect, limits::opened_a_round);
  world.run_until(2s);
  const std::size_t most =
      world.most_in_rounds_at(world.t0 + 3s, operation::telemetry, limits::starts_a_round);
  CHECK(world.seen.count(operation::telemetry) == 2 * endpoints);
  CHECK(most >= limits::starts_a_round);
  CHECK(most < 2 * limits::starts_a_round);  // what is due in one tick is not parted
}

TEST_CASE("A worker that came late to its round waits before it opens more") {
  many_endpoints world;
  world.subject->round(world.t0);
  world.subject->round(world.t0 + 1s);
  CHECK(world.seen.count(operation::connect) <= limits::opened_when_held_up);
  CHECK(!world.subject->has_more());
}
