// The histogram against sorted samples: error bound, merging, and the way through its file encoding.
#include "reports/histogram.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include <catch2/catch.hpp>

using wanwu::report::histogram;

namespace {

/// Latencies as they come: most small, a long tail, now and then an hour.
std::vector<std::uint64_t> samples(unsigned seed, std::size_t count) {
  std::mt19937_64 chance{seed};
  std::lognormal_distribution<double> typical{7, 2.5};
  std::vector<std::uint64_t> out;
  for (std::size_t i = 0; i < count; ++i) {
    out.push_back(std::min(histogram::highest_us, static_cast<std::uint64_t>(typical(chance))));
  }
  return out;
}

histogram filled(int digits, const std::vector<std::uint64_t>& with) {
  histogram out{digits};
  for (const auto value : with) out.record(value);
  return out;
}

}  // namespace

TEST_CASE("Percentiles, extremes and mean lie within the promised error of the sorted samples") {
  const int digits = GENERATE(2, 3);
  const unsigned seed = GENERATE(1U, 2U, 3U);
  auto sorted = samples(seed, 20'000);
  const auto got = filled(digits, sorted);
  std::sort(sorted.begin(), sorted.end());
  const auto close = [&](std::uint64_t measured, std::uint64_t exact) {
    INFO("measured " << measured << " exact " << exact);
    CHECK(std::abs(static_cast<double>(measured) - static_cast<double>(exact)) <=
          got.error_bound() * static_cast<double>(exact) + 1);
  };
  for (const double p : {0.1, 1.0, 25.0, 50.0, 90.0, 99.0, 99.9, 99.99, 100.0}) {
    CAPTURE(digits, p);
    const auto rank =
        static_cast<std::size_t>(std::ceil(p / 100 * static_cast<double>(sorted.size()) - 1e-9));
    close(got.percentile(p), sorted[std::max<std::size_t>(rank, 1) - 1]);
  }
  close(got.min(), sorted.front());
  close(got.max(), sorted.back());
  double sum = 0;
  for (const auto value : sorted) sum += static_cast<double>(value);
  close(static_cast<std::uint64_t>(got.mean()),
        static_cast<std::uint64_t>(sum / static_cast<double>(sorted.size())));
  CHECK(got.count() == sorted.size());
}

TEST_CASE("Merging in any order and grouping gives the histogram of all samples") {
  const auto a = samples(1, 3000), b = samples(2, 500), c = samples(3, 7000);
  auto all = a;
  all.insert(all.end(), b.begin(), b.end());
  all.insert(all.end(), c.begin(), c.end());
  const auto whole = filled(2, all);
  std::vector<histogram> parts{filled(2, a), filled(2, b), filled(2, c)};
  std::vector<std::size_t> order{0, 1, 2};
  do {
    histogram merged{2};
    for (const auto i : order) merged.merge(parts[i]);
    CHECK(merged == whole);
  } while (std::next_permutation(order.begin(), order.end()));
  histogram finer{3}, coarse{2};
  for (const auto value : all) finer.record(value);
  coarse.merge(finer);
  CHECK(coarse == whole);
}

TEST_CASE("Encoding and decoding gives the same histogram") {
  const int digits = GENERATE(2, 3);
  for (const auto& with :
       {std::vector<std::uint64_t>{}, {0}, {1, 1, 255, 256}, {histogram::highest_us}, samples(9, 10'000)}) {
    const auto before = filled(digits, with);
    const auto after = histogram::decode(before.encode());
    REQUIRE(after);
    CHECK(*after == before);
  }
}

TEST_CASE("Values beyond an hour count as an hour, and clear forgets") {
  histogram of{2};
  of.record(~std::uint64_t{0}, 3);
  CHECK(of.count() == 3);
  CHECK(of.percentile(50) >= histogram::highest_us);
  of.clear();
  CHECK(of.count() == 0);
  CHECK(of.percentile(99) == 0);
  CHECK(of.max() == 0);
}

TEST_CASE(
    "Cleared each second, a histogram is as large as what a second brings, whatever a burst has brought") {
  const int digits = GENERATE(2, 3);
  const auto usual = filled(digits, {900, 1'000, 1'100}).memory_bytes();
  histogram of{digits};
  const auto one_second = [&of](std::uint64_t first, std::uint64_t last) {
    for (std::uint64_t value = first; value <= last; value += 100) of.record(value);
    of.clear();
  };
  one_second(900, 1'100);
  CHECK(of.memory_bytes() == usual);
  one_second(900, 40'000'000);
  CHECK(of.memory_bytes() > usual + 12'000);
  one_second(900, 1'100);
  CHECK(of.memory_bytes() < usual + 8'000);  // the list of pages stays
}

TEST_CASE("A value far from the others costs a page, not the way to it") {
  auto of = filled(3, {1'000});
  const auto before = of.memory_bytes();
  of.record(3'000'000'000);
  CHECK(of.memory_bytes() - before < 8'000);
}

TEST_CASE("Damaged encodings are refused") {
  const auto good = filled(2, samples(4, 1000)).encode();
  for (std::size_t cut = 0; cut < good.size(); cut += 7) CHECK_FALSE(histogram::decode(good.substr(0, cut)));
  for (std::size_t at = 0; at < 60; ++at) {
    auto bad = good;
    bad[at] = bad[at] == 'A' ? 'B' : 'A';
    const auto got = histogram::decode(bad);
    if (got) CHECK(got->count() > 0);  // a changed count is not damage that can be seen
  }
  CHECK_FALSE(histogram::decode("not base64 at all!"));
}

TEST_CASE("A packed histogram tells, merges and takes values as the same one unpacked") {
  const int digits = GENERATE(2, 3);
  const auto first = samples(5, 3'000), more = samples(6, 500);
  const auto plain = filled(digits, first);
  auto packed = plain;
  packed.record(77, std::uint64_t{5} << 32);  // more than one packed count holds
  auto plain_too = packed;
  packed.pack();

  CHECK(packed == plain_too);
  CHECK(plain_too == packed);
  CHECK_FALSE(packed == plain);
  CHECK(packed.count() == plain_too.count());
  CHECK(packed.min() == plain_too.min());
  CHECK(packed.max() == plain_too.max());
  CHECK(packed.mean() == plain_too.mean());
  CHECK(packed.percentile(99) == plain_too.percentile(99));
  CHECK(packed.count_above(1'000) == plain_too.count_above(1'000));
  CHECK(packed.encode() == plain_too.encode());

  for (const int into : {2, 3}) {
    auto one = filled(into, more), other = one;
    one.merge(packed);
    other.merge(plain_too);
    CHECK(one == other);
  }
  packed.merge(filled(digits, more));
  plain_too.merge(filled(digits, more));
  CHECK(packed == plain_too);
  packed.pack();
  packed.pack();
  packed.record(histogram::highest_us);
  plain_too.record(histogram::highest_us);
  CHECK(packed == plain_too);
  packed.pack();
  packed.clear();
  CHECK(packed == histogram{digits});
}
