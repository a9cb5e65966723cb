#include "protocols/core/processors.hpp"

#include <algorithm>
#include <thread>

#include <sched.h>

namespace wanwu {

namespace {

std::uint32_t allowed_here() noexcept {
  cpu_set_t allowed;
  // Fails on machines with more processors than the set has bits.
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0)
    return std::max(static_cast<std::uint32_t>(CPU_COUNT(&allowed)), 1U);
  return std::max(std::thread::hardware_concurrency(), 1U);
}

}  // namespace

std::uint32_t processors() noexcept {
  static const std::uint32_t count = allowed_here();
  return count;
}

}  // namespace wanwu
