// One core, no sockets: schedule, timer wheel, dynamics and payload of a hundred thousand meters in virtual
// time.
#include <vector>

#include "scenarios/things/catalogue.hpp"
#include "sim/dynamics.hpp"
#include "sim/payload.hpp"
#include "sim/population.hpp"
#include "sim/schedule.hpp"
#include "sim/timer_wheel.hpp"
#include "tests/bench/measurement.hpp"

using namespace wanwu;
using namespace std::chrono_literals;

int main() {
  constexpr std::uint32_t things = 100'000;
  constexpr duration span = 10min, period = 10s;
  wanwu::things::catalogue all;
  const auto model = all.find("builtin/meter");
  if (!model) return 1;
  const sim::world_frame world;
  const auto meter = sim::dynamics::compile(**model, world);
  if (!meter) return 1;
  const sim::payload_writer writer{**model, sim::payload_format::json};
  sim::load_profile load;
  load.append(span, 1.0);
  const sim::schedule plan{1, period, 0.1, load};
  const time_point start{};
  sim::timer_wheel wheel{things, start, 1ms};
  std::vector<std::uint32_t> next(things), due;
  for (std::uint32_t i = 0; i < things; ++i) wheel.arm(i, start + *plan.start_of(i, 0));

  std::vector<double> values(sim::property_count_max);
  byte_writer out;
  std::uint64_t events = 0, bytes_written = 0;
  const bench::stopwatch clock;
  for (time_point now = start; now < start + span; now += 1ms) {
    due.clear();
    wheel.pop_due(now, due);
    for (const std::uint32_t i : due) {
      const auto at_ms =
          world.start_ms + std::chrono::duration_cast<std::chrono::milliseconds>(now - start).count();
      meter->sample({thing_id{i}, sim::place_key("d", i % 40)}, at_ms, values);
      out.clear();
      writer.write({.id = "meter-000042", .at_ms = at_ms, .sequence = next[i]}, values, out);
      bytes_written += out.size();
      ++events;
      if (const auto again = plan.start_of(i, ++next[i])) wheel.arm(i, start + *again);
    }
  }
  const std::string more = "bytes_a_thing=" + std::to_string(sizeof(sim::thing_row) + 8) +
                           " payload_bytes=" + std::to_string(bytes_written / events);
  clock.print(events, more.c_str());
  return 0;
}
