#include "sim/wake_board.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <thread>

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include "sim/limits.hpp"
#include "sim/processor_time.hpp"

namespace wanwu::sim {

namespace {

constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
constexpr int before_all_others = -20;

std::int64_t ns_of(time_point t) noexcept {
  return t.time_since_epoch().count();
}

/// On Linux niceness is a thread's own.
bool set_niceness(pid_t thread, int niceness) noexcept {
  return setpriority(PRIO_PROCESS, static_cast<id_t>(thread), niceness) == 0;
}

}  // namespace

/// One thread's place, in its own lines of the cache: it writes here every millisecond.
struct alignas(64) wake_board::seat {
  std::atomic<std::int64_t> due{never};  ///< The end of its sleep, or the begin of its round.
  std::atomic<int> processor{-1};        ///< Where it last ran.
  std::atomic<bool> goes_first{false};
  std::atomic<int> niceness{0};  ///< Who goes first is to have it again.
  // Set by join(), read under looking_ while due is not `never`; thread is 0 when nothing may be done to it:
  pid_t thread{};
  clockid_t clock{};
  // Only under looking_:
  std::int64_t seen_due = never, seen_at = 0;
  std::optional<duration> seen_time;
};

wake_board::wake_board(std::size_t threads)
    : seats_(threads), beats_(static_cast<std::size_t>(std::max(sysconf(_SC_NPROCESSORS_CONF), 1L))) {}

wake_board::~wake_board() = default;

void wake_board::join(std::size_t place) noexcept {
  seat& own = seats_[place];
  if (pthread_getcpuclockid(pthread_self(), &own.clock) != 0) return;
  own.thread = gettid();
}

void wake_board::leave(std::size_t place) noexcept {
  seat& own = seats_[place];
  // Who is just looking may be about to do something to this thread, whose number may soon be another's.
  while (looking_.test_and_set(std::memory_order_acquire)) std::this_thread::yield();
  own.due.store(never, std::memory_order_relaxed);
  own.thread = 0;
  looking_.clear(std::memory_order_release);
}

void wake_board::awake(std::size_t place, time_point now) noexcept {
  seat& own = seats_[place];
  own.due.store(ns_of(now), std::memory_order_release);
  if (own.goes_first.load(std::memory_order_acquire)) {
    set_niceness(0, own.niceness.load(std::memory_order_relaxed));
    own.goes_first.store(false, std::memory_order_release);
  }
  const int here = sched_getcpu();
  if (here < 0 || static_cast<std::size_t>(here) >= beats_.size()) return;
  own.processor.store(here, std::memory_order_relaxed);
  beats_[static_cast<std::size_t>(here)].at.store(ns_of(now), std::memory_order_relaxed);
}

void wake_board::asleep(std::size_t place, time_point until) noexcept {
  seats_[place].due.store(ns_of(until), std::memory_order_release);
}

bool wake_board::stands_still(seat& who, std::int64_t now) noexcept {
  const std::int64_t due = who.due.load(std::memory_order_acquire);
  if (due > now - limits::overdue_after.count() || who.thread == 0) return false;
  // It may be in the middle of a long round.
  const std::optional<duration> time = processor_time_of(who.clock);
  if (time && who.seen_due == due && who.seen_time == time)
    return now - who.seen_at >= limits::look_every.count();
  who.seen_due = due;
  who.seen_time = time;
  who.seen_at = now;
  return false;
}

void wake_board::let_go_first(seat& who) noexcept {
  if (who.goes_first.load(std::memory_order_acquire)) return;
  const int niceness = getpriority(PRIO_PROCESS, static_cast<id_t>(who.thread));
  // Who is overdue in the middle of seeing to others is first already, and ends that by itself.
  if (niceness > 0 || niceness == before_all_others || !set_niceness(who.thread, before_all_others)) return;
  who.niceness.store(niceness, std::memory_order_relaxed);
  // Said afterwards: who saw it sooner could take it back before it is so.
  who.goes_first.store(true, std::memory_order_release);
  let_first_.fetch_add(1, std::memory_order_relaxed);
}

void wake_board::see_to(seat& who, std::int64_t now, std::size_t here) noexcept {
  cpu_set_t allowed;
  if (sched_getaffinity(who.thread, sizeof allowed, &allowed) != 0 || CPU_COUNT(&allowed) < 2) return;
  if (who.seen_due <= now - limits::let_first_after.count()) let_go_first(who);
  const int processor = who.processor.load(std::memory_order_relaxed);
  if (processor < 0 || static_cast<std::size_t>(processor) == here || !CPU_ISSET(here, &allowed)) return;
  const beat& there = beats_[static_cast<std::size_t>(processor)];
  if (there.at.load(std::memory_order_relaxed) > now - limits::overdue_after.count()) return;
  cpu_set_t only;
  CPU_ZERO(&only);
  CPU_SET(here, &only);
  if (sched_setaffinity(who.thread, sizeof only, &only) != 0) return;
  // It stays here until a processor has nothing to do, be it the one it was called from.
  sched_setaffinity(who.thread, sizeof allowed, &allowed);
  called_over_.fetch_add(1, std::memory_order_relaxed);
}

void wake_board::look(std::size_t place, time_point now) noexcept {
  if (ns_of(now) < next_look_.load(std::memory_order_relaxed)) return;
  if (looking_.test_and_set(std::memory_order_acquire)) return;
  const std::int64_t at = ns_of(std::chrono::steady_clock::now());  // the round may have been long
  next_look_.store(at + limits::look_every.count(), std::memory_order_relaxed);
  const int here = sched_getcpu();
  int niceness = 0;
  bool first = false;
  for (std::size_t i = 0; here >= 0 && i < seats_.size(); ++i) {
    if (i == place || !stands_still(seats_[i], at)) continue;
    // Who is seen to runs at once, here; the rest must not wait until it is this thread's turn again.
    if (!first) {
      niceness = getpriority(PRIO_PROCESS, 0);
      first = niceness <= 0 && set_niceness(0, before_all_others);
    }
    see_to(seats_[i], at, static_cast<std::size_t>(here));
  }
  if (first) set_niceness(0, niceness);
  looking_.clear(std::memory_order_release);
}

}  // namespace wanwu::sim
