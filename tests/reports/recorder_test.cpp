// The recorder: what workers count is what the run gets, by phase, population, operation and protocol.
#include "reports/recorder.hpp"

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "reports/record_lines.hpp"
#include "scenarios/language/metric_table.hpp"

using namespace wanwu;
using namespace wanwu::report;
using namespace std::chrono_literals;

namespace {

run_shape two_kinds() {
  run_shape out;
  out.populations = {{"health", "wearable", protocol::mqtt, 10, {}},
                     {"city", "lamp", protocol::coap, 20, {{"area", "north"}}}};
  out.phases = {{"ramp", 0s, 10s}, {"steady", 10s, 20s}};
  return out;
}

const time_point t0{1000s};

observation seen(duration intended, duration took, std::uint16_t population,
                 operation op = operation::telemetry, outcome result = outcome::ok) {
  observation out;
  out.intended_at = out.sent_at = t0 + intended;
  out.done_at = out.intended_at + took;
  out.population = population;
  out.op = op;
  out.via = population == 0 ? protocol::mqtt : protocol::coap;
  out.result = result;
  out.bytes_sent = 100;
  return out;
}

}  // namespace

TEST_CASE("Observations land in the phase of their intended start and in their population") {
  const auto shape = two_kinds();
  recorder worker{shape, t0};
  const std::vector<observation> batch{seen(1s, 5ms, 0), seen(9999ms, 30s, 0), seen(10s, 7ms, 1),
                                       seen(500s, 9ms, 1),
                                       seen(12s, 1ms, 0, operation::telemetry, outcome::timed_out)};
  worker.record(batch);
  metric_store store{shape};
  delta* got = worker.take();
  REQUIRE(got);
  got->merge_into(store);
  worker.recycle(got);

  const auto count = [&](const char* metric, tag_list tags, const char* phase) {
    return store.read(metric, tags, phase)->count;
  };
  CHECK(count("telemetry.acknowledged", {}, "ramp") == 2);
  CHECK(count("telemetry.acknowledged", {}, "steady") == 2);
  CHECK(count("telemetry.sent", {}, "") == 5);
  CHECK(count("telemetry.errors", {}, "steady") == 1);
  const std::vector<std::pair<std::string, std::string>> health{{"sector", "health"}},
      north{{"area", "north"}}, none{{"sector", "sea"}};
  CHECK(count("telemetry.sent", health, "") == 3);
  CHECK(count("telemetry.sent", north, "") == 2);
  CHECK(count("telemetry.sent", none, "") == 0);
  CHECK(store.read("telemetry.latency", health, "")->latency.count() == 2);
  CHECK(store.read("telemetry.latency", {}, "ramp")->latency.max() >= 30'000'000);
  REQUIRE(store.errors().size() == 1);
  CHECK(store.errors()[0].result == outcome::timed_out);
  CHECK_FALSE(store.read("telemetry.latency", {}, "nosuchphase"));
  CHECK_FALSE(store.read("nosuch.metric", {}, ""));
}

TEST_CASE("Every metric of the table can be measured") {
  for (const auto& metric : lang::metrics()) {
    CAPTURE(metric.name);
    CHECK(is_measured(metric.name));
  }
}

TEST_CASE("What the target malformed, links that broke, and the lag of starts are told over all protocols") {
  const auto shape = two_kinds();
  metric_store store{shape};
  store.phase(0).levels.wire[0].wire_errors = 2;
  store.phase(1).levels.wire[2].wire_errors = 3;
  delta counts{shape, t0};
  counts.add(seen(1s, 5ms, 0, operation::disconnect, outcome::broken_link));
  counts.add(seen(1s, 5ms, 0, operation::disconnect, outcome::ok));
  auto late = seen(1s, 5ms, 0);
  late.sent_at = late.intended_at + 40ms;
  counts.add(late);
  counts.merge_into(store);
  CHECK(store.read("target.malformed", {}, "")->count == 5);
  CHECK(store.read("disconnects", {}, "")->count == 1);
  CHECK(store.read("generator.lag", {}, "")->latency.count() == 1);
  CHECK(*store.read("generator.lag", {}, "")->value(statistic::max, 0, measure::time_us) >= 40'000);
}

TEST_CASE("How late starts were is told in percentiles, each second adding what is new") {
  run_shape shape;
  shape.populations = {{"health", "wearable", protocol::mqtt, 100, {}}};
  shape.phases = {{"ramp", 0s, 10s}, {"steady", 10s, 20s}};
  metric_store store{shape};
  series_point first, second;
  first.now.self.lateness = {{63, 900}};
  second.now.self.lateness = {{63, 900}, {127, 90}, {20'479, 10}};
  second.phase = 1;
  add_levels(store, first, {});
  add_levels(store, second, first.now);
  CHECK(store.read("generator.lateness", {}, "ramp")->latency.count() == 900);
  CHECK(store.read("generator.lateness", {}, "steady")->latency.count() == 100);
  const auto all = store.read("generator.lateness", {}, "")->latency;
  CHECK(all.count() == 1000);
  CHECK(all.percentile(50) < 70);
  CHECK(all.percentile(99.5) > 20'000);
}

TEST_CASE("A ratio of losses is taken of what the witness judged") {
  const auto shape = two_kinds();
  delta counts{shape, t0};
  for (int i = 0; i < 98; ++i) counts.add(seen(1s, 5ms, 0, operation::arrived));
  counts.add(seen(1s, 5ms, 0, operation::arrived, outcome::reordered));
  counts.add(seen(1s, 5ms, 0, operation::arrived, outcome::lost));
  counts.add(seen(1s, 5ms, 0, operation::arrived, outcome::duplicate));
  metric_store store{shape};
  counts.merge_into(store);
  CHECK(*store.read("telemetry.lost", {}, "")->value(statistic::ratio, 0, measure::ratio) == Approx(0.01));
  CHECK(store.read("telemetry.arrived", {}, "")->count == 99);
  CHECK(store.read("telemetry.duplicates", {}, "")->count == 1);
}

TEST_CASE("What the run itself cut off was sent, is nobody's error, and no share counts it") {
  const auto shape = two_kinds();
  metric_store store{shape};
  const auto add = [&](int times, outcome result, operation op = operation::telemetry) {
    delta counts{shape, t0};
    for (int i = 0; i < times; ++i) counts.add(seen(1s, 5ms, 0, op, result));
    counts.merge_into(store);
  };
  const auto ratio_of = [&](const char* metric) {
    return store.read(metric, {}, "")->value(statistic::ratio, 0, measure::ratio);
  };
  add(20, outcome::cut_off);
  CHECK(store.read("telemetry.sent", {}, "")->count == 20);
  CHECK_FALSE(ratio_of("telemetry.errors"));  // nothing was told about the target
  add(98, outcome::ok);
  add(2, outcome::broken_link);
  add(7, outcome::not_started);
  CHECK(store.read("telemetry.sent", {}, "")->count == 98 + 2 + 20);
  CHECK(store.read("telemetry.sent", {}, "")->attempts == 98 + 2 + 20 + 7);
  CHECK(store.read("telemetry.acknowledged", {}, "")->count == 98);
  CHECK(store.read("telemetry.errors", {}, "")->count == 2);
  CHECK(ratio_of("telemetry.acknowledged") == Approx(0.98));
  CHECK(ratio_of("telemetry.errors") == Approx(0.02));
  CHECK(store.read("telemetry.latency", {}, "")->samples() == 98);
  REQUIRE(store.errors().size() == 2);
  for (const auto& group : store.errors()) CHECK(group.result != outcome::cut_off);
  // The command was heard all the same.
  add(3, outcome::cut_off, operation::command);
  CHECK(store.read("command.heard", {}, "")->count == 3);
}

TEST_CASE("Observations of a population that does not exist are counted, not trusted") {
  delta counts{two_kinds(), t0};
  counts.add(seen(1s, 5ms, 7));
  CHECK(counts.out_of_range() == 1);
}

TEST_CASE("Nothing is lost or counted twice while a worker records and the run takes") {
  const auto shape = two_kinds();
  recorder worker{shape, t0};
  metric_store store{shape};
  constexpr std::size_t batches = 2000, batch_size = 256;
  std::atomic<bool> done{false};
  std::thread recording{[&] {
    const std::vector<observation> batch(batch_size, seen(1s, 5ms, 0));
    for (std::size_t i = 0; i < batches; ++i) worker.record(batch);
    done = true;
  }};
  const auto take = [&] {
    if (delta* got = worker.take()) {
      got->merge_into(store);
      worker.recycle(got);
      return true;
    }
    return false;
  };
  while (!done) take();
  recording.join();
  take();
  take();
  CHECK(store.read("telemetry.sent", {}, "")->count == batches * batch_size);
}

TEST_CASE("Failures beyond the bound are still counted") {
  const auto shape = two_kinds();
  delta counts{shape, t0};
  for (std::uint16_t code = 0; code < 2000; ++code) {
    auto one = seen(1s, 5ms, 0, operation::telemetry, outcome::refused);
    one.code = code;
    counts.add(one);
  }
  CHECK(counts.errors().size() == error_groups_max);
  CHECK(counts.errors_uncounted() == 2000 - error_groups_max);
}
