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

}  // namespace

TEST_CASE("A second is not empty because its worker was counting when the run asked") {
  collector collecting{one_population(), t0, std::nullopt};
  auto& sink = collecting.add_worker();
  std::atomic<bool> done{false};
  std::atomic<std::uint64_t> recorded{0};
  std::thread worker{[&] {
    const std::vector<observation> batch(5000, sent_ok());
    while (!done) {
      sink.record(batch);  // Nearly always in here.
      recorded += batch.size();
    }
  }};
  while (recorded == 0) std::this_thread::yield();
  constexpr int seconds = 100;
  for (int s = 0; s < seconds; ++s) collecting.second(t0 + std::chrono::seconds{s + 1}, {});
  done = true;
  worker.join();
  collecting.second(t0 + std::chrono::seconds{seconds + 1}, {});
  const auto run = std::move(collecting).take_run();

  int filled = 0;
  std::uint64_t counted = 0;
  for (const auto& point : run.series) {
    filled += !point.cells.empty();
    for (const auto& one : point.cells) counted += one.outcomes[static_cast<std::size_t>(outcome::ok)];
  }
  // A machine that is busy elsewhere may keep the worker from ending its batch for longer than the run asks.
  CHECK(filled > seconds * 8 / 10);
  CHECK(counted == recorded);
}
