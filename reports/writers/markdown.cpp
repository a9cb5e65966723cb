// Markdown for job summaries and pull requests. GitHub cuts a step's summary at 1 MiB.
#include <algorithm>

#include <fmt/format.h>

#include "reports/quantity.hpp"
#include "reports/writers/safe_text.hpp"
#include "reports/writers/writers.hpp"

namespace wanwu::report {

namespace {

constexpr std::size_t bytes_max = 900'000;
constexpr std::size_t rows_max = 200;

std::string_view sign_of(finding found) {
  switch (found) {
    case finding::holds:
      return "\u2713 holds";
    case finding::crossed:
      return "\u2717 crossed";
    case finding::inconclusive:
      return "? inconclusive";
  }
  return "";
}

std::string_view sign_of(verdict v) {
  if (v == verdict::pass || v == verdict::not_applicable) return "\u2705";
  return v == verdict::inconclusive ? "\u2754" : "\u274c";
}

std::string time(std::uint64_t us) {
  return show_time_us(static_cast<double>(us));
}

void add_limits(std::string& out, const run_record& run, const summary& of) {
  if (run.limits.empty()) return;
  out += "\n### Thresholds\n\n| result | threshold | measured | samples | where |\n|---|---|---:|---:|---|\n";
  for (std::size_t i = 0; i < run.limits.size(); ++i) {
    const auto& one = run.limits[i];
    const auto& got = of.judged.limits[i];
    const auto where = one.file.empty() ? "" : fmt::format("{}:{}", one.file, one.line);
    out +=
        fmt::format("| {} | {} | {} | {} | {} |\n", sign_of(got.found),
                    markdown_safe(one.text) + (got.reason.empty() ? "" : "<br>" + markdown_safe(got.reason)),
                    got.value ? show_measure(*got.value, one.unit) : "\u2013", show_count(got.samples),
                    markdown_safe(where));
  }
}

void add_rates(std::string& out, const run_record& run, const summary& of) {
  if (!of.rates || !run.goal || of.rates->steps.empty()) return;
  out += fmt::format(
      "\n### Rates tried, each with {}\n\n| rate | held | measured | answered | generator late | cpu |\n"
      "|---:|---|---:|---:|---:|---:|\n",
      markdown_safe(run.goal->bound.text));
  for (const rate_step& step : of.rates->steps) {
    out += fmt::format("| {} | {} | {} | {} | {} | {:.0f} % |\n", show_rate(step.wanted_per_s),
                       step.reason.empty() ? "\u2713" : "\u2717 " + markdown_safe(step.reason),
                       step.value ? show_measure(*step.value, run.goal->bound.unit) : "\u2013",
                       show_rate(step.answered_per_s), show_ratio(step.late_ratio), step.cpu * 100);
  }
}

void add_numbers(std::string& out, const run_record& run, const summary& of) {
  const headline& t = of.totals;
  out += "\n| | |\n|---|---|\n";
  out += fmt::format("| things | {} planned, at most {} connected |\n", show_count(t.things),
                     show_count(t.connected_max));
  out += fmt::format("| sent | {} in {} ({}/s), {} acknowledged, {} errors{} |\n", show_count(t.sent),
                     show_clock(run.duration_s), show_count(static_cast<std::uint64_t>(t.sent_per_s)),
                     show_count(t.acknowledged), show_count(t.errors), cut_off_words(t));
  if (t.arrival_measured) {
    out += fmt::format("| arrived | {} seen by the witness, {} lost, {} duplicates, {} reordered |\n",
                       show_count(t.arrived), show_count(t.lost), show_count(t.duplicates),
                       show_count(t.reordered));
  }
  if (t.latency_count != 0) {
    out += fmt::format("| latency | p50 {}, p99 {}, p99.9 {}, max {} ({}) |\n", time(t.p50_us),
                       time(t.p99_us), time(t.p999_us), time(t.max_us), latency_meaning_of(run.about).from);
  }
  if (t.bystanders.count != 0) {
    out += fmt::format(
        "| bystanders | p50 {}, p99 {}, {} errors while faults act on others; p99 {} otherwise |\n",
        time(t.bystanders.p50_us), time(t.bystanders.p99_us), show_count(t.bystander_errors),
        time(t.bystanders_usual.p99_us));
  }
  out += fmt::format("| generator | {}, cpu at most {:.0f} % |\n",
                     run.about.closed_loop ? "no schedule" : "late " + show_ratio(of.generator.late_ratio),
                     of.generator.cpu_max * 100);
  out += fmt::format("| seed | {} |\n", run.about.seed);
}

void add_groups(std::string& out, const summary& of) {
  out +=
      "\n<details><summary>Sector, kind, protocol</summary>\n\n| sector | kind | protocol | telemetry | p50 "
      "| p99 | max |\n|---|---|---|---:|---:|---:|---:|\n";
  std::size_t rows = 0;
  for (const auto& row : of.metrics) {
    if (row.metric != "telemetry.latency" || row.kind.empty() || rows++ >= rows_max) continue;
    out += fmt::format("| {} | {} | {} | {} | {} | {} | {} |\n", markdown_safe(row.sector),
                       markdown_safe(row.kind), row.protocol, show_count(row.count), time(row.p50_us),
                       time(row.p99_us), time(row.max_us));
  }
  out += "\n</details>\n";
}

void add_errors(std::string& out, const summary& of) {
  if (of.errors.empty()) return;
  out += "\n### Errors\n\n| count | what | who | first | last |\n|---:|---|---|---|---|\n";
  for (std::size_t i = 0; i < std::min(rows_max, of.errors.size()); ++i) {
    const auto& one = of.errors[i];
    out += fmt::format("| {} | {} | {} | {} | {} |\n", show_count(one.count), markdown_safe(one.what),
                       markdown_safe(one.who), show_clock(one.first_s), show_clock(one.last_s));
  }
}

}  // namespace

std::string write_markdown(const run_record& run, const summary& of) {
  const auto& name = run.about.title.empty() ? run.about.name : run.about.title;
  std::string out = fmt::format("## {} {}: {}\n\n", sign_of(of.judged.result), name_of(of.judged.result),
                                markdown_safe(name));
  for (const auto& reason : of.judged.reasons) out += "- " + markdown_safe(reason) + "\n";
  add_limits(out, run, of);
  add_rates(out, run, of);
  add_numbers(out, run, of);
  add_errors(out, of);
  add_groups(out, of);
  for (const auto& note : run.about.notes) out += "\n> " + markdown_safe(note) + "\n";
  out += fmt::format("\nBundle: {} \u00b7 wanwu {}\n", markdown_safe(run.about.id),
                     markdown_safe(run.about.tool_version));
  if (out.size() > bytes_max)
    out = out.substr(0, out.rfind('\n', bytes_max)) + "\n\nCut here; the full report is in the bundle.\n";
  return out;
}

}  // namespace wanwu::report
