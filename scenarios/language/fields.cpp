// Holding a tree against a table of fields.
#include "scenarios/language/fields.hpp"

#include <algorithm>

#include "scenarios/language/units.hpp"

namespace wanwu::lang {
namespace {

constexpr std::size_t shown_max = 60;

std::string cut(std::string_view text) {
  if (text.size() <= shown_max) return std::string{text};
  std::size_t end = shown_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return std::string{text.substr(0, end)} + "…";
}

bool is_name(std::string_view text) {
  if (text.empty() || text[0] < 'a' || text[0] > 'z') return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

bool is_identifier(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  if (text.empty() || !letter(text[0])) return false;
  return std::all_of(text.begin(), text.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

bool is_label(std::string_view text) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  if (text.empty() || !plain(text[0])) return false;
  return std::all_of(text.begin(), text.end(),
                     [&](char c) { return plain(c) || c == '_' || c == '.' || c == '-'; });
}

bool is_note(std::string_view key) {
  return key.starts_with("x-");
}

bool in_range(double amount, const shape& what) {
  return amount >= what.low && amount <= what.high;
}

class checker {
 public:
  explicit checker(diagnostics& found) : found_{found} {}
  void check(const node& value, const shape& what, std::string_view field_help);

 private:
  void check_object(const node& value, const shape& what);
  void check_map(const node& value, const shape& what);
  void check_list(const node& value, const shape& what);
  void check_secret(const node& value, const shape& what);
  void not_valid(const node& value, const shape& what, std::string_view field_help);
  void wrong_form(const node& value, const shape& what, std::string_view form);
  void unknown_key(const member& m, const shape& what);

  diagnostics& found_;
};

std::string hint_of(const shape& what) {
  if (what.examples.empty()) return {};
  std::string out = what.kind == shape_kind::choice ? "one of:" : "e.g.";
  for (std::size_t i = 0; i < what.examples.size(); ++i) {
    out += (i == 0 || what.kind == shape_kind::choice ? " " : ", ") + std::string{what.examples[i]};
  }
  return out;
}

void checker::not_valid(const node& value, const shape& what, std::string_view field_help) {
  if (std::find(what.later.begin(), what.later.end(), value.text) != what.later.end()) {
    found_.error("E104", value.mark, "`" + value.text + "` is not in this version of wanwu", hint_of(what));
    return;
  }
  const bool by_field = what.kind == shape_kind::choice && !field_help.empty();
  std::string hint = hint_of(what);
  if (what.kind == shape_kind::choice) {
    const bool same_text =
        std::find(what.examples.begin(), what.examples.end(), value.text) != what.examples.end();
    if (same_text) hint = "put it into quotes: \"" + value.text + "\"";
  }
  if (what.kind == shape_kind::text || what.kind == shape_kind::name || what.kind == shape_kind::label) {
    const bool typed = value.is_scalar() && value.kind != node_kind::text && value.kind != node_kind::null;
    if (typed) hint = "put it into quotes: \"" + cut(value.text) + "\"";
  }
  const std::string shown = value.kind == node_kind::null ? "nothing" : "`" + cut(value.text) + "`";
  found_.error("E110", value.mark,
               shown + " is not valid here: " + std::string{by_field ? field_help : what.help},
               std::move(hint));
}

void checker::wrong_form(const node& value, const shape& what, std::string_view form) {
  std::string is = value.is_map() ? "a map" : value.is_list() ? "a list" : "`" + cut(value.text) + "`";
  if (value.kind == node_kind::null) is = "nothing";
  found_.error("E103", value.mark,
               is + " stands here, where " + std::string{form} + " belongs: " + std::string{what.help},
               hint_of(what));
}

void checker::unknown_key(const member& m, const shape& what) {
  std::vector<std::string_view> known;
  for (const field& f : what.fields) {
    if (f.later.empty()) known.push_back(f.name);
  }
  found_.error("E101", m.key_mark, "unknown key `" + cut(m.key) + "`", suggestion(m.key, known, 16));
}

void checker::check_object(const node& value, const shape& what) {
  if (!value.is_map()) return wrong_form(value, what, "a map");
  for (const member& m : value.members) {
    if (is_note(m.key)) continue;
    const auto at =
        std::find_if(what.fields.begin(), what.fields.end(), [&](const field& f) { return f.name == m.key; });
    if (at == what.fields.end()) {
      unknown_key(m, what);
    } else if (!at->later.empty()) {
      found_.error("E104", m.key_mark, "`" + m.key + "` is not in this version of wanwu",
                   std::string{at->later});
    } else {
      check(m.value, *at->value, at->help);
    }
  }
  for (const field& f : what.fields) {
    if (f.required && value.find(f.name) == nullptr) {
      found_.error("E102", value.mark, "`" + std::string{f.name} + "` is missing here", std::string{f.help});
    }
  }
  if (what.exactly_one.empty()) return;
  std::string words;
  std::vector<const member*> present;
  for (const std::string_view key : what.exactly_one) {
    if (const member* m = value.find_member(key)) present.push_back(m);
    const auto known =
        std::find_if(what.fields.begin(), what.fields.end(), [&](const field& f) { return f.name == key; });
    if (known != what.fields.end() && !known->later.empty()) continue;
    words += (words.empty() ? "`" : " or `") + std::string{key} + "`";
  }
  const bool misspelt = std::any_of(value.members.begin(), value.members.end(), [&](const member& m) {
    return !is_note(m.key) && std::none_of(what.fields.begin(), what.fields.end(),
                                           [&](const field& f) { return f.name == m.key; });
  });
  if (present.empty() && !misspelt) found_.error("E102", value.mark, words + " is missing here");
  if (present.size() > 1)
    found_.error("E103", present[1]->key_mark, "only one of " + words + " may stand here");
}

void checker::check_map(const node& value, const shape& what) {
  if (!value.is_map()) return wrong_form(value, what, "a map");
  for (const member& m : value.members) {
    if (is_note(m.key)) continue;
    if (what.keys == key_kind::name && !is_name(m.key)) {
      found_.error("E110", m.key_mark,
                   "`" + cut(m.key) + "` is not a name: small letters, digits, - and _, a letter first");
    } else if (what.keys == key_kind::identifier && !is_identifier(m.key)) {
      found_.error(
          "E110", m.key_mark,
          "`" + cut(m.key) + "` is not a name for expressions: letters, digits and _, no digit first");
    } else if (what.keys == key_kind::label && !is_label(m.key)) {
      found_.error(
          "E110", m.key_mark,
          "`" + cut(m.key) + "` is not a label: letters, digits, _ . and -, a letter or digit first");
    }
    const auto own =
        std::find_if(what.fields.begin(), what.fields.end(), [&](const field& f) { return f.name == m.key; });
    if (own != what.fields.end())
      check(m.value, *own->value, own->help);
    else
      check(m.value, *what.item, {});
  }
}

void checker::check_list(const node& value, const shape& what) {
  if (!value.is_list()) return wrong_form(value, what, "a list");
  if (value.items.size() < what.items_min)
    found_.error("E102", value.mark, "at least one element must stand here");
  for (const node& item : value.items) check(item, *what.item, {});
}

void checker::check_secret(const node& value, const shape& what) {
  if (!value.is_map()) {
    if (value.is_scalar()) {
      found_.error("E170", value.mark, "a secret must not stand in a file",
                   "{ env: NAME } or { file: PATH }");
    } else {
      wrong_form(value, what, "{ env: NAME } or { file: PATH }");
    }
    return;
  }
  static const shape secret_object{.kind = shape_kind::object,
                                   .fields = {{"env", &shapes::text, "Name of the environment variable."},
                                              {"default", &shapes::text, "When the variable is not set."},
                                              {"file", &shapes::text, "Path of the file."}},
                                   .exactly_one = {"env", "file"}};
  check_object(value, secret_object);
}

/// The option of a one_of that a value of this form is meant to be.
const shape* option_for(const node& value, const shape& what) {
  const shape* same_form = nullptr;
  for (const shape* option : what.options) {
    const bool map_like = option->kind == shape_kind::object || option->kind == shape_kind::map;
    const bool form = value.is_map()    ? map_like
                      : value.is_list() ? option->kind == shape_kind::list
                                        : !map_like && option->kind != shape_kind::list;
    if (!form) continue;
    if (value.is_scalar() && fits(value, *option)) return option;
    if (same_form == nullptr) same_form = option;
  }
  return same_form;
}

void checker::check(const node& value, const shape& what, std::string_view field_help) {
  switch (what.kind) {
    case shape_kind::any:
      return;
    case shape_kind::object:
      return check_object(value, what);
    case shape_kind::map:
      return check_map(value, what);
    case shape_kind::list:
      return check_list(value, what);
    case shape_kind::secret:
      return check_secret(value, what);
    case shape_kind::one_of: {
      const shape* option = option_for(value, what);
      if (option == nullptr) return wrong_form(value, what, "something else");
      if (value.is_scalar() && !fits(value, *option)) return not_valid(value, what, field_help);
      return check(value, *option, field_help);
    }
    default:
      break;
  }
  if (!value.is_scalar()) return wrong_form(value, what, "a single value");
  if (!fits(value, what)) not_valid(value, what, field_help);
}

}  // namespace

bool fits(const node& value, const shape& what) {
  const bool is_text = value.kind == node_kind::text;
  switch (what.kind) {
    case shape_kind::any:
      return true;
    case shape_kind::text:
      return is_text;
    case shape_kind::name:
      return is_text && is_name(value.text);
    case shape_kind::label:
      return is_text && is_label(value.text);
    case shape_kind::boolean:
      return value.kind == node_kind::boolean;
    case shape_kind::integer:
      return value.kind == node_kind::integer && in_range(value.number, what);
    case shape_kind::number:
      return (value.kind == node_kind::integer || value.kind == node_kind::number) &&
             in_range(value.number, what);
    case shape_kind::count:
      if (value.kind == node_kind::integer) return in_range(value.number, what);
      return is_text && parse_count(value.text).has_value();
    case shape_kind::duration:
      return is_text && parse_duration(value.text).has_value();
    case shape_kind::span:
      return is_text && (parse_duration(value.text).has_value() || is_identifier(value.text) ||
                         value.text.starts_with("${"));
    case shape_kind::rate:
      return is_text && parse_rate(value.text).has_value();
    case shape_kind::bandwidth:
      return is_text && parse_bandwidth(value.text).has_value();
    case shape_kind::percent: {
      const auto share = is_text ? parse_percent(value.text) : std::nullopt;
      return share && in_range(*share, what);
    }
    case shape_kind::choice:
      return is_text &&
             std::find(what.examples.begin(), what.examples.end(), value.text) != what.examples.end();
    default:
      return false;
  }
}

void check_fields(const node& tree, const shape& table, diagnostics& found) {
  checker{found}.check(tree, table, {});
}

}  // namespace wanwu::lang
