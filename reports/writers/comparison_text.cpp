#include <algorithm>

#include <fmt/format.h>

#include "reports/writers/comparison_writers.hpp"
#include "reports/writers/safe_text.hpp"

namespace wanwu::report {

namespace {

constexpr std::size_t markdown_bytes_max = 900'000;

std::size_t differing(const suite_comparison& of) {
  return static_cast<std::size_t>(
      std::count_if(of.cases.begin(), of.cases.end(), [](const auto& one) { return one.differs(); }));
}

}  // namespace

std::string write_comparison_terminal(const suite_comparison& of) {
  std::size_t width = 4;
  for (const auto& one : of.cases) {
    if (one.differs()) width = std::max(width, one.id.size());
  }
  std::string out = terminal_safe(of.title.empty() ? of.suite : of.title) + "\n";
  for (const auto& note : of.notes) out += "  " + terminal_safe(note) + "\n";
  out += '\n';
  for (std::size_t i = 0; i < of.targets.size(); ++i)
    out += fmt::format("{:>3}  {}: {}\n", i + 1, terminal_safe(of.targets[i]), show_counts(of.counts[i]));
  out += fmt::format("\n{} of {} cases differ\n", differing(of), of.cases.size());
  for (const auto& one : of.cases) {
    if (!one.differs()) continue;
    out += fmt::format("  {:<{}}", terminal_safe(one.id), width);
    for (const auto status : one.by_run) out += fmt::format("  {:<5}", words_of(status).brief);
    while (out.ends_with(' ')) out.pop_back();
    out += '\n';
  }
  return out;
}

std::string write_comparison_markdown(const suite_comparison& of) {
  std::string out = "## " + markdown_safe(of.title.empty() ? of.suite : of.title) + "\n\n";
  for (const auto& note : of.notes) out += "- " + markdown_safe(note) + "\n";
  out += "\n| target | |\n|---|---|\n";
  for (std::size_t i = 0; i < of.targets.size(); ++i)
    out += fmt::format("| {} | {} |\n", markdown_safe(of.targets[i]), show_counts(of.counts[i]));
  out += fmt::format("\n{} of {} cases differ.\n\n| case | clause |", differing(of), of.cases.size());
  std::string rule = "\n|---|---|";
  for (const auto& target : of.targets) {
    out += " " + markdown_safe(target) + " |";
    rule += "---|";
  }
  out += rule + "\n";
  for (const auto& one : of.cases) {
    if (!one.differs()) continue;
    out += fmt::format("| {} | {} |", markdown_safe(one.id),
                       one.clauses.empty() ? "" : markdown_safe(one.clauses[0]));
    for (const auto status : one.by_run)
      out += fmt::format(" {} {} |", words_of(status).sign, words_of(status).name);
    out += '\n';
    if (out.size() > markdown_bytes_max - 5'000)
      return out + "\n_Cut here: the HTML report has everything._\n";
  }
  return out;
}

}  // namespace wanwu::report
