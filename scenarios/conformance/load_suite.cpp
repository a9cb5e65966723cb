// From a name, a file or a folder to a checked suite: documents, tables, specifications, roles, cases.
#include "scenarios/conformance/load_suite.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "scenarios/conformance/case_reader.hpp"
#include "scenarios/conformance/clause_file.hpp"
#include "scenarios/conformance/shipped.hpp"
#include "scenarios/language/fields.hpp"
#include "scenarios/language/overrides.hpp"
#include "scenarios/language/readers.hpp"
#include "scenarios/language/taken.hpp"

namespace wanwu::conform {
namespace {

using lang::node;
using lang::node_kind;
namespace fs = std::filesystem;
namespace taken = lang::taken;

constexpr std::string_view head_name = "suite.yaml";
constexpr std::string_view left_out_name = "uncovered.csv";
constexpr lang::source_mark on_command_line{lang::source_mark::no_file, 1, 1, 1};
constexpr std::size_t cases_max = 10'000;

/// Where the files of a suite come from: a folder, the program itself, or one text that has no other files.
class suite_files {
 public:
  suite_files(const std::string& shown, std::string text, lang::source_set& sources, lang::diagnostics& found)
      : sources_{sources}, found_{found}, alone_{sources.add(shown, std::move(text))} {}
  suite_files(const std::string& path, lang::source_set& sources, lang::diagnostics& found)
      : sources_{sources}, found_{found} {
    const auto names = shipped_suites();
    std::error_code failed;
    if (std::find(names.begin(), names.end(), path) != names.end()) {
      shipped_ = path;
      head_ = head_name;
    } else if (fs::is_directory(path, failed)) {
      folder_ = path;
      head_ = head_name;
    } else {
      folder_ = fs::path{path}.parent_path().string();
      head_ = fs::path{path}.filename().string();
      if (folder_.empty()) folder_ = ".";
      if (!fs::exists(path, failed) && path.find('/') == std::string::npos) {
        std::vector<std::string_view> known{names.begin(), names.end()};
        found.error("E001", on_command_line, "there is no suite `" + path + "`",
                    lang::suggestion(path, known));
        missing_ = true;
      }
    }
  }

  bool shipped() const { return !shipped_.empty(); }
  bool missing() const { return missing_; }
  std::optional<std::uint32_t> head() {
    if (alone_) return alone_;
    return shipped() ? built_in(head_, on_command_line) : on_disk(shown(head_), on_command_line);
  }

  /// A file that `mark` names; empty after a mistake.
  std::optional<std::uint32_t> named(const std::string& written, const lang::source_mark& mark) {
    if (shipped()) return built_in(written, mark);
    if (alone_) {
      found_.error("E151", mark, "a suite without a folder has no other files");
      return std::nullopt;
    }
    const auto path = lang::resolve_inside(folder_, written, mark, "E001", "file", found_);
    return path ? on_disk(*path, mark) : std::nullopt;
  }
  /// A file that may be missing.
  std::optional<std::uint32_t> optional(std::string_view name) {
    if (alone_) return std::nullopt;
    std::error_code failed;
    const bool there =
        shipped() ? find(name) != nullptr : fs::is_regular_file(shown(std::string{name}), failed);
    return there ? named(std::string{name}, on_command_line) : std::nullopt;
  }

 private:
  std::string shown(const std::string& name) const { return folder_ == "." ? name : folder_ + "/" + name; }

  const shipped_file* find(std::string_view name) const {
    for (const shipped_file& f : shipped_files()) {
      if (f.suite == shipped_ && f.name == name) return &f;
    }
    return nullptr;
  }

  std::optional<std::uint32_t> built_in(const std::string& name, const lang::source_mark& mark) {
    if (const shipped_file* f = find(name)) return sources_.add(shipped_ + "/" + name, std::string{f->text});
    found_.error("E001", mark, "the suite `" + shipped_ + "` has no file `" + name + "`");
    return std::nullopt;
  }

  std::optional<std::uint32_t> on_disk(const std::string& path, const lang::source_mark& mark) {
    std::error_code failed;
    const auto size = fs::file_size(path, failed);
    std::ifstream in{path, std::ios::binary};
    if (failed || !in || size > lang::document_limits::bytes_max) {
      found_.error("E001", mark, "`" + path + "` cannot be read", failed ? failed.message() : "at most 5 MB");
      return std::nullopt;
    }
    std::ostringstream text;
    text << in.rdbuf();
    return sources_.add(path, text.str());
  }

  lang::source_set& sources_;
  lang::diagnostics& found_;
  std::string shipped_, folder_, head_;
  std::optional<std::uint32_t> alone_;
  bool missing_ = false;
};

/// One file of the suite and what it names.
struct part {
  std::unique_ptr<node> tree;
  file_names names;
};

class suite_loader {
 public:
  suite_loader(suite_loaded& out, suite_files files, const std::string& path,
               const std::vector<std::string>& capabilities, const std::vector<std::string>& set)
      : out_{out}, files_{std::move(files)}, capabilities_{capabilities}, set_{set} {
    result_->path = path;
    result_->sources = out.sources;
    result_->shipped = files_.shipped();
  }

  void load() {
    if (files_.missing()) return;
    const auto file = files_.head();
    auto tree = file ? document(*file) : nullptr;
    if (!tree) return;
    lang::apply_overrides(*tree, lang::split_overrides(set_, *out_.sources, out_.found), *out_.sources,
                          out_.found);
    lang::check_fields(*tree, lang::suite_table(), out_.found);
    head(*tree);
    std::vector<part> parts;
    parts.push_back({std::move(tree), {}});
    includes(parts);
    for (part& p : parts) names_of(p, parts.front().names);
    const lang::slot_table common = common_names(mqtt_vocabulary(), capabilities_);
    for (const part& p : parts) cases(p, common);
    check_ids();
    if (!out_.found.has_errors()) out_.loaded = result_;
  }

 private:
  std::unique_ptr<node> document(std::uint32_t file);
  void head(const node& tree);
  void specs(const node& tree);
  void includes(std::vector<part>& parts);
  void names_of(part& p, const file_names& head);
  void cases(const part& p, const lang::slot_table& common);
  void check_ids();

  suite_loaded& out_;
  suite_files files_;
  const std::vector<std::string>& capabilities_;
  const std::vector<std::string>& set_;
  std::shared_ptr<suite> result_ = std::make_shared<suite>();
};

/// The tree of a file that says it is a suite.
std::unique_ptr<node> suite_loader::document(std::uint32_t file) {
  auto tree = lang::parse_document(*out_.sources, file, out_.found);
  if (!tree) return nullptr;
  const node* wanwu = tree->is_map() ? tree->find("wanwu") : nullptr;
  if (wanwu != nullptr && wanwu->text == "suite/v1") return tree;
  out_.found.error("E100", wanwu == nullptr ? tree->mark : wanwu->mark, "this is not a suite",
                   "it begins with wanwu: suite/v1");
  return nullptr;
}

void suite_loader::head(const node& tree) {
  for (const std::string_view key : {"id", "title"}) {
    if (tree.find(key) == nullptr)
      out_.found.error("E102", tree.mark, "`" + std::string{key} + "` is missing here");
  }
  result_->id = taken::text(tree, "id");
  result_->title = taken::text(tree, "title");
  result_->status = taken::text(tree, "status");
  if (const node* editors = tree.find("editors"); editors != nullptr && editors->is_list()) {
    for (const node& item : editors->items) result_->editors.push_back(item.text);
  }
  specs(tree);
}

void suite_loader::specs(const node& tree) {
  const node* map = taken::map_at(&tree, "specs");
  if (map == nullptr) return;
  const auto left_out_file = files_.optional(left_out_name);
  const auto left_out = left_out_file ? read_left_out(*out_.sources, *left_out_file, out_.found)
                                      : std::vector<std::pair<std::string, std::string>>{};
  std::size_t placed = 0;
  for (const lang::member& m : map->members) {
    if (m.key.starts_with("x-") || !m.value.is_map()) continue;
    spec_entry spec{m.key, taken::text(m.value, "title"), taken::text(m.value, "link"), {}, {}};
    if (const node* requirements = taken::text_at(m.value, "requirements")) {
      if (const auto file = files_.named(requirements->text, requirements->mark))
        spec.clauses = read_clauses(*out_.sources, *file, out_.found);
    }
    for (const auto& row : left_out) {
      const bool here = std::any_of(spec.clauses.begin(), spec.clauses.end(),
                                    [&](const clause_row& c) { return c.id == row.first; });
      if (here) spec.left_out.push_back(row);
      placed += here ? 1U : 0U;
    }
    result_->specs.push_back(std::move(spec));
  }
  if (placed != left_out.size()) {
    out_.found.error("E196", {*left_out_file, 1, 1, 1},
                     "an id of this file is no clause of any specification here",
                     std::to_string(left_out.size() - placed) + " of them");
  }
}

void suite_loader::includes(std::vector<part>& parts) {
  const node* list = parts.front().tree->find("include");
  if (list == nullptr || !list->is_list()) return;
  std::vector<std::string> seen;
  for (const node& item : list->items) {
    if (item.kind != node_kind::text) continue;
    if (std::find(seen.begin(), seen.end(), item.text) != seen.end()) {
      out_.found.error("E141", item.mark, "`" + item.text + "` is included twice");
      continue;
    }
    seen.push_back(item.text);
    const auto file = files_.named(item.text, item.mark);
    auto tree = file ? document(*file) : nullptr;
    if (!tree) continue;
    lang::check_fields(*tree, lang::suite_table(), out_.found);
    for (const std::string_view key : {"include", "specs", "id", "title"}) {
      if (const lang::member* m = tree->find_member(key))
        out_.found.error("E194", m->key_mark, "`" + m->key + "` stands in the suite's first file only");
    }
    parts.push_back({std::move(tree), {}});
  }
}

/// Roles and timers of a file: its own, then those of the head, then the timers that are always there.
void suite_loader::names_of(part& p, const file_names& head) {
  static const std::pair<std::string_view, duration> always[] = {{"T_answer", std::chrono::seconds{2}},
                                                                 {"T_quiet", std::chrono::milliseconds{400}},
                                                                 {"T_settle", std::chrono::seconds{2}}};
  file_names own;
  if (const node* roles = taken::map_at(p.tree.get(), "roles")) {
    for (const lang::member& m : roles->members) {
      if (m.key.starts_with("x-") || !m.value.is_map()) continue;
      role_spec role;
      role.name = m.key;
      role.link = taken::text(m.value, "link") == "mqtt" ? link_kind::mqtt : link_kind::mqtt_raw;
      role.version = taken::text(m.value, "version") == "3.1.1" ? 4 : 5;
      if (const node* over = taken::text_at(m.value, "over"); over != nullptr && over->text == "websocket") {
        role.over = link_carrier::websocket;
        if (role.link == link_kind::mqtt)
          out_.found.error("E194", over->mark, "a well-behaved client speaks over TCP only",
                           "link: mqtt-raw");
      }
      own.roles.emplace_back(m.key, static_cast<std::uint16_t>(result_->roles.size()));
      result_->roles.push_back(std::move(role));
    }
  }
  const auto has = [](const auto& list, std::string_view name) {
    return std::any_of(list.begin(), list.end(), [&](const auto& entry) { return entry.first == name; });
  };
  if (const node* timers = taken::map_at(p.tree.get(), "timers")) {
    for (const lang::member& m : timers->members) {
      if (const auto length = taken::length(*timers, m.key)) own.timers.emplace_back(m.key, *length);
    }
  }
  for (const auto& role : head.roles) {
    if (!has(own.roles, role.first)) own.roles.push_back(role);
  }
  for (const auto& timer : head.timers) {
    if (!has(own.timers, timer.first)) own.timers.push_back(timer);
  }
  for (const auto& timer : always) {
    if (!has(own.timers, timer.first)) own.timers.emplace_back(timer);
  }
  for (const auto& timer : own.timers) {
    if (!has(result_->timers, timer.first)) result_->timers.push_back(timer);
  }
  p.names = std::move(own);
}

void suite_loader::cases(const part& p, const lang::slot_table& common) {
  const node* list = p.tree->find("cases");
  if (list == nullptr || !list->is_list()) return;
  const case_reading with{*result_, p.names, common, result_->shipped, out_.found};
  std::vector<test_case> read;
  for (const node& item : list->items) {
    read_case(item, with, read);
    if (result_->cases.size() + read.size() > cases_max) {
      out_.found.error("E195", item.mark, "more than 10,000 cases", "split the suite");
      break;
    }
  }
  std::move(read.begin(), read.end(), std::back_inserter(result_->cases));
}

/// Ids stand once, and what a case needs stands before it. Rows of one case follow each other.
void suite_loader::check_ids() {
  std::map<std::string, lang::source_mark, std::less<>> families;
  std::set<std::string, std::less<>> known;
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < result_->cases.size(); ++i) {
    const test_case& c = result_->cases[i];
    const bool row_of_last = i != 0 && result_->cases[i - 1].mark == c.mark;
    known.insert(c.id);
    if (row_of_last || c.family.empty()) continue;
    const auto [other, first] = families.emplace(c.family, c.mark);
    if (!first) {
      auto& said = out_.found.error("E141", c.mark, "there are two cases `" + c.family + "`");
      said.notes.push_back({"the other one", other->second});
    }
    if (!c.needs.empty() && (c.needs == c.family || !known.contains(c.needs))) {
      out_.found.error("E140", c.mark,
                       "`" + c.family + "` needs `" + c.needs + "`, which is no case that stands before it",
                       lang::suggestion(c.needs, names));
    }
    known.insert(c.family);
    names.push_back(c.family);
  }
}

}  // namespace

std::string_view suite::spec_of(std::string_view clause) const noexcept {
  for (const auto& spec : specs) {
    if (std::any_of(spec.clauses.begin(), spec.clauses.end(),
                    [&](const auto& row) { return row.id == clause; }))
      return spec.key;
  }
  return "";
}

duration suite::timer(std::string_view name) const noexcept {
  for (const auto& [known, length] : timers) {
    if (known == name) return length;
  }
  return {};
}

std::vector<std::string> shipped_suites() {
  std::vector<std::string> out;
  for (const shipped_file& f : shipped_files()) {
    if (f.name == head_name) out.emplace_back(f.suite);
  }
  return out;
}

suite_loaded load_suite(const std::string& path, const std::vector<std::string>& capabilities,
                        const std::vector<std::string>& set) {
  suite_loaded out;
  suite_loader{out, suite_files{path, *out.sources, out.found}, path, capabilities, set}.load();
  out.found.sort();
  return out;
}

suite_loaded load_suite_text(const std::string& shown, std::string text) {
  suite_loaded out;
  suite_loader{out, suite_files{shown, std::move(text), *out.sources, out.found}, shown, {}, {}}.load();
  out.found.sort();
  return out;
}

}  // namespace wanwu::conform
