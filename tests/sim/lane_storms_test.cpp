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
  explicit standing_lane(bool virtual_time, const std::string& share = "100 %")
      : plan{plan_of(world(share), 1)} {
    plan->virtual_time = virtual_time;
    things.emplace(*plan, 0);
    context.emplace(*plan, *things, 0);
    under_test.emplace(*plan, std::uint8_t{0}, *things, started);
    auto own = std::make_unique<doorkeeper>();
    door = own.get();
    under_test->attach(std::move(own));
    for (time_point now = started; door->opened.size() < connections; now += 1ms) {
      REQUIRE(now < started + 5s);
      round(now);
    }
  }
  /// What opens is up at once.
  void round(time_point now, bool held_up = false) {
    const std::size_t before = door->opened.size();
    under_test->advance(now, held_up);
    under_test->open_queued(now, held_up);
    for (std::size_t i = before; i < door->opened.size(); ++i)
      under_test->note({now, door->opened[i], connection_state::up, outcome::ok, 0});
  }
  void strike(time_point now) { under_test->strike(plan->when.storms.at(0), nullptr, *context, now); }
  /// Rounds a millisecond apart until all are cut off; when that was.
  time_point strike_all(time_point begun) {
    strike(begun);
    time_point now = begun;
    while (door->closed.size() < connections) {
      REQUIRE(now < begun + 10s);
      round(now += 1ms);
    }
    return now;
  }

  static std::string world(const std::string& share) {
    return R"(
wanwu: scenario/v1
things:
  m: { model: builtin/meter, count: 2000, over: mqtt, every: 1 s }
phases:
  - { name: ramp, ramp: 1 s }
  - { name: cut, hold: 60 s, storm: cut }
storms:
  cut: { share: )" +
           share + R"(, drop: abrupt, dark: 10 s, return: { within: 2 s, backoff: none } }
)";
  }
  std::unique_ptr<world_plan> plan;
  std::optional<population> things;
  std::optional<thing_context> context;
  std::optional<lane> under_test;
  doorkeeper* door{};
};

bool holds(const std::vector<connection_id>& list, connection_id which) {
  return std::find(list.begin(), list.end(), which) != list.end();
}

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
    w.round(now);
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
    "A worker that was held up goes on with a storm where it was, one connection a round, and catches "
    "nothing up") {
  standing_lane w{false};
  time_point now = started + 6s;
  w.strike(now);
  for (int round = 0; round < 10; ++round) w.round(now += 1ms);
  const std::size_t before = w.door->closed.size();
  for (int late = 1; late <= 5; ++late) {
    w.round(now += 1s, true);
    CHECK(w.door->closed.size() == before + static_cast<std::size_t>(late));
  }
  w.round(now += 1ms);
  CHECK(w.door->closed.size() <= before + 5 + 11);  // what a millisecond allows
}

TEST_CASE("A storm looks at a bounded number of connections in a round, however few it cuts off") {
  standing_lane w{false, "0.001 %"};
  time_point now = started + 6s;
  w.strike(now);
  std::size_t looks = 1;
  for (; w.under_test->next_deadline() == now; ++looks) {
    REQUIRE(looks < connections);
    w.round(now += 1ms);
  }
  CHECK(looks == (connections + limits::storm_rows_a_round - 1) / limits::storm_rows_a_round);
}

TEST_CASE("In virtual time a storm cuts all off at its instant") {
  standing_lane w{true};
  w.strike(started + 6s);
  CHECK(w.door->closed.size() == connections);
}

TEST_CASE("Who is cut off last in a storm is dark as long as the first") {
  standing_lane w{false};
  const time_point done = w.strike_all(started + 6s);
  const connection_id last = w.door->closed.back();
  w.door->opened.clear();
  for (time_point now = done; now < done + 10s; now += 1ms) w.round(now);
  CHECK_FALSE(holds(w.door->opened, last));
  for (time_point now = done + 10s; now < done + 13s; now += 1ms) w.round(now);
  CHECK(holds(w.door->opened, last));
  CHECK(w.door->opened.size() == connections);
}

TEST_CASE(
    "A worker that is held up opens few of those who wait, and wants to come back for the others at once") {
  standing_lane w{false};
  time_point now = w.strike_all(started + 6s) + 20s;
  w.door->opened.clear();
  w.round(now, true);
  CHECK(w.door->opened.size() == limits::opened_when_held_up);
  CHECK(w.under_test->next_deadline() <= now);
  w.round(now += 1ms);
  CHECK(w.door->opened.size() > 2 * limits::opened_when_held_up);
  for (const time_point end = now + 5s; w.door->opened.size() < connections; w.round(now += 1ms))
    REQUIRE(now < end);
}
