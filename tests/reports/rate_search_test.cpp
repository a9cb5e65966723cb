// Searching a rate: what counts as held, whose limit it was, and which rate comes next.
#include "reports/rate_search.hpp"

#include <cmath>

#include <catch2/catch.hpp>

#include "reports/judge.hpp"
#include "reports/record_lines.hpp"
#include "reports/recorder.hpp"

using namespace wanwu;
using namespace wanwu::report;
using namespace std::chrono_literals;

namespace {

const time_point t0{1000s};

rate_goal p99_below_50_ms(double first = 100) {
  rate_goal out;
  out.bound.text = "telemetry.latency p99 < 50 ms";
  out.bound.metric = "telemetry.latency";
  out.bound.stat = statistic::percentile;
  out.bound.percentile = 99;
  out.bound.op = comparison::less;
  out.bound.unit = measure::time_us;
  out.bound.bound = 50'000;
  out.first_per_s = first;
  return out;
}

/// A search played against whoever says whether a rate is held. The steps, at most `most`.
template <class Target>
std::vector<rate_step> play(const rate_goal& goal, Target finding_at, std::size_t most = 100) {
  std::vector<rate_step> steps;
  while (steps.size() < most) {
    const double rate = next_rate(steps, goal);
    if (rate == 0) break;
    rate_step step;
    step.wanted_per_s = rate;
    step.found = finding_at(rate, steps.size());
    steps.push_back(step);
  }
  return steps;
}

double highest_held(const std::vector<rate_step>& steps) {
  double held = 0;
  for (const auto& step : steps) {
    if (step.found == rate_finding::held) held = std::max(held, step.wanted_per_s);
  }
  return held;
}

/// One step of 4 s at 1,000/s, its settling before it.
run_record one_step() {
  run_shape shape;
  shape.populations = {{"energy", "meter", protocol::mqtt, 100, {}}};
  shape.phases = {{"ramp", 0s, 1s}, {"settle-1", 1s, 3s}, {"step-1", 3s, 7s}};
  run_record out{{}, shape, {}};
  out.end = ending::complete;
  out.duration_s = 8;
  out.goal = p99_below_50_ms(1'000);
  out.tries = {{2, 1'000}};
  return out;
}

void add(run_record& run, std::size_t count, outcome result, duration took) {
  delta counts{run.shape, t0};
  observation one;
  one.intended_at = one.sent_at = t0 + 4s;
  one.done_at = one.intended_at + took;
  one.op = operation::telemetry;
  one.result = result;
  for (std::size_t i = 0; i < count; ++i) counts.add(one);
  counts.merge_into(run.store);
}

void add_second(run_record& run, std::uint32_t phase, const gauges& now) {
  series_point point;
  point.at_s = static_cast<double>(run.series.size() + 1);
  point.phase = phase;
  point.now = now;
  add_levels(run.store, point, run.series.empty() ? gauges{} : run.series.back().now);
  run.series.push_back(point);
}

gauges in_time(std::uint64_t due, std::uint64_t late = 0, std::uint64_t owed = 0, double cpu = 0.2) {
  gauges out;
  out.due = due;
  out.late = late;
  out.owed = owed;
  out.cpu = cpu;
  return out;
}

}  // namespace

TEST_CASE("A search ends within 5 % of what the target carries, and tries twice what was not held") {
  const double capacity = GENERATE(101.0, 137.0, 999.0, 5'000.0, 123'456.0, 2'000'000.0);
  const auto steps = play(p99_below_50_ms(), [&](double rate, std::size_t) {
    return rate <= capacity ? rate_finding::held : rate_finding::target;
  });
  CHECK(highest_held(steps) <= capacity);
  CHECK(highest_held(steps) > capacity / 1.051);
  CHECK(steps.size() < 40);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].found == rate_finding::held) continue;
    const bool twice = (i > 0 && steps[i - 1].wanted_per_s == steps[i].wanted_per_s) ||
                       (i + 1 < steps.size() && steps[i + 1].wanted_per_s == steps[i].wanted_per_s);
    CHECK(twice);
  }
}

TEST_CASE("A search that begins above what the target carries goes down, and gives up at a 32nd") {
  CHECK(highest_held(play(p99_below_50_ms(1'000), [](double rate, std::size_t) {
          return rate <= 70 ? rate_finding::held : rate_finding::target;
        })) > 66);
  const auto none = play(p99_below_50_ms(1'000), [](double, std::size_t) { return rate_finding::target; });
  CHECK(highest_held(none) == 0);
  CHECK(none.back().wanted_per_s == 1'000.0 / 32);
}

TEST_CASE("One hiccup at any step does not end a search below the target's limit") {
  const std::size_t hiccup = GENERATE(range(0U, 12U));
  const auto found = GENERATE(rate_finding::target, rate_finding::generator);
  const auto steps = play(p99_below_50_ms(), [&](double rate, std::size_t n) {
    if (n == hiccup) return found;
    return rate <= 3'000 ? rate_finding::held : rate_finding::target;
  });
  CHECK(highest_held(steps) > 3'000 / 1.051);
}

TEST_CASE(
    "A step that answers in time is held, also when the generator was late: lateness only makes latency "
    "worse") {
  auto run = one_step();
  const std::uint64_t late = GENERATE(0U, 400U);
  add(run, 4'000, outcome::ok, 5ms);
  add_second(run, 1, in_time(1'000));
  add_second(run, 2, in_time(5'000, late));
  const auto step = look_at(run, run.tries[0]);
  CHECK(step.found == rate_finding::held);
  CHECK(step.reason.empty());
  CHECK(step.answered_per_s == 1'000);
  CHECK(step.samples == 4'000);
}

TEST_CASE(
    "What keeps a rate from being held is the target's limit, unless the generator itself was late, busy or "
    "out of something") {
  struct row {
    std::string why;
    std::size_t ok, timed_out, local;
    duration took;
    gauges now;
    rate_finding found;
    std::string reason;
  };
  const auto of = GENERATE(values<row>({
      {"slow", 4'000, 0, 0, 80ms, in_time(5'000), rate_finding::target, "telemetry.latency p99 was 80"},
      {"errors", 3'990, 10, 0, 5ms, in_time(5'000), rate_finding::target, "10 of 4 000 failed"},
      {"silent", 0, 0, 0, 5ms, in_time(5'000), rate_finding::target, "nothing was answered"},
      {"behind", 4'000, 0, 0, 5ms, in_time(5'000, 0, 200), rate_finding::target, "more answers were owed"},
      {"missing", 3'000, 0, 0, 5ms, in_time(5'000), rate_finding::target, "only 750/s were answered"},
      {"late", 4'000, 0, 0, 80ms, in_time(5'000, 400), rate_finding::generator,
       "the generator was late for 10 %"},
      {"busy", 4'000, 0, 0, 80ms, in_time(5'000, 0, 0, 0.99), rate_finding::generator,
       "used 99 % of its processor"},
      {"ports", 3'000, 0, 1'000, 5ms, in_time(5'000), rate_finding::generator,
       "this machine could not start 1 000"},
  }));
  CAPTURE(of.why);
  auto run = one_step();
  add(run, of.ok, outcome::ok, of.took);
  add(run, of.timed_out, outcome::timed_out, of.took);
  add(run, of.local, outcome::local_error, of.took);
  add_second(run, 1, in_time(1'000, 0, 0, of.now.cpu));
  add_second(run, 2, of.now);
  const auto step = look_at(run, run.tries[0]);
  CHECK(step.found == of.found);
  CHECK_THAT(step.reason, Catch::Matchers::Contains(of.reason));
}

TEST_CASE(
    "The verdict of a search: found passes, the generator's limit is inconclusive, nothing held fails") {
  auto run = one_step();
  run.shape.phases.push_back({"settle-2", 7s, 9s});
  run.shape.phases.push_back({"step-2", 9s, 13s});
  run_record both{{}, run.shape, {}};
  both.end = ending::complete;
  both.goal = run.goal;
  both.tries = {{2, 1'000}, {4, 1'040}};
  add(both, 4'000, outcome::ok, 5ms);
  add_second(both, 1, in_time(1'000));
  add_second(both, 2, in_time(5'000));
  SECTION("a limit was met") {
    const auto got = judge(both);  // of step 2 nothing came back
    CHECK(got.result == verdict::pass);
    CHECK(got.reasons.front() == "the target held 1 000/s with telemetry.latency p99 < 50 ms");
    CHECK_THAT(got.reasons[1], Catch::Matchers::Contains("not 1 040/s: nothing was answered"));
  }
  SECTION("it was the generator's") {
    add_second(both, 3, in_time(6'000));
    add_second(both, 4, in_time(10'000, 1'000));
    const auto got = judge(both);
    CHECK(got.result == verdict::inconclusive);
    CHECK_THAT(got.reasons.front(),
               Catch::Matchers::StartsWith("the generator was the limit: the target held 1 000/s"));
  }
  SECTION("none was met") {
    both.tries.pop_back();
    CHECK(judge(both).result == verdict::inconclusive);
  }
  SECTION("nothing was held") {
    both.tries.erase(both.tries.begin());
    add_second(both, 4, in_time(10'000));
    CHECK(judge(both).result == verdict::fail);
  }
}

TEST_CASE("A bundle's lines bring a search back: its goal, and each rate with its phase") {
  auto run = one_step();
  auto again = read_manifest_json(to_manifest_json(run));
  REQUIRE(again);
  REQUIRE(again->goal);
  CHECK(again->goal->bound.text == run.goal->bound.text);
  CHECK(again->goal->bound.bound == 50'000);
  CHECK(again->goal->first_per_s == 1'000);
  CHECK(again->goal->precision == run.goal->precision);
  log_entry entry{3, log_level::info, -1, "rate", "1 000/s"};
  entry.rate = rate_try{2, 1'000};
  REQUIRE(read_log_line(to_line(entry), *again));
  REQUIRE(again->tries.size() == 1);
  CHECK(again->tries[0].phase == 2);
  CHECK(again->tries[0].per_s == 1'000);
}

TEST_CASE("Rates of a bundle that name no phase, or absurd numbers, are looked at without harm") {
  auto run = *read_manifest_json(to_manifest_json(one_step()));
  for (const char* rate : {R"({"phase":0,"per_s":5})", R"({"phase":999,"per_s":5})", R"({"phase":-1})",
                           R"({"phase":2,"per_s":-1e300})", R"("x")", "[1]", "null"}) {
    CHECK(read_log_line(std::string{R"({"t":1,"level":"info","event":"rate","text":"","rate":)"} + rate + "}",
                        run));
  }
  run.tries.push_back({2, 1});
  CHECK(answer_of(run).steps.size() < run.tries.size());
  CHECK(judge(run).result != verdict::pass);
}
