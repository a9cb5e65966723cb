#include "sim/time_slice.hpp"

#include <cstdint>

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace wanwu::sim {

namespace {

/// What sched_setattr(2) takes, in its first form; Debian 12's libc has no name for it.
struct scheduling {
  std::uint32_t size = sizeof(scheduling);
  std::uint32_t policy{};
  std::uint64_t flags{};
  std::int32_t nice{};
  std::uint32_t priority{};
  std::uint64_t runtime_ns{}, deadline_ns{}, period_ns{};
};
static_assert(sizeof(scheduling) == 48);

bool get(scheduling& out) noexcept {
  return ::syscall(SYS_sched_getattr, 0, &out, sizeof out, 0) == 0;
}

}  // namespace

duration ask_for_time_slice(duration slice) noexcept {
  scheduling now;
  if (!get(now) || now.policy != SCHED_OTHER) return {};
  now.size = sizeof now;
  now.runtime_ns = static_cast<std::uint64_t>(slice.count());
  now.deadline_ns = now.period_ns = 0;
  if (::syscall(SYS_sched_setattr, 0, &now, 0) != 0 || !get(now)) return {};
  return duration{static_cast<std::int64_t>(now.runtime_ns)};
}

}  // namespace wanwu::sim
