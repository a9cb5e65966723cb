// Connections that a worker begins late by its own doing are counted; those that wait for the target are not.
#include <catch2/catch.hpp>

#include "tests/sim/told_driver.hpp"

using namespace wanwu;
using namespace wanwu::sim;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t connections = 1'000;

struct thousand : told_worker {
  thousand()
      : told_worker{R"(
wanwu: scenario/v1
things: { m: { model: builtin/meter, count: 1000, over: mqtt, every: 10 s } }
phases: [ { name: ramp, ramp: 1 s }, { name: steady, hold: 10 s } ]
)"} {
    begin_in_real_time();
  }
  /// The target lets in all that are half open, and the worker goes on until `end`.
  void run_let_in(duration end) {
    for (; now < t0 + end; now += 1ms) {
      do {
        wire->let_in(now);
        subject->round(now);
      } while (subject->has_more());
    }
  }
  worker_numbers numbers() {
    subject->publish();
    return subject->numbers();
  }
};

}  // namespace

TEST_CASE("Connections begun as the ramp wants them are in time") {
  thousand world;
  world.run_until(2s);
  CHECK(world.numbers().openings == connections);
  CHECK(world.numbers().openings_late == 0);
}

TEST_CASE("Connections that a worker was not there to begin are late") {
  thousand world;
  world.run_until(500ms);
  const std::uint64_t before = world.numbers().openings;
  world.now += 300ms;  // stopped
  world.run_until(2s);
  CHECK(world.numbers().openings == connections);
  CHECK(world.numbers().openings_late >= 280);
  CHECK(world.numbers().openings_late <= connections - before - 190);
}

TEST_CASE("Connections that wait because the target lets nobody in are not late by our doing") {
  thousand world;
  world.wire->lets_in = false;
  world.run_until(2s);
  CHECK(world.numbers().openings < connections);  // as many as may be half open
  world.run_let_in(4s);
  CHECK(world.numbers().openings == connections);
  CHECK(world.numbers().openings_late == 0);
}

TEST_CASE("Who was away while the target let nobody in began late what was wanted then, and no more") {
  thousand world;
  world.wire->lets_in = false;
  world.run_until(500ms);
  const std::uint64_t wanted = world.numbers().wanted;
  world.now += 300ms;
  world.run_until(2s);
  world.run_let_in(4s);
  CHECK(world.numbers().openings == connections);
  CHECK(world.numbers().openings_late >= 280);
  CHECK(world.numbers().openings_late <= connections - wanted - 190);
}
