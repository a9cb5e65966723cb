#include "sim/time_slice.hpp"

#include <cstdio>
#include <thread>

#include <catch2/catch.hpp>
#include <sys/resource.h>
#include <sys/utsname.h>

using namespace wanwu;
using namespace std::chrono_literals;

namespace {

bool kernel_knows_slices() {
  utsname system{};
  REQUIRE(uname(&system) == 0);
  int major = 0, minor = 0;
  REQUIRE(std::sscanf(system.release, "%d.%d", &major, &minor) == 2);
  return major > 6 || (major == 6 && minor >= 12);
}

}  // namespace

TEST_CASE(
    "A thread that asks for a time slice has it where the kernel knows slices, and stays as nice as it was") {
  duration given{-1};
  int niceness = -1;
  std::thread{[&] {
    REQUIRE(setpriority(PRIO_PROCESS, 0, 5) == 0);  // of this thread alone
    given = sim::ask_for_time_slice(300us);
    niceness = getpriority(PRIO_PROCESS, 0);
  }}.join();
  if (kernel_knows_slices()) CHECK(given == 300us);
  CHECK(niceness == 5);
}
