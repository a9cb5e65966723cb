// A storm on a lane: at what pace it cuts off, and that whoever it is about is cut off in the end.
#include <algorithm>

#include "sim/lane.hpp"
#include "tests/sim/invented_world.hpp"

using namespace wanwu;
using namespace wanwu::sim;
using namespace std::chrono_literals;

namespace {

/// Remembers what was opened and closed.
class doorkeeper final : public driver {
 public:
  void prepare(std::uint32_t) override {}
  void open(std::span<const connection_id> which, std::span<const time_point>, time_point) override {
    opened.insert(opened.end(), which.begin(), which.end());
  }
  void close(std::span<const connection_id> which, closing how, time_point) override {
    CHECK(how == closing::abrupt);
    closed.insert(closed.end(), which.begin(), which.end());
  }
  void start(std::span<const intent>, time_point) override {}
  void advance(time_point) override {}
  std::optional<time_point> next_deadline() const override { return std::nullopt; }
  void abandon(outcome, time_point) override {}
  driver_totals totals() const override { return {}; }

  std::vector<connection_id> opened, closed;
};

constexpr std::size_t connections = 2'000;
constexpr time_point started{1h};

struct standing_lane {
  explicit standing_lane(bool virtual_time) : plan{plan_of(world, 1)} {
    plan->virtual_time = virtual_time;
    things.emplace(*plan, 0);
    context.emplace(*plan, *things, 0);
    under_test.emplace(*plan, std::uint8_t{0}, *things, started);
    auto own = std::make_unique<doorkeeper>();
    door = own.get();
    under_test->attach(std::move(own));
    for (time_point now = started; door->opened.size() < connections; now += 1ms) {
      REQUIRE(now < started + 5s);
      const std::size_t before = door->opened.size();
      under_test->advance(now);
      for (std::size_t i = before; i < door->opened.size(); ++i)
        under_test->note({now, door->opened[i], connection_state::up, outcome::ok, 0});
    }
  }
  void strike(time_point now) { under_test->strike(plan->when.storms.at(0), nullptr, *context, now); }

  static inline const std::string world = R"(
wanwu: scenario/v1
things:
  m: { model: builtin/meter, count: 2000, over: mqtt, every: 1 s }
phases:
  - { name: ramp, ramp: 1 s }
  - { name: cut, hold: 60 s, storm: cut }
storms:
  cut: { share: 100 %, drop: abrupt, dark: 10 s, return: { within: 2 s, backoff: none } }
)";
  std::unique_ptr<world_plan> plan;
  std::optional<population> things;
  std::optional<thing_context> context;
  std::optional<lane> under_test;
  doorkeeper* door{};
};

}  // namespace

TEST_CASE(
    "A storm cuts off no more in a round than the time since it began allows, and all of them in the end") {
  standing_lane w{false};
  const time_point begun = started + 6s;
  w.strike(begun);
  CHECK(w.door->closed.size() == 1);
  std::size_t rounds = 0;
  for (time_point now = begun; w.door->closed.size() < connections; ++rounds) {
    REQUIRE(rounds <= connections);
    const auto next = w.under_test->next_deadline();
    REQUIRE(next);
    CHECK(*next >= now);
    now = std::max(*next, now + 1ms);
    w.under_test->advance(now);
    const double allowed =
        limits::cuts_a_second_and_core * std::chrono::duration<double>(now - begun).count();
    CHECK(static_cast<double>(w.door->closed.size()) <= allowed + 1);
  }
  CHECK(rounds > 100);
  CHECK(w.under_test->levels().dark == connections);
  CHECK(w.under_test->levels().connected == 0);
  std::sort(w.door->closed.begin(), w.door->closed.end());
  CHECK(std::adjacent_find(w.door->closed.begin(), w.door->closed.end()) == w.door->closed.end());
}

TEST_CASE(
    "A storm looks at no more connections in a round than others can wait for, however many it may cut off") {
  standing_lane w{false};
  w.strike(started + 6s);
  const std::size_t before = w.door->closed.size();
  w.under_test->advance(started + 66s);
  CHECK(w.door->closed.size() - before == limits::storm_rows_a_round);
}

TEST_CASE("In virtual time a storm cuts all off at its instant") {
  standing_lane w{true};
  w.strike(started + 6s);
  CHECK(w.door->closed.size() == connections);
}

TEST_CASE("Who is cut off late in a storm is dark as long as the first") {
  standing_lane w{false};
  const time_point begun = started + 6s;
  w.strike(begun);
  for (int rounds = 0; rounds < 10; ++rounds) w.under_test->advance(begun + 5s);
  CHECK(w.door->closed.size() == connections);
  w.door->opened.clear();
  w.under_test->advance(begun + 14s);
  CHECK(w.door->opened.size() <= 1);
  w.under_test->advance(begun + 17s + 1s);
  CHECK(w.door->opened.size() > 1);
}
