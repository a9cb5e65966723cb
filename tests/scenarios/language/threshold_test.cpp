// One line says metric, tags, stat, comparison, quantity and phase; everything else is refused at its column.
#include "scenarios/language/threshold.hpp"

#include <catch2/catch.hpp>

using namespace wanwu::lang;

TEST_CASE("A threshold is read into its parts") {
  const auto t = parse_threshold("telemetry.latency{sector=health, protocol=mqtt} p99.9 <= 1.5 s in steady");
  REQUIRE(t);
  CHECK(t->metric == metric_id::telemetry_latency);
  CHECK(t->tags ==
        std::vector<std::pair<std::string, std::string>>{{"protocol", "mqtt"}, {"sector", "health"}});
  CHECK(t->stat == stat_kind::percentile);
  CHECK(stat_text(*t) == "p99.9");
  CHECK(t->op == comparison::less_equal);
  CHECK(t->limit == Approx(1.5e9));
  CHECK(t->unit == limit_unit::time);
  CHECK(t->phase == "steady");
  CHECK(t->min_samples == 100'000);
}

TEST_CASE("Each metric takes the stats and units of its kind") {
  for (const char* good :
       {"telemetry.lost ratio < 0.01 %", "telemetry.sent count > 10k", "telemetry.sent rate>=200/s",
        "things.connected min >= 99.9 %", "things.connected max <= 500", "generator.cpu max < 80 %",
        "mqtt.bytes_out count < 10 MB", "reconnect.time max<60 s", "connect.latency mean < 5 ms",
        "script.errors count == 0", "generator.late ratio < 0.1 % in ramp"}) {
    CAPTURE(good);
    CHECK(parse_threshold(good));
  }
  for (const char* bad :
       {"", "telemetry.latency", "telemetry.latency p99", "telemetry.latency p99 <",
        "telemetry.latency p99 < 1", "telemetry.latency ratio < 1 %", "telemetry.lost min < 1",
        "things.connected count > 1", "telemetry.latency p0 < 1 s", "telemetry.latency p99 < 1 s in",
        "telemetry.latency p99 < 1 s in a b", "telemetry.latency{ p99 < 1 s",
        "telemetry.latency{a} p99 < 1 s", "telemetry.latency{a=} p99 < 1 s", "telemetry.latency p99 != 1 s",
        "telemetry.sent ratio < 1 %", "telemetry.latency p99 < -1 s"}) {
    CAPTURE(bad);
    const auto t = parse_threshold(bad);
    REQUIRE_FALSE(t);
    CHECK(t.error().offset <= std::string_view{bad}.size());
  }
}

TEST_CASE("Every metric of the table can be demanded with every stat it names") {
  for (const metric& m : metrics()) {
    CHECK(find_metric(m.name) == &m);
    if (!m.ratio_of.empty()) CHECK(find_metric(m.ratio_of) != nullptr);
    std::string_view words = stat_words(m);
    while (!words.empty()) {
      const std::string stat{words.substr(0, words.find(' '))};
      words.remove_prefix(std::min(words.size(), stat.size() + 1));
      bool some = false;
      for (const char* quantity : {"1 s", "1 %", "1/s", "1", "1 kB"})
        some |= parse_threshold(std::string{m.name} + " " + stat + " < " + quantity).has_value();
      CAPTURE(m.name, stat);
      CHECK(some);
    }
  }
}

TEST_CASE("Comparisons hold as written") {
  CHECK(holds(comparison::less, 1, 2));
  CHECK_FALSE(holds(comparison::less, 2, 2));
  CHECK(holds(comparison::less_equal, 2, 2));
  CHECK(holds(comparison::greater_equal, 2, 2));
  CHECK(holds(comparison::equal, 0, 0));
  CHECK(quantity_text(1.31e9, limit_unit::time) == "1.31 s");
  CHECK(quantity_text(0.0002, limit_unit::share) == "0.02 %");
}
