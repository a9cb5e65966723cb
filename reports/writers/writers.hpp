// The formats a report can be written in. Each takes the facts and their summary and returns the whole text.
#pragma once

#include <string>
#include <string_view>

#include "reports/summary.hpp"

namespace wanwu::report {

struct terminal_style {
  bool color{};
  bool utf8 = true;
};

/// Verdict first, reasons, thresholds, numbers, errors, where the bundle is and what to do next.
std::string write_terminal(const run_record& run, const summary& of, const terminal_style& style);
/// JUnit XML as GitLab and Jenkins read it; thresholds are test cases.
std::string write_junit(const run_record& run, const summary& of);
/// For pull requests and job summaries; at most 900 kB.
std::string write_markdown(const run_record& run, const summary& of);
/// One row a second: time series for spreadsheets.
std::string write_csv(const run_record& run, const summary& of);
/// One self-contained page; requests nothing from anywhere.
std::string write_html(const run_record& run, const summary& of);

/// Writes `format` (html, json, junit, md, csv) to a file. "" on success, else a sentence for the user.
std::string write_report(std::string_view format, const std::string& path, const run_record& run,
                         const summary& of);
/// "" on success, else a sentence for the user.
std::string write_text(const std::string& path, const std::string& text);
/// Whether there is such a format.
bool is_format(std::string_view format) noexcept;
inline constexpr std::string_view format_names = "html, json, junit, md and csv";

}  // namespace wanwu::report
