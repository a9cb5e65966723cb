#include "reports/recorder.hpp"

#include <algorithm>

namespace wanwu::report {

namespace {

constexpr std::size_t error_slots = 1024;  // power of two, twice the groups kept

/// Outcomes that are nobody's failure, or not one of this operation.
constexpr bool is_failure(outcome result) noexcept {
  return result != outcome::ok && result != outcome::cut_off;
}

/// Only what succeeded has a response time; a reordered message did arrive.
constexpr bool has_latency(outcome result) noexcept {
  return result == outcome::ok || result == outcome::reordered;
}

/// Operations that a schedule starts; the others begin with something the target did.
constexpr bool is_sent_by_us(operation op) noexcept {
  return op == operation::telemetry || op == operation::event || op == operation::read ||
         op == operation::register_ || op == operation::connect;
}

std::size_t slot_of(const observation& seen) noexcept {
  const std::uint64_t key = (std::uint64_t{seen.population} << 32) | (std::uint64_t{seen.code} << 16) |
                            (static_cast<std::uint64_t>(seen.op) << 8) |
                            (static_cast<std::uint64_t>(seen.via) << 6) |
                            static_cast<std::uint64_t>(seen.result);
  return static_cast<std::size_t>((key * 0x9E3779B97F4A7C15ULL) >> 54) % error_slots;
}

bool same(const error_group& group, const observation& seen) noexcept {
  return group.population == seen.population && group.code == seen.code && group.op == seen.op &&
         group.via == seen.via && group.result == seen.result;
}

}  // namespace

delta::delta(const run_shape& shape, time_point started)
    : phases_(std::max<std::size_t>(1, shape.phases.size())),
      errors_(error_slots),
      started_{started},
      phase_begin_{time_point::max()},
      phase_end_{time_point::max()},
      cell_count_{shape.populations.size() * operation_count * protocol_count},
      populations_{shape.populations.size()} {
  errors_used_.reserve(error_groups_max);
  for (std::size_t i = 0; i + 1 < shape.phases.size(); ++i)
    phase_ends_.push_back(started + shape.phases[i].end);
}

void delta::seek_phase(time_point at) {
  std::size_t index = 0;
  while (index < phase_ends_.size() && at >= phase_ends_[index]) ++index;
  phase_begin_ = index == 0 ? time_point::min() : phase_ends_[index - 1];
  phase_end_ = index < phase_ends_.size() ? phase_ends_[index] : time_point::max();
  auto& found = phases_[index];
  if (!found) {
    found = std::make_unique<phase_cells>(populations_);
    found->touched.reserve(cell_count_);
  }
  current_ = found.get();
}

void delta::add(const observation& seen) {
  if (seen.intended_at < phase_begin_ || seen.intended_at >= phase_end_) [[unlikely]]
    seek_phase(seen.intended_at);
  const std::size_t index = cell_key{seen.population, seen.op, seen.via}.index();
  if (index >= cell_count_) [[unlikely]] {
    ++out_of_range_;
    return;
  }
  cell& at = current_->cells[index];
  if (!at.touched) [[unlikely]]
    current_->touch(index);
  ++at.outcomes[static_cast<std::size_t>(seen.result)];
  at.bytes_sent += seen.bytes_sent;
  at.bytes_received += seen.bytes_received;
  if (has_latency(seen.result)) {
    const auto ns = response_time(seen).count();
    const std::uint64_t us = ns > 0 ? static_cast<std::uint64_t>(ns) / 1000 : 0;
    at.latency.record(us);
    current_->headline[static_cast<std::size_t>(seen.op)].record(us);
  }
  if (is_sent_by_us(seen.op)) {
    const auto ns = (seen.sent_at - seen.intended_at).count();
    current_->lag.record(ns > 0 ? static_cast<std::uint64_t>(ns) / 1000 : 0);
  }
  if (is_failure(seen.result)) [[unlikely]]
    add_error(seen);
}

void delta::add_error(const observation& seen) {
  const duration when = seen.done_at - started_;
  std::size_t slot = slot_of(seen);
  while (errors_[slot].used && !same(errors_[slot].group, seen)) slot = (slot + 1) % error_slots;
  auto& found = errors_[slot];
  if (!found.used) {
    if (errors_used_.size() >= error_groups_max) {
      ++errors_uncounted_;
      return;
    }
    found.used = true;
    found.group = {seen.population, seen.op, seen.via, seen.result, seen.code, 0, when, when};
    errors_used_.push_back(static_cast<std::uint32_t>(slot));
  }
  ++found.group.count;
  found.group.first = std::min(found.group.first, when);
  found.group.last = std::max(found.group.last, when);
}

void delta::merge_into(metric_store& into) const {
  for (std::size_t i = 0; i < phases_.size(); ++i) {
    if (phases_[i] && !phases_[i]->touched.empty()) into.phase(i).merge(*phases_[i]);
  }
  for (const auto slot : errors_used_) into.add_error(errors_[slot].group);
}

void delta::merge(const delta& other) {
  for (std::size_t i = 0; i < phases_.size(); ++i) {
    if (!other.find_phase(i)) continue;
    if (!phases_[i]) phases_[i] = std::make_unique<phase_cells>(populations_);
    phases_[i]->merge(*other.phases_[i]);
  }
  out_of_range_ += other.out_of_range_;
  errors_uncounted_ += other.errors_uncounted_;
}

void delta::clear() noexcept {
  for (auto& phase : phases_) {
    if (!phase) continue;
    if (phase->touched.empty() && phase.get() != current_) {
      phase.reset();  // a phase that is over gives its memory back
    } else {
      phase->clear();
    }
  }
  for (const auto slot : errors_used_) errors_[slot].used = false;
  errors_used_.clear();
  errors_uncounted_ = out_of_range_ = 0;
}

const phase_cells* delta::find_phase(std::size_t index) const noexcept {
  if (index >= phases_.size() || !phases_[index] || phases_[index]->touched.empty()) return nullptr;
  return phases_[index].get();
}

std::vector<error_group> delta::errors() const {
  std::vector<error_group> out;
  for (const auto slot : errors_used_) out.push_back(errors_[slot].group);
  return out;
}

recorder::recorder(const run_shape& shape, time_point started)
    : owned_{std::make_unique<delta>(shape, started), std::make_unique<delta>(shape, started)},
      active_{owned_[0].get()},
      spare_{owned_[1].get()} {}

void recorder::record(std::span<const observation> seen) {
  delta* mine = active_.exchange(nullptr, std::memory_order_acquire);
  for (const auto& one : seen) mine->add(one);
  delta* none = nullptr;
  // When the run has put its spare in place meanwhile, it waits for this one in finished_.
  if (!active_.compare_exchange_strong(none, mine, std::memory_order_release, std::memory_order_relaxed)) {
    finished_.store(mine, std::memory_order_release);
  }
}

delta* recorder::take() noexcept {
  if (promised_) {
    delta* got = finished_.exchange(nullptr, std::memory_order_acquire);
    promised_ = got == nullptr;
    return got;
  }
  if (!spare_) return nullptr;
  delta* got = active_.exchange(spare_, std::memory_order_acq_rel);
  spare_ = nullptr;
  promised_ = got == nullptr;
  return got;
}

void recorder::recycle(delta* emptied) noexcept {
  emptied->clear();
  spare_ = emptied;
}

}  // namespace wanwu::report
