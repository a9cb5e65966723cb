// What a person reads when the run is over.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "reports/quantity.hpp"
#include "reports/writers/safe_text.hpp"
#include "reports/writers/writers.hpp"

namespace wanwu::report {

namespace {

constexpr std::size_t errors_shown = 10;

struct ink {
  std::string_view on, off;
};

class page {
 public:
  explicit page(const terminal_style& style) : style_{style} {}

  std::string colored(std::string_view text, std::string_view code) const {
    return style_.color ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string{text};
  }
  std::string mark(finding found) const {
    static constexpr std::array<std::string_view, 3> utf8{"\u2713", "\u2717", "?"}, ascii{"ok", "X", "?"};
    static constexpr std::array<std::string_view, 3> codes{"32", "31", "33"};
    const auto i = static_cast<std::size_t>(found);
    return colored(style_.utf8 ? utf8[i] : ascii[i], codes[i]);
  }
  void line(std::string_view text) { out_.append(text).push_back('\n'); }
  std::string take() { return std::move(out_); }

 private:
  terminal_style style_;
  std::string out_;
};

std::string verdict_word(verdict v) {
  switch (v) {
    case verdict::pass:
      return "PASS";
    case verdict::fail:
      return "FAIL";
    case verdict::inconclusive:
      return "INCONCLUSIVE";
    case verdict::not_applicable:
      return "NOT APPLICABLE";
    case verdict::error:
      return "ERROR";
  }
  return "";
}

std::string verdict_code(verdict v) {
  if (v == verdict::pass || v == verdict::not_applicable) return "1;32";
  return v == verdict::inconclusive ? "1;33" : "1;31";
}

void write_limits(page& out, const run_record& run, const summary& of) {
  if (run.limits.empty()) return;
  out.line("");
  out.line("thresholds");
  for (std::size_t i = 0; i < run.limits.size(); ++i) {
    const auto& one = run.limits[i];
    const auto& got = of.judged.limits[i];
    out.line(fmt::format("  {} {:<58} {:>10}  {} samples", out.mark(got.found), terminal_safe(one.text),
                         got.value ? show_measure(*got.value, one.unit) : "-", show_count(got.samples)));
    if (got.found != finding::holds && !one.file.empty())
      out.line(fmt::format("      at {}:{}:{}", terminal_safe(one.file), one.line, one.column));
    if (!got.reason.empty()) out.line("      " + terminal_safe(got.reason));
    if (got.found == finding::crossed && got.first_crossed_s >= 0)
      out.line(fmt::format("      first crossed at {}", show_clock(got.first_crossed_s)));
    if (got.found != finding::holds && !one.why.empty()) out.line("      why: " + terminal_safe(one.why));
  }
}

void write_rates(page& out, const run_record& run, const summary& of) {
  if (!of.rates || !run.goal || of.rates->steps.empty()) return;
  out.line("");
  out.line(fmt::format("rates tried, each with {}", terminal_safe(run.goal->bound.text)));
  for (const rate_step& step : of.rates->steps) {
    out.line(fmt::format("  {} {:>12} {:>10}  {} answered, generator late {}, cpu {:.0f} %",
                         out.mark(finding_of(step.found)), show_rate(step.wanted_per_s),
                         step.value ? show_measure(*step.value, run.goal->bound.unit) : "-",
                         show_rate(step.answered_per_s), show_ratio(step.late_ratio), step.cpu * 100));
    if (!step.reason.empty()) out.line("      " + terminal_safe(step.reason));
  }
}

/// What the kernel had trouble with; nothing when it had none.
void write_kernel_trouble(page& out, const self_gauges& worst) {
  std::string found;
  const auto add = [&](bool is, std::string what) {
    if (is) found += (found.empty() ? "" : "; ") + what;
  };
  constexpr std::uint64_t jump_us = 10'000;
  add(worst.link_sent_again != 0,
      fmt::format("{} of {} sampled segments sent again", show_count(worst.link_sent_again),
                  show_count(worst.link_sent)));
  add(worst.udp_drops != 0,
      fmt::format("{} datagrams dropped by full buffers of this machine", show_count(worst.udp_drops)));
  add(worst.queue_drops != 0,
      fmt::format("{} packets dropped by this kernel's queue of arrivals (net.core.netdev_max_backlog)",
                  show_count(worst.queue_drops)));
  add(worst.clock_jump_us > jump_us,
      fmt::format("the wall clock jumped by {}", show_time_us(static_cast<double>(worst.clock_jump_us))));
  if (!found.empty()) out.line("kernel      " + found);
}

void write_numbers(page& out, const run_record& run, const summary& of) {
  const headline& t = of.totals;
  const auto time = [](std::uint64_t us) { return show_time_us(static_cast<double>(us)); };
  out.line("");
  out.line(fmt::format("things      {} planned, at most {} connected", show_count(t.things),
                       show_count(t.connected_max)));
  out.line(fmt::format("sent        {} in {} ({}/s), {} acknowledged, {} errors{}", show_count(t.sent),
                       show_clock(run.duration_s), show_count(static_cast<std::uint64_t>(t.sent_per_s)),
                       show_count(t.acknowledged), show_count(t.errors), cut_off_words(t)));
  if (t.arrival_measured) {
    out.line(fmt::format("arrived     {} seen by the witness, {} lost, {} duplicates, {} reordered",
                         show_count(t.arrived), show_count(t.lost), show_count(t.duplicates),
                         show_count(t.reordered)));
  }
  if (t.latency_count != 0) {
    out.line(fmt::format("latency     p50 {}, p99 {}, p99.9 {}, max {}  (telemetry, {})", time(t.p50_us),
                         time(t.p99_us), time(t.p999_us), time(t.max_us),
                         latency_meaning_of(run.about).from));
  }
  if (t.bystanders.count != 0) {
    out.line(fmt::format(
        "bystanders  p50 {}, p99 {}, {} errors while faults act on others; p50 {}, p99 {} otherwise",
        time(t.bystanders.p50_us), time(t.bystanders.p99_us), show_count(t.bystander_errors),
        time(t.bystanders_usual.p50_us), time(t.bystanders_usual.p99_us)));
  }
  const auto& g = of.generator;
  out.line(
      fmt::format("generator   {}, cpu at most {:.0f} %, waited for it at most {:.0f} %, memory at most {}",
                  run.about.closed_loop ? "no schedule" : "late " + show_ratio(g.late_ratio), g.cpu_max * 100,
                  g.cpu_wait_max * 100, show_bytes(g.memory_bytes_max)));
  if (g.lateness.count != 0 && !run.about.closed_loop)
    out.line(
        fmt::format("            starts late by p50 {}, p99 {}, max {}; loop late {} of the time, at most {}",
                    time(g.lateness.p50_us), time(g.lateness.p99_us), time(g.lateness.max_us),
                    show_ratio(g.drift_ratio), time(g.drift_us_max)));
  if (g.openings_late != 0)
    out.line(fmt::format("            {} of {} connections begun late by its own doing",
                         show_count(g.openings_late), show_count(g.openings)));
  write_kernel_trouble(out, g.worst);
}

void write_errors(page& out, const summary& of) {
  if (of.errors.empty()) return;
  out.line("");
  out.line("errors");
  for (std::size_t i = 0; i < std::min(errors_shown, of.errors.size()); ++i) {
    const auto& one = of.errors[i];
    out.line(fmt::format("  {:>10} x  {}  ({}; first {}, last {})", show_count(one.count),
                         terminal_safe(one.what), terminal_safe(one.who), show_clock(one.first_s),
                         show_clock(one.last_s)));
  }
  if (of.errors.size() > errors_shown)
    out.line(fmt::format("  and {} more kinds of error", of.errors.size() - errors_shown));
  if (of.errors_uncounted != 0)
    out.line(fmt::format("  and {} errors not told apart", show_count(of.errors_uncounted)));
}

void write_next(page& out, const run_record& run, const summary& of) {
  out.line("");
  for (const auto& note : run.about.notes) out.line("note        " + terminal_safe(note));
  if (!run.bundle_problem.empty())
    out.line("bundle      " + terminal_safe(run.bundle_problem) + "; what follows was kept in memory only");
  if (run.bundle_path.empty()) return;
  out.line("bundle      " + terminal_safe(run.bundle_path));
  const bool target_is_asked = of.judged.result == verdict::inconclusive && !of.totals.acknowledged;
  if (target_is_asked)
    out.line(
        "next        is the target up, and the address right? wanwu doctor tells what this machine can "
        "carry");
  else
    out.line(
        fmt::format("next        wanwu report {} --to html=report.html", terminal_safe(run.bundle_path)));
}

}  // namespace

std::string write_terminal(const run_record& run, const summary& of, const terminal_style& style) {
  page out{style};
  const verdict v = of.judged.result;
  const auto& name = run.about.title.empty() ? run.about.name : run.about.title;
  out.line(fmt::format("{}  {}", out.colored(verdict_word(v), verdict_code(v)), terminal_safe(name)));
  for (const auto& reason : of.judged.reasons) out.line("  " + terminal_safe(reason));
  write_limits(out, run, of);
  write_rates(out, run, of);
  write_numbers(out, run, of);
  write_errors(out, of);
  write_next(out, run, of);
  return out.take();
}

}  // namespace wanwu::report
