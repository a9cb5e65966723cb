// Schedules, load factors and ramps as tables of instants.
#include "sim/schedule.hpp"

#include <set>

#include <catch2/catch.hpp>

using namespace wanwu;
using namespace wanwu::sim;
using namespace std::chrono_literals;

TEST_CASE("A thing starts once a period, in order, inside the run") {
  const double jitter = GENERATE(0.0, 0.2, 0.49);
  const duration period = GENERATE(duration{10ms}, duration{1s}, duration{7s});
  load_profile load;
  load.append(60s, 1);
  const schedule plan{7, period, jitter, load};
  std::int64_t total = 0;
  for (std::uint32_t thing = 0; thing < 200; ++thing) {
    since_start before{-1};
    for (std::uint32_t n = 0;; ++n) {
      const auto start = plan.start_of(thing, n);
      if (!start) break;
      CHECK(*start >= before);
      CHECK(*start < 60s);
      before = *start;
      ++total;
    }
  }
  const double wanted = 200.0 * 60e9 / static_cast<double>(period.count());
  CHECK(static_cast<double>(total) == Approx(wanted).epsilon(0.05));
}

TEST_CASE("A load factor multiplies the rate while it lasts and silence is a factor of 0") {
  load_profile load;
  load.append(100s, 1);
  load.append(100s, 3);
  load.append(100s, 0);
  load.append(100s, 1);
  const schedule plan{1, 1s, 0, load};
  std::array<int, 4> per_phase{};
  for (std::uint32_t n = 0;; ++n) {
    const auto start = plan.start_of(5, n);
    if (!start) break;
    ++per_phase.at(static_cast<std::size_t>(*start / 100s));
  }
  CHECK(per_phase[0] == 100);
  CHECK(per_phase[1] == 300);
  CHECK(per_phase[2] == 0);
  CHECK(std::abs(per_phase[3] - 100) <= 1);
}

TEST_CASE("The first operation from an instant is the one that a search would find") {
  load_profile load;
  load.append(50s, 2);
  load.append(50s, 0.5);
  const duration beat = GENERATE(duration{}, duration{900ms}, duration{5s});
  const schedule plan{3, 3s, 0.3, load, {beat, 0, 10}};
  for (std::uint32_t thing = 0; thing < 50; ++thing) {
    for (since_start at = 0s; at < 100s; at += 777ms) {
      std::uint32_t n = 0;
      while (plan.start_of(thing, n) && *plan.start_of(thing, n) < at) ++n;
      CHECK(plan.first_from(thing, at) == n);
    }
  }
}

TEST_CASE("What the things of one gateway report is due at its beats, once each, never before its time") {
  load_profile load;
  load.append(100s, 1);
  constexpr std::uint32_t first = 500, each = 40;
  const schedule alone{9, 10s, 0.2, load}, plan{9, 10s, 0.2, load, {1s, first, each}};
  std::set<since_start> phases;
  for (std::uint32_t gateway = 0; gateway < 20; ++gateway) {
    std::set<since_start> beats;
    for (std::uint32_t thing = first + gateway * each; thing < first + (gateway + 1) * each; ++thing) {
      for (std::uint32_t n = 0; n < 9; ++n) {
        const auto own = alone.start_of(thing, n), at = plan.start_of(thing, n);
        REQUIRE((own && at));
        CHECK(*at >= *own);
        CHECK(*at - *own < 1s);
        beats.insert(*at % 1s);
      }
    }
    CHECK(beats.size() == 1);
    phases.insert(*beats.begin());
  }
  CHECK(phases.size() > 10);  // and not all gateways at once
}

TEST_CASE("A ramp brings connections up in order of rank and takes them down again") {
  ramp_profile ramp;
  ramp.append(10s, 1);
  ramp.append(20s, 1);
  ramp.append(10s, 0.5);
  const auto first = ramp.next_change(0.25, 0s);
  REQUIRE(first);
  CHECK(first->up);
  CHECK(first->at == 2500ms);
  CHECK_FALSE(ramp.next_change(0.25, 3s));
  const auto down = ramp.next_change(0.75, 8s);
  REQUIRE(down);
  CHECK_FALSE(down->up);
  CHECK(down->at == 35s);
  CHECK(ramp.wanted(0.75, 20s));
  CHECK_FALSE(ramp.wanted(0.75, 36s));
  CHECK(ramp.share_at(5s) == Approx(0.5));
}

TEST_CASE("A world without a ramp is wanted at once") {
  ramp_profile ramp;
  ramp.append(0s, 1);
  ramp.append(60s, 1);
  const auto up = ramp.next_change(0.999, 0s);
  REQUIRE(up);
  CHECK(up->at == 0s);
  CHECK(ramp.wanted(0.999, 0s));
}

TEST_CASE("Two starts asked for at once are the two asked for one by one") {
  load_profile load;
  load.append(50s, 2);
  load.append(50s, 0);
  load.append(50s, 0.3);
  const duration beat = GENERATE(duration{}, duration{900ms});
  const double jitter = GENERATE(0.0, 0.4);
  const schedule plan{3, 3s, jitter, load, {beat, 0, 10}};
  for (std::uint32_t thing = 0; thing < 100; ++thing) {
    for (std::uint32_t n = 0; n < 50; ++n) {
      const auto [first, second] = plan.starts_from(thing, n);
      CHECK(first == plan.start_of(thing, n));
      CHECK(second == plan.start_of(thing, n + 1));
    }
  }
}
