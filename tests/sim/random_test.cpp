// Chance without state: distributions, independence and repeatability.
#include "sim/random.hpp"

#include <array>
#include <cmath>
#include <set>

#include <catch2/catch.hpp>

using namespace wanwu;
using sim::random_stream;

namespace {
constexpr int draws = 200'000;

template <class Draw>
std::pair<double, double> moments(Draw draw) {
  double sum = 0, squares = 0;
  for (std::uint64_t i = 0; i < draws; ++i) {
    const double v = draw(i);
    sum += v;
    squares += v * v;
  }
  const double mean = sum / draws;
  return {mean, squares / draws - mean * mean};
}
}  // namespace

TEST_CASE("Every distribution has its mean and its variance") {
  const random_stream s{1, 2, stream_of("test")};
  const struct {
    const char* name;
    std::pair<double, double> got;
    double mean, variance;
  } table[]{{"uniform", moments([&](auto i) { return s.uniform(i); }), 0.5, 1.0 / 12},
            {"normal", moments([&](auto i) { return s.normal(i); }), 0, 1},
            {"bell", moments([&](auto i) { return s.bell(i); }), 0, 1},
            {"exponential", moments([&](auto i) { return s.exponential(i); }), 1, 1},
            {"poisson 0.7", moments([&](auto i) { return double(s.poisson(i, 0.7)); }), 0.7, 0.7},
            {"poisson 31", moments([&](auto i) { return double(s.poisson(i, 31)); }), 31, 31},
            {"poisson 500", moments([&](auto i) { return double(s.poisson(i, 500)); }), 500, 500},
            {"whole 1..6", moments([&](auto i) { return double(s.whole(i, 1, 6)); }), 3.5, 35.0 / 12}};
  for (const auto& [name, got, mean, variance] : table) {
    CAPTURE(name);
    CHECK(got.first == Approx(mean).epsilon(0.01).margin(0.01));
    CHECK(got.second == Approx(variance).epsilon(0.03));
  }
}

TEST_CASE("Neighbouring things, streams, seeds and indices are not correlated") {
  const auto stream = stream_of("x");
  const auto correlation = [](auto a, auto b) {
    double sum = 0;
    for (std::uint64_t i = 0; i < draws; ++i) sum += (a(i) - 0.5) * (b(i) - 0.5);
    return 12 * sum / draws;
  };
  const random_stream base{1, 5, stream};
  CHECK(std::abs(correlation([&](auto i) { return base.uniform(i); },
                             [&](auto i) { return base.uniform(i + 1); })) < 0.01);
  CHECK(std::abs(correlation([&](auto i) { return base.uniform(i); },
                             [&](auto i) { return random_stream(1, 6, stream).uniform(i); })) < 0.01);
  CHECK(std::abs(correlation([&](auto i) { return base.uniform(i); },
                             [&](auto i) { return random_stream(2, 5, stream).uniform(i); })) < 0.01);
  CHECK(std::abs(correlation([&](auto i) { return random_stream(1, i, stream).uniform(0); },
                             [&](auto i) { return random_stream(1, i + 1, stream).uniform(0); })) < 0.01);
}

TEST_CASE("Draws are fixed for ever: a change here is a change of every world") {
  const random_stream s{20261122, 7, stream_of("temperature")};
  const random_stream same{20261122, 7, stream_of("temperature")};
  for (std::uint64_t i = 0; i < 100; ++i) CHECK(s.bits(i) == same.bits(i));
  CHECK(scramble(1) == 0x5692161d100b05e5ULL);
  CHECK(s.whole(0, 5, 5) == 5);
  CHECK(s.whole(0, -3, -3) == -3);
  std::set<std::int64_t> seen;
  for (std::uint64_t i = 0; i < 200; ++i) seen.insert(s.whole(i, -2, 2));
  CHECK(seen == std::set<std::int64_t>{-2, -1, 0, 1, 2});
}

TEST_CASE("The normal quantile is the inverse of the distribution") {
  for (double p = 0.0005; p < 1; p += 0.0013)
    CHECK(0.5 * std::erfc(-sim::normal_quantile(p) / std::sqrt(2)) == Approx(p).epsilon(1e-7));
}
