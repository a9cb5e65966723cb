#include "protocols/coap/confirmable_sender.hpp"

namespace wanwu::coap {

std::size_t confirmable_sender::key_hash::operator()(const key& k) const noexcept {
  const auto z =
      (static_cast<std::uint64_t>(k.peer) ^ std::uint64_t{value_of(k.id)} << 48U) * 0x9E3779B97F4A7C15ULL;
  return static_cast<std::size_t>(z ^ z >> 32U);
}

bool confirmable_sender::add(peer_key peer, message_id id, bytes_view datagram, std::uint64_t tag,
                             time_point now) {
  const key name{peer, id};
  if (by_key_.size() >= outstanding_max_ || by_key_.contains(name)) return false;
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(entries_.size()));
    entries_.emplace_back();
    wheel_.resize(static_cast<std::uint32_t>(entries_.size()));
  }
  const auto slot = free_.back();
  free_.pop_back();
  auto& e = entries_[slot];
  e.name = name;
  e.tag = tag;
  e.timeout = first_timeout(parameters_, chance_.unit());
  e.sent_again = 0;
  e.datagram.assign(datagram.begin(), datagram.end());
  by_key_.emplace(name, slot);
  ++per_peer_[static_cast<std::uint64_t>(peer)];
  wheel_.set(slot, now + e.timeout);
  return true;
}

std::optional<std::uint64_t> confirmable_sender::finish(peer_key peer, message_id id) {
  const auto at = by_key_.find(key{peer, id});
  if (at == by_key_.end()) return std::nullopt;
  const auto slot = at->second;
  wheel_.clear(slot);
  const auto tag = entries_[slot].tag;
  release(slot);
  return tag;
}

std::size_t confirmable_sender::outstanding(peer_key peer) const {
  const auto at = per_peer_.find(static_cast<std::uint64_t>(peer));
  return at == per_peer_.end() ? 0 : at->second;
}

void confirmable_sender::advance(time_point now, std::vector<due>& out) {
  fired_.clear();
  wheel_.advance(now, fired_);
  for (const auto slot : fired_) {
    auto& e = entries_[slot];
    if (e.sent_again == parameters_.max_retransmit) {
      out.push_back({e.name.peer, e.name.id, e.tag, {}});
      release(slot);
      continue;
    }
    ++e.sent_again;
    ++retransmissions_;
    e.timeout *= 2;
    wheel_.set(slot, now + e.timeout);
    out.push_back({e.name.peer, e.name.id, e.tag, e.datagram});
  }
}

void confirmable_sender::release(std::uint32_t slot) {
  const auto& name = entries_[slot].name;
  const auto peer = static_cast<std::uint64_t>(name.peer);
  if (const auto count = per_peer_.find(peer); count != per_peer_.end() && --count->second == 0)
    per_peer_.erase(count);
  by_key_.erase(name);
  free_.push_back(slot);
}

}  // namespace wanwu::coap
