// File descriptors as a budget: how many this process may open, and a table of their own for each worker.
#pragma once

#include <cstdint>
#include <system_error>

namespace wanwu {

/// Takes a descriptor table of its own for the calling thread (unshare(CLONE_FILES)): RLIMIT_NOFILE counts
/// per table, so each worker has the whole limit. Descriptors open now are copied; later ones are this
/// thread's alone.
std::error_code own_descriptor_table() noexcept;

struct descriptor_limit {
  std::uint64_t soft{}, hard{};
};
descriptor_limit current_descriptor_limit() noexcept;
/// Raises the soft limit to the hard one (for the whole process) and returns what holds afterwards.
descriptor_limit raise_descriptor_limit() noexcept;

/// How many more descriptors the calling thread's table takes. Reads /proc: not for the hot path.
std::uint64_t descriptors_left() noexcept;

}  // namespace wanwu
