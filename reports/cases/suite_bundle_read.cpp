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

/// Reads wire logs of one bundle, all together within bounds.
class wire_reader {
 public:
  explicit wire_reader(fs::path root) : root_{std::move(root)} {}

  void read(const std::string& name, std::vector<conform::wire_event>& into) {
    const auto path = root_ / "wire" / (name + ".ndjson");
    std::error_code problem;
    const auto size = fs::file_size(path, problem);
    if (problem || size > bytes_left_) {
      ++damaged_;
      return;
    }
    bytes_left_ -= size;
    damaged_ += for_each_line(path, [&](std::string_view line) {
      auto event = read_wire_line(line);
      if (!event || into.size() >= case_wire_max) return line_fate::damaged;
      into.push_back(std::move(*event));
      return line_fate::taken;
    });
  }
  std::size_t damaged() const noexcept { return damaged_; }

 private:
  fs::path root_;
  std::size_t damaged_ = 0;
  std::uintmax_t bytes_left_ = wire_bytes_read_max;
};

class reader {
 public:
  reader(const std::string& directory, suite_record& into) : root_{directory}, into_{into}, wire_{root_} {}

  void read_cases() {
    case_collection cases{into_.suite.planned};
    note_damage(into_.about, "cases.ndjson",
                for_each_line(root_ / "cases.ndjson", [&](std::string_view line) {
                  auto one = read_case_line(line);
                  if (!one) return line_fate::damaged;
                  if (!one->wire_name.empty() && is_finding(status_of(one->result)))
                    wire_.read(one->wire_name, one->result.wire);
                  return cases.add(std::move(one->result)) ? line_fate::taken : line_fate::damaged;
                }));
    into_.cases = cases.take();
    note_damage(into_.about, "wire", wire_.damaged());
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
  void take(log_entry entry) {
    into_.duration_s = std::max(into_.duration_s, entry.at_s);
    if (entry.event == "end") into_.end = ending_named(entry.text).value_or(ending::running);
    if (entry.event == "note") into_.about.notes.push_back(entry.text);
    if (into_.log.size() < bundle_log_max) into_.log.push_back(std::move(entry));
  }

  fs::path root_;
  suite_record& into_;
  wire_reader wire_;
};

}  // namespace

bool holds_suite(const std::string& directory) {
  const auto manifest = read_manifest_text(directory);
  const auto fields = line_fields::parse(manifest.text);
  return fields && fields->has("suite");
}

bundle_result<conform::case_result> read_case(const std::string& directory, const std::string& id,
                                              const std::string& profile) {
  std::optional<case_line> found;
  for_each_line(fs::path{directory} / "cases.ndjson", [&](std::string_view line) {
    auto one = read_case_line(line);
    if (!one) return line_fate::damaged;
    const bool meant = one->result.id == id && (profile.empty() || one->result.profile == profile);
    if (meant && (!found || outweighs(one->result, found->result))) found = std::move(one);
    return line_fate::taken;
  });
  if (!found)
    return tl::unexpected{bundle_error{fmt::format("{} has no case {}{}", directory, id,
                                                   profile.empty() ? "" : " in configuration " + profile)}};
  if (!found->wire_name.empty()) wire_reader{directory}.read(found->wire_name, found->result.wire);
  return std::move(found->result);
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
