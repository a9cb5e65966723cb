// Markdown of a suite's run, for job summaries and pull requests. GitHub cuts a step's summary at 1 MiB.
#include <algorithm>

#include <fmt/format.h>

#include "reports/quantity.hpp"
#include "reports/writers/safe_text.hpp"
#include "reports/writers/suite_writers.hpp"

namespace wanwu::report {

namespace {

constexpr std::size_t bytes_max = 900'000, troubles_max = 50, rows_max = 2'000, cited_max = 12;
constexpr std::string_view cut_here = "\n\n_Cut here: the bundle and the HTML report have everything._\n";

std::string_view sign_of(verdict v) {
  if (v == verdict::pass || v == verdict::not_applicable) return "\u2705";
  return v == verdict::inconclusive ? "\u2754" : "\u274c";
}

/// A block of text that no text of the target can end early: indented, so it has no fence.
std::string code_block(const std::string& text) {
  std::string out = "\n    ";
  for (const char c : text) {
    if (c == '\n')
      out += "\n    ";
    else
      out += c;
  }
  return out + "\n\n";
}

void add_counts(std::string& out, const suite_record& run, const suite_summary& of) {
  out += fmt::format("{} cases in {}: {}\n\n", of.counts.total(), show_time_us(run.duration_s * 1e6),
                     show_counts(of.counts));
  for (const auto& one : run.suite.coverage) out += "- " + markdown_safe(show_coverage(one)) + "\n";
  if (!run.about.target_name.empty()) out += "- target: " + markdown_safe(run.about.target_name) + "\n";
  for (const auto& note : run.about.notes) out += "- " + markdown_safe(note) + "\n";
}

void add_troubles(std::string& out, const suite_record& run, const suite_summary& of) {
  if (of.findings.empty()) return;
  out += "\n### Cases to look at\n\n| verdict | case | clause | why |\n|---|---|---|---|\n";
  for (std::size_t i = 0; i < std::min(rows_max, of.findings.size()); ++i) {
    const auto& one = run.cases[of.findings[i]];
    const auto status = status_of(one);
    const auto& words = words_of(status);
    out += fmt::format("| {} {} | {} | {} | {} |\n", words.sign, words.name, markdown_safe(one.id),
                       one.clauses.empty() ? "" : markdown_safe(clause_name(one, 0)),
                       markdown_safe(status == case_status::waived ? one.waived : one.reason));
  }
  for (std::size_t i = 0; i < std::min(troubles_max, of.findings.size()); ++i) {
    const auto& one = run.cases[of.findings[i]];
    if (status_of(one) == case_status::waived) continue;
    auto trouble = write_case_trouble(run, one, {false, true});
    out += fmt::format("\n<details><summary>{} {}</summary>\n", words_of(status_of(one)).sign,
                       markdown_safe(one.id));
    out += code_block(trouble) + "</details>\n";
    if (out.size() > bytes_max / 2) break;
  }
}

void add_clauses(std::string& out, const suite_record& run, const suite_summary& of) {
  out += "\n<details><summary>Clauses</summary>\n\n| | clause | level | cases |\n|---|---|---|---|\n";
  for (const auto& row : of.clauses) {
    if (row.cases.empty() && !row.testable) continue;
    std::string cases;
    for (std::size_t i = 0; i < std::min(cited_max, row.cases.size()); ++i) {
      const auto& one = run.cases[row.cases[i]];
      cases +=
          fmt::format("{}{} {}", i == 0 ? "" : ", ", words_of(status_of(one)).sign, markdown_safe(one.id));
    }
    if (row.cases.size() > cited_max) cases += fmt::format(" and {} more", row.cases.size() - cited_max);
    if (row.cases.empty())
      cases = row.left_out.empty() ? "no case" : "left out: " + markdown_safe(row.left_out);
    out += fmt::format("| {} | {} {} | {} | {} |\n", words_of(row.worst).sign, markdown_safe(row.spec),
                       markdown_safe(row.id), markdown_safe(row.level), cases);
    if (out.size() > bytes_max) return;
  }
  out += "\n</details>\n";
}

}  // namespace

std::string write_suite_markdown(const suite_record& run, const suite_summary& of) {
  const auto& name = run.suite.title.empty() ? run.suite.id : run.suite.title;
  std::string out =
      fmt::format("## {} {}: {}\n\n", sign_of(of.result), name_of(of.result), markdown_safe(name));
  for (const auto& reason : of.reasons) out += "- " + markdown_safe(reason) + "\n";
  if (!of.reasons.empty()) out += "\n";
  add_counts(out, run, of);
  add_troubles(out, run, of);
  add_clauses(out, run, of);
  if (!run.about.command_line.empty()) out += code_block(terminal_safe(run.about.command_line));
  if (out.size() > bytes_max) {
    // At a line's end, so that no row and no character is cut in two.
    out.resize(out.rfind('\n', bytes_max - cut_here.size()));
    out += cut_here;
  }
  return out;
}

}  // namespace wanwu::report
