// A running test in a few lines of text: the live view of a terminal, the log lines of CI, one JSON object.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace wanwu::report {

/// One threshold, as it stands now.
struct limit_progress {
  std::string text;   ///< "telemetry.latency{sector=health} p99.9 < 1 s".
  std::string value;  ///< "1.31 s"; "" without samples.
  std::string where;  ///< "region-1m.scenario.yaml:112".
  bool decided{}, crossed{};
};

/// What the views are made from; filled by collector::progress() and the run.
struct progress_snapshot {
  std::string name;
  std::string phase;
  std::size_t phase_number{}, phase_count{};  ///< From 1.
  double at_s{}, total_s{};
  std::int64_t unix_ms{};  ///< Wall clock now.
  std::uint64_t seed{};
  std::uint64_t things_target{}, things_connected{}, things_dark{}, things_reconnecting{}, connections_up{};
  double out_per_s{}, arrived_per_s{};
  bool arrival_measured{};
  std::uint64_t sent{}, errors{}, lost{};
  double late_ratio{}, cpu{};
  std::uint64_t memory_bytes{};
  std::uint64_t latency_count{}, p50_us{}, p99_us{}, p999_us{}, max_us{};
  std::vector<limit_progress> limits;
  std::string problem;  ///< Shown when not empty: "bundle: No space left on device; going on in memory".
  bool draining{};      ///< The plan is at its end; answers still owed are waited for.
};

struct progress_style {
  int columns = 80;  ///< Lines are cut to this.
  int lines = 8;     ///< Fewer lines drop the least important ones.
  bool color{};
  bool utf8 = true;  ///< Else plain ASCII.
};

/// The live view: lines separated by "\n", no cursor movement, no trailing newline.
std::string progress_view(const progress_snapshot& now, const progress_style& style);
/// What to print before redrawing a view that had `lines` lines: moves up and clears.
std::string progress_rewind(std::size_t lines);
/// One line for logs, at most 200 columns, no control characters, no newline.
std::string progress_line(const progress_snapshot& now);
/// The line for a limit that was crossed for the first time.
std::string limit_crossed_line(const progress_snapshot& now, const limit_progress& crossed);
/// One JSON object on one line.
std::string progress_json(const progress_snapshot& now);

enum class progress_mode : std::uint8_t { none, plain, tty, json };
/// Which one `--progress` means: "auto", "tty", "plain", "json", "none". `auto` is tty on a terminal that is
/// not TERM=dumb, else plain.
progress_mode progress_mode_of(std::string_view word, bool is_terminal, std::string_view term) noexcept;
/// Colour: `--color` auto|always|never, NO_COLOR's value ("" = unset), TERM.
bool wants_color(std::string_view word, bool is_terminal, std::string_view no_color,
                 std::string_view term) noexcept;

}  // namespace wanwu::report
