// Who tells the time: the machine's steady clock in a load test, an invented one in virtual time.
#pragma once

#include "protocols/core/time.hpp"

namespace wanwu::sim {

/// The one place where the program asks what time it is. Each worker asks once a round of its loop, not once
/// a message.
class clock {
 public:
  virtual ~clock() = default;
  virtual time_point now() = 0;
};

/// The machine's monotonic clock. Safe to use from several threads.
class steady_clock final : public clock {
 public:
  time_point now() override { return std::chrono::steady_clock::now(); }
};

/// Stands still until it is told to move. One thread moves it while nobody reads.
class virtual_clock final : public clock {
 public:
  explicit virtual_clock(time_point start = time_point{}) : now_{start} {}
  time_point now() override { return now_; }
  /// Moves to `instant`; never back.
  void move_to(time_point instant) {
    if (instant > now_) now_ = instant;
  }

 private:
  time_point now_;
};

}  // namespace wanwu::sim
