// Nanoseconds a sample and a payload for every built-in kind: bench_dynamics [seconds a row]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "scenarios/things/catalogue.hpp"
#include "sim/dynamics.hpp"
#include "sim/payload.hpp"

using namespace wanwu;

namespace {

/// Runs `work(i)` for about `seconds` and returns nanoseconds a call.
template <class Work>
double measure(double seconds, Work work) {
  using clock = std::chrono::steady_clock;
  const auto start = clock::now();
  std::uint32_t calls = 0;
  double elapsed = 0;
  while (elapsed < seconds) {
    for (int i = 0; i < 1000; ++i) work(calls++);
    elapsed = std::chrono::duration<double>(clock::now() - start).count();
  }
  return elapsed * 1e9 / calls;
}

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 0.05;
  things::catalogue all;
  const sim::world_frame world;
  std::vector<double> values(sim::property_count_max);
  byte_writer out;
  double total = 0;
  std::printf("%-28s %5s %9s %9s %9s %9s %6s\n", "model", "props", "sample", "json", "senml", "cbor",
              "bytes");
  for (const auto& name : things::catalogue::names()) {
    const auto model = all.find(name);
    if (!model) return 1;
    const auto made = sim::dynamics::compile(**model, world);
    if (!made) return 1;
    const auto place = [&](std::uint32_t i) {
      return sim::subject{thing_id{i % 100'000}, sim::place_key("d", i % 40)};
    };
    const double sample =
        measure(seconds, [&](std::uint32_t i) { made->sample(place(i), world.start_ms + i * 17LL, values); });
    double format_ns[3] = {};
    std::size_t bytes_json = 0;
    for (const auto format :
         {sim::payload_format::json, sim::payload_format::senml_json, sim::payload_format::senml_cbor}) {
      const sim::payload_writer writer{**model, format};
      format_ns[static_cast<std::size_t>(format)] = measure(seconds, [&](std::uint32_t i) {
        out.clear();
        writer.write({.id = "meter-000042", .at_ms = world.start_ms + i, .sequence = i}, values, out);
      });
      if (format == sim::payload_format::json) bytes_json = out.size();
    }
    total += sample + format_ns[0];
    std::printf("%-28s %5zu %9.0f %9.0f %9.0f %9.0f %6zu\n", name.c_str(), made->property_count(), sample,
                format_ns[0], format_ns[1], format_ns[2], bytes_json);
  }
  std::printf("mean of sample + json: %.0f ns\n",
              total / static_cast<double>(things::catalogue::names().size()));
  return 0;
}
