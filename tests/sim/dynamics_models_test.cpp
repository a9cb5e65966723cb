// Every built-in kind of thing, run for a week.
#include <cmath>

#include <catch2/catch.hpp>

#include "scenarios/things/catalogue.hpp"
#include "sim/dynamics.hpp"

using namespace wanwu;

namespace {

constexpr std::int64_t minute_ms = 60'000, week_ms = 7LL * 24 * 60 * minute_ms;

const things::thing_model& model(const std::string& name) {
  static things::catalogue all;
  const auto found = all.find(name);
  if (!found) {
    for (const auto& e : found.error()) {
      UNSCOPED_INFO(e.file << ":" << e.line << ":" << e.column << ": " << e.message << " (" << e.hint << ")");
    }
  }
  REQUIRE(found.has_value());
  return **found;
}

sim::dynamics compiled(const things::thing_model& of, const sim::world_frame& world) {
  auto made = sim::dynamics::compile(of, world);
  if (!made) UNSCOPED_INFO(made.error());
  REQUIRE(made.has_value());
  return std::move(*made);
}

}  // namespace

TEST_CASE("Every built-in model stays a number inside its declared range for a week, and moves") {
  const auto name = GENERATE(from_range(things::catalogue::names()));
  CAPTURE(name);
  const auto& kind = model(name);
  const sim::world_frame world;
  const auto behaviour = compiled(kind, world);
  std::vector<double> values(behaviour.property_count()), low(values.size(), 1e300),
      high(values.size(), -1e300);
  for (std::uint32_t thing = 0; thing < 5; ++thing) {
    for (std::int64_t at = 0; at < week_ms; at += 7 * minute_ms + 1234) {
      behaviour.sample({thing_id{thing * 7919}, 0}, world.start_ms + at, values);
      for (std::size_t i = 0; i < values.size(); ++i) {
        low[i] = std::min(low[i], values[i]);
        high[i] = std::max(high[i], values[i]);
        if (std::isfinite(values[i])) continue;
        FAIL(kind.properties[i].name << " of thing " << thing << " is " << values[i] << " at " << at
                                     << " ms");
      }
    }
  }
  std::size_t moving = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto& p = kind.properties[i];
    CAPTURE(p.name, low[i], high[i]);
    CHECK(low[i] >= p.minimum);
    CHECK(high[i] <= p.maximum);
    if (!p.enumeration.empty()) CHECK(high[i] < static_cast<double>(p.enumeration.size()));
    if (low[i] < high[i]) ++moving;
    // A value that sits at the edge of its range would be a mistake in the model, except at a natural zero or
    // one.
    if (p.type == things::value_type::number && p.maximum > 1 && p.unit != "%" && p.unit != "deg" &&
        p.maximum > p.minimum)
      CHECK(high[i] < p.maximum);
  }
  CHECK(moving * 2 >= values.size());
}

TEST_CASE("Things sampled together read what each reads alone") {
  const auto name = GENERATE(from_range(things::catalogue::names()));
  CAPTURE(name);
  const sim::world_frame world;
  const auto behaviour = compiled(model(name), world);
  const std::size_t width = behaviour.property_count();
  const sim::actuation done{world.start_ms + week_ms / 2, 1, 3, 0};
  sim::sample_scratch scratch;
  std::vector<double> alone(width), together;
  for (const std::size_t count : {std::size_t{1}, std::size_t{5}, sim::sampled_together_max}) {
    std::vector<sim::sample_request> requests;
    for (std::uint32_t i = 0; i < count; ++i) {
      sim::sample_request one{{thing_id{i * 7919}, i % 3 == 0 ? 0 : sim::place_key("district", i)},
                              world.start_ms + i * (week_ms / 20) + 1234};
      if (i % 4 == 1) one.commands = {&done, 1};
      requests.push_back(one);
    }
    together.assign(count * width, -1);
    behaviour.sample_all(requests, scratch, together);
    for (std::size_t i = 0; i < count; ++i) {
      const auto& [who, at_ms, commands, columns] = requests[i];
      behaviour.sample(who, at_ms, commands, columns, alone);
      for (std::size_t p = 0; p < width; ++p) {
        CAPTURE(count, i, p);
        CHECK(together[i * width + p] == alone[p]);
      }
    }
  }
}
