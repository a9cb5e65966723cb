#include <filesystem>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "reports/append_file.hpp"
#include "reports/bundle_folder.hpp"
#include "reports/cases/capture.hpp"
#include "reports/cases/case_lines.hpp"
#include "reports/cases/case_status.hpp"
#include "reports/cases/suite_bundle.hpp"
#include "reports/record_lines.hpp"

namespace wanwu::report {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t name_bytes_max = 150;

/// A file name for a case: its id, with ~ for what names of files should not have.
std::string file_name(const conform::case_result& of, bool several_profiles) {
  std::string text = of.id.substr(0, name_bytes_max);
  if (several_profiles) text += "." + of.profile.substr(0, 50);
  for (char& c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '_' || c == '-' || c == '.';
    if (!plain) c = '~';
  }
  if (text.empty() || text[0] == '.') text.insert(0, "~");
  return text;
}

}  // namespace

struct suite_bundle_writer::state {
  std::string directory, problem;
  append_file cases, log;
  wire_choice wire{};
  bool several_profiles{};
  std::int64_t started_unix_ms{};
  std::set<std::string> wire_names;

  void note(std::string_view file, int reason) {
    if (reason != 0 && problem.empty()) problem = cannot_write(file, directory, reason);
  }

  bool keeps_wire(const conform::case_result& of) const {
    if (of.wire.empty() || wire == wire_choice::none || wire_names.size() >= wire_files_max) return false;
    return wire == wire_choice::all || is_finding(status_of(of));
  }

  /// The name under which the wire log was written; "" when none was.
  std::string write_wire(const conform::case_result& of) {
    if (!keeps_wire(of)) return "";
    const auto wanted = file_name(of, several_profiles);
    auto name = wanted;
    for (int i = 2; !wire_names.insert(name).second; ++i) name = fmt::format("{}~{}", wanted, i);
    std::string lines;
    for (std::size_t i = 0; i < std::min(of.wire.size(), case_wire_max); ++i)
      lines += to_wire_line(of.wire[i]) + "\n";
    if (of.wire.size() > case_wire_max)
      lines += fmt::format("# {} later events were not kept\n", of.wire.size() - case_wire_max);
    const fs::path root = fs::path{directory} / "wire";
    note("wire/" + name + ".ndjson", write_whole(root / (name + ".ndjson"), lines));
    note("wire/" + name + ".pcapng",
         write_whole(root / (name + ".pcapng"), to_pcapng(of.wire, started_unix_ms)));
    return name;
  }
};

bundle_result<suite_bundle_writer> suite_bundle_writer::create(const std::string& directory,
                                                               const suite_record& of, wire_choice wire) {
  auto made = std::make_unique<state>();
  made->directory = directory;
  made->wire = wire;
  made->several_profiles = of.suite.profiles.size() > 1;
  made->started_unix_ms = of.about.started_unix_ms;
  if (auto why = make_bundle_folder(directory, to_suite_manifest_json(of), of.about.inputs, made->problem))
    return tl::unexpected{bundle_error{std::move(*why)}};
  const fs::path root{directory};
  made->note("cases.ndjson", made->cases.open(root / "cases.ndjson"));
  made->note("log.ndjson", made->log.open(root / "log.ndjson"));
  lock_bundle_file(made->cases.descriptor());
  if (wire != wire_choice::none) {
    std::error_code problem;
    fs::create_directory(root / "wire", problem);
    if (problem) made->note("wire", problem.value());
  }
  return suite_bundle_writer{std::move(made)};
}

suite_bundle_writer::suite_bundle_writer(std::unique_ptr<state> with) : state_{std::move(with)} {}
suite_bundle_writer::suite_bundle_writer(suite_bundle_writer&&) noexcept = default;
suite_bundle_writer& suite_bundle_writer::operator=(suite_bundle_writer&&) noexcept = default;
suite_bundle_writer::~suite_bundle_writer() = default;

const std::string& suite_bundle_writer::problem() const noexcept {
  return state_->problem;
}
const std::string& suite_bundle_writer::path() const noexcept {
  return state_->directory;
}

void suite_bundle_writer::append(const conform::case_result& of) {
  if (!state_->problem.empty()) return;
  const auto wire_name = state_->write_wire(of);
  state_->note("cases.ndjson", state_->cases.write(to_case_line(of, wire_name) + "\n"));
}

void suite_bundle_writer::append(const log_entry& entry) {
  if (state_->problem.empty()) state_->note("log.ndjson", state_->log.write(to_line(entry) + "\n"));
}

void suite_bundle_writer::finish(std::string_view summary_json) {
  if (state_->problem.empty()) state_->problem = put_summary(state_->directory, summary_json);
}

}  // namespace wanwu::report
