// Edits of what comes from the target: mutants and benign ones.
#include <algorithm>
#include <array>

#include "scenarios/conformance/step_reader.hpp"
#include "scenarios/conformance/words.hpp"
#include "scenarios/language/taken.hpp"

namespace wanwu::conform {
namespace {

using lang::member;
using lang::node;
using lang::node_kind;
using kind = edit::kind;
using place = edit::place;

struct kind_row {
  std::string_view word;
  kind what;
  std::vector<std::string_view> keys, needs;  ///< Beside `as`.
};
const std::vector<kind_row>& kinds() {
  static const std::vector<kind_row> table{{"drop", kind::drop, {}, {}},
                                           {"change", kind::change, {"set"}, {"set"}},
                                           {"corrupt", kind::corrupt, {"set", "edits"}, {}},
                                           {"replace", kind::replace, {"bytes"}, {"bytes"}},
                                           {"inject", kind::inject, {"before", "after", "step"}, {}},
                                           {"repeat", kind::repeat, {}, {}},
                                           {"swap", kind::swap, {}, {}},
                                           {"delay", kind::delay, {"by"}, {"by"}},
                                           {"hide", kind::hide, {}, {}},
                                           {"close", kind::close, {}, {}}};
  return table;
}

class edit_reader {
 public:
  edit_reader(const node& tree, std::size_t body_size, const step_reader& steps, case_names& scope)
      : tree_{tree}, body_size_{body_size}, steps_{steps}, scope_{scope} {}

  std::optional<edit> read() {
    const auto row = std::find_if(kinds().begin(), kinds().end(),
                                  [&](const kind_row& r) { return tree_.find(r.word) != nullptr; });
    const auto role = scope_.role(tree_);
    if (row == kinds().end() || !role) return std::nullopt;
    if (!steps_.is_open(*role)) {
      scope_.found().error("E194", tree_.mark,
                           "the case never opens the link of `" + scope_.role_at(*role).name + "`");
    }
    out_.role = *role;
    out_.what = row->what;
    out_.mark = tree_.mark;
    check_keys(*row);
    const node& what = *tree_.find(row->word);
    switch (out_.what) {
      case kind::inject:
        inject(what);
        break;
      case kind::close:
        close(what);
        break;
      case kind::swap:
        swap(what);
        break;
      case kind::hide:
        out_.which.closing = true;
        break;
      default:
        out_.which = selector(what);
    }
    details();
    out_.text = edit_words(tree_, scope_);
    return std::move(out_);
  }

 private:
  std::uint8_t version() const { return scope_.role_at(out_.role).version; }

  void check_keys(const kind_row& row) {
    for (const member& m : tree_.members) {
      const bool fits = m.key == "as" || m.key == row.word || m.key.starts_with("x-") ||
                        std::find(row.keys.begin(), row.keys.end(), m.key) != row.keys.end();
      const bool other =
          std::any_of(kinds().begin(), kinds().end(), [&](const kind_row& r) { return r.word == m.key; });
      const bool known = std::any_of(kinds().begin(), kinds().end(), [&](const kind_row& r) {
        return std::find(r.keys.begin(), r.keys.end(), m.key) != r.keys.end();
      });
      if (!fits && !other && known)
        scope_.found().error("E194", m.key_mark,
                             "`" + m.key + "` says nothing about `" + std::string{row.word} + "`");
    }
    for (const std::string_view key : row.needs) {
      if (tree_.find(key) == nullptr)
        scope_.found().error("E102", tree_.mark, "`" + std::string{key} + "` is missing here");
    }
    if (row.what == kind::corrupt && tree_.find("set") == nullptr && tree_.find("edits") == nullptr)
      scope_.found().error("E102", tree_.mark, "`set` or `edits` is missing here");
  }

  edit_selector selector(const node& what) {
    edit_selector out;
    if (!what.is_map()) {
      out.closing = what.text == "closed";
      return out;
    }
    out.pattern = read_pattern(what, scope_);
    const node* nth = what.find("nth");
    if (nth == nullptr) return out;
    if (nth->kind == node_kind::integer && nth->integer > 0) {
      out.nth = static_cast<std::uint32_t>(nth->integer);
    } else if (nth->text == "all") {
      out.nth = 0;
    } else if (nth->kind == node_kind::integer) {
      scope_.found().error("E110", nth->mark, "packets are counted from 1", "1, 2, ... or all");
    }
    return out;
  }

  void at_step(const node& tree) {
    const node* number = tree.find("step");
    if (number == nullptr || number->kind != node_kind::integer) return;
    out_.where = place::at_step;
    if (number->integer < 1 || number->integer > static_cast<std::int64_t>(body_size_)) {
      scope_.found().error("E194", number->mark, "the body has no step " + number->text,
                           "1 to " + std::to_string(body_size_));
      return;
    }
    out_.at_step = static_cast<std::uint32_t>(number->integer);
  }

  void inject(const node& what) {
    const bool beside = tree_.find("before") != nullptr || tree_.find("after") != nullptr;
    if (what.is_map())
      out_.message = read_message(what, version(), beside ? reading::packet : reading::plain, scope_);
    std::size_t places = 0;
    for (const std::string_view key : {"before", "after", "step"}) {
      const member* m = tree_.find_member(key);
      if (m == nullptr) continue;
      if (++places > 1)
        scope_.found().error("E103", m->key_mark, "only one of `before`, `after` or `step` may stand here");
    }
    placed(tree_);
  }

  void placed(const node& tree) {
    if (const node* before = tree.find("before")) {
      out_.where = place::before;
      out_.which = selector(*before);
    }
    if (const node* after = tree.find("after")) {
      out_.where = place::after;
      out_.which = selector(*after);
    }
    at_step(tree);
  }

  void close(const node& what) {
    if (what.is_map()) placed(what);
  }

  void swap(const node& what) {
    if (!what.is_list()) return;
    if (what.items.size() != 2) {
      scope_.found().error("E194", what.mark, "two packets belong here");
      return;
    }
    out_.which = selector(what.items[0]);
    out_.other = selector(what.items[1]);
  }

  void details() {
    const std::string& packet = out_.which.pattern.packet;
    if (out_.what == kind::change)
      out_.set = read_settings(tree_.find("set"), packet, version(), reading::packet, scope_);
    if (out_.what == kind::corrupt) {
      out_.wrong = read_corruption(tree_.find("set"), reading::packet, scope_);
      auto changes = read_byte_edits(tree_.find("edits"), reading::packet, scope_);
      std::move(changes.begin(), changes.end(), std::back_inserter(out_.wrong.edits));
    }
    if (const node* bytes = out_.what == kind::replace ? tree_.find("bytes") : nullptr)
      out_.bytes = scope_.bytes(*bytes, false, reading::packet);
    if (const node* by = out_.what == kind::delay ? tree_.find("by") : nullptr) {
      if (auto length = scope_.span(*by)) out_.by = std::move(*length);
    }
  }

  const node& tree_;
  std::size_t body_size_;
  const step_reader& steps_;
  case_names& scope_;
  edit out_;
};

}  // namespace

std::vector<edit> read_edits(const node* list, std::size_t body_size, const step_reader& steps,
                             case_names& scope) {
  std::vector<edit> out;
  if (list == nullptr || !list->is_list()) return out;
  for (const node& item : list->items) {
    if (!item.is_map()) continue;
    if (auto read = edit_reader{item, body_size, steps, scope}.read()) out.push_back(std::move(*read));
  }
  return out;
}

}  // namespace wanwu::conform
