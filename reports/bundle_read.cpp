// Reads a bundle back, whatever became of the run that wrote it.
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include <fmt/format.h>

#include "reports/bundle.hpp"
#include "reports/latency_log.hpp"
#include "reports/record_lines.hpp"

namespace wanwu::report {

namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t manifest_bytes_max = 50'000'000;

enum class line_fate : std::uint8_t { taken, damaged };

/// Calls `take` with each line; tells how many were damaged. A torn last line is what a kill leaves: not
/// counted.
template <class Take>
std::size_t for_each_line(const fs::path& path, Take take) {
  std::ifstream file{path, std::ios::binary};
  std::size_t damaged = 0;
  std::string line;
  while (std::getline(file, line)) {
    const bool torn = file.eof();
    if (line.empty() || line[0] == '#' || line[0] == '"') continue;
    if (line.size() > bundle_line_bytes_max || take(std::string_view{line}) == line_fate::damaged)
      damaged += torn ? 0 : 1;
  }
  return damaged;
}

void note_damage(run_record& run, std::string_view file, std::size_t lines) {
  if (lines != 0)
    run.about.notes.push_back(
        fmt::format("{} of the bundle has {} damaged lines, left out here", file, lines));
}

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
  note_damage(run, "latency.hlog",
              for_each_line(root / "latency.hlog", [&](std::string_view l) { return read(l, false); }));
  note_damage(run, "latency.tail.hlog",
              for_each_line(root / "latency.tail.hlog", [&](std::string_view l) { return read(l, true); }));
}

}  // namespace

bundle_result<run_record> read_bundle(const std::string& directory) {
  const fs::path root{directory};
  std::error_code problem;
  const auto refuse = [&](const std::string& why) {
    return tl::unexpected{bundle_error{fmt::format("{}: {}", directory, why)}};
  };
  if (!fs::is_directory(root, problem)) return refuse("there is no such directory");
  const auto size = fs::file_size(root / "manifest.json", problem);
  if (problem) return refuse("this is no bundle of a run: it has no manifest.json");
  if (size > manifest_bytes_max) return refuse("manifest.json is too large to be one");

  std::ifstream file{root / "manifest.json", std::ios::binary};
  std::ostringstream text;
  text << file.rdbuf();
  auto run = read_manifest_json(text.str());
  if (!run) return refuse("manifest.json is damaged, or not of a version this program knows");

  const auto series = for_each_line(root / "series.ndjson", [&](std::string_view line) {
    return read_series_line(line, *run) ? line_fate::taken : line_fate::damaged;
  });
  note_damage(*run, "series.ndjson", series);
  read_latencies(root, *run);
  const auto log = for_each_line(root / "log.ndjson", [&](std::string_view line) {
    return read_log_line(line, *run) ? line_fate::taken : line_fate::damaged;
  });
  note_damage(*run, "log.ndjson", log);
  run->bundle_path = directory;
  return std::move(*run);
}

}  // namespace wanwu::report
