// Readings are functions: the same in any order, and true to what they claim to be.
#include "sim/dynamics.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <catch2/catch.hpp>

#include "scenarios/things/catalogue.hpp"
#include "sim/dynamics_program.hpp"

using namespace wanwu;

namespace {

const sim::world_frame world;
constexpr std::int64_t minute_ms = 60'000, hour_ms = 60 * minute_ms, day_ms = 24 * hour_ms;

const things::thing_model& builtin(const char* name) {
  static things::catalogue all;
  const auto found = all.find(name);
  REQUIRE(found.has_value());
  return **found;
}

/// A model of one number property `x` with these dynamics.
things::thing_model model_of(const std::string& expression, const char* more = "") {
  const auto read = things::read_thing_model(
      R"({"@type":"tm:ThingModel","properties":{"x":{"type":"number","multipleOf":0.000001,"sim:dynamics":)" +
          expression + "}" + more + "}}",
      "x.tm.jsonld");
  if (!read) UNSCOPED_INFO(read.error()[0].message);
  REQUIRE(read.has_value());
  return *read;
}

sim::dynamics compiled(const things::thing_model& model, std::span<const std::string> columns = {}) {
  auto made = sim::dynamics::compile(model, world, columns);
  if (!made) UNSCOPED_INFO(made.error());
  REQUIRE(made.has_value());
  return std::move(*made);
}

double at(const sim::dynamics& f, std::int64_t ms, std::uint32_t thing = 0) {
  return f.value({thing_id{thing}, 0}, 0, world.start_ms + ms);
}

}  // namespace

TEST_CASE("Forwards, backwards and shuffled, alone and together, every model gives the same values") {
  const auto name = GENERATE(from_range(things::catalogue::names()));
  CAPTURE(name);
  const auto f = compiled(builtin(name.c_str()));
  constexpr std::size_t samples = 60;
  std::vector<std::vector<double>> forwards(samples, std::vector<double>(f.property_count()));
  const auto when = [](std::size_t i) { return world.start_ms + static_cast<std::int64_t>(i) * 3'777'777; };
  const sim::subject who{thing_id{42}, sim::place_key("district", 3)};
  for (std::size_t i = 0; i < samples; ++i) f.sample(who, when(i), forwards[i]);
  const auto again = compiled(builtin(name.c_str()));  // what another worker or a report would compile
  std::vector<double> values(f.property_count());
  for (std::size_t step = 0; step < samples; ++step) {
    const std::size_t i = (samples - 1 - step) * 37 % samples;
    again.sample({thing_id{7}, 0}, when(step), values);  // somebody else in between
    again.sample(who, when(i), values);
    CHECK(values == forwards[i]);
    for (std::size_t p = 0; p < values.size(); ++p) CHECK(f.value(who, p, when(i)) == forwards[i][p]);
  }
}

TEST_CASE("Another seed, another thing and another time give another world") {
  const auto& meter = builtin("meter");
  sim::world_frame other = world;
  other.seed = 2;
  const auto f = compiled(meter);
  auto g = sim::dynamics::compile(meter, other);
  REQUIRE(g.has_value());
  std::vector<double> a(f.property_count()), b(a), c(a), d(a);
  f.sample({thing_id{1}, 0}, world.start_ms, a);
  f.sample({thing_id{2}, 0}, world.start_ms, b);
  g->sample({thing_id{1}, 0}, world.start_ms, c);
  f.sample({thing_id{1}, 0}, world.start_ms + hour_ms, d);
  CHECK(a != b);
  CHECK(a != c);
  CHECK(a != d);
}

TEST_CASE("Counters never fall, whatever waves and noise ride on them") {
  const auto f =
      compiled(model_of(R"({"kind":"counter","rate":"2 /h","amplitude":0.45,"vary":0.5,"time":"10 min"})"));
  for (std::uint32_t thing = 0; thing < 20; ++thing) {
    double last = -1;
    for (std::int64_t ms = 0; ms < 3 * day_ms; ms += 77'001) {
      const double now = at(f, ms, thing);
      REQUIRE(now >= last);
      last = now;
    }
    CHECK(last > 50);
  }
}

TEST_CASE("A slope is the derivative of its counter") {
  const auto f = compiled(model_of(
      R"({"kind":"counter","rate":"3600 /h","amplitude":0.4,"vary":0.5,"time":"2 h"})",
      R"(,"rate":{"type":"number","multipleOf":0.000001,"sim:dynamics":{"kind":"slope","name":"x"}})"));
  for (std::int64_t ms = 0; ms < day_ms; ms += 1'234'567) {
    const double difference = (at(f, ms + 500) - at(f, ms - 500));
    CHECK(f.value({thing_id{0}, 0}, 1, world.start_ms + ms) == Approx(difference).epsilon(0.001));
  }
}

TEST_CASE("Neighbours agree on a field, distant places do not, and it moves on") {
  const auto f =
      compiled(model_of(R"({"kind":"field","name":"rain","sigma":1,"length":"3 km","time":"2 h"})"));
  double near = 0, far = 0, own = 0;
  for (std::int64_t hour = 0; hour < 400; ++hour) {
    const auto value = [&](std::uint32_t thing, std::uint64_t place) {
      return f.value({thing_id{thing}, sim::place_key("district", place)}, 0,
                     world.start_ms + hour * hour_ms);
    };
    const double here = value(1, 5);
    near += std::abs(here - value(2, 5));
    far += std::abs(here - value(3, 6));
    own += here * here;
  }
  CHECK(near / 400 < 0.15);
  CHECK(far / 400 > 0.4);
  CHECK(own / 400 > 0.1);
}

TEST_CASE("Each kind of dynamics keeps its promise") {
  SECTION("diurnal peaks at its hour") {
    const auto f = compiled(model_of(R"({"kind":"diurnal","mean":10,"amplitude":5,"peak":"15:00"})"));
    CHECK(at(f, 15 * hour_ms) == Approx(15));
    CHECK(at(f, 3 * hour_ms) == Approx(5));
    CHECK(at(f, 9 * hour_ms) == Approx(10).margin(1e-4));
  }
  SECTION("a timetable holds by day of the week") {  // the world starts on Thursday, 1 January 2026
    const auto f = compiled(model_of(
        R"({"kind":"step","points":[["08:00",1],["16:00",2]],"days":["mon","tue","wed","thu","fri"],"otherwise":9})"));
    CHECK(at(f, 7 * hour_ms) == 2);
    CHECK(at(f, 8 * hour_ms) == 1);
    CHECK(at(f, 17 * hour_ms) == 2);
    CHECK(at(f, 2 * day_ms + 9 * hour_ms) == 9);
    CHECK(at(f, 4 * day_ms + 9 * hour_ms) == 1);
  }
  SECTION("noise has its deviation and its bound") {
    const auto f = compiled(model_of(R"({"kind":"noise","sigma":2,"time":"1 min","octaves":1})"));
    double square = 0, worst = 0;
    for (int i = 0; i < 20'000; ++i) {
      const double v = at(f, i * 60'000LL * 3 + i * 7919LL, 3);
      square += v * v;
      worst = std::max(worst, std::abs(v));
    }
    CHECK(std::sqrt(square / 20'000) > 1.5);
    CHECK(std::sqrt(square / 20'000) < 2.1);
    CHECK(worst < 7);
  }
  SECTION("a chain spends its time as its sojourns say") {
    const auto f =
        compiled(model_of(R"({"kind":"markov","states":{"0":{"mean":"10 min"},"1":{"mean":"30 min"}}})"));
    double ones = 0;
    for (int i = 0; i < 20'000; ++i) ones += at(f, i * 7 * minute_ms, 5);
    CHECK(ones / 20'000 == Approx(0.75).margin(0.03));
  }
  SECTION("a Poisson count has its mean and its variance") {
    const auto f = compiled(model_of(R"({"kind":"poisson","of":6,"every":"1 min"})"));
    double sum = 0, squares = 0;
    for (int i = 0; i < 20'000; ++i) {
      const double n = at(f, i * minute_ms);
      CHECK(n == at(f, i * minute_ms + 59'999));
      sum += n;
      squares += n * n;
    }
    const double mean = sum / 20'000;
    CHECK(mean == Approx(6).epsilon(0.02));
    CHECK(squares / 20'000 - mean * mean == Approx(6).epsilon(0.05));
  }
  SECTION("the sun is down at midnight and high at noon") {
    const auto f = compiled(model_of(R"({"kind":"solar"})"));
    CHECK(at(f, 0) == 0);
    CHECK(at(f, 172 * day_ms + 11 * hour_ms) > 850);
    CHECK(at(f, 11 * hour_ms) > 150);
    CHECK(at(f, 11 * hour_ms) < 400);
  }
  SECTION("a turbine follows the cube of the wind between its limits") {
    for (const auto& [wind, power] :
         std::vector<std::pair<const char*, double>>{{"2", 0}, {"12", 1000}, {"20", 1000}, {"26", 0}}) {
      CHECK(at(compiled(model_of(std::string(R"({"kind":"windpower","rated":1000,"of":)") + wind + "}")),
               0) == power);
    }
  }
  SECTION("a stuck sensor repeats itself, a dropped one is absent") {
    const auto stuck = compiled(model_of(
        R"({"kind":"fault","fault":"stuck","rate":"20 /d","duration":"30 min","of":{"kind":"noise","sigma":1,"time":"1 min"}})"));
    const auto gone =
        compiled(model_of(R"({"kind":"fault","fault":"dropout","rate":"20 /d","duration":"30 min","of":1})"));
    int repeats = 0, absent = 0;
    for (int i = 1; i < 2000; ++i) {
      repeats += at(stuck, i * minute_ms) == at(stuck, (i - 1) * minute_ms) ? 1 : 0;
      absent += sim::is_absent(at(gone, i * minute_ms)) ? 1 : 0;
    }
    CHECK(repeats > 100);
    CHECK(repeats < 1500);
    CHECK(absent > 100);
    CHECK(absent < 1500);
  }
  SECTION("a low orbit takes an hour and a half and stays inside its inclination") {
    const auto f =
        compiled(model_of(R"({"kind":"orbit","axis":"latitude","height":"550 km","inclination":51.6})"));
    const auto period_ms = static_cast<std::int64_t>(
        2 * 3.14159265358979 * std::sqrt(std::pow(6'921'000.0, 3) / 3.986004418e14) * 1000);
    CHECK(period_ms == Approx(95.5 * minute_ms).epsilon(0.01));
    for (std::int64_t i = 0; i < 50; ++i) {
      CHECK(std::abs(at(f, i * 97'000)) <= 51.6);
      CHECK(at(f, i * 97'000) == Approx(at(f, i * 97'000 + period_ms)).margin(0.01));
    }
  }
}

TEST_CASE("A set point is reached with its lag, and remembered by the command alone") {
  const auto f = compiled(model_of(R"({"kind":"setpoint","initial":20,"lag":"10 s"})"));
  const std::int64_t start = world.start_ms;
  const std::vector<sim::actuation> commands{{.at_ms = start, .from = 20, .to = 60, .property = 0},
                                             {.at_ms = start + 60'000, .from = 60, .to = 0, .property = 0}};
  const auto value = [&](std::int64_t ms) { return f.value({thing_id{0}, 0}, 0, start + ms, commands); };
  CHECK(value(-1) == 20);
  CHECK(value(0) == 20);
  CHECK(value(10'000) == Approx(60 - 40 * std::exp(-1)));
  CHECK(value(59'000) == Approx(60).margin(0.2));
  CHECK(value(60'000) == Approx(60));
  CHECK(value(120'000) == Approx(0).margin(0.2));
}

TEST_CASE("State columns take a property's place, and what depends on it follows") {
  const auto model = model_of(
      R"({"kind":"noise","sigma":5,"time":"1 min"})",
      R"(,"twice":{"type":"number","sim:dynamics":{"kind":"linear","of":{"property":"x"},"scale":2}})");
  const std::vector<std::string> columns{"unrelated", "x"};
  const auto f = compiled(model, columns);
  std::vector<double> values(2);
  const std::vector<double> row{99, 12.5};
  f.sample({thing_id{0}, 0}, world.start_ms, {}, row, values);
  CHECK(values == std::vector<double>{12.5, 25});
}

TEST_CASE("Events by rate come in order, at their rate, and from any instant alike") {
  const auto& meter = builtin("meter");
  const auto f = compiled(meter);
  const std::size_t outage = 0;
  REQUIRE(meter.events[outage].when.kind == things::trigger_kind::poisson);
  std::size_t count = 0;
  for (std::uint32_t thing = 0; thing < 200; ++thing) {
    for (auto next = world.start_ms;
         (next = *f.next_event({thing_id{thing}, 0}, outage, next)) < world.start_ms + 365 * day_ms;
         ++count) {
      CHECK(*f.next_event({thing_id{thing}, 0}, outage, next - 1) == next);
    }
  }
  CHECK(count == Approx(400).epsilon(0.15));  // two a year each
}

TEST_CASE("Conditions are level, so that an edge is one against the other") {
  const auto& gauge = builtin("flood-gauge");
  const auto f = compiled(gauge);
  std::vector<double> values(f.property_count());
  values[0] = 3.4;
  CHECK(f.conditions(values) == 0);
  values[0] = 3.6;
  CHECK(f.conditions(values) == 1);
}

TEST_CASE("Dynamics that depend on themselves or explode are refused, not run") {
  for (const auto* more : {R"(,"y":{"type":"number","sim:dynamics":{"property":"x"}})"}) {
    const auto circle = model_of(R"({"property":"y"})", more);
    CHECK_FALSE(sim::dynamics::compile(circle, world).has_value());
  }
  std::string nested = R"({"kind":"noise","sigma":1,"time":"1 s"})";
  for (int i = 0; i < 10; ++i) nested = R"({"kind":"lag","time":"1 s","of":)" + nested + "}";
  CHECK_FALSE(sim::dynamics::compile(model_of(nested), world).has_value());
}

TEST_CASE("Decay and circle are the library's, to what they promise") {
  for (int i = 0; i < 200'000; ++i) {
    const double x = -std::pow(10.0, -9 + 11.8 * i / 200'000), turns = x * 3.7;
    REQUIRE(sim::decay_of(x) == Approx(std::exp(std::max(x, -700.0))).epsilon(1e-12).margin(0));
    const auto [cosine, sine] = sim::on_circle(turns);
    const double angle = 2 * std::numbers::pi * (turns - std::floor(turns));
    REQUIRE(std::abs(cosine - std::cos(angle)) < 1.2e-10);
    REQUIRE(std::abs(sine - std::sin(angle)) < 1.2e-10);
  }
  CHECK(sim::decay_of(0) == 1);
  CHECK(sim::decay_of(-1e9) < 1e-300);
}
