#include "protocols/coap/reply_cache.hpp"

#include <algorithm>
#include <bit>
#include <cassert>

namespace wanwu::coap {

namespace {

constexpr std::uint32_t entries_at_first = 1024;

std::uint64_t mix(std::uint64_t peer, std::uint16_t id) noexcept {
  std::uint64_t z = (peer ^ std::uint64_t{id} << 48U) * 0x9E3779B97F4A7C15ULL;
  z = (z ^ z >> 32U) * 0xD6E8FEB86659FD93ULL;
  return z ^ z >> 32U;
}

}  // namespace

reply_cache::reply_cache(limits l) : limits_{l} {
  assert(std::has_single_bit(l.entries_max));
  entries_.resize(std::min(entries_at_first, l.entries_max));
  index_.resize(entries_.size() * 2);
}

std::uint32_t reply_cache::slot_of(std::uint64_t peer, std::uint16_t id) const noexcept {
  const auto mask = index_.size() - 1;
  auto at = static_cast<std::size_t>(mix(peer, id)) & mask;
  while (index_[at] != 0) {
    const auto& e = entries_[index_[at] - 1];
    if (e.peer == peer && e.id == id) break;
    at = (at + 1) & mask;
  }
  return static_cast<std::uint32_t>(at);
}

bool reply_cache::is_kept(const entry& e) const noexcept {
  return e.reply_bytes != 0 && replies_end_ - e.reply_at <= replies_.size();
}

reply_cache::found reply_cache::look(peer_key peer, message_id id, time_point now) {
  while (head_ != tail_ && now - entry_of(head_).seen_at > limits_.lifetime) forget_oldest();
  const auto key = static_cast<std::uint64_t>(peer);
  const auto slot = slot_of(key, value_of(id));
  if (index_[slot] != 0) {
    const auto& e = entries_[index_[slot] - 1];
    if (!is_kept(e)) return {verdict::pending, {}};
    const auto at = static_cast<std::size_t>(e.reply_at % replies_.size());
    return {verdict::replied, {replies_.data() + at, e.reply_bytes}};
  }
  if (size() == entries_.size()) {
    if (entries_.size() < limits_.entries_max) {
      grow();
    } else {
      forget_oldest();
    }
  }
  entry_of(tail_) = entry{key, now, 0, 0, value_of(id)};
  insert(tail_++);
  return {verdict::fresh, {}};
}

void reply_cache::insert(std::uint64_t position) noexcept {
  const auto& e = entry_of(position);
  index_[slot_of(e.peer, e.id)] = static_cast<std::uint32_t>(position & (entries_.size() - 1)) + 1;
}

void reply_cache::store(peer_key peer, message_id id, bytes_view reply) {
  const auto slot = slot_of(static_cast<std::uint64_t>(peer), value_of(id));
  if (index_[slot] == 0 || reply.size() > limits_.reply_bytes_max) return;
  if (replies_.empty()) replies_.resize(limits_.reply_bytes_max);
  const auto ring = replies_.size();
  // A reply never wraps: what does not fit before the end starts at the beginning.
  const auto left = ring - replies_end_ % ring;
  if (left < reply.size()) replies_end_ += left;
  std::copy(reply.begin(), reply.end(), replies_.begin() + static_cast<std::ptrdiff_t>(replies_end_ % ring));
  auto& e = entries_[index_[slot] - 1];
  e.reply_at = replies_end_;
  e.reply_bytes = static_cast<std::uint32_t>(reply.size());
  replies_end_ += reply.size();
}

void reply_cache::forget_oldest() noexcept {
  const auto& e = entry_of(head_);
  const auto mask = index_.size() - 1;
  std::size_t hole = slot_of(e.peer, e.id);
  // Backward shift: every later entry of the run that may move into the hole does, so no tombstones are
  // needed.
  for (auto at = (hole + 1) & mask; index_[at] != 0; at = (at + 1) & mask) {
    const auto& other = entries_[index_[at] - 1];
    const auto home = static_cast<std::size_t>(mix(other.peer, other.id)) & mask;
    if (((at - home) & mask) >= ((at - hole) & mask)) {
      index_[hole] = index_[at];
      hole = at;
    }
  }
  index_[hole] = 0;
  ++head_;
}

void reply_cache::grow() {
  std::vector<entry> bigger(entries_.size() * 2);
  const auto count = size();
  for (std::uint32_t i = 0; i < count; ++i) bigger[i] = entry_of(head_ + i);
  entries_ = std::move(bigger);
  index_.assign(entries_.size() * 2, 0);
  head_ = 0;
  tail_ = count;
  for (std::uint64_t at = head_; at < tail_; ++at) insert(at);
}

}  // namespace wanwu::coap
