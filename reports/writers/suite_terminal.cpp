// A suite's run for people: a line for each case, what failed at once, the sum at the end.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "reports/cases/hex_rows.hpp"
#include "reports/quantity.hpp"
#include "reports/writers/safe_text.hpp"
#include "reports/writers/suite_writers.hpp"

namespace wanwu::report {

namespace {

constexpr std::size_t findings_listed = 30;
constexpr std::size_t clauses_listed = 12;
constexpr std::size_t monitor_lines = 10;
constexpr std::string_view indent = "      ";

std::string inked(const terminal_style& style, std::string_view text, std::string_view code) {
  return style.color ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string{text};
}

std::string_view ink_of(case_status status) {
  static constexpr std::array<std::string_view, case_status_count> codes{"32",   "33", "1;31", "33",
                                                                         "1;31", "2",  "2",    "35"};
  return codes[static_cast<std::size_t>(status)];
}

void put(std::string& out, std::string_view label, std::string_view text) {
  if (!text.empty()) out += fmt::format("{}{:<9} {}\n", indent, label, terminal_safe(text));
}

void put_clauses(std::string& out, const suite_record& run, const conform::case_result& of) {
  for (std::size_t i = 0; i < of.clauses.size(); ++i) {
    const auto* clause = i < of.specs.size() ? find_clause(run, of.specs[i], of.clauses[i]) : nullptr;
    const auto text = clause != nullptr && !clause->text.empty() ? ": " + clause->text : "";
    put(out, i == 0 ? "clause" : "",
        fmt::format("{}{}{}", clause_name(of, i), i == 0 ? " (" + of.level + ")" : "", text));
  }
}

void put_bytes(std::string& out, const conform::step_result& step) {
  if (step.expected_bytes.empty() && step.received_bytes.empty()) return;
  const bool both = !step.expected_bytes.empty() && !step.received_bytes.empty();
  for (const auto& row : align_hex(step.expected_bytes, step.received_bytes)) {
    const auto line = [&](std::string_view label, const std::string& hex) {
      if (!hex.empty()) out += fmt::format("{}{:<9} {:04x}  {}\n", indent, label, row.offset, hex);
    };
    line("expected", row.expected);
    line("received", row.received);
    if (both && !row.mark.empty()) out += fmt::format("{}{:<9}       {}\n", indent, "", row.mark);
  }
}

void put_step(std::string& out, const conform::step_result& step) {
  const auto where = step.where.empty() ? "" : " at " + step.where;
  const auto what = step.text == step.expected ? "" : ": " + step.text;
  put(out, "step", fmt::format("{} of the {}{}{}", step.number, step.part, where, what));
  put(out, "expected", step.expected);
  put(out, "received", step.received.empty() && !step.expected.empty() ? "nothing" : step.received);
  put_bytes(out, step);
}

/// Seconds and finer: how long a case took.
std::string show_ms(double ms) {
  return show_time_us(ms * 1000);
}

std::string_view family_of(std::string_view id) {
  return id.substr(0, id.find('/'));
}

/// One line a case: rows of one case that came to the same are counted, not listed.
void put_findings(std::string& out, const suite_record& run, const suite_summary& of,
                  const terminal_style& style) {
  if (of.findings.empty()) return;
  out += '\n';
  std::size_t lines = 0, i = 0;
  for (; i < of.findings.size() && lines < findings_listed; ++lines) {
    const auto& one = run.cases[of.findings[i]];
    const auto status = status_of(one);
    std::size_t rows = 1;
    for (; i + rows < of.findings.size(); ++rows) {
      const auto& next = run.cases[of.findings[i + rows]];
      if (status_of(next) != status || family_of(next.id) != family_of(one.id)) break;
    }
    i += rows;
    const auto& why = status == case_status::waived ? one.waived : one.reason;
    out += fmt::format("  {} {}{}{}\n",
                       inked(style, fmt::format("{:<6}", words_of(status).brief), ink_of(status)),
                       terminal_safe(one.id),
                       rows == 1 ? "" : fmt::format(" and {} more {}", rows - 1, rows == 2 ? "row" : "rows"),
                       why.empty() ? "" : "  " + terminal_safe(why));
  }
  if (i < of.findings.size())
    out += fmt::format("  and {} more; the bundle has all\n", of.findings.size() - i);
}

void put_coverage(std::string& out, const suite_record& run) {
  for (const auto& one : run.suite.coverage) {
    out += "coverage    " + terminal_safe(show_coverage(one)) + "\n";
    for (std::size_t i = 0; i < std::min(clauses_listed, one.left_out.size()); ++i)
      out += fmt::format("  left out  {}: {}\n", terminal_safe(one.left_out[i].first),
                         terminal_safe(one.left_out[i].second));
    for (std::size_t i = 0; i < std::min(clauses_listed, one.uncovered.size()); ++i)
      out += "  no case   " + terminal_safe(one.uncovered[i]) + "\n";
    const auto beyond = [](std::size_t n) { return n - std::min(n, clauses_listed); };
    const auto more = beyond(one.left_out.size()) + beyond(one.uncovered.size());
    if (more != 0)
      out +=
          fmt::format("  and {} more; wanwu list clauses {} tells all\n", more, terminal_safe(run.suite.id));
  }
}

}  // namespace

std::string write_case_line(const conform::case_result& of, std::size_t number, std::size_t total,
                            const terminal_style& style) {
  const auto status = status_of(of);
  const auto digits = std::to_string(total).size();
  std::string out = fmt::format("{} {:>{}}/{} {}",
                                inked(style, fmt::format("{:<5}", words_of(status).brief), ink_of(status)),
                                number, digits, total, terminal_safe(of.id));
  if (!of.not_run && status != case_status::not_applicable) out += "  " + show_ms(of.ms);
  if (of.tries > 1) out += fmt::format("  ({} tries)", of.tries);
  if (!of.profile.empty() && of.profile != "default") out += "  [" + terminal_safe(of.profile) + "]";
  if (status == case_status::waived) out += "  " + terminal_safe(of.waived);
  return out;
}

std::string write_case_trouble(const suite_record& run, const conform::case_result& of,
                               const terminal_style&) {
  std::string out;
  put(out, "", of.objective);
  put_clauses(out, run, of);
  const auto told = out.size();
  for (const auto& step : of.steps) {
    if (step.outcome == "unmet" || step.outcome == "deviation") put_step(out, step);
  }
  if (out.size() == told) put(out, "why", of.reason);  // else the step says the same, and more
  for (std::size_t i = 0; i < std::min(monitor_lines, of.findings.size()); ++i) {
    const auto& one = of.findings[i];
    put(out, "found", fmt::format("{}: {} (link {})", one.clause, one.text, one.role));
  }
  if (!of.file.empty()) put(out, "case", fmt::format("{}:{}", of.file, of.line));
  put(out, "again", again_command(run, of));
  return out;
}

std::string write_suite_terminal(const suite_record& run, const suite_summary& of,
                                 const terminal_style& style) {
  static constexpr std::array<std::string_view, 5> words{"NOT APPLICABLE", "PASS", "INCONCLUSIVE", "FAIL",
                                                         "ERROR"};
  static constexpr std::array<std::string_view, 5> inks{"1;32", "1;32", "1;33", "1;31", "1;31"};
  const auto v = static_cast<std::size_t>(of.result);
  const auto& name = run.suite.title.empty() ? run.suite.id : run.suite.title;
  std::string out = fmt::format("{}  {}\n", inked(style, words[v], inks[v]), terminal_safe(name));
  for (const auto& reason : of.reasons) out += "  " + terminal_safe(reason) + "\n";
  put_findings(out, run, of, style);
  out += fmt::format("\ncases       {} in {}: {}\n", of.counts.total(), show_time_us(run.duration_s * 1e6),
                     show_counts(of.counts));
  put_coverage(out, run);
  if (!run.about.target_name.empty()) {
    std::string profiles;
    for (const auto& one : run.suite.profiles) profiles += (profiles.empty() ? "" : ", ") + one;
    out += fmt::format("target      {}{}\n", terminal_safe(run.about.target_name),
                       profiles.empty() ? "" : " (" + terminal_safe(profiles) + ")");
  }
  for (const auto& note : run.about.notes) out += "note        " + terminal_safe(note) + "\n";
  if (!run.bundle_problem.empty())
    out += "bundle      " + terminal_safe(run.bundle_problem) + "; what follows was kept in memory only\n";
  if (run.bundle_path.empty()) return out;
  out += "bundle      " + terminal_safe(run.bundle_path) + "\n";
  out += fmt::format("next        wanwu report {} --to html=report.html\n", terminal_safe(run.bundle_path));
  return out;
}

}  // namespace wanwu::report
