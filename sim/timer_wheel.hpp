// One deadline for each of many rows, 8 bytes a row that is armed, popped in batches: a hierarchical timing
// wheel.
//
// Four levels of 256 slots cover 2^32 ticks. A timer sits on the level of the highest byte in which its tick
// differs from the wheel's, so that moving the wheel into a slot is the only moment when timers change level.
// A slot is a list of chunks that are written and read from end to end: among millions of timers the memory
// is asked for nothing that it has not been asked for already.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
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
  bool armed(std::uint32_t timer) const { return (is_armed_[timer / 64] >> (timer % 64) & 1U) != 0; }

  /// Appends every timer due by `now`, ordered by (tick, timer), and disarms it. Returns how many. Stops
  /// after the tick with which there are `enough`: the rest is due next time.
  std::size_t pop_due(time_point now, std::vector<std::uint32_t>& out,
                      std::size_t enough = std::numeric_limits<std::size_t>::max());

  /// No timer is due before this. Exact within the next 256 ticks, else the start of the slot to look into.
  std::optional<time_point> next_due() const;

  duration tick() const { return tick_; }
  std::size_t armed_count() const { return armed_; }
  /// What timers have filled, armed or not any more.
  std::size_t memory_bytes() const { return chunks_.size() * sizeof(chunk); }

  /// When no timer is armed, what many have taken goes back to the kernel. Else nothing happens.
  void give_back_room();

  /// The finest tick (a power of two, at least 65,536 ns) with which `span` fits the wheel twice.
  static duration tick_for(duration span);

 private:
  static constexpr std::size_t levels = 4, slots = 256;
  static constexpr std::uint32_t no_chunk = 0xFFFF'FFFF;
  static constexpr std::size_t chunk_entries = 63;
  static constexpr std::size_t kept_chunks = 16;  ///< Not worth a system call.

  struct entry {
    std::uint32_t timer{}, due{};
  };
  struct chunk {
    std::uint32_t before =
        no_chunk;  ///< The chunk of this slot that was filled before; of a free one, the next.
    std::uint32_t count = 0;
    std::array<entry, chunk_entries> at;
  };
  static_assert(sizeof(chunk) == 512);
  struct level {
    std::array<std::uint32_t, slots> newest;  ///< Chunk of each slot, no_chunk when it is empty.
    std::array<std::uint64_t, slots / 64> occupied{};
    level() { newest.fill(no_chunk); }
    std::optional<std::size_t> next_occupied(std::size_t from) const;
  };

  std::uint32_t tick_of(time_point at) const;
  void insert(entry one);
  std::uint32_t fresh_chunk(std::uint32_t before);
  /// Empties a slot: calls `take` for each of its entries, which may be inserted again at once.
  template <class Take>
  void empty_slot(std::size_t on, std::size_t slot, Take&& take);
  void move_to(std::uint32_t tick);
  /// The first tick >= current_ that may hold a timer.
  std::optional<std::uint32_t> next_tick() const;

  time_point start_;
  duration tick_;
  std::uint32_t current_ = 0;  // everything before this tick has been popped
  std::size_t armed_ = 0;
  std::vector<std::uint64_t> is_armed_;  ///< A bit a timer.
  std::vector<chunk> chunks_;
  std::uint32_t free_ = no_chunk;
  std::array<level, levels> wheel_;
};

}  // namespace wanwu::sim
