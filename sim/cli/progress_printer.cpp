// Progress on stderr.
#include "sim/cli/progress_printer.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>

#include <sys/ioctl.h>
#include <unistd.h>

namespace wanwu::cli {

namespace {

constexpr duration plain_progress_every = std::chrono::seconds{10};

}  // namespace

progress_printer::progress_printer(const run_wishes& wishes, const global_options& global) {
  const bool terminal = isatty(STDERR_FILENO) == 1;
  const char* term = std::getenv("TERM");
  mode_ = report::progress_mode_of(wishes.quiet ? "none" : wishes.progress, terminal,
                                   term == nullptr ? "" : term);
  style_.color = use_colour(global, STDERR_FILENO);
  winsize window{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 20) style_.columns = window.ws_col;
}

void progress_printer::say(const std::string& line) {
  if (line.empty() || mode_ == report::progress_mode::none || mode_ == report::progress_mode::json) return;
  std::cerr << line << '\n' << std::flush;
  lines_ = 0;
}

void progress_printer::show(const report::collector& run, const report::tick& seen, bool last) {
  const report::progress_snapshot now = run.progress();
  switch (mode_) {
    case report::progress_mode::none:
      return;
    case report::progress_mode::tty: {
      const std::string view = report::progress_view(now, style_);
      std::cerr << report::progress_rewind(lines_) << view << '\n' << std::flush;
      lines_ = static_cast<std::size_t>(std::count(view.begin(), view.end(), '\n')) + 1;
      return;
    }
    case report::progress_mode::plain: {
      const double every = std::chrono::duration<double>(plain_progress_every).count();
      if (last || seen.phase_changed || now.at_s - shown_s_ >= every) {
        shown_s_ = now.at_s;
        std::cerr << report::progress_line(now) << '\n' << std::flush;
      }
      for (const std::size_t i : seen.newly_crossed)
        std::cerr << report::limit_crossed_line(now, now.limits[i]) << '\n' << std::flush;
      return;
    }
    case report::progress_mode::json:
      std::cerr << report::progress_json(now) << '\n' << std::flush;
      return;
  }
}

}  // namespace wanwu::cli
