// The collector: each second gets what the workers counted in it, also from workers that are busy counting.
#include "reports/collector.hpp"

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

using namespace wanwu;
using namespace wanwu::report;
using namespace std::chrono_literals;

namespace {

const time_point t0{1000s};

run_record one_population() {
  run_shape shape;
  shape.populations = {{"city", "lamp", protocol::mqtt, 100, {}}};
  shape.phases = {{"steady", 0s, 3600s}};
  return {manifest{}, std::move(shape), {}};
}

observation sent_ok() {
  observation out;
  out.intended_at = out.sent_at = t0 + 1s;
  out.done_at = t0 + 1s + 5ms;
  out.op = operation::telemetry;
  out.via = protocol::mqtt;
  out.result = outcome::ok;
  return out;
}

std::uint64_t messages_in_last_second(const collector& from) {
  std::uint64_t out = 0;
  for (const auto& one : from.run().series.back().cells)
    out += one.outcomes[static_cast<std::size_t>(outcome::ok)];
  return out;
}

}  // namespace

TEST_CASE("A second has what its worker was counting when the run asked") {
  collector collecting{one_population(), t0, std::nullopt};
  auto& sink = collecting.add_worker();
  constexpr int tries = 5'000, enough = 20;
  const std::vector<observation> batch(5'000, sent_ok());
  std::atomic<int> wanted{0}, begun{0}, ended{0};
  std::thread worker{[&] {
    for (int now = 1; now <= tries; ++now) {
      while (wanted < now) std::this_thread::yield();
      if (wanted > tries) return;
      begun = now;
      sink.record(batch);
      ended = now;
    }
  }};
  const auto await = [](const std::atomic<int>& what, int value) {
    while (what < value) std::this_thread::yield();
  };
  // Where others have the processor a worker may take longer than the run asks: that second has its messages
  // later. Some have theirs.
  int whole = 0, second = 0;
  std::uint64_t counted = 0;
  while (whole < enough && second < tries) {
    wanted = ++second;
    await(begun, second);
    collecting.second(t0 + std::chrono::seconds{second}, {});
    const std::uint64_t got = messages_in_last_second(collecting);
    whole += got == batch.size() ? 1 : 0;
    counted += got;
    await(ended, second);
  }
  wanted = tries + 1;
  worker.join();
  for (int more = 1; more <= 2; ++more) {
    collecting.second(t0 + std::chrono::seconds{second + more}, {});
    counted += messages_in_last_second(collecting);
  }
  CHECK(whole == enough);
  CHECK(counted == batch.size() * static_cast<std::uint64_t>(second));
}
