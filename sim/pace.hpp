// Load that is decided while a run goes on: stretches appended by the run's thread, taken up by the workers.
#pragma once

#include <array>
#include <atomic>
#include <cassert>
#include <cstddef>

#include "sim/schedule.hpp"

namespace wanwu::sim {

/// A stretch in which every population gives `factor` times its usual load. Before and after it is silence.
struct pace_stretch {
  since_start begin{};
  duration length{};
  double factor{};
};

/// One writer, any number of readers, no lock: what was appended never changes.
class pace {
 public:
  static constexpr std::size_t stretches_max = 512;

  /// Stretches come in the order of time and do not overlap. Workers look at least five times a second, so
  /// one should begin a quarter of a second from now. False when there is no more room.
  bool append(const pace_stretch& next) {
    const std::size_t at = size_.load(std::memory_order_relaxed);
    if (at == stretches_max) return false;
    assert(at == 0 || next.begin >= stretches_[at - 1].begin + stretches_[at - 1].length);
    stretches_[at] = next;
    size_.store(at + 1, std::memory_order_release);
    return true;
  }
  std::size_t size() const noexcept { return size_.load(std::memory_order_acquire); }
  const pace_stretch& at(std::size_t index) const { return stretches_[index]; }

 private:
  std::array<pace_stretch, stretches_max> stretches_{};
  std::atomic<std::size_t> size_{0};
};

}  // namespace wanwu::sim
