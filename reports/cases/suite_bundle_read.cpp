// Reads a suite's bundle back, whatever became of the run that wrote it.
#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "reports/bundle_folder.hpp"
#include "reports/bundle_lines.hpp"
#include "reports/cases/case_lines.hpp"
#include "reports/cases/case_status.hpp"
#include "reports/cases/suite_bundle.hpp"
#include "reports/line_fields.hpp"
#include "reports/record_lines.hpp"

namespace wanwu::report {

namespace {

namespace fs = std::filesystem;

class reader {
 public:
  reader(const std::string& directory, suite_record& into) : root_{directory}, into_{into} {}

  void read_cases() {
    case_collection cases{into_.suite.planned};
    note_damage(into_.about, "cases.ndjson",
                for_each_line(root_ / "cases.ndjson", [&](std::string_view line) {
                  auto one = read_case_line(line);
                  if (!one) return line_fate::damaged;
                  if (!one->wire_name.empty() && is_finding(status_of(one->result)))
                    read_wire(one->wire_name, one->result.wire);
                  return cases.add(std::move(one->result)) ? line_fate::taken : line_fate::damaged;
                }));
    into_.cases = cases.take();
    note_damage(into_.about, "wire", damaged_wire_);
  }

  void read_log() {
    note_damage(into_.about, "log.ndjson", for_each_line(root_ / "log.ndjson", [&](std::string_view line) {
                  auto entry = read_log_entry(line);
                  if (!entry) return line_fate::damaged;
                  take(std::move(*entry));
                  return line_fate::taken;
                }));
  }

 private:
  void read_wire(const std::string& name, std::vector<conform::wire_event>& into) {
    const auto path = root_ / "wire" / (name + ".ndjson");
    std::error_code problem;
    const auto size = fs::file_size(path, problem);
    if (problem || size > wire_bytes_left_) {
      ++damaged_wire_;
      return;
    }
    wire_bytes_left_ -= size;
    damaged_wire_ += for_each_line(path, [&](std::string_view line) {
      auto event = read_wire_line(line);
      if (!event || into.size() >= case_wire_max) return line_fate::damaged;
      into.push_back(std::move(*event));
      return line_fate::taken;
    });
  }

  void take(log_entry entry) {
    into_.duration_s = std::max(into_.duration_s, entry.at_s);
    if (entry.event == "end") into_.end = ending_named(entry.text).value_or(ending::running);
    if (entry.event == "note") into_.about.notes.push_back(entry.text);
    if (into_.log.size() < bundle_log_max) into_.log.push_back(std::move(entry));
  }

  fs::path root_;
  suite_record& into_;
  std::size_t damaged_wire_ = 0;
  std::uintmax_t wire_bytes_left_ = wire_bytes_read_max;
};

}  // namespace

bool holds_suite(const std::string& directory) {
  const auto manifest = read_manifest_text(directory);
  const auto fields = line_fields::parse(manifest.text);
  return fields && fields->has("suite");
}

bundle_result<suite_record> read_suite_bundle(const std::string& directory) {
  const auto manifest = read_manifest_text(directory);
  if (!manifest.problem.empty()) return tl::unexpected{bundle_error{manifest.problem}};
  auto run = read_suite_manifest_json(manifest.text);
  if (!run) {
    return tl::unexpected{bundle_error{
        fmt::format("{}: manifest.json is damaged, or not of a version this program knows", directory)}};
  }
  reader from{directory, *run};
  from.read_cases();
  from.read_log();
  run->bundle_path = directory;
  return std::move(*run);
}

}  // namespace wanwu::report
