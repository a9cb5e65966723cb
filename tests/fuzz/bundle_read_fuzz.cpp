// Any lines are read or refused as lines of a bundle; whatever was taken can be judged and written in every
// format.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "reports/latency_log.hpp"
#include "reports/record_lines.hpp"
#include "reports/writers/writers.hpp"

using namespace wanwu;
using namespace wanwu::report;

namespace {

run_record small_run() {
  run_shape shape;
  shape.populations = {{"health", "wearable", protocol::mqtt, 10, {}},
                       {"city", "lamp", protocol::coap, 5, {}}};
  shape.phases = {{"ramp", {}, std::chrono::seconds{5}},
                  {"steady", std::chrono::seconds{5}, std::chrono::seconds{9}}};
  limit one;
  one.text = one.metric = "telemetry.latency";
  one.stat = statistic::percentile;
  one.percentile = 99;
  one.unit = measure::time_us;
  one.bound = 1000;
  return {{}, shape, {one}};
}

void write_all(const run_record& run) {
  const summary of = summarize(run);
  if (to_summary_json(run, of).empty() || write_junit(run, of).empty() || write_html(run, of).empty())
    std::abort();
  if (write_terminal(run, of, {}).find('\x1b') != std::string::npos) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest{reinterpret_cast<const char*>(data), size};
  if (auto manifest = read_manifest_json(rest)) write_all(*manifest);
  run_record run = small_run();
  bool taken = false;
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    const auto line = rest.substr(0, end);
    taken |= read_series_line(line, run) || read_latency_line(line, run) || read_log_line(line, run);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  }
  if (taken) write_all(run);
  return 0;
}
