// Words for steps, conditions and edits.
#include "scenarios/conformance/words.hpp"

#include <array>

namespace wanwu::conform {
namespace {

using lang::member;
using lang::node;
using lang::node_kind;

constexpr std::size_t words_max = 400;

/// `${second}` of a row is shown as its value.
std::string filled(std::string text, const case_names& scope) {
  for (std::size_t at = text.find("${"); at != std::string::npos; at = text.find("${", at)) {
    const std::size_t end = text.find('}', at);
    if (end == std::string::npos) break;
    lang::resolved_name meaning;
    const std::string name = text.substr(at + 2, end - at - 2);
    const bool known = scope.names()->resolve("row." + name, meaning) && meaning.constant;
    if (!known) {
      at = end;
      continue;
    }
    byte_writer value;
    lang::write_value(meaning.fixed, value);
    text.replace(at, end + 1 - at, as_text(value.view()));
    at += value.size();
  }
  return text;
}

std::string cut(std::string text) {
  if (text.size() <= words_max) return text;
  std::size_t end = words_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end) + "…";
}

std::string plain(const node& value, const case_names& scope) {
  if (value.kind == node_kind::null) return "~";
  if (value.is_scalar()) return filled(value.text, scope);
  std::string out;
  if (value.is_list()) {
    for (const node& item : value.items) out += (out.empty() ? "" : ", ") + plain(item, scope);
    return "[" + out + "]";
  }
  for (const member& m : value.members)
    out += (out.empty() ? "" : ", ") + m.key + ": " + plain(m.value, scope);
  return "{" + out + "}";
}

std::string word_at(const node& tree, std::string_view key, const case_names& scope) {
  const node* value = tree.find(key);
  return value == nullptr ? std::string{} : plain(*value, scope);
}

/// " keep_alive=4 client_id=x"
std::string assignments(const node* map, const case_names& scope) {
  std::string out;
  if (map == nullptr || !map->is_map()) return out;
  for (const member& m : map->members) out += " " + m.key + "=" + plain(m.value, scope);
  return out;
}

std::string message_words(const node& tree, const case_names& scope) {
  if (tree.find("bytes") != nullptr) return "bytes " + word_at(tree, "bytes", scope);
  std::string out = word_at(tree, "packet", scope) + assignments(tree.find("set"), scope);
  if (const node* wrong = tree.find("corrupt")) out += ", corrupted:" + assignments(wrong, scope);
  return out;
}

std::string pattern_words(const node& tree, const case_names& scope) {
  if (!tree.is_map()) return tree.text == "closed" ? "the close" : tree.text;
  std::string out = tree.find("packet") == nullptr ? "any packet" : word_at(tree, "packet", scope);
  if (tree.find("where") != nullptr) out += " where " + word_at(tree, "where", scope);
  if (tree.find("nth") != nullptr) out += " (" + word_at(tree, "nth", scope) + ")";
  return out;
}

std::string joined(const node* list, std::string_view between, const case_names& scope) {
  std::string out;
  if (list == nullptr) return out;
  for (const node& item : list->items)
    out += (out.empty() ? "" : std::string{between}) + condition_words(item, scope);
  return out;
}

std::string patterns(const node* list, const case_names& scope) {
  std::string out;
  if (list == nullptr) return out;
  for (const node& item : list->items) out += (out.empty() ? "" : ", ") + pattern_words(item, scope);
  return out;
}

std::string demand_words(const node& tree, const case_names& scope) {
  if (tree.find("bytes") != nullptr) return "bytes " + word_at(tree, "bytes", scope);
  if (tree.find("quiet") != nullptr) return "nothing for " + word_at(tree, "quiet", scope);
  if (const node* options = tree.find("one_of")) return "one of: " + joined(options, "; or ", scope);
  if (const node* options = tree.find("all_of")) return "in any order: " + joined(options, "; and ", scope);
  if (tree.find("closed") == nullptr) return pattern_words(tree, scope);
  std::string out = "the target closes the connection";
  if (tree.find("codes") != nullptr) out += ", with " + word_at(tree, "codes", scope) + " before or nothing";
  if (const node* without = tree.find("without")) out += ", without " + patterns(without, scope);
  return out;
}

}  // namespace

std::string_view name_of(level force) noexcept {
  return force == level::must ? "must" : force == level::should ? "should" : "may";
}

std::string condition_words(const node& tree, const case_names& scope) {
  if (!tree.is_map()) return tree.is_scalar() ? "bytes " + filled(tree.text, scope) : std::string{};
  std::string out = tree.find("as") == nullptr ? "" : word_at(tree, "as", scope) + " gets ";
  if (const node* times = tree.find("times")) out += plain(*times, scope) + " times ";
  out += demand_words(tree, scope);
  if (const node* until = tree.find("until")) out += " until " + pattern_words(*until, scope);
  if (tree.find("within") != nullptr) out += ", within " + word_at(tree, "within", scope);
  if (tree.find("between") != nullptr) out += ", between " + word_at(tree, "between", scope);
  if (const node* passed = tree.find("ignore")) out += ", ignoring " + patterns(passed, scope);
  if (const node* then = tree.find("then")) out += ", then " + condition_words(*then, scope);
  return cut(std::move(out));
}

std::string step_words(std::string_view word, const node& what, const case_names& scope) {
  if (word == "wait") return "wait " + plain(what, scope);
  if (!what.is_map()) return std::string{word};
  const std::string who = word_at(what, "as", scope);
  std::string out;
  if (word == "open") {
    const bool speaks = what.find("set") != nullptr || what.find("where") != nullptr;
    out = who + " opens its link" + (speaks ? ", CONNECT" + assignments(what.find("set"), scope) : "");
    if (what.find("where") != nullptr) out += ", CONNACK where " + word_at(what, "where", scope);
    if (const node* offered = what.find("subprotocol"))
      out += ", offering " + (offered->text.empty() ? "no subprotocol" : plain(*offered, scope));
  } else if (word == "close") {
    out = who + " closes its link" + (word_at(what, "how", scope) == "abrupt" ? " abruptly" : "");
  } else if (word == "verify") {
    out = condition_words(what, scope);
  } else {
    const bool own = what.find("packet") != nullptr || what.find("bytes") != nullptr;
    out = who + " sends " + (own ? message_words(what, scope) : "PINGREQ and gets PINGRESP");
    if (const node* times = what.find("times")) out += ", " + plain(*times, scope) + " times";
    if (what.find("frame") != nullptr) out += ", as " + word_at(what, "frame", scope);
    if (const node* size = what.find("split")) out += ", " + plain(*size, scope) + " bytes a frame";
    if (const node* expect = what.find("expect")) out += ", gets " + condition_words(*expect, scope);
  }
  return cut(std::move(out));
}

std::string edit_words(const node& tree, const case_names& scope) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 8> verbs{
      {{"drop", "leaves out "},
       {"change", "changes "},
       {"corrupt", "breaks "},
       {"replace", "replaces "},
       {"repeat", "repeats "},
       {"delay", "delays "},
       {"inject", "adds "},
       {"hide", "hides "}}};
  std::string out = "to " + word_at(tree, "as", scope) + ": ";
  for (const auto& [key, verb] : verbs) {
    const node* what = tree.find(key);
    if (what == nullptr) continue;
    out += std::string{verb} + (key == "inject" ? message_words(*what, scope) : pattern_words(*what, scope));
  }
  if (const node* both = tree.find("swap")) out += "swaps " + patterns(both, scope);
  const node* close = tree.find("close");
  if (close != nullptr) out += "closes the connection";
  out += assignments(tree.find("set"), scope);
  if (tree.find("edits") != nullptr) out += " edits " + word_at(tree, "edits", scope);
  if (tree.find("bytes") != nullptr) out += " by " + word_at(tree, "bytes", scope);
  if (tree.find("by") != nullptr) out += " by " + word_at(tree, "by", scope);
  const node& at = close != nullptr && close->is_map() ? *close : tree;
  if (const node* before = at.find("before")) out += " before " + pattern_words(*before, scope);
  if (const node* after = at.find("after")) out += " after " + pattern_words(*after, scope);
  if (at.find("step") != nullptr) out += " at step " + word_at(at, "step", scope);
  return cut(std::move(out));
}

}  // namespace wanwu::conform
