// Deadlines that may be two milliseconds late, for as many connections as there are: intrusive, a few bytes
// each.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

#include "protocols/core/time.hpp"

namespace wanwu {

inline constexpr std::uint32_t off_wheel = std::numeric_limits<std::uint32_t>::max();

/// The links an entry keeps for the wheel.
struct wheel_links {
  std::uint32_t next = off_wheel, before = off_wheel;
  std::uint16_t slot = not_in;
  static constexpr std::uint16_t not_in = 0xFFFF;
};

/// `Links` gives the wheel_links of an index. An entry is on the wheel once or not at all. Deadlines beyond
/// the horizon fire early, at the horizon: whoever is called looks at the true deadline and comes back.
class coarse_wheel {
 public:
  /// Ticks fall together on all workers: of a million connections that ping once a minute, each means 33
  /// pings at once on the machine. With an eighth of a second it was 2,000, and they made everything else
  /// late.
  static constexpr duration tick = std::chrono::nanoseconds{1'953'125};
  static constexpr std::uint32_t slot_count = 32'768;  ///< The horizon: 64 s.

  template <class Links>
  void insert(std::uint32_t index, time_point at, time_point now, Links links) {
    if (!started_) start(now);
    auto when = (at.time_since_epoch() + tick - duration{1}) / tick;
    when = std::max(when, current_ + 1);
    when = std::min(when, current_ + slot_count - 1);
    const auto slot = static_cast<std::uint16_t>(static_cast<std::uint64_t>(when) % slot_count);
    wheel_links& mine = links(index);
    mine = {heads_[slot], off_wheel, slot};
    if (heads_[slot] != off_wheel) links(heads_[slot]).before = index;
    heads_[slot] = index;
    busy_[slot / 64] |= std::uint64_t{1} << slot % 64;
  }

  template <class Links>
  void remove(std::uint32_t index, Links links) {
    wheel_links& mine = links(index);
    if (mine.slot == wheel_links::not_in) return;
    if (mine.next != off_wheel) links(mine.next).before = mine.before;
    (mine.before == off_wheel ? heads_[mine.slot] : links(mine.before).next) = mine.next;
    if (heads_[mine.slot] == off_wheel) busy_[mine.slot / 64] &= ~(std::uint64_t{1} << mine.slot % 64);
    mine = {};
  }

  /// Takes off what is due, `at_most` so many, and calls `due(index)` for each, which may insert it again.
  template <class Links, class Due>
  void advance(time_point now, std::size_t at_most, Links links, Due due) {
    if (!started_) return;
    const auto target = now.time_since_epoch() / tick;
    while (current_ < target) {
      const auto step = next_busy();
      if (!step || current_ + *step > target) {
        current_ = target;
        return;
      }
      current_ += *step;
      const auto slot = static_cast<std::uint64_t>(current_) % slot_count;
      while (heads_[slot] != off_wheel) {
        if (at_most-- == 0) {
          --current_;  // the rest of this tick is due next time
          return;
        }
        const auto index = heads_[slot];
        remove(index, links);
        due(index);
      }
    }
  }

  std::optional<time_point> next() const {
    const auto step = started_ ? next_busy() : std::nullopt;
    if (!step) return std::nullopt;
    return time_point{tick * (current_ + *step)};
  }

 private:
  void start(time_point now) {
    heads_.fill(off_wheel);
    current_ = now.time_since_epoch() / tick;
    started_ = true;
  }
  /// How many ticks from now the first entry is due.
  std::optional<std::int64_t> next_busy() const {
    const auto first = static_cast<std::uint32_t>(static_cast<std::uint64_t>(current_ + 1) % slot_count);
    for (std::uint32_t seen = 0; seen < slot_count;) {
      const auto slot = (first + seen) % slot_count;
      const auto word = busy_[slot / 64] >> slot % 64;
      if (word != 0) return std::int64_t{seen} + std::countr_zero(word) + 1;
      seen += 64 - slot % 64;
    }
    return std::nullopt;
  }

  std::array<std::uint32_t, slot_count> heads_{};
  std::array<std::uint64_t, slot_count / 64> busy_{};
  std::int64_t current_ = 0;
  bool started_ = false;
};

}  // namespace wanwu
