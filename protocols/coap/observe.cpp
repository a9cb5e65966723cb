#include "protocols/coap/observe.hpp"

#include <algorithm>

namespace wanwu::coap {

namespace {

constexpr std::uint32_t half_range = 1U << 23U;
constexpr duration fresh_for = std::chrono::seconds{128};
/// Ticks of the sequence clock: 2^14 a second keeps the value within 2^23 of 256 s [RFC7641-4.4-5] and wraps
/// after 1,024 s.
constexpr std::int64_t sequence_tick_ns = 1'000'000'000 / 16'384;

}  // namespace

bool is_newer(std::uint32_t value_before, time_point at_before, std::uint32_t value, time_point at) noexcept {
  return (value_before < value && value - value_before < half_range) ||
         (value_before > value && value_before - value > half_range) || at > at_before + fresh_for;
}

std::size_t observer_registry::key_hash::operator()(const key& k) const noexcept {
  std::uint64_t z = static_cast<std::uint64_t>(k.peer) ^ k.token.size();
  for (const auto b : k.token.view()) z = (z ^ std::to_integer<std::uint64_t>(b)) * 0x100000001B3ULL;
  return static_cast<std::size_t>(z ^ z >> 32U);
}

observer* observer_registry::add(std::uint32_t resource, peer_key peer, const token& t, time_point now) {
  observer fresh{.peer = peer,
                 .token = t,
                 .resource = resource,
                 .sequence = 0,
                 .last_id = {},
                 .content_format = {},
                 .szx = {},
                 .confirmable_at = now};
  fresh.sequence =
      static_cast<std::uint32_t>(now.time_since_epoch().count() / sequence_tick_ns) & observe_value_max;
  if (const auto* before = find(peer, t)) {
    fresh.sequence = before->sequence;
    remove(peer, t);
  }
  if (by_key_.size() >= observers_max_) return nullptr;
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(observers_.size()));
    observers_.emplace_back();
    place_.push_back(0);
  }
  const auto index = free_.back();
  free_.pop_back();
  observers_[index] = fresh;
  auto& list = by_resource_[resource];
  place_[index] = static_cast<std::uint32_t>(list.size());
  list.push_back(index);
  by_key_.emplace(key{peer, t}, index);
  by_peer_.emplace(static_cast<std::uint64_t>(peer), index);
  return &observers_[index];
}

void observer_registry::erase(std::uint32_t index) {
  const auto& o = observers_[index];
  const auto of = by_resource_.find(o.resource);
  auto& list = of->second;
  list[place_[index]] = list.back();
  place_[list.back()] = place_[index];
  list.pop_back();
  if (list.empty()) by_resource_.erase(of);
  const auto [first, last] = by_peer_.equal_range(static_cast<std::uint64_t>(o.peer));
  by_peer_.erase(std::find_if(first, last, [&](const auto& each) { return each.second == index; }));
  by_key_.erase(key{o.peer, o.token});
  free_.push_back(index);
}

bool observer_registry::remove(peer_key peer, const token& t) {
  const auto at = by_key_.find(key{peer, t});
  if (at == by_key_.end()) return false;
  erase(at->second);
  return true;
}

bool observer_registry::remove_by_id(peer_key peer, message_id id) {
  const auto [first, last] = by_peer_.equal_range(static_cast<std::uint64_t>(peer));
  const auto at =
      std::find_if(first, last, [&](const auto& each) { return observers_[each.second].last_id == id; });
  if (at == last) return false;
  erase(at->second);
  return true;
}

void observer_registry::remove_peer(peer_key peer) {
  const auto p = static_cast<std::uint64_t>(peer);
  for (auto at = by_peer_.find(p); at != by_peer_.end(); at = by_peer_.find(p)) erase(at->second);
}

observer* observer_registry::find(peer_key peer, const token& t) {
  const auto at = by_key_.find(key{peer, t});
  return at == by_key_.end() ? nullptr : &observers_[at->second];
}

std::span<const std::uint32_t> observer_registry::of_resource(std::uint32_t resource) const {
  const auto at = by_resource_.find(resource);
  if (at == by_resource_.end()) return {};
  return at->second;
}

std::uint32_t observer_registry::next_sequence(observer& o, time_point now) noexcept {
  const auto clock =
      static_cast<std::uint32_t>(now.time_since_epoch().count() / sequence_tick_ns) & observe_value_max;
  const auto next = (o.sequence + 1) & observe_value_max;
  // The clock, unless notifications came faster than it ticks.
  const auto ahead = (clock - next) & observe_value_max;
  o.sequence = ahead < half_range ? clock : next;
  return o.sequence;
}

}  // namespace wanwu::coap
