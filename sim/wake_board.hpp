// Where each thread says until when it sleeps, so that who has overslept behind somebody who holds a
// processor is called over to another.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "protocols/core/time.hpp"

namespace wanwu::sim {

/// A kernel that does not preempt itself lets one thread hold a processor for milliseconds; whoever is due
/// there waits, and a busy processor beside it does not come for them. So every thread, whenever it comes
/// round, looks whether another is due and does not get on:
/// One that is overdue by limits::overdue_after, on a processor where none of the board began a round for as
/// long, is called over, to where the one that looks runs.
/// One that is overdue by limits::let_first_after goes before others until it runs (niceness, where we may):
/// a thread that an interrupt's work was charged to waits until a hundred others have had as much. In both
/// cases only if it used no processor time from one look to the next. What the user asked for holds: a thread
/// stays on the processors it may run on, one that may run on a single one is left alone, and who is nice
/// goes before nobody.
class wake_board {
 public:
  /// A place for each of so many threads.
  explicit wake_board(std::size_t threads);
  ~wake_board();
  wake_board(const wake_board&) = delete;

  /// The calling thread takes this place. Once.
  void join(std::size_t place) noexcept;
  /// Nothing is done to a thread under this place from now on. By the thread that joined, before it ends.
  void leave(std::size_t place) noexcept;

  /// By the thread of this place, when it begins a round, and before it sleeps.
  void awake(std::size_t place, time_point now) noexcept;
  void asleep(std::size_t place, time_point until) noexcept;
  /// Sees to those who have overslept. By the thread of this place while it is awake; costs nothing as long
  /// as somebody else has looked within limits::look_every.
  void look(std::size_t place, time_point now) noexcept;

  /// How many times a thread was called over, and let go first. From any thread.
  std::uint64_t called_over() const noexcept { return called_over_.load(std::memory_order_relaxed); }
  std::uint64_t let_first() const noexcept { return let_first_.load(std::memory_order_relaxed); }

 private:
  struct seat;
  struct alignas(64) beat {
    std::atomic<std::int64_t> at{0};  ///< When a thread of the board last began a round there, in ns.
  };
  bool stands_still(seat& who, std::int64_t now) noexcept;
  void let_go_first(seat& who) noexcept;
  void see_to(seat& who, std::int64_t now, std::size_t here) noexcept;

  std::vector<seat> seats_;
  std::vector<beat> beats_;  ///< By processor.
  std::atomic<std::int64_t> next_look_{0};
  std::atomic_flag looking_ = ATOMIC_FLAG_INIT;
  std::atomic<std::uint64_t> called_over_{0}, let_first_{0};
};

}  // namespace wanwu::sim
