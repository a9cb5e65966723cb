#include "protocols/core/processors.hpp"

#include <catch2/catch.hpp>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace wanwu;

namespace {

/// What a process sees that asks for the first time, bound to one processor.
std::uint32_t seen_when_bound() {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<std::size_t>(sched_getcpu()), &one);
    _exit(sched_setaffinity(0, sizeof one, &one) == 0 ? static_cast<int>(processors()) : 255);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  return static_cast<std::uint32_t>(WEXITSTATUS(status));
}

}  // namespace

TEST_CASE("Only the processors that the process may run on are counted, and counted once") {
  CHECK(seen_when_bound() == 1);
  const std::uint32_t first = processors();
  CHECK(first >= 1);
  cpu_set_t all, one;
  REQUIRE(sched_getaffinity(0, sizeof all, &all) == 0);
  CPU_ZERO(&one);
  CPU_SET(static_cast<std::size_t>(sched_getcpu()), &one);
  REQUIRE(sched_setaffinity(0, sizeof one, &one) == 0);
  CHECK(processors() == first);
  REQUIRE(sched_setaffinity(0, sizeof all, &all) == 0);
}
