// The reactor's waiting: deadlines to the microsecond, wakes, and posted events.
#include "protocols/transport/reactor.hpp"

#include <thread>

#include <catch2/catch.hpp>

#include "protocols/transport/descriptors.hpp"
#include "tests/protocols/transport/stream_recorder.hpp"

using namespace wanwu;
using namespace wanwu::testing;
using namespace std::chrono_literals;

namespace {
struct counting final : readiness_listener {
  void ready(std::span<const readiness> events, time_point) override {
    ++calls;
    seen.insert(seen.end(), events.begin(), events.end());
    if (again) again();
  }
  int calls = 0;
  std::vector<readiness> seen;
  std::function<void()> again;
};
}  // namespace

TEST_CASE("A wait ends at its deadline, not before and not a millisecond after it was due") {
  const auto events = new_reactor();
  duration best = 1s;
  // With whole milliseconds it could never be; on a busy machine it is not at once.
  for (int i = 0; i < 20 || (best >= 600us && i < 5000); ++i) {
    const auto deadline = std::chrono::steady_clock::now() + 300us;
    const auto woke = events->wait(deadline);
    CHECK(woke >= deadline);
    best = std::min(best, duration{woke - deadline});
  }
  CHECK(best < 600us);
  const auto before = std::chrono::steady_clock::now();
  CHECK(events->wait(before - 1s) - before < 1s);
}

TEST_CASE("Deadlines at both ends of time are waited for like any other") {
  const auto bell = std::move(*waker::create());
  const auto events = std::move(*reactor::create(bell.get()));
  const auto before = std::chrono::steady_clock::now();
  for (const time_point past : {time_point::min(), time_point{}, time_point{} - 1ns, time_point{} + 1ns})
    CHECK(events->wait(past) - before < 10s);
  std::thread other{[&] { bell->wake(); }};
  CHECK(events->wait(time_point::max()) - before < 10s);
  other.join();
}

TEST_CASE("A wake from another thread ends a wait without deadline") {
  const auto bell = std::move(*waker::create());
  const auto events = std::move(*reactor::create(bell.get()));
  std::thread other{[&] { bell->wake(); }};
  events->wait(std::nullopt);
  other.join();
  bell->wake();
  events->wait(std::nullopt);
}

TEST_CASE("A wake reaches a thread that has a descriptor table of its own, from one that has another") {
  const auto bell = std::move(*waker::create());
  std::error_code of_waiting, of_ringing;
  std::thread waits{[&] {
    of_waiting = own_descriptor_table();
    const auto events = std::move(*reactor::create(bell.get()));
    events->wait(std::nullopt);
  }};
  std::thread rings{[&] {
    of_ringing = own_descriptor_table();
    bell->wake();
  }};
  rings.join();
  waits.join();
  CHECK_FALSE(of_waiting);
  CHECK_FALSE(of_ringing);
}

TEST_CASE("Posted events arrive once, in one batch, and those posted meanwhile in the next") {
  const auto events = new_reactor();
  counting listener;
  const auto id = events->enlist(listener);
  events->post(id, {1, 0, 0});
  events->post(id, {2, 0, 0});
  listener.again = [&] {
    if (listener.calls == 1) events->post(id, {3, 0, 0});
  };
  events->wait(std::nullopt);
  CHECK(listener.calls == 1);
  CHECK(listener.seen.size() == 2);
  events->wait(std::nullopt);
  CHECK(listener.calls == 2);
  CHECK(listener.seen.back().key == 3);
}

TEST_CASE("A listener that is forgotten hears nothing more, and its place is used again") {
  const auto events = new_reactor();
  counting gone, next;
  const auto id = events->enlist(gone);
  events->post(id, {1, 0, 0});
  events->forget(id);
  CHECK(events->enlist(next) == id);
  events->wait(std::chrono::steady_clock::now());
  CHECK(gone.calls == 0);
  CHECK(next.calls == 0);
}
