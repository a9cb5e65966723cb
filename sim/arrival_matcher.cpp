// Bookkeeping of sent and arrived readings.
#include "sim/arrival_matcher.hpp"

#include <algorithm>
#include <cstring>

#include "sim/limits.hpp"
#include "sim/random.hpp"

namespace wanwu::sim {

std::uint64_t reading_key(std::string_view address, bytes_view payload) noexcept {
  std::uint64_t hash = stream_of(address);
  hash = scramble(hash + payload.size());
  std::size_t i = 0;
  for (; i + 8 <= payload.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, payload.data() + i, 8);
    hash = scramble(hash ^ word) + 0x9E3779B97F4A7C15ULL;
  }
  std::uint64_t last = 0;
  if (i < payload.size()) std::memcpy(&last, payload.data() + i, payload.size() - i);
  return scramble(hash ^ last);
}

void arrival_matcher::observe(const entry& of, outcome what, time_point at) {
  observation seen;
  seen.intended_at = seen.sent_at = of.intended_at;
  seen.done_at = at;
  seen.thing = thing_id{of.thing};
  seen.population = of.population;
  seen.op = operation::arrived;
  seen.via = of.via;
  seen.result = what;
  sink_.record({&seen, 1});
}

void arrival_matcher::sent(const sent_reading& reading) {
  if (entries_.size() >= limits::witness_pending_max) settle_oldest(reading.intended_at);
  progress& of = things_[static_cast<std::uint32_t>(reading.thing)];
  entries_.push_back({reading.key, reading.intended_at, of.newest, static_cast<std::uint32_t>(reading.thing),
                      ++of.sent, reading.population, reading.via, false, false});
  of.newest = first_ + entries_.size() - 1;
  by_key_.emplace(reading.key, of.newest);
  ++missing_;
}

void arrival_matcher::cut_off(const cut_reading& which) {
  const auto thing = things_.find(static_cast<std::uint32_t>(which.thing));
  if (thing == things_.end()) return;
  for (auto at = thing->second.newest; at != nothing_before && at >= first_;) {
    entry& one = entries_[at - first_];
    if (one.intended_at < which.since) return;
    at = one.before;
    if (one.intended_at <= which.until) one.cut_off = true;
  }
}

bool arrival_matcher::arrived(std::uint64_t key, time_point at) {
  const auto [begin, end] = by_key_.equal_range(key);
  if (begin == end) return false;
  // The oldest of equal readings that has not come yet; if all have, this is one too many.
  entry* oldest = nullptr;
  entry* any = nullptr;
  for (auto it = begin; it != end; ++it) {
    entry& e = entries_[it->second - first_];
    any = &e;
    if (!e.seen && (oldest == nullptr || e.order < oldest->order)) oldest = &e;
  }
  if (oldest == nullptr) {
    // A notification that repeats the present state is no second copy of a message (RFC 7641 §4.2).
    if (any->via != protocol::coap) observe(*any, outcome::duplicate, at);
    return true;
  }
  oldest->seen = true;
  --missing_;
  progress& of = things_[oldest->thing];
  observe(*oldest, outcome::ok, at);
  if (oldest->order < of.latest_arrived) observe(*oldest, outcome::reordered, at);
  of.latest_arrived = std::max(of.latest_arrived, oldest->order);
  return true;
}

void arrival_matcher::settle_oldest(time_point at) {
  const entry& oldest = entries_.front();
  if (!oldest.seen) {
    --missing_;
    const bool deaf = deaf_[static_cast<std::size_t>(oldest.via)];
    const bool overtaken =
        oldest.via == protocol::coap && oldest.order < things_[oldest.thing].latest_arrived;
    if (!deaf && !overtaken && !oldest.cut_off) observe(oldest, outcome::lost, at);
  }
  const auto [begin, end] = by_key_.equal_range(oldest.key);
  const auto own = std::find_if(begin, end, [this](const auto& kept) { return kept.second == first_; });
  if (own != end) by_key_.erase(own);
  entries_.pop_front();
  ++first_;
}

void arrival_matcher::end(time_point at) {
  while (!entries_.empty()) settle_oldest(at);
}

}  // namespace wanwu::sim
