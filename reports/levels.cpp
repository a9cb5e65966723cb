// What a second's gauges add to the store.
#include <algorithm>

#include "reports/record_lines.hpp"

namespace wanwu::report {

namespace {

/// Totals only grow; one that fell back (a restarted worker) counts from zero.
std::uint64_t grown(std::uint64_t now, std::uint64_t before) noexcept {
  return now >= before ? now - before : now;
}

wire_totals grown(const wire_totals& now, const wire_totals& before) noexcept {
  return {grown(now.bytes_out, before.bytes_out),
          grown(now.bytes_in, before.bytes_in),
          grown(now.messages_out, before.messages_out),
          grown(now.messages_in, before.messages_in),
          grown(now.retransmissions, before.retransmissions),
          grown(now.wire_errors, before.wire_errors)};
}

/// What each bucket has more than before. Both lists ascend, and no bucket goes away.
void add_lateness(histogram& into, const self_gauges& now, const self_gauges& before) {
  auto old = before.lateness.begin();
  for (const auto& [bound_us, count] : now.lateness) {
    while (old != before.lateness.end() && old->first < bound_us) ++old;
    const bool known = old != before.lateness.end() && old->first == bound_us;
    if (const std::uint64_t more = grown(count, known ? old->second : 0); more != 0)
      into.record(bound_us, more);
  }
}

}  // namespace

void add_levels(metric_store& store, const series_point& point, const gauges& before) {
  phase_cells& phase = store.phase(point.phase);
  phase_gauges& into = phase.levels;
  const gauges& now = point.now;
  // A thing that a storm keeps dark is not missing; more than wanted is not better than all. Before the first
  // is wanted and after they were told to leave, nobody is missing.
  const double wanted = static_cast<double>(now.things_target);
  const bool counts = now.things_target > 0 || now.things_dark > 0;
  if (counts) into.connected.add(static_cast<double>(now.things_connected));
  if (wanted > 0) into.connected_ratio.add(std::min(1.0, static_cast<double>(now.things_connected) / wanted));
  into.cpu.add(now.cpu);
  into.cpu_wait.add(now.cpu_wait);
  into.lag_us.add(static_cast<double>(now.lag_us));
  into.memory.add(static_cast<double>(now.memory_bytes));
  add_lateness(into.lateness, now.self, before.self);
  if (point.length_s > 0) {
    const double away_s = static_cast<double>(grown(now.self.away_us, before.self.away_us)) / 1e6;
    into.drift.add(std::min(1.0, away_s / point.length_s));
  }
  into.due += grown(now.due, before.due);
  into.late += grown(now.late, before.late);
  into.openings += grown(now.openings, before.openings);
  into.openings_late += grown(now.openings_late, before.openings_late);
  into.script_errors += grown(now.script_errors, before.script_errors);
  for (std::size_t i = 0; i < protocol_count; ++i) {
    const wire_totals more = grown(now.wire[i], before.wire[i]);
    into.wire[i].bytes_out += more.bytes_out;
    into.wire[i].bytes_in += more.bytes_in;
    into.wire[i].messages_out += more.messages_out;
    into.wire[i].messages_in += more.messages_in;
    into.wire[i].retransmissions += more.retransmissions;
    into.wire[i].wire_errors += more.wire_errors;
  }
  const std::size_t populations = std::min(now.connected_by_population.size(), store.population_count());
  into.connected_by_population.resize(std::max(into.connected_by_population.size(), populations));
  for (std::size_t i = 0; counts && i < populations; ++i) {
    into.connected_by_population[i].add(static_cast<double>(now.connected_by_population[i]));
  }
  phase.seconds += point.length_s;
}

}  // namespace wanwu::report
