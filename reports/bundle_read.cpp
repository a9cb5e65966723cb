// Reads a bundle back, whatever became of the run that wrote it.
#include <algorithm>
#include <filesystem>
#include <iterator>
#include <map>
#include <vector>

#include <fmt/format.h>

#include "reports/bundle.hpp"
#include "reports/bundle_folder.hpp"
#include "reports/bundle_lines.hpp"
#include "reports/latency_log.hpp"
#include "reports/record_lines.hpp"

namespace wanwu::report {

namespace {

namespace fs = std::filesystem;

void read_latencies(const fs::path& root, run_record& run) {
  std::map<std::string, double, std::less<>>
      last_start;  // by tag: an interval in the log and in the tail counts once
  const auto read = [&](std::string_view line, bool is_tail) {
    const auto key = latency_line_key_of(line);
    if (!key) return line_fate::damaged;
    const auto known = last_start.find(key->tag);
    if (is_tail && known != last_start.end() && key->start_s <= known->second) return line_fate::taken;
    if (!read_latency_line(line, run)) return line_fate::damaged;
    if (known != last_start.end())
      known->second = key->start_s;
    else
      last_start.emplace(key->tag, key->start_s);
    return line_fate::taken;
  };
  note_damage(run.about, "latency.hlog",
              for_each_line(root / "latency.hlog", [&](std::string_view l) { return read(l, false); }));
  note_damage(run.about, "latency.tail.hlog",
              for_each_line(root / "latency.tail.hlog", [&](std::string_view l) { return read(l, true); }));
}

}  // namespace

void read_series_back(const std::string& directory, std::size_t count, run_record& into) {
  std::vector<series_point> earlier;
  std::size_t seen = 0;
  for_each_line(fs::path{directory} / "series.ndjson", [&](std::string_view line) {
    if (seen++ >= std::min(count, bundle_series_max)) return line_fate::taken;
    auto point = read_series_point(line, into);
    if (!point) return line_fate::damaged;
    earlier.push_back(std::move(*point));
    return line_fate::taken;
  });
  into.series.insert(into.series.begin(), std::make_move_iterator(earlier.begin()),
                     std::make_move_iterator(earlier.end()));
}

bundle_result<run_record> read_bundle(const std::string& directory) {
  const fs::path root{directory};
  const auto manifest = read_manifest_text(directory);
  if (!manifest.problem.empty()) return tl::unexpected{bundle_error{manifest.problem}};
  auto run = read_manifest_json(manifest.text);
  if (!run) {
    return tl::unexpected{bundle_error{
        fmt::format("{}: manifest.json is damaged, or not of a version this program knows", directory)}};
  }
  const auto series = for_each_line(root / "series.ndjson", [&](std::string_view line) {
    return read_series_line(line, *run) ? line_fate::taken : line_fate::damaged;
  });
  note_damage(run->about, "series.ndjson", series);
  read_latencies(root, *run);
  const auto log = for_each_line(root / "log.ndjson", [&](std::string_view line) {
    return read_log_line(line, *run) ? line_fate::taken : line_fate::damaged;
  });
  note_damage(run->about, "log.ndjson", log);
  run->bundle_path = directory;
  return std::move(*run);
}

}  // namespace wanwu::report
