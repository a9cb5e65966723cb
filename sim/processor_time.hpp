// The processor time a thread has used.
#pragma once

#include <ctime>
#include <optional>

#include "protocols/core/time.hpp"

namespace wanwu::sim {

/// `clock` is what pthread_getcpuclockid(3) gave. Nothing when it cannot be told: the thread has ended.
inline std::optional<duration> processor_time_of(clockid_t clock) noexcept {
  timespec spent{};
  if (clock_gettime(clock, &spent) != 0) return std::nullopt;
  return std::chrono::seconds{spent.tv_sec} + duration{spent.tv_nsec};
}

}  // namespace wanwu::sim
