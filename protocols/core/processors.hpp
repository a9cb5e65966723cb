// How many processors this process may run on.
#pragma once

#include <algorithm>
#include <cstdint>
#include <thread>

namespace wanwu {

/// At least 1, also where the kernel does not tell.
inline std::uint32_t processors() noexcept {
  return std::max(std::thread::hardware_concurrency(), 1U);
}

}  // namespace wanwu
