// One coarse timing wheel for all exchanges of a worker: slots of 4 ms, links kept in one array by index.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "protocols/core/time.hpp"

namespace wanwu::coap {

/// Holds at most one deadline for each index. A deadline fires at the first advance() not before it: never
/// early, and exactly at it when the owner comes back at next_deadline(). Setting, clearing and firing are
/// O(1); 24 bytes an index.
class deadline_wheel {
 public:
  deadline_wheel();

  /// Indices 0..count-1 may be used from now on.
  void resize(std::uint32_t count);
  /// Sets or moves the deadline of `index`.
  void set(std::uint32_t index, time_point due);
  /// Takes it away; without effect when there is none.
  void clear(std::uint32_t index) noexcept;
  bool is_set(std::uint32_t index) const noexcept { return nodes_[index].slot != no_slot; }
  std::uint32_t size() const noexcept { return set_count_; }

  /// Moves every index due by `now` to the end of `out`, clearing it.
  void advance(time_point now, std::vector<std::uint32_t>& out);
  /// The earliest deadline. Exact; at worst early by what clear() took away since it was last computed.
  std::optional<time_point> next_deadline() const;

 private:
  static constexpr std::uint32_t nothing = 0xFFFFFFFFU;
  static constexpr std::uint16_t no_slot = 0xFFFFU;
  static constexpr std::uint32_t slot_count = 16'384;  ///< 65.5 s a turn; later deadlines go round again.
  static constexpr std::int64_t tick_ns = 4'000'000;

  struct node {
    time_point due;
    std::uint32_t next = nothing, previous = nothing;
    std::uint16_t slot = no_slot;
  };
  static std::int64_t tick_of(time_point at) noexcept { return at.time_since_epoch().count() / tick_ns; }
  void unlink(std::uint32_t index) noexcept;
  void fire_slot(std::uint32_t slot, time_point now, std::vector<std::uint32_t>& out);
  std::optional<time_point> earliest() const;

  std::vector<node> nodes_;
  std::vector<std::uint32_t> heads_;
  std::vector<std::uint64_t> occupied_;  ///< One bit a slot.
  std::int64_t tick_ = 0;                ///< No deadline lies before this tick.
  std::uint32_t set_count_ = 0;
  mutable std::optional<time_point> earliest_;
  mutable bool earliest_known_ = true;
};

}  // namespace wanwu::coap
