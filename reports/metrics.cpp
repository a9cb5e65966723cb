#include "reports/metrics.hpp"

#include <algorithm>

namespace wanwu::report {

namespace {

void add(wire_totals& into, const wire_totals& more) {
  into.bytes_out += more.bytes_out;
  into.bytes_in += more.bytes_in;
  into.messages_out += more.messages_out;
  into.messages_in += more.messages_in;
  into.retransmissions += more.retransmissions;
  into.wire_errors += more.wire_errors;
}

}  // namespace

void cell::merge(const cell& other) {
  for (std::size_t i = 0; i < outcome_count; ++i) outcomes[i] += other.outcomes[i];
  bytes_sent += other.bytes_sent;
  bytes_received += other.bytes_received;
  latency.merge(other.latency);
}

void cell::clear() noexcept {
  outcomes = {};
  bytes_sent = bytes_received = 0;
  latency.clear();
  touched = false;
}

void level::add(double value) noexcept {
  min = samples == 0 ? value : std::min(min, value);
  max = samples == 0 ? value : std::max(max, value);
  sum += value;
  last = value;
  ++samples;
}

void level::merge(const level& other) noexcept {
  if (other.samples == 0) return;
  min = samples == 0 ? other.min : std::min(min, other.min);
  max = samples == 0 ? other.max : std::max(max, other.max);
  sum += other.sum;
  last = other.last;
  samples += other.samples;
}

void phase_gauges::merge(const phase_gauges& other) {
  connected.merge(other.connected);
  connected_ratio.merge(other.connected_ratio);
  cpu.merge(other.cpu);
  cpu_wait.merge(other.cpu_wait);
  lag_us.merge(other.lag_us);
  memory.merge(other.memory);
  drift.merge(other.drift);
  lateness.merge(other.lateness);
  due += other.due;
  late += other.late;
  openings += other.openings;
  openings_late += other.openings_late;
  script_errors += other.script_errors;
  for (std::size_t i = 0; i < protocol_count; ++i) add(wire[i], other.wire[i]);
  if (connected_by_population.size() < other.connected_by_population.size()) {
    connected_by_population.resize(other.connected_by_population.size());
  }
  for (std::size_t i = 0; i < other.connected_by_population.size(); ++i) {
    connected_by_population[i].merge(other.connected_by_population[i]);
  }
}

phase_cells::phase_cells(std::size_t populations)
    : cells(populations * operation_count * protocol_count), headline(operation_count, histogram{3}) {}

cell& phase_cells::touch(std::size_t index) {
  cell& at = cells[index];
  if (!at.touched) {
    at.touched = true;
    touched.push_back(static_cast<std::uint32_t>(index));
  }
  return at;
}

void phase_cells::merge(const phase_cells& other) {
  for (const auto index : other.touched) touch(index).merge(other.cells[index]);
  for (std::size_t op = 0; op < operation_count; ++op) headline[op].merge(other.headline[op]);
  lag.merge(other.lag);
  levels.merge(other.levels);
  seconds += other.seconds;
}

void phase_cells::clear() noexcept {
  for (const auto index : touched) cells[index].clear();
  touched.clear();
  for (auto& latency : headline) {
    if (latency.count() != 0) latency.clear();
  }
  lag.clear();
  levels = {};
  seconds = 0;
}

void phase_cells::pack() {
  for (const auto index : touched) cells[index].latency.pack();
  for (auto& latency : headline) latency.pack();
  lag.pack();
  levels.lateness.pack();
}

metric_store::metric_store(const run_shape& shape)
    : populations_{shape.populations}, phases_(std::max<std::size_t>(1, shape.phases.size())) {
  for (const auto& phase : shape.phases) {
    phase_names_.push_back(phase.name);
    phase_troubled_.push_back(phase.troubled);
  }
  phase_troubled_.resize(phases_.size());
}

phase_cells& metric_store::phase(std::size_t index) {
  auto& found = phases_[std::min(index, phases_.size() - 1)];
  if (!found) found = std::make_unique<phase_cells>(populations_.size());
  return *found;
}

const phase_cells* metric_store::find_phase(std::size_t index) const noexcept {
  return index < phases_.size() ? phases_[index].get() : nullptr;
}

void metric_store::pack_before(std::size_t index) {
  for (std::size_t i = 0; i < std::min(index, phases_.size()); ++i) {
    if (phases_[i]) phases_[i]->pack();
  }
}

void metric_store::add_error(const error_group& seen) {
  for (auto& known : errors_) {
    if (known.population == seen.population && known.op == seen.op && known.via == seen.via &&
        known.result == seen.result && known.code == seen.code) {
      known.count += seen.count;
      known.first = std::min(known.first, seen.first);
      known.last = std::max(known.last, seen.last);
      return;
    }
  }
  if (errors_.size() < error_groups_max) {
    errors_.push_back(seen);
  } else {
    errors_uncounted_ += seen.count;
  }
}

}  // namespace wanwu::report
