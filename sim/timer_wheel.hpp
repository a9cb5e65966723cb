// One deadline for each of many rows, 8 bytes a row, popped in batches: a hierarchical timing wheel.
//
// Four levels of 256 slots cover 2^32 ticks. A timer sits on the level of the highest byte in which its tick
// differs from the wheel's, so that moving the wheel into a slot is the only moment when timers change level.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "protocols/core/time.hpp"

namespace wanwu::sim {

class timer_wheel {
 public:
  /// Timers 0..count-1 exist, none armed. Deadlines are rounded up to `tick` after `start`.
  timer_wheel(std::uint32_t count, time_point start, duration tick);

  /// Arms a timer that is not armed. A deadline in the past is due at once; one beyond 2^32 ticks is held at
  /// that bound.
  void arm(std::uint32_t timer, time_point due);
  /// Asks the memory for a timer that is about to be armed again.
  void expect(std::uint32_t timer) const { __builtin_prefetch(&links_[timer], 1); }
  bool armed(std::uint32_t timer) const { return links_[timer].next != unarmed; }

  /// Appends every timer due by `now`, ordered by (tick, timer), and disarms it. Returns how many.
  std::size_t pop_due(time_point now, std::vector<std::uint32_t>& out);

  /// No timer is due before this. Exact within the next 256 ticks, else the start of the slot to look into.
  std::optional<time_point> next_due() const;

  duration tick() const { return tick_; }
  std::size_t armed_count() const { return armed_; }

  /// The finest tick (a power of two, at least 65,536 ns) with which `span` fits the wheel twice.
  static duration tick_for(duration span);

 private:
  static constexpr std::size_t levels = 4, slots = 256;
  static constexpr std::uint32_t unarmed = 0xFFFF'FFFF, last_in_slot = 0xFFFF'FFFE;

  struct link {
    std::uint32_t next = unarmed;
    std::uint32_t due{};
  };
  static_assert(sizeof(link) == 8);
  /// A slot is so many lists, dealt out by timer: whoever walks them waits for memory once for all and not
  /// once a timer, as along a single list.
  static constexpr std::size_t ways = 8;
  using heads = std::array<std::uint32_t, ways>;
  struct level {
    std::array<heads, slots> head;
    std::array<std::uint64_t, slots / 64> occupied{};
    level() {
      for (heads& slot : head) slot.fill(last_in_slot);
    }
    std::optional<std::size_t> next_occupied(std::size_t from) const;
  };

  std::uint32_t tick_of(time_point at) const;
  void insert(std::uint32_t timer);
  /// Empties a slot: calls `take` for each of its timers, whose link may be used again at once.
  template <class Take>
  void empty_slot(std::size_t on, std::size_t slot, Take&& take);
  void move_to(std::uint32_t tick);
  /// The first tick >= current_ that may hold a timer.
  std::optional<std::uint32_t> next_tick() const;

  time_point start_;
  duration tick_;
  std::uint32_t current_ = 0;  // everything before this tick has been popped
  std::size_t armed_ = 0;
  std::vector<link> links_;
  std::array<level, levels> wheel_;
};

}  // namespace wanwu::sim
