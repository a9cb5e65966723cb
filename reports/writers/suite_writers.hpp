// The formats in which a suite's run can be reported. Each takes the facts and their summary and returns the
// whole text.
#pragma once

#include <string>
#include <string_view>

#include "reports/cases/suite_summary.hpp"
#include "reports/writers/writers.hpp"

namespace wanwu::report {

/// "ok    1/570 CONNECT-001  12 ms", without a newline.
std::string write_case_line(const conform::case_result& of, std::size_t number, std::size_t total,
                            const terminal_style& style);
/// Why a case did not pass: objective, clauses with their text, the step and where it stands, expected and
/// received aligned, findings, and the command that plays it again. Ends with a newline.
std::string write_case_trouble(const suite_record& run, const conform::case_result& of,
                               const terminal_style& style);
/// The end of a run: verdict, counts, coverage, what no case covers, notes, where the bundle is, what to do
/// next.
std::string write_suite_terminal(const suite_record& run, const suite_summary& of,
                                 const terminal_style& style);

std::string write_suite_junit(const suite_record& run, const suite_summary& of);
/// At most 900 kB, as job summaries allow.
std::string write_suite_markdown(const suite_record& run, const suite_summary& of);
/// One self-contained page; requests nothing from anywhere.
std::string write_suite_html(const suite_record& run, const suite_summary& of);
/// TAP 14.
std::string write_suite_tap(const suite_record& run, const suite_summary& of);
/// Common Test Report Format.
std::string write_suite_ctrf(const suite_record& run, const suite_summary& of);
/// EARL 1.0 as JSON-LD: what implementation reports of standards groups are made of.
std::string write_suite_earl(const suite_record& run, const suite_summary& of);

/// Writes `format` (html, json, junit, md, tap, ctrf, earl) to a file. "" on success, else a sentence.
std::string write_suite_report(std::string_view format, const std::string& path, const suite_record& run,
                               const suite_summary& of);
/// Whether there is such a format, for suites.
bool is_suite_format(std::string_view format) noexcept;
inline constexpr std::string_view suite_format_names = "html, json, junit, md, tap, ctrf and earl";

}  // namespace wanwu::report
