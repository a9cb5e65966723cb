// How many connections may be half open at once: grows while the target accepts quickly, halves when it does
// not.
#pragma once

#include <algorithm>

#include "sim/limits.hpp"

namespace wanwu::sim {

/// One lane's share of a listener's backlog, found by trying: additive increase, multiplicative decrease.
class handshake_window {
 public:
  /// A window that never closes: in virtual time nothing has a backlog.
  static handshake_window unlimited() {
    handshake_window window;
    window.size_ = 1e9;
    window.fixed_ = true;
    return window;
  }
  bool has_room() const { return open_ < static_cast<std::uint32_t>(size_); }
  std::uint32_t room() const { return has_room() ? static_cast<std::uint32_t>(size_) - open_ : 0; }
  std::uint32_t open() const { return open_; }
  void begun() { ++open_; }
  void ended(bool accepted, duration took) {
    if (open_ > 0) --open_;
    if (fixed_) return;
    if (!accepted || took > limits::handshake_slow) {
      size_ = std::max(size_ / 2, static_cast<double>(limits::handshakes_min));
    } else {
      size_ = std::min(size_ + 1 / size_, static_cast<double>(limits::handshakes_max));
    }
  }

 private:
  double size_ = limits::handshakes_start;
  std::uint32_t open_ = 0;
  bool fixed_ = false;
};

}  // namespace wanwu::sim
