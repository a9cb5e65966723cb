// Quantities mean what people write, and nothing without a unit passes.
#include "scenarios/language/units.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using namespace wanwu::lang;

TEST_CASE("A length of time needs its unit and is exact") {
  struct row {
    std::string_view text;
    std::optional<wanwu::duration> expected;
  };
  const auto table = std::to_array<row>({
      {"250 ms", 250ms},
      {"10s", 10s},
      {"10 s", 10s},
      {"1.5 h", 90min},
      {"2 min", 2min},
      {"1 d", 24h},
      {"7 us", 7us},
      {"0 s", 0s},
      {"0.1 s", 100ms},
      {"30", std::nullopt},
      {"", std::nullopt},
      {"-1 s", std::nullopt},
      {"1e3 s", std::nullopt},
      {"s", std::nullopt},
      {"1 S", std::nullopt},
      {"1 sec", std::nullopt},
      {"1. s", std::nullopt},
      {".5 s", std::nullopt},
      {"1 s ", std::nullopt},
      {"99999999 d", std::nullopt},
      {"1 s 2 ms", std::nullopt},
      {"10\ts", std::nullopt},
  });
  for (const auto& [text, expected] : table) {
    CAPTURE(text);
    CHECK(parse_duration(text) == expected);
  }
}

TEST_CASE("A count is a whole number with k or M") {
  CHECK(parse_count("10k") == 10'000U);
  CHECK(parse_count("1.2M") == 1'200'000U);
  CHECK(parse_count("0") == 0U);
  CHECK(parse_count("950") == 950U);
  for (const char* bad : {"", "k", "1.5", "1.2345k", "-5", "10 k", "10K", "1e3", "99999999999M"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_count(bad));
  }
}

TEST_CASE("Rates, shares and sizes carry their units") {
  CHECK(*parse_rate("200/s") == Approx(200));
  CHECK(*parse_rate("6/min") == Approx(0.1));
  CHECK(*parse_rate("80k/s") == Approx(80'000));
  CHECK(*parse_rate("1/h") == Approx(1.0 / 3600));
  CHECK_FALSE(parse_rate("200"));
  CHECK_FALSE(parse_rate("200/ms"));
  CHECK(*parse_percent("60 %") == Approx(0.6));
  CHECK(*parse_percent("0.001%") == Approx(0.00001));
  CHECK_FALSE(parse_percent("60"));
  CHECK(parse_size("256 kB") == 256'000U);
  CHECK(parse_size("64 KiB") == 65'536U);
  CHECK_FALSE(parse_size("64"));
}

TEST_CASE("What format_duration and format_count write reads back to the same quantity") {
  std::uint64_t x = 88172645463325252ULL;
  for (int i = 0; i < 5000; ++i) {
    x ^= x << 13U, x ^= x >> 7U, x ^= x << 17U;  // xorshift
    const std::uint64_t count = x % 1'000'000'000'000ULL;
    CAPTURE(count);
    REQUIRE(parse_count(format_count(count)) == count);
    const wanwu::duration length{static_cast<std::int64_t>(x % 86'400'000'000'000ULL)};
    CAPTURE(length.count());
    REQUIRE(parse_duration(format_duration(length)) == length);
  }
}

TEST_CASE("What a link carries is said in bits or bytes a second, and is more than nothing") {
  CHECK(parse_bandwidth("64 kbit/s") == 8'000);
  CHECK(parse_bandwidth("1.5Mbit/s") == 187'500);
  CHECK(parse_bandwidth("2 kB/s") == 2'000);
  CHECK(parse_bandwidth("8 bit/s") == 1);
  for (const char* bad : {"64 kbit", "64", "0 bit/s", "64 KBit/s", "-1 kbit/s", "64 kbit/min"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_bandwidth(bad));
  }
  CHECK(format_bandwidth(8'000) == "64 kbit/s");
  CHECK(format_bandwidth(187'500) == "1.5 Mbit/s");
}
