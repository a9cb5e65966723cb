// What must come.
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
using kind = condition::kind;

struct kind_row {
  std::string_view word;
  kind what;
  std::vector<std::string_view> keys;  ///< Beside as, ignore, level, then.
};
const std::vector<kind_row>& kinds() {
  static const std::vector<kind_row> table{
      {"packet", kind::packet, {"where", "within", "between", "times", "until", "save"}},
      {"bytes", kind::bytes, {"within", "between", "times"}},
      {"closed", kind::closed, {"within", "between", "codes", "without"}},
      {"quiet", kind::quiet, {}},
      {"one_of", kind::one_of, {"within"}},
      {"all_of", kind::all_of, {"within"}}};
  return table;
}
constexpr std::array<std::string_view, 4> for_all{"as", "ignore", "level", "then"};
constexpr std::uint32_t times_limit = 100'000;

class condition_reader {
 public:
  condition_reader(const node& tree, case_names& scope) : tree_{tree}, scope_{scope} {}

  condition_ptr read(std::optional<std::uint16_t> around) {
    const auto role = scope_.role(tree_, around);
    const kind_row* row = find_kind();
    if (!role || row == nullptr) return nullptr;
    out_.role = *role;
    out_.what = row->what;
    out_.mark = tree_.mark;
    check_keys(*row);
    what_comes();
    times();
    window();
    for (const node& item : list_at("ignore")) out_.ignore.push_back(read_pattern(item, scope_));
    out_.save = scope_.save(tree_.find("save"));
    if (const node* then = tree_.find("then"); then != nullptr && then->is_map())
      out_.then = read_condition(*then, role, scope_);
    out_.force = level_of(lang::taken::text(tree_, "level"));
    out_.text = condition_words(tree_, scope_);
    return std::make_shared<const condition>(std::move(out_));
  }

 private:
  const kind_row* find_kind() const {
    for (const kind_row& row : kinds()) {
      if (tree_.find(row.word) != nullptr) return &row;
    }
    return nullptr;  // the table has said so
  }

  void check_keys(const kind_row& row) {
    for (const member& m : tree_.members) {
      const bool known = m.key == row.word || m.key.starts_with("x-") ||
                         std::find(for_all.begin(), for_all.end(), m.key) != for_all.end() ||
                         std::find(row.keys.begin(), row.keys.end(), m.key) != row.keys.end();
      const bool reported = std::any_of(kinds().begin(), kinds().end(),
                                        [&](const kind_row& other) { return other.word == m.key; });
      const bool elsewhere = std::any_of(kinds().begin(), kinds().end(), [&](const kind_row& other) {
        return std::find(other.keys.begin(), other.keys.end(), m.key) != other.keys.end();
      });
      if (known || reported || !elsewhere) continue;
      scope_.found().error("E194", m.key_mark,
                           "`" + m.key + "` says nothing about `" + std::string{row.word} + "`");
    }
  }

  std::vector<node> list_at(std::string_view key) const {
    const node* list = tree_.find(key);
    std::vector<node> out;
    if (list == nullptr || !list->is_list()) return out;
    for (const node& item : list->items) {
      if (item.is_map()) out.push_back(item);
    }
    return out;
  }

  void what_comes() {
    switch (out_.what) {
      case kind::packet:
        out_.pattern = read_pattern(tree_, scope_);
        break;
      case kind::bytes:
        out_.bytes = scope_.bytes(*tree_.find("bytes"), true, reading::plain);
        break;
      case kind::closed:
        closed();
        break;
      case kind::quiet:
        out_.quiet = scope_.span(*tree_.find("quiet"));
        break;
      default:
        options();
    }
  }

  void closed() {
    out_.has_without = tree_.find("without") != nullptr;
    for (const node& item : list_at("without")) out_.without.push_back(read_pattern(item, scope_));
    const node* codes = tree_.find("codes");
    if (codes == nullptr) return;
    if (out_.has_without)
      scope_.found().error("E194", codes->mark, "only one of `codes` or `without` may stand here");
    out_.codes = codes->is_list() ? codes_rule::listed : codes_rule::any;
    for (const node& code : codes->items) {
      if (code.kind == node_kind::integer && code.integer >= 0 && code.integer <= 255)
        out_.code_list.push_back(static_cast<std::uint8_t>(code.integer));
    }
  }

  void options() {
    const bool all = out_.what == kind::all_of;
    for (const node& item : list_at(all ? "all_of" : "one_of")) {
      auto option = read_condition(item, out_.role, scope_);
      if (option == nullptr) continue;
      if (all && option->what != kind::packet && option->what != kind::bytes)
        scope_.found().error("E194", item.mark, "only packets can come in any order");
      out_.options.push_back(std::move(option));
    }
  }

  void times() {
    const node* times = tree_.find("times");
    if (const node* until = tree_.find("until"); until != nullptr && until->is_map())
      out_.until = read_pattern(*until, scope_);
    if (times == nullptr) {
      if (out_.until)
        scope_.found().error("E194", tree_.find_member("until")->key_mark, "`until` needs `times`");
      return;
    }
    const auto count = [&](const node& n) {
      const bool fits = n.kind == node_kind::integer && n.integer >= 0 && n.integer <= times_limit;
      return fits ? static_cast<std::uint32_t>(n.integer) : 1U;
    };
    if (times->is_list()) {
      if (times->items.size() != 2) {
        scope_.found().error("E194", times->mark, "two numbers belong here: [ fewest, most ]");
        return;
      }
      out_.times_min = count(times->items[0]);
      out_.times_max = count(times->items[1]);
    } else {
      out_.times_min = out_.times_max = count(*times);
    }
    if (out_.times_max < out_.times_min)
      scope_.found().error("E194", times->mark, "the most is less than the fewest");
    if (out_.times_min != out_.times_max && !out_.until)
      scope_.found().error("E194", times->mark, "a range needs `until`, the packet that ends it");
    if (out_.times_max == 0 && !out_.until)
      scope_.found().error("E194", times->mark, "`times: 0` needs `until`, the packet that ends it",
                           "or quiet: T_quiet, which waits");
  }

  void window() {
    if (const node* within = tree_.find("within")) out_.within = scope_.span(*within);
    const node* between = tree_.find("between");
    if (between == nullptr || !between->is_list()) return;
    if (out_.within)
      scope_.found().error("E194", between->mark, "only one of `within` or `between` may stand here");
    if (between->items.size() != 2) {
      scope_.found().error("E194", between->mark, "two lengths of time belong here: [ earliest, latest ]");
      return;
    }
    out_.not_before = scope_.span(between->items[0]);
    out_.within = scope_.span(between->items[1]);
    const bool fixed = out_.not_before && out_.within && !out_.not_before->computed && !out_.within->computed;
    if (fixed && out_.within->fixed < out_.not_before->fixed)
      scope_.found().error("E194", between->mark, "the latest lies before the earliest");
  }

  const node& tree_;
  case_names& scope_;
  condition out_;
};

}  // namespace

level level_of(std::string_view word) {
  return word == "should" ? level::should : word == "may" ? level::may : level::must;
}

condition_ptr read_condition(const node& tree, std::optional<std::uint16_t> role, case_names& scope) {
  return tree.is_map() ? condition_reader{tree, scope}.read(role) : nullptr;
}

}  // namespace wanwu::conform
