// When a worker takes leave: with all the others, since leaving is work that answers still owed would wait
// for.
#include <atomic>
#include <string>

#include <catch2/catch.hpp>

#include "tests/sim/told_driver.hpp"

using namespace wanwu;
using namespace wanwu::sim;
using namespace std::chrono_literals;

namespace {

constexpr duration plan_end = 3s;

/// One of two workers.
struct one_of_two : told_worker {
  explicit one_of_two(std::size_t things = 10)
      : told_worker{R"(
wanwu: scenario/v1
things: { m: { model: builtin/meter, count: )" +
                    std::to_string(things) + R"(, over: mqtt, every: 1 s } }
phases: [ { name: ramp, ramp: 1 s }, { name: steady, hold: 2 s } ]
)"} {
    plan->virtual_time = false;
    begin({.plan = *plan, .sink = seen, .started = t0, .owing = &owing});
  }
  bool has_left() const { return seen.count(operation::disconnect) == 10; }

  std::atomic<std::uint32_t> owing{2};
};

}  // namespace

TEST_CASE("A worker that has all its answers waits for those who have not") {
  one_of_two world;
  world.run_until(plan_end - 10ms);
  CHECK(world.owing == 2);
  world.run_until(plan_end + 1s);
  CHECK(world.owing == 1);
  CHECK(world.seen.count(operation::disconnect) == 0);
  world.owing = 0;
  world.run_until(plan_end + 1s + 10ms);
  CHECK(world.has_left());
  CHECK(world.subject->finished());
  CHECK(world.owing == 0);
}

TEST_CASE("A worker waits for the others no longer than for its own answers") {
  one_of_two world;
  world.run_until(plan_end + limits::drain_max - 100ms);
  CHECK(world.seen.count(operation::disconnect) == 0);
  world.run_until(plan_end + limits::drain_max + 100ms);
  CHECK(world.has_left());
}

TEST_CASE("Who is not answered is among those who are waited for until the end") {
  one_of_two world;
  world.wire->answers = [](operation op, time_point) { return op != operation::telemetry; };
  world.run_until(plan_end + limits::drain_max - 100ms);
  CHECK(world.owing == 2);
  world.run_until(plan_end + limits::drain_max + 100ms);
  CHECK(world.has_left());
}

TEST_CASE("Many take leave in several rounds, between which numbers are told") {
  constexpr std::size_t things = 5 * limits::goodbyes_a_round;
  one_of_two world{things};
  world.run_until(plan_end + 100ms);
  world.owing = 0;
  std::size_t rounds = 0, left = 0;
  while (!world.subject->finished()) {
    REQUIRE(++rounds < 1'000);
    const time_point next = world.subject->round(world.now);
    const std::size_t now_left = world.seen.count(operation::disconnect);
    CHECK(now_left - left <= 2 * limits::goodbyes_a_round);
    left = now_left;
    if (left > 0 && left < things) CHECK(next <= world.now + 1ms);
    world.subject->publish();
    CHECK(world.subject->numbers().connected == things - left);
    world.now += 1ms;
  }
  CHECK(left == things);
}
