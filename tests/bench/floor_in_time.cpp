// The floor of being in time: on each processor a thread that goes before all others wakes every 4 ms
// and does nothing. What is due while it cannot wake is late for anybody: the machine beneath had stopped the
// processor, or the kernel could not leave what it was at.
#include <atomic>
#include <csignal>
#include <ctime>
#include <thread>
#include <vector>

#include <pthread.h>
#include <sched.h>

#include "tests/bench/measurement.hpp"

namespace wanwu::bench {

namespace {

constexpr std::int64_t every_ns = 4'000'000, late_after_ns = 10'000'000;

std::int64_t now_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

struct watch {
  std::thread thread;
  std::int64_t begun = 0, ended = 0, too_long = 0, longest = 0;
  std::uint64_t stops = 0;
  bool goes_first = false;

  void run(std::size_t processor, const std::atomic<bool>& leave) {
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET(processor, &only);
    const sched_param first{.sched_priority = 99};
    goes_first = ::pthread_setaffinity_np(::pthread_self(), sizeof only, &only) == 0 &&
                 ::pthread_setschedparam(::pthread_self(), SCHED_FIFO, &first) == 0;
    begun = now_ns();
    std::int64_t due = begun;
    while (!leave.load(std::memory_order_relaxed)) {
      due += every_ns;
      const timespec until{due / 1'000'000'000, due % 1'000'000'000};
      ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
      const std::int64_t now = now_ns(), over = now - due;
      longest = std::max(longest, over);
      if (over > late_after_ns) {
        ++stops;
        too_long += over - late_after_ns;  // what was due in that time is late
      }
      if (over > every_ns) due = now;
    }
    ended = now_ns();
  }
};

std::vector<std::size_t> processors() {
  cpu_set_t mine;
  CPU_ZERO(&mine);
  ::sched_getaffinity(0, sizeof mine, &mine);
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < CPU_SETSIZE; ++i) {
    if (CPU_ISSET(i, &mine)) out.push_back(i);
  }
  return out;
}

int run(std::uint32_t rate) {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  const stopwatch whole;
  std::atomic<bool> leave{false};
  const auto where = processors();
  std::vector<watch> watches(where.size());
  for (std::size_t i = 0; i < where.size(); ++i) {
    watches[i].thread = std::thread{[&, i] { watches[i].run(where[i], leave); }};
  }
  int which = 0;
  ::sigwait(&ends, &which);
  leave = true;
  double planned = 0, late = 0, longest_ms = 0;
  std::uint64_t stops = 0;
  for (watch& one : watches) {
    one.thread.join();
    if (!one.goes_first) {
      std::fprintf(stderr, "without real-time priority (CAP_SYS_NICE) there is no such floor\n");
      return 1;
    }
    const double share = rate / 1e9 / static_cast<double>(watches.size());
    planned += static_cast<double>(one.ended - one.begun) * share;
    late += static_cast<double>(one.too_long) * share;
    longest_ms = std::max(longest_ms, static_cast<double>(one.longest) / 1e6);
    stops += one.stops;
  }
  const std::string more = "late=" + std::to_string(late) + " stops=" + std::to_string(stops) +
                           " longest_ms=" + std::to_string(longest_ms);
  whole.print(static_cast<std::uint64_t>(planned), more.c_str());
  return 0;
}

}  // namespace

}  // namespace wanwu::bench

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "bench_floor_in_time until-terminated --rate STARTS_A_SECOND\n");
    return 2;
  }
  return wanwu::bench::run(wanwu::bench::read_job(argc, argv).rate);
}
