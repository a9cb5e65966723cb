// A thread that may open few descriptors, for tests of what happens then.
#pragma once

#include <cstdint>
#include <functional>
#include <thread>

#include <catch2/catch.hpp>
#include <sys/resource.h>
#include <unistd.h>

#include "protocols/transport/descriptors.hpp"

namespace wanwu::testing {

/// Runs `work` on a thread with its own descriptor table, limited to `more` descriptors beyond those open
/// there.
inline void with_descriptors_left(std::uint64_t more, const std::function<void()>& work) {
  std::thread([&] {
    REQUIRE_FALSE(own_descriptor_table());
    rlimit before{};
    getrlimit(RLIMIT_NOFILE, &before);
    close_range(3, ~0U, 0);  // in this thread's table only: what the shell left open must not be counted
    const rlimit low{3 + more, before.rlim_max};
    REQUIRE(setrlimit(RLIMIT_NOFILE, &low) == 0);
    work();
    setrlimit(RLIMIT_NOFILE, &before);
  }).join();
}

}  // namespace wanwu::testing
