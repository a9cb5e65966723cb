// Nanoseconds an observation costs the recorder, and a value the histogram: bench_recorder [seconds a row]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <random>
#include <vector>

#include "reports/recorder.hpp"

using namespace wanwu;
using namespace wanwu::report;

namespace {

constexpr std::size_t batch_size = 256;

run_shape world(std::uint16_t populations) {
  run_shape out;
  for (std::uint16_t i = 0; i < populations; ++i)
    out.populations.push_back({"sector", "kind", protocol::mqtt, 1000, {}});
  out.phases = {{"ramp", {}, std::chrono::seconds{10}},
                {"steady", std::chrono::seconds{10}, std::chrono::hours{1}}};
  return out;
}

std::vector<observation> traffic(std::uint16_t populations, outcome result) {
  std::mt19937_64 chance{1};
  std::lognormal_distribution<double> took_us{8, 1};
  std::vector<observation> out(64 * batch_size);
  for (auto& one : out) {
    one.intended_at = one.sent_at = time_point{std::chrono::seconds{20}};
    one.done_at = one.intended_at + std::chrono::microseconds{static_cast<std::int64_t>(took_us(chance))};
    one.population = static_cast<std::uint16_t>(chance() % populations);
    one.op = operation::telemetry;
    one.result = result;
    one.bytes_sent = 100;
  }
  return out;
}

/// Calls `work(i)` for about `seconds`; nanoseconds for each of the `per_call` items in a call.
template <class Work>
double ns_of(double seconds, std::size_t per_call, Work work) {
  const std::clock_t start = std::clock();  // processor time: other programs do not count
  std::size_t calls = 0;
  double elapsed = 0;
  while (elapsed < seconds) {
    for (int i = 0; i < 100; ++i) work(calls++);
    elapsed = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  }
  return elapsed * 1e9 / static_cast<double>(calls * per_call);
}

}  // namespace

int main(int count, char** words) {
  const double seconds = count > 1 ? std::atof(words[1]) : 0.5;
  for (const std::uint16_t populations : {std::uint16_t{1}, std::uint16_t{30}}) {
    for (const auto result : {outcome::ok, outcome::timed_out}) {
      recorder sink{world(populations), time_point{}};
      const auto seen = traffic(populations, result);
      const double ns = ns_of(seconds, batch_size, [&](std::size_t i) {
        sink.record(std::span{seen}.subspan(i % 64 * batch_size, batch_size));
        if (i % 4096 == 0) {
          if (delta* taken = sink.take()) sink.recycle(taken);
        }
      });
      std::printf("recorder %2d populations %-9s %6.1f ns an observation\n", populations,
                  std::string{name_of(result)}.c_str(), ns);
    }
  }
  for (const int digits : {2, 3}) {
    histogram values{digits};
    std::mt19937_64 chance{1};
    std::vector<std::uint64_t> some(4096);
    for (auto& one : some) one = chance() % 1'000'000;
    const double ns = ns_of(seconds, some.size(), [&](std::size_t) {
      for (const auto one : some) values.record(one);
    });
    std::printf("histogram %d digits %31.1f ns a value\n", digits, ns);
  }
  return 0;
}
