// Any lines are read or refused as lines of a suite's bundle; whatever was taken can be judged, compared,
// drawn and written in every format, with nothing of it reaching a terminal but text.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "reports/cases/capture.hpp"
#include "reports/cases/case_lines.hpp"
#include "reports/writers/comparison_writers.hpp"
#include "reports/writers/suite_writers.hpp"

using namespace wanwu;
using namespace wanwu::report;

namespace {

void must_be_text(std::string_view text) {
  const bool clean = std::all_of(text.begin(), text.end(),
                                 [](char c) { return static_cast<unsigned char>(c) >= 0x20 || c == '\n'; });
  if (!clean) std::abort();
}

void write_all(const suite_record& run) {
  const auto of = summarize(run);
  must_be_text(write_suite_terminal(run, of, {}));
  must_be_text(write_suite_tap(run, of));
  for (const auto& one : run.cases) must_be_text(write_case_trouble(run, one, {}));
  for (const auto& text : {to_summary_json(run, of), write_suite_junit(run, of), write_suite_html(run, of),
                           write_suite_markdown(run, of), write_suite_ctrf(run, of),
                           write_suite_earl(run, of), write_comparison_html(compare({run, run}))}) {
    if (text.empty()) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest{reinterpret_cast<const char*>(data), size};
  auto run = read_suite_manifest_json(rest).value_or(suite_record{});
  case_collection cases{run.suite.planned};
  std::vector<conform::wire_event> wire;
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    const auto line = rest.substr(0, end);
    if (auto event = read_wire_line(line)) wire.push_back(std::move(*event));
    if (auto one = read_case_line(line)) {
      one->result.wire = wire;
      cases.add(std::move(one->result));
    }
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  }
  if (!wire.empty() && to_pcapng(wire, 0).size() % 4 != 0) std::abort();
  run.cases = cases.take();
  if (!run.cases.empty()) write_all(run);
  return 0;
}
