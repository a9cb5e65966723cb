// How many processors this process may run on.
#pragma once

#include <cstdint>

namespace wanwu {

/// Those that the first thread to ask may run on (taskset, a container's cpuset), at least 1. Asked of the
/// kernel once: what asks at every turn of a loop pays nothing.
std::uint32_t processors() noexcept;

}  // namespace wanwu
