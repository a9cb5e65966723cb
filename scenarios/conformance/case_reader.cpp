// Cases and their rows.
#include "scenarios/conformance/case_reader.hpp"

#include <algorithm>

#include "scenarios/conformance/step_reader.hpp"
#include "scenarios/conformance/words.hpp"
#include "scenarios/language/taken.hpp"

namespace wanwu::conform {
namespace {

using lang::member;
using lang::node;
using lang::node_kind;
namespace taken = lang::taken;

/// Rows are read no further when one case has brought so many messages.
constexpr std::size_t said_max = 100;

/// What all ids of a specification begin with, up to a dash: "MQTT-".
std::string_view common_prefix(const std::vector<clause_row>& clauses) {
  if (clauses.empty()) return {};
  std::string_view prefix = clauses.front().id;
  for (const clause_row& c : clauses) {
    std::size_t same = 0;
    while (same < std::min(prefix.size(), c.id.size()) && prefix[same] == c.id[same]) ++same;
    prefix = prefix.substr(0, same);
  }
  const std::size_t dash = prefix.rfind('-');
  return dash == std::string_view::npos ? std::string_view{} : prefix.substr(0, dash + 1);
}

const clause_row* find_clause(const suite& whole, std::string_view spec, std::string_view id) {
  for (const spec_entry& s : whole.specs) {
    if (s.key != spec) continue;
    for (const clause_row& c : s.clauses) {
      if (c.id == id) return &c;
    }
  }
  return nullptr;
}

class row_reader {
 public:
  row_reader(const node& tree, const case_row& row, const case_reading& with, lang::diagnostics& found)
      : tree_{tree}, with_{with}, found_{found}, scope_{with.whole, with.file, with.common, row, found} {
    out_.family = taken::text(tree, "id");
    out_.id = row.label.empty() ? out_.family : out_.family + "/" + row.label;
  }

  test_case read() {
    const node* id = tree_.find("id");
    out_.mark = id == nullptr ? tree_.mark : id->mark;
    out_.group = taken::text(tree_, "group");
    out_.objective = taken::text(tree_, "objective");
    out_.needs = taken::text(tree_, "needs");
    out_.force = level_of(taken::text(tree_, "level"));
    out_.timing = taken::truth(tree_, "timing", false);
    out_.exclusive = taken::truth(tree_, "exclusive", false);
    clauses();
    if (const node* applies = tree_.find("applies"); applies != nullptr && applies->kind == node_kind::text) {
      out_.applies_text = applies->text;
      out_.applies = scope_.applies(*applies);
    }
    step_reader steps{scope_};
    out_.preamble = steps.read(tree_.find("preamble"));
    out_.body = steps.read(tree_.find("body"));
    out_.postamble = steps.read(tree_.find("postamble"));
    const node* body = tree_.find("body");
    const std::size_t size = body != nullptr && body->is_list() ? body->items.size() : 0;
    out_.mutants = read_edits(tree_.find("mutants"), size, steps, scope_);
    out_.benign = read_edits(tree_.find("benign"), size, steps, scope_);
    out_.roles_used.assign(steps.used().begin(), steps.used().end());
    out_.names = scope_.names();
    out_.computed = scope_.computed();
    judges();
    if (with_.shipped) proof();
    return std::move(out_);
  }

 private:
  void clauses() {
    const node* cited = tree_.find("clause");
    if (cited == nullptr) return;
    const auto add = [&](const node& text) {
      if (text.kind != node_kind::text) return;
      if (auto clause = read_clause(text, with_.whole, found_)) {
        out_.clause_specs.push_back(std::move(clause->first));
        out_.clauses.push_back(std::move(clause->second));
      }
    };
    if (!cited->is_list()) return add(*cited);
    for (const node& item : cited->items) add(item);
  }

  /// A body without a demand would pass whatever the target does.
  void judges() {
    const node* body = tree_.find("body");
    if (body == nullptr || !body->is_list()) return;
    const bool demands = std::any_of(body->items.begin(), body->items.end(), [](const node& item) {
      const node* sent = item.find("stimulus");
      return item.find("verify") != nullptr || item.find("open") != nullptr ||
             (sent != nullptr && sent->find("expect") != nullptr);
    });
    if (!demands)
      found_.error("E194", body->mark, "nothing in this body can fail",
                   "a verify, or an expect after a stimulus");
  }

  void proof() {
    if (out_.mutants.empty())
      found_.error("E191", out_.mark, "`" + out_.family + "` has no mutant",
                   "an edit that must turn it to fail");
    bool testable = false;
    for (std::size_t i = 0; i < out_.clauses.size(); ++i) {
      const clause_row* clause = find_clause(with_.whole, out_.clause_specs[i], out_.clauses[i]);
      testable |= clause != nullptr && clause->testable;
    }
    if (!testable)
      found_.error("E191", out_.mark, "`" + out_.family + "` cites no clause that can be tested");
  }

  const node& tree_;
  const case_reading& with_;
  lang::diagnostics& found_;
  case_names scope_;
  test_case out_;
};

}  // namespace

std::optional<std::pair<std::string, std::string>> read_clause(const node& text, const suite& whole,
                                                               lang::diagnostics& found) {
  const std::size_t blank = text.text.find(' ');
  const std::string key = text.text.substr(0, blank);
  std::string id =
      blank == std::string::npos ? "" : text.text.substr(text.text.find_first_not_of(' ', blank));
  const auto spec =
      std::find_if(whole.specs.begin(), whole.specs.end(), [&](const auto& s) { return s.key == key; });
  if (spec == whole.specs.end()) {
    std::vector<std::string_view> known;
    for (const auto& s : whole.specs) known.push_back(s.key);
    found.error("E190", text.mark, "there is no specification `" + key + "` under `specs`",
                lang::suggestion(key, known));
    return std::nullopt;
  }
  if (id.empty()) {
    found.error("E190", text.mark, "the clause's id is missing", "SPEC ID, such as MQTT5 3.1.0-2");
    return std::nullopt;
  }
  if (spec->clauses.empty()) return std::pair{key, id};
  for (const std::string& full : {id, std::string{common_prefix(spec->clauses)} + id}) {
    if (find_clause(whole, key, full) != nullptr) return std::pair{key, full};
  }
  std::vector<std::string_view> known;
  for (const clause_row& c : spec->clauses) known.push_back(c.id);
  const auto near = lang::did_you_mean(std::string{common_prefix(spec->clauses)} + id, known);
  found.error("E190", mark_inside(text, text.text.size() - id.size(), id.size()),
              "`" + key + "` has no clause `" + id + "`",
              near.empty() ? "wanwu list clauses" : "did you mean `" + std::string{near} + "`?");
  return std::nullopt;
}

void read_case(const node& tree, const case_reading& with, std::vector<test_case>& out) {
  if (!tree.is_map()) return;
  const node* generate = taken::map_at(&tree, "generate");
  const bool cuts = generate != nullptr && taken::text(*generate, "kind") == "truncations";
  const std::size_t before = with.found.error_count();
  std::vector<case_row> rows = read_rows(tree, with.found);
  if (cuts) rows = truncation_rows(tree, with);
  if (rows.empty() && tree.find("params") != nullptr && with.found.error_count() == before)
    with.found.error("E195", tree.mark, "this case has no row, so it would never run");
  std::vector<lang::diagnostic> said;
  for (const case_row& row : rows) {
    if (said.size() > said_max) break;
    lang::diagnostics found;
    out.push_back(row_reader{tree, row, with, found}.read());
    for (const lang::diagnostic& d : found.all()) {
      const bool again = std::any_of(said.begin(), said.end(), [&](const lang::diagnostic& s) {
        return s.mark == d.mark && s.message == d.message;
      });
      if (again) continue;
      said.push_back(d);
      if (d.level == lang::severity::error)
        with.found.error(d.code, d.mark, d.message, d.hint);
      else
        with.found.warning(d.code, d.mark, d.message, d.hint);
    }
  }
}

}  // namespace wanwu::conform
