#include "protocols/coap/deadline_wheel.hpp"

#include <algorithm>
#include <bit>

namespace wanwu::coap {

deadline_wheel::deadline_wheel() : heads_(slot_count, nothing), occupied_(slot_count / 64) {}

void deadline_wheel::resize(std::uint32_t count) {
  if (count > nodes_.size()) nodes_.resize(count);
}

void deadline_wheel::set(std::uint32_t index, time_point due) {
  if (is_set(index)) clear(index);
  auto& n = nodes_[index];
  const auto tick = tick_of(due);
  // An empty wheel may start anywhere, and may be turned back: a slot's deadlines are judged one by one.
  if (set_count_ == 0 || tick < tick_) tick_ = tick;
  const auto slot = static_cast<std::uint32_t>(tick & (slot_count - 1));
  n = {due, heads_[slot], nothing, static_cast<std::uint16_t>(slot)};
  if (n.next != nothing) nodes_[n.next].previous = index;
  heads_[slot] = index;
  occupied_[slot / 64] |= std::uint64_t{1} << slot % 64;
  ++set_count_;
  if (earliest_known_ && (!earliest_ || due < *earliest_)) earliest_ = due;
}

void deadline_wheel::clear(std::uint32_t index) noexcept {
  if (!is_set(index)) return;
  unlink(index);
  if (set_count_ == 0) {
    earliest_.reset();
    earliest_known_ = true;
  }
}

void deadline_wheel::unlink(std::uint32_t index) noexcept {
  auto& n = nodes_[index];
  if (n.previous != nothing) {
    nodes_[n.previous].next = n.next;
  } else {
    heads_[n.slot] = n.next;
    if (n.next == nothing) occupied_[n.slot / 64] &= ~(std::uint64_t{1} << n.slot % 64);
  }
  if (n.next != nothing) nodes_[n.next].previous = n.previous;
  n.slot = no_slot;
  --set_count_;
}

void deadline_wheel::fire_slot(std::uint32_t slot, time_point now, std::vector<std::uint32_t>& out) {
  for (auto index = heads_[slot]; index != nothing;) {
    const auto next = nodes_[index].next;
    if (nodes_[index].due <= now) {
      unlink(index);
      out.push_back(index);
    }
    index = next;
  }
}

void deadline_wheel::advance(time_point now, std::vector<std::uint32_t>& out) {
  if (set_count_ == 0) return;
  if (earliest_known_ && earliest_ && *earliest_ > now) return;
  const auto until = tick_of(now);
  const auto first_fired = out.size();
  // At most one turn: a slot holds everything of its position, whatever the turn.
  const auto from = std::max(tick_, until - std::int64_t{slot_count} + 1);
  for (auto tick = from; tick <= until && set_count_ > 0; ++tick) {
    const auto slot = static_cast<std::uint32_t>(tick & (slot_count - 1));
    if ((occupied_[slot / 64] >> slot % 64 & 1U) != 0) fire_slot(slot, now, out);
  }
  tick_ = std::max(tick_, until);
  earliest_known_ = false;
  // Equal instants fire in the order of their indices, so that a run can be repeated exactly.
  std::sort(out.begin() + static_cast<std::ptrdiff_t>(first_fired), out.end(),
            [&](std::uint32_t a, std::uint32_t b) {
              return nodes_[a].due != nodes_[b].due ? nodes_[a].due < nodes_[b].due : a < b;
            });
}

std::optional<time_point> deadline_wheel::next_deadline() const {
  if (!earliest_known_) {
    earliest_ = earliest();
    earliest_known_ = true;
  }
  return earliest_;
}

std::optional<time_point> deadline_wheel::earliest() const {
  if (set_count_ == 0) return std::nullopt;
  std::optional<time_point> best;
  for (std::uint32_t step = 0; step < slot_count;) {
    const auto slot = static_cast<std::uint32_t>((tick_ + step) & (slot_count - 1));
    const auto word = occupied_[slot / 64] >> slot % 64;
    if (word == 0) {
      step += 64 - slot % 64;
      continue;
    }
    const auto skip = static_cast<std::uint32_t>(std::countr_zero(word));
    step += skip;
    const auto at = static_cast<std::uint32_t>((tick_ + step) & (slot_count - 1));
    for (auto index = heads_[at]; index != nothing; index = nodes_[index].next) {
      if (!best || nodes_[index].due < *best) best = nodes_[index].due;
    }
    // Everything in later slots of this turn is later than the end of this slot.
    if (best && tick_of(*best) <= tick_ + step) return best;
    ++step;
  }
  return best;
}

}  // namespace wanwu::coap
