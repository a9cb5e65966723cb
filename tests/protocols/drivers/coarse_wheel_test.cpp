// The wheel of the connections' deadlines: none early, none more than a tick late, and no herd.
#include "protocols/drivers/coarse_wheel.hpp"

#include <algorithm>
#include <random>
#include <vector>

#include <catch2/catch.hpp>

using namespace wanwu;
using namespace std::chrono_literals;

namespace {

struct wheel_of {
  explicit wheel_of(std::size_t count) : entries(count) {}
  auto links() {
    return [this](std::uint32_t at) -> wheel_links& { return entries[at]; };
  }
  void insert(std::uint32_t at, time_point when, time_point now) { wheel.insert(at, when, now, links()); }
  std::vector<std::uint32_t> due(time_point now, std::size_t at_most = 1'000'000) {
    std::vector<std::uint32_t> out;
    wheel.advance(now, at_most, links(), [&](std::uint32_t at) { out.push_back(at); });
    return out;
  }
  coarse_wheel wheel;
  std::vector<wheel_links> entries;
};

constexpr time_point begun{1h};

}  // namespace

TEST_CASE("No deadline on the wheel fires early, or more than a tick late") {
  std::mt19937_64 chance{7};
  std::uniform_int_distribution<std::int64_t> within{1, 63'000'000};
  std::vector<time_point> wanted;
  wheel_of w{3'000};
  for (std::uint32_t i = 0; i < w.entries.size(); ++i) {
    wanted.push_back(begun + std::chrono::microseconds{within(chance)});
    w.insert(i, wanted[i], begun);
  }
  std::size_t fired = 0;
  while (const auto next = w.wheel.next()) {
    const auto due = w.due(*next);
    REQUIRE_FALSE(due.empty());
    for (const auto at : due) {
      CHECK(wanted[at] <= *next);
      CHECK(*next - wanted[at] <= coarse_wheel::tick);
      ++fired;
    }
  }
  CHECK(fired == w.entries.size());
}

TEST_CASE(
    "Deadlines spread over a minute come a few at a time, so that a million pings keep nobody waiting") {
  constexpr std::uint32_t connections = 60'000;
  wheel_of w{connections};
  for (std::uint32_t i = 0; i < connections; ++i) w.insert(i, begun + 1ms * i, begun);
  std::size_t most = 0, fired = 0;
  for (auto now = begun; now <= begun + 61s; now += 1ms) {
    const auto due = w.due(now);
    most = std::max(most, due.size());
    fired += due.size();
  }
  CHECK(fired == connections);
  CHECK(most <= 3);  // two milliseconds' worth
}

TEST_CASE("Of many deadlines that have passed so many are taken at once as are asked for, and none is lost") {
  wheel_of w{1'000};
  for (std::uint32_t i = 0; i < 1'000; ++i) w.insert(i, begun + 1ms * (i / 100), begun);
  std::vector<std::uint32_t> fired;
  for (int turn = 0; turn < 16; ++turn) {
    const auto due = w.due(begun + 1s, 64);
    CHECK(due.size() == (turn < 15 ? 64 : 1'000 - 15 * 64));
    fired.insert(fired.end(), due.begin(), due.end());
    CHECK(w.wheel.next().has_value() == (turn < 15));
    if (turn < 15) CHECK(*w.wheel.next() <= begun + 1s);
  }
  std::sort(fired.begin(), fired.end());
  for (std::uint32_t i = 0; i < fired.size(); ++i) CHECK(fired[i] == i);
}

TEST_CASE(
    "Who is taken off the wheel does not fire, and a deadline beyond the horizon fires at the horizon") {
  wheel_of w{3};
  w.insert(0, begun + 1s, begun);
  w.insert(1, begun + 1s, begun);
  w.insert(2, begun + 10min, begun);
  w.wheel.remove(1, w.links());
  CHECK(w.due(begun + 2s) == std::vector<std::uint32_t>{0});
  CHECK(w.due(begun + 62s).empty());
  CHECK(w.due(begun + 64s) == std::vector<std::uint32_t>{2});
  CHECK_FALSE(w.wheel.next());
}
