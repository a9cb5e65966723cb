#include "sim/cli/suite_display.hpp"

#include <cstdlib>
#include <iostream>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "reports/cases/case_lines.hpp"
#include "reports/cases/case_status.hpp"
#include "reports/writers/safe_text.hpp"
#include "reports/writers/suite_writers.hpp"

namespace wanwu::cli {

namespace {

using report::case_status;

constexpr std::size_t cases_shown_singly = 100;  ///< With more, a terminal shows findings only.
constexpr std::size_t troubles_told = 50;        ///< Cases told in full; the bundle has all.
constexpr std::size_t annotations_max = 9;       ///< GitHub shows ten a step.
constexpr auto redraw_every = std::chrono::milliseconds{100};

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool is_trouble(case_status status) {
  return status == case_status::failed || status == case_status::inconclusive || status == case_status::error;
}

/// As GitHub wants texts of its commands.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : report::terminal_safe(text)) c == '%' ? out += "%25" : out += c;
  return out;
}

}  // namespace

suite_display::suite_display(const report::suite_record& run, std::size_t total, const run_wishes& wishes,
                             const global_options& global)
    : run_{run}, total_{total}, quiet_{wishes.quiet}, github_{environment("GITHUB_ACTIONS") == "true"} {
  mode_ = report::progress_mode_of(wishes.quiet ? "none" : wishes.progress, isatty(STDERR_FILENO) == 1,
                                   environment("TERM"));
  style_.color = use_colour(global, STDOUT_FILENO);
  only_findings_ = mode_ == report::progress_mode::none ||
                   (mode_ == report::progress_mode::tty && total > cases_shown_singly && !wishes.verbose);
  winsize window{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 20) columns_ = window.ws_col;
}

void suite_display::ended(const conform::case_result& one, bool news) {
  const auto status = report::status_of(one);
  ++ended_;
  if (mode_ == report::progress_mode::json) std::cerr << report::to_case_line(one, "") << '\n' << std::flush;
  if (news && !quiet_) {
    failed_ += status == case_status::failed ? 1 : 0;
    unclear_ += status == case_status::inconclusive || status == case_status::error ? 1 : 0;
    // A terminal gets one line for all rows of a case that came to the same.
    const auto family = one.id.substr(0, one.id.find('/'));
    const bool worth = report::is_finding(status) && shown_.emplace(family, status).second;
    if (!only_findings_ || worth) print(one);
    if (github_ && is_trouble(status)) annotate(one);
  }
  redraw(one);
}

void suite_display::print(const conform::case_result& one) {
  clear_line();
  std::cout << report::write_case_line(one, ended_, total_, style_) << '\n';
  // Rows of one case mostly fail for one reason: the first tells it.
  const bool tell = is_trouble(report::status_of(one)) && told_.size() < troubles_told &&
                    told_.insert(one.id.substr(0, one.id.find('/'))).second;
  if (tell) {
    std::cout << report::write_case_trouble(run_, one, style_);
    if (told_.size() == troubles_told) std::cout << "      what failed later is told in the bundle only\n";
  }
  std::cout << std::flush;
}

void suite_display::annotate(const conform::case_result& one) {
  if (annotated_++ >= annotations_max) return;
  clear_line();
  std::cout << fmt::format("::error file={},line={}::{}: {}\n", escaped(one.file), one.line, escaped(one.id),
                           escaped(one.reason))
            << std::flush;
}

void suite_display::redraw(const conform::case_result& last) {
  if (mode_ != report::progress_mode::tty) return;
  const auto now = std::chrono::steady_clock::now();
  if (now - drawn_ < redraw_every && ended_ != total_) return;
  drawn_ = now;
  auto line = fmt::format("{}/{}  {} failed  {} unclear  [{}]  {}", ended_, total_, failed_, unclear_,
                          report::terminal_safe(last.profile), report::terminal_safe(last.id));
  line.resize(std::min(line.size(), static_cast<std::size_t>(columns_ - 1)));
  std::cerr << "\r\x1b[K" << line << std::flush;
  line_shown_ = true;
}

void suite_display::clear_line() {
  if (!line_shown_) return;
  std::cerr << "\r\x1b[K" << std::flush;
  line_shown_ = false;
}

void suite_display::said(const std::string& note) {
  if (quiet_) return;
  clear_line();
  std::cerr << "wanwu: " << report::terminal_safe(note) << '\n';
}

void suite_display::finish() {
  clear_line();
  if (annotated_ > annotations_max)
    std::cout << fmt::format("::error::and {} more cases\n", annotated_ - annotations_max);
}

}  // namespace wanwu::cli
