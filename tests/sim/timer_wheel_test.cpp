// The wheel against the simplest thing that could be right: a sorted list.
#include "sim/timer_wheel.hpp"

#include <map>
#include <random>
#include <set>

#include <catch2/catch.hpp>

using namespace wanwu;
using namespace wanwu::sim;

namespace {

constexpr duration tick{65'536};
constexpr time_point start{duration{1'000'000'007}};

std::int64_t tick_of(time_point at) {
  return at <= start ? 0 : ((at - start).count() + tick.count() - 1) / tick.count();
}

}  // namespace

TEST_CASE("Timers come out when they are due, never before, ordered by tick and then by number") {
  const auto seed = GENERATE(1U, 2U, 3U, 4U, 5U, 6U, 7U, 8U);
  std::mt19937_64 random{seed};
  const auto count = GENERATE(500U, 20'000U);  // up to many chunks a slot
  timer_wheel wheel{count, start, tick};
  std::set<std::pair<std::int64_t, std::uint32_t>> model;
  std::vector<std::uint32_t> out;
  time_point now = start;
  for (int round = 0; round < (count > 500 ? 200 : 2'000); ++round) {
    for (std::uint32_t i = 0; i < count / 100; ++i) {
      const auto timer = static_cast<std::uint32_t>(random() % count);
      if (wheel.armed(timer)) continue;
      const auto far = std::int64_t{1} << (random() % 46);
      const time_point due =
          now + duration{static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(far)) - 10'000};
      wheel.arm(timer, due);
      model.emplace(std::max(tick_of(due), tick_of(now) * (now > start ? 1 : 0)), timer);
    }
    if (const auto next = wheel.next_due(); !model.empty()) {
      REQUIRE(next);
      CHECK(*next <= start + tick * std::max(model.begin()->first, std::int64_t{0}) + tick);
    }
    now += duration{static_cast<std::int64_t>(random() % (std::uint64_t{1} << (random() % 40)))};
    const auto last = (now - start) / tick;
    out.clear();
    wheel.pop_due(now, out);
    std::vector<std::uint32_t> expected;
    while (!model.empty() && model.begin()->first <= last) {
      expected.push_back(model.begin()->second);
      model.erase(model.begin());
    }
    std::vector<std::uint32_t> got = out;
    std::sort(got.begin(), got.end());
    std::sort(expected.begin(), expected.end());
    REQUIRE(got == expected);
    CHECK(wheel.armed_count() == model.size());
  }
}

TEST_CASE("One batch is ordered by tick first and by number second") {
  timer_wheel wheel{4, start, tick};
  wheel.arm(3, start + tick * 5);
  wheel.arm(1, start + tick * 700);
  wheel.arm(2, start + tick * 5);
  wheel.arm(0, start + tick * 70'000);
  std::vector<std::uint32_t> out;
  CHECK(wheel.pop_due(start + tick * 4, out) == 0);
  CHECK(wheel.next_due() == start + tick * 5);
  CHECK(wheel.pop_due(start + tick * 100'000, out) == 4);
  CHECK(out == std::vector<std::uint32_t>{2, 3, 1, 0});
  CHECK_FALSE(wheel.next_due());
}

TEST_CASE("With enough popped the wheel stops after that tick, and the rest is due next time") {
  timer_wheel wheel{6, start, tick};
  for (std::uint32_t t = 0; t < 6; ++t) wheel.arm(t, start + tick * (5 + t / 2 * 300));
  const auto late = start + tick * 10'000;
  std::vector<std::uint32_t> out;
  CHECK(wheel.pop_due(late, out, 1) == 2);
  CHECK(wheel.next_due() <= start + tick * 305);
  CHECK(wheel.pop_due(late, out, 3) == 4);
  CHECK(out == std::vector<std::uint32_t>{0, 1, 2, 3, 4, 5});
  CHECK_FALSE(wheel.next_due());
}

TEST_CASE("A popped timer can be armed again inside the same moment") {
  timer_wheel wheel{1, start, tick};
  std::vector<std::uint32_t> out;
  for (int i = 1; i <= 1'000; ++i) {
    wheel.arm(0, start + tick * i * 3);
    out.clear();
    wheel.pop_due(start + tick * (i * 3 - 1), out);
    CHECK(out.empty());
    wheel.pop_due(start + tick * i * 3, out);
    CHECK(out.size() == 1);
  }
}

TEST_CASE("A wheel that many timers have left works on as one that they never entered") {
  constexpr std::uint32_t count = 20'000;
  timer_wheel wheel{count, start, tick};
  std::vector<std::uint32_t> out;
  for (int burst = 1; burst <= 3; ++burst) {
    const time_point begin = start + tick * burst * 100'000;
    for (std::uint32_t t = 0; t < count; ++t) wheel.arm(t, begin + tick * (t % 7'000));
    CHECK(wheel.memory_bytes() > count * 8);
    wheel.give_back_room();  // some are armed: nothing happens
    CHECK(wheel.memory_bytes() > count * 8);
    out.clear();
    CHECK(wheel.pop_due(begin + tick * 7'000, out) == count);
    CHECK(std::set<std::uint32_t>{out.begin(), out.end()}.size() == count);
    wheel.give_back_room();
    CHECK(wheel.memory_bytes() == 0);
  }
}

TEST_CASE("The tick grows with the span, so that a year fits") {
  using namespace std::chrono_literals;
  CHECK(timer_wheel::tick_for(1h) == duration{65'536});
  const duration year = 365 * 24h;
  CHECK(year / timer_wheel::tick_for(year) < (std::int64_t{1} << 31));
}
