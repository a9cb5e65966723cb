#include "reports/progress.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "reports/quantity.hpp"

namespace wanwu::report {

namespace {

constexpr std::size_t plain_columns_max = 200;

/// Control characters never reach a terminal or a log, whoever wrote the name.
std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
  return out;
}

/// Cuts to so many characters (not bytes), never inside one.
std::string cut_to(std::string_view text, std::size_t columns) {
  std::size_t seen = 0, at = 0;
  for (; at < text.size(); ++at) {
    const bool starts = (static_cast<unsigned char>(text[at]) & 0xC0U) != 0x80U;
    if (starts && ++seen > columns) break;
  }
  return std::string{text.substr(0, at)};
}

std::string bar(double share, int width, bool utf8) {
  const int full = static_cast<int>(std::lround(std::clamp(share, 0.0, 1.0) * width));
  std::string out;
  for (int i = 0; i < width; ++i) out += i < full ? (utf8 ? "\u2588" : "#") : (utf8 ? "\u2591" : ".");
  return out;
}

std::string time_of_day(std::int64_t unix_ms) {
  return show_instant(unix_ms).substr(11, 8);
}

struct row {
  int importance;  ///< 0 stays longest.
  std::string text;
};

/// Where the plan stands; answers still owed are waited for beyond its end.
double planned_s(const progress_snapshot& now) {
  return now.draining ? now.total_s : now.at_s;
}

double done_share(const progress_snapshot& now) {
  return now.total_s > 0 ? planned_s(now) / now.total_s : 0;
}

row head_row(const progress_snapshot& now, const progress_style& style) {
  const std::string phase = now.draining ? "draining" : printable(now.phase);
  return {
      0, fmt::format("{:<12} {} {}/{}  {} {:.0f} %  {} / {}  seed {}", cut_to(printable(now.name), 24), phase,
                     now.phase_number, now.phase_count, bar(done_share(now), 16, style.utf8),
                     done_share(now) * 100, show_clock(planned_s(now)), show_clock(now.total_s), now.seed)};
}

row traffic_row(const progress_snapshot& now, const char* dot) {
  std::string text =
      fmt::format(" traffic   {} msg/s out", show_count(static_cast<std::uint64_t>(now.out_per_s)));
  if (now.arrival_measured) {
    text += fmt::format(" {} {} arrived {} {} lost", dot,
                        show_count(static_cast<std::uint64_t>(now.arrived_per_s)), dot, show_count(now.lost));
  }
  text +=
      fmt::format(" {} {} errors {} late {}", dot, show_count(now.errors), dot, show_ratio(now.late_ratio));
  return {1, std::move(text)};
}

row limits_row(const progress_snapshot& now, const progress_style& style) {
  std::size_t hold = 0;
  const limit_progress* worst = nullptr;
  for (const auto& one : now.limits) {
    if (one.decided && !one.crossed) ++hold;
    if (one.crossed && !worst) worst = &one;
  }
  std::string text = fmt::format(" limits    {} of {} hold", hold, now.limits.size());
  if (!worst) return {2, std::move(text)};
  const std::string cross = style.utf8 ? "\u2717" : "x";
  text += fmt::format("   {} {}: {}", cross, printable(worst->text), worst->value);
  text = cut_to(text, static_cast<std::size_t>(style.columns));
  if (style.color)
    text.replace(text.find(cross), text.size(), "\x1b[31m" + text.substr(text.find(cross)) + "\x1b[0m");
  return {2, std::move(text)};
}

std::vector<row> rows_of(const progress_snapshot& now, const progress_style& style) {
  const char* dot = style.utf8 ? "\u00b7" : "-";
  std::vector<row> rows{head_row(now, style)};
  rows.push_back({1, fmt::format(" things    {} / {} connected {} {} dark {} {} reconnecting",
                                 show_count(now.things_connected), show_count(now.things_target), dot,
                                 show_count(now.things_dark), dot, show_count(now.things_reconnecting))});
  rows.push_back(traffic_row(now, dot));
  if (now.latency_count != 0) {
    rows.push_back({2, fmt::format(" latency   p50 {} {} p99 {} {} p99.9 {} {} max {}",
                                   show_time_us(static_cast<double>(now.p50_us)), dot,
                                   show_time_us(static_cast<double>(now.p99_us)), dot,
                                   show_time_us(static_cast<double>(now.p999_us)), dot,
                                   show_time_us(static_cast<double>(now.max_us)))});
  }
  if (!now.limits.empty()) rows.push_back(limits_row(now, style));
  rows.push_back({3, fmt::format(" self      cpu {:.0f} % {} {} {} {} links", now.cpu * 100, dot,
                                 show_bytes(now.memory_bytes), dot, show_count(now.connections_up))});
  if (!now.problem.empty()) rows.push_back({0, " problem   " + printable(now.problem)});
  return rows;
}

std::string one_word(std::string_view text) {
  std::string out = printable(text);
  std::replace(out.begin(), out.end(), ' ', '_');
  return out.empty() ? "-" : out;
}

}  // namespace

std::string progress_view(const progress_snapshot& now, const progress_style& style) {
  auto rows = rows_of(now, style);
  for (int importance = 3; importance > 0; --importance) {
    for (std::size_t i = rows.size();
         i > 0 && rows.size() > static_cast<std::size_t>(std::max(1, style.lines)); --i) {
      if (rows[i - 1].importance == importance) rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(i - 1));
    }
  }
  std::string out;
  for (const auto& one : rows) {
    if (!out.empty()) out += '\n';
    const bool colored = one.text.find('\x1b') != std::string::npos;  // was cut before it was coloured
    out += colored ? one.text : cut_to(one.text, static_cast<std::size_t>(std::max(1, style.columns)));
  }
  return out;
}

std::string progress_rewind(std::size_t lines) {
  if (lines == 0) return "";
  return lines == 1 ? "\r\x1b[J" : fmt::format("\r\x1b[{}A\x1b[J", lines - 1);
}

std::string progress_line(const progress_snapshot& now) {
  std::size_t hold = 0;
  for (const auto& one : now.limits) hold += one.decided && !one.crossed ? 1 : 0;
  std::string out =
      fmt::format("{} phase={} t={}/{} things={}/{} out/s={:.0f}", time_of_day(now.unix_ms),
                  one_word(now.draining ? "draining" : now.phase), show_clock(planned_s(now)),
                  show_clock(now.total_s), now.things_connected, now.things_target, now.out_per_s);
  if (now.arrival_measured) out += fmt::format(" lost={}", now.lost);
  out += fmt::format(" errors={}", now.errors);
  if (now.latency_count != 0) {
    std::string p99 = show_time_us(static_cast<double>(now.p99_us));
    p99.erase(std::remove(p99.begin(), p99.end(), ' '), p99.end());
    out += " p99=" + p99;
  }
  out += fmt::format(" late={:.2f}%", now.late_ratio * 100);
  if (!now.limits.empty()) out += fmt::format(" limits={}/{}", hold, now.limits.size());
  if (!now.problem.empty()) out += " problem=" + one_word(now.problem);
  return cut_to(out, plain_columns_max);
}

std::string limit_crossed_line(const progress_snapshot& now, const limit_progress& crossed) {
  return cut_to(fmt::format("{} limit crossed: {} is {} {}", time_of_day(now.unix_ms),
                            printable(crossed.text), crossed.value, printable(crossed.where)),
                plain_columns_max);
}

std::string progress_json(const progress_snapshot& now) {
  nlohmann::ordered_json out{{"at_ms", now.unix_ms},
                             {"phase", now.phase},
                             {"t_s", now.at_s},
                             {"total_s", now.total_s},
                             {"things",
                              {{"target", now.things_target},
                               {"connected", now.things_connected},
                               {"dark", now.things_dark},
                               {"reconnecting", now.things_reconnecting}}},
                             {"out_per_s", now.out_per_s},
                             {"sent", now.sent},
                             {"errors", now.errors},
                             {"late_ratio", now.late_ratio},
                             {"cpu", now.cpu},
                             {"memory_bytes", now.memory_bytes}};
  if (now.arrival_measured) out["lost"] = now.lost;
  if (now.latency_count != 0) {
    out["latency"] = {
        {"p50_us", now.p50_us}, {"p99_us", now.p99_us}, {"p99.9_us", now.p999_us}, {"max_us", now.max_us}};
  }
  for (const auto& one : now.limits) {
    out["limits"].push_back(
        {{"text", one.text},
         {"value", one.value},
         {"result", !one.decided ? "inconclusive" : (one.crossed ? "crossed" : "holds")}});
  }
  if (!now.problem.empty()) out["problem"] = now.problem;
  return out.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

progress_mode progress_mode_of(std::string_view word, bool is_terminal, std::string_view term) noexcept {
  if (word == "none") return progress_mode::none;
  if (word == "plain") return progress_mode::plain;
  if (word == "json") return progress_mode::json;
  if (word == "tty") return progress_mode::tty;
  return is_terminal && term != "dumb" && !term.empty() ? progress_mode::tty : progress_mode::plain;
}

bool wants_color(std::string_view word, bool is_terminal, std::string_view no_color,
                 std::string_view term) noexcept {
  if (word == "always") return true;
  if (word == "never") return false;
  return is_terminal && no_color.empty() && term != "dumb";
}

}  // namespace wanwu::report
