// What takes two processors or privileges is asked only where they are.
#include "sim/wake_board.hpp"

#include <array>
#include <atomic>
#include <thread>
#include <utility>

#include <catch2/catch.hpp>
#include <sched.h>
#include <sys/resource.h>

#include "sim/limits.hpp"

using namespace wanwu;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

namespace {

bool bind_to(std::size_t processor) {
  cpu_set_t only;
  CPU_ZERO(&only);
  CPU_SET(processor, &only);
  return sched_setaffinity(0, sizeof only, &only) == 0;
}

cpu_set_t allowed_here() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  sched_getaffinity(0, sizeof allowed, &allowed);
  return allowed;
}

/// The first and the last that this process may run on; the same where there is only one.
std::array<std::size_t, 2> two_processors() {
  const cpu_set_t allowed = allowed_here();
  std::array<std::size_t, 2> out{};
  bool found = false;
  for (std::size_t at = 0; at < CPU_SETSIZE; ++at) {
    if (!CPU_ISSET(at, &allowed)) continue;
    if (!std::exchange(found, true)) out[0] = at;
    out[1] = at;
  }
  return out;
}

/// Only with privileges.
bool may_go_first() {
  bool may = false;
  std::thread{[&may] { may = setpriority(PRIO_PROCESS, 0, -20) == 0; }}.join();  // of that thread alone
  return may;
}

}  // namespace

namespace {

/// One that is due on a processor which a real-time thread has taken.
struct stranded {
  bool could_hold = false, woke_while_held = false, may_run_as_before = false, onlooker_as_nice = false;
  std::uint64_t called_over = 0;
};

stranded strand(std::array<std::size_t, 2> at) {
  sim::wake_board board{2};
  stranded out;
  std::atomic<bool> is_due{false}, held{false}, woke{false}, given_back{false}, looked{false};
  std::thread sleeper{[&] {
    const cpu_set_t before = allowed_here();
    board.join(0);
    bind_to(at[0]);
    board.awake(0, steady::now());
    board.asleep(0, steady::now());
    sched_setaffinity(0, sizeof before, &before);
    is_due = true;
    is_due.notify_all();
    while (!held) {
    }
    out.woke_while_held = !given_back;
    board.awake(0, steady::now());
    woke = true;
    looked.wait(false);  // who looks may be interrupted by whom it has called
    const cpu_set_t now = allowed_here();
    out.may_run_as_before = CPU_EQUAL(&before, &now);
    board.leave(0);
  }};
  std::thread holder{[&] {
    const sched_param first{.sched_priority = 1};
    is_due.wait(false);
    out.could_hold = bind_to(at[0]) && sched_setscheduler(0, SCHED_FIFO, &first) == 0;
    held = true;
    // After 0.95 s of a second the kernel itself takes the processor from such a thread.
    for (const auto end = steady::now() + 700ms; !woke && steady::now() < end;) {
    }
    given_back = true;
  }};
  std::thread onlooker{[&] {
    const int niceness = getpriority(PRIO_PROCESS, 0);
    bind_to(at[1]);
    board.join(1);
    while (!woke && !given_back) {
      board.awake(1, steady::now());
      board.look(1, steady::now());
    }
    out.onlooker_as_nice = getpriority(PRIO_PROCESS, 0) == niceness;
    looked = true;
    looked.notify_all();
    board.leave(1);
  }};
  for (std::thread* each : {&sleeper, &holder, &onlooker}) each->join();
  out.called_over = board.called_over();
  return out;
}

}  // namespace

TEST_CASE(
    "A thread that is due where another holds the processor is called over and may run everywhere again") {
  const std::array<std::size_t, 2> at = two_processors();
  if (!may_go_first() || at[0] == at[1]) {
    WARN("not asked: it takes two processors and the right to hold one");
    return;
  }
  stranded seen;
  // The kernel may come for it by itself, sooner.
  for (int tries = 0; tries < 50 && seen.called_over == 0; ++tries) seen = strand(at);
  CHECK(seen.could_hold);
  CHECK(seen.called_over > 0);
  CHECK(seen.woke_while_held);
  CHECK(seen.may_run_as_before);
  CHECK(seen.onlooker_as_nice);
}

namespace {

/// One that has overslept and uses no processor time, as if others were before it.
struct overslept {
  int niceness = 0, niceness_afterwards = 0;
  std::uint64_t let_first = 0, called_over = 0;
};

overslept look_at(int niceness, bool one_processor) {
  sim::wake_board board{2};
  overslept out;
  std::atomic<bool> lies_down{false}, seen{false};
  std::thread sleeper{[&] {
    setpriority(PRIO_PROCESS, 0, niceness);  // of this thread alone
    if (one_processor) bind_to(two_processors()[0]);
    board.join(0);
    board.awake(0, steady::now());
    board.asleep(0, steady::now() - sim::limits::let_first_after);
    lies_down = true;
    lies_down.notify_all();
    seen.wait(false);
    out.niceness = getpriority(PRIO_PROCESS, 0);
    board.awake(0, steady::now());
    out.niceness_afterwards = getpriority(PRIO_PROCESS, 0);
    board.leave(0);
  }};
  lies_down.wait(false);
  board.join(1);
  const auto many_looks = steady::now() + 20 * sim::limits::look_every;
  while (steady::now() < many_looks) board.look(1, steady::now());
  seen = true;
  seen.notify_all();
  sleeper.join();
  board.leave(1);
  out.let_first = board.let_first();
  out.called_over = board.called_over();
  return out;
}

}  // namespace

TEST_CASE("A thread that is overdue for long goes first if it may, and is as nice as before once it runs") {
  const auto processors = two_processors();
  const bool expected = may_go_first() && processors[0] != processors[1];
  const overslept seen = look_at(0, false);
  CHECK(seen.let_first == (expected ? 1 : 0));
  CHECK(seen.niceness == (expected ? -20 : 0));
  CHECK(seen.niceness_afterwards == 0);
}

TEST_CASE("A thread that is nice goes before nobody, and one bound to a processor is left alone") {
  CHECK(look_at(3, false).let_first == 0);
  CHECK(look_at(3, false).niceness == 3);
  CHECK(look_at(0, true).let_first == 0);
  CHECK(look_at(0, true).called_over == 0);
}

TEST_CASE("A thread that may sleep on, or has left, is left alone") {
  sim::wake_board board{3};
  std::atomic<bool> ready{false}, end{false};
  std::thread sleeps_on{[&] {
    board.join(0);
    board.awake(0, steady::now());
    board.asleep(0, steady::now() + 1h);
    ready = true;
    ready.notify_all();
    end.wait(false);
    board.leave(0);
  }};
  std::thread{[&] {
    board.join(1);
    board.awake(1, steady::now());
    board.asleep(1, steady::now() - 1s);
    board.leave(1);
  }}.join();
  ready.wait(false);
  board.join(2);
  for (const auto until = steady::now() + 10 * sim::limits::look_every; steady::now() < until;)
    board.look(2, steady::now());
  end = true;
  end.notify_all();
  sleeps_on.join();
  CHECK(board.called_over() == 0);
  CHECK(board.let_first() == 0);
}
