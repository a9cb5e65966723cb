// What a worker tells of itself: how late starts were, and the worst since it was asked.
#include "sim/worker_levels.hpp"

#include <catch2/catch.hpp>

using namespace wanwu;
using namespace wanwu::sim;
using namespace std::chrono_literals;

TEST_CASE("A bucket of lateness holds what is above the bucket before and not above its own bound") {
  for (std::uint64_t us = 0; us < 1U << 20; us += 1 + us / 97) {
    const std::size_t at = lateness_bucket(std::chrono::microseconds{us});
    CAPTURE(us, at);
    REQUIRE(us <= lateness_bound_us(at));
    REQUIRE((at == 0 || us > lateness_bound_us(at - 1)));
  }
  CHECK(lateness_bucket(-5s) == 0);
  CHECK(lateness_bucket(24h) == lateness_buckets - 1);
  CHECK(lateness_bound_us(lateness_buckets - 2) > 120'000'000);
}

TEST_CASE("A bound of lateness is at most a quarter above what it stands for") {
  for (std::uint64_t us = 4; us < 1U << 26; us += 1 + us / 7) {
    const std::size_t at = lateness_bucket(std::chrono::microseconds{us});
    REQUIRE(static_cast<double>(lateness_bound_us(at)) <= static_cast<double>(us) * 1.25);
  }
}

TEST_CASE("Peaks are the worst since they were last taken, and are told once") {
  shared_peaks peaks;
  peaks.note({5, 70});
  peaks.note({9, 3});
  const worker_peaks first = peaks.take();
  CHECK(first.lag_ns == 9);
  CHECK(first.drift_ns == 70);
  peaks.note({1, 0});
  CHECK(peaks.take().lag_ns == 1);
  CHECK(peaks.take().lag_ns == 0);
}

TEST_CASE("Workers add up: lateness bucket by bucket, time away as that of the worst") {
  worker_numbers all, one;
  one.lateness[3] = 7;
  one.away_ns = 100;
  add_numbers(all, one);
  one.away_ns = 40;
  add_numbers(all, one);
  CHECK(all.lateness[3] == 14);
  CHECK(all.away_ns == 100);
}
