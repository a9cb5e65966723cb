// `params` and `generate` as rows.
#include "scenarios/conformance/case_row.hpp"

#include <algorithm>

#include "protocols/mqtt/packet_type.hpp"
#include "scenarios/conformance/vocabulary.hpp"
#include "scenarios/language/taken.hpp"

namespace wanwu::conform {
namespace {

using lang::node;
using lang::node_kind;

bool is_plain(const node& value, lang::diagnostics& found) {
  if (value.is_scalar()) return true;
  found.error("E195", value.mark, "a parameter is a single value", "a number, true, false or a text");
  return false;
}

/// Puts a row in under a label of its own.
void add(std::vector<case_row>& rows, std::string_view label, std::vector<parameter> values) {
  case_row row;
  row.label = label_of(label, rows);
  row.values = std::move(values);
  rows.push_back(std::move(row));
}

std::vector<case_row> written_rows(const node& params, lang::diagnostics& found) {
  std::vector<case_row> out;
  for (const lang::member& m : params.members) {
    if (m.key.starts_with("x-") || !m.value.is_map()) continue;
    case_row row;
    row.label = m.key;
    for (const lang::member& v : m.value.members) {
      if (!v.key.starts_with("x-") && is_plain(v.value, found)) row.values.push_back({v.key, v.value});
    }
    out.push_back(std::move(row));
  }
  return out;
}

/// One key that this kind of generate needs, of the right form (the table has judged the form).
const node* need(const node& generate, std::string_view key, lang::diagnostics& found) {
  const node* value = generate.find(key);
  if (value == nullptr) {
    found.error(
        "E195", generate.mark,
        "`generate` of kind " + lang::taken::text(generate, "kind") + " needs `" + std::string{key} + "`");
  }
  return value;
}

std::vector<case_row> range_rows(const node& generate, lang::diagnostics& found) {
  std::vector<case_row> out;
  const node* name = need(generate, "name", found);
  const node* from = need(generate, "from", found);
  const node* to = need(generate, "to", found);
  if (name == nullptr || from == nullptr || to == nullptr) return out;
  if (from->kind != node_kind::integer || to->kind != node_kind::integer) return out;
  if (to->integer < from->integer || to->integer - from->integer >= static_cast<std::int64_t>(rows_max)) {
    found.error("E195", to->mark, "`to` lies before `from`, or the range has more than 4096 numbers");
    return out;
  }
  for (std::int64_t i = from->integer; i <= to->integer; ++i)
    out.push_back({std::to_string(i), {{name->text, lang::make_integer(i)}}});
  return out;
}

std::vector<case_row> each_rows(const node& generate, lang::diagnostics& found) {
  std::vector<case_row> out;
  const node* name = need(generate, "name", found);
  const node* of = need(generate, "of", found);
  if (name == nullptr || of == nullptr) return out;
  for (const node& item : of->items) {
    if (is_plain(item, found)) add(out, item.text, {{name->text, item}});
  }
  return out;
}

std::vector<case_row> grid_rows(const node& generate, lang::diagnostics& found) {
  const node* names = need(generate, "names", found);
  std::vector<case_row> out;
  if (names == nullptr || !names->is_map()) return out;
  std::vector<std::pair<std::string, std::vector<parameter>>> partial{{}};
  for (const lang::member& m : names->members) {
    if (m.key.starts_with("x-") || !m.value.is_list()) continue;
    std::vector<std::pair<std::string, std::vector<parameter>>> longer;
    for (const auto& [label, values] : partial) {
      for (const node& item : m.value.items) {
        if (!is_plain(item, found) || longer.size() > rows_max) continue;
        auto with = values;
        with.push_back({m.key, item});
        longer.emplace_back(label + (label.empty() ? "" : "-") + m.key + "." + item.text, std::move(with));
      }
    }
    partial = std::move(longer);
  }
  for (auto& [label, values] : partial) add(out, label, std::move(values));
  return out;
}

std::vector<case_row> table_rows(const node& generate, std::string_view kind, lang::diagnostics& found) {
  const node* packets = need(generate, "packets", found);
  std::vector<std::string> names;
  if (packets == nullptr) return {};
  const auto known = mqtt_vocabulary().packets();
  for (const node& item : packets->items) {
    if (mqtt::find_packet_type(item.text)) {
      names.push_back(item.text);
    } else if (item.kind == node_kind::text) {
      found.error("E192", item.mark, "there is no packet `" + item.text + "`",
                  lang::suggestion(item.text, known, 16));
    }
  }
  auto out = mqtt_rows(kind, names);
  if (out.empty() && !names.empty())
    found.error("E195", packets->mark, "no row comes of this: these packets have nothing of the kind");
  return out;
}

struct kind_keys {
  std::string_view kind;
  std::vector<std::string_view> keys;
};
const std::vector<kind_keys>& generators() {
  static const std::vector<kind_keys> table{{"range", {"name", "from", "to"}},
                                            {"each", {"name", "of"}},
                                            {"grid", {"names"}},
                                            {"reserved-flags", {"packets"}},
                                            {"misplaced-properties", {"packets"}},
                                            {"doubled-properties", {"packets"}},
                                            {"bad-values", {"packets"}},
                                            {"truncations", {"packet"}}};
  return table;
}

void check_keys(const node& generate, std::string_view kind, lang::diagnostics& found) {
  for (const kind_keys& row : generators()) {
    if (row.kind != kind) continue;
    for (const lang::member& m : generate.members) {
      const bool fits = m.key == "kind" || m.key.starts_with("x-") ||
                        std::find(row.keys.begin(), row.keys.end(), m.key) != row.keys.end();
      if (fits) continue;
      std::string hint = "it takes:";
      for (const std::string_view key : row.keys) hint += " " + std::string{key};
      found.error("E195", m.key_mark,
                  "`" + m.key + "` is nothing for `generate` of kind " + std::string{kind}, hint);
    }
  }
}

}  // namespace

std::string label_of(std::string_view text, const std::vector<case_row>& taken) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '.' || c == '_' || c == '-';
    if (plain)
      out += c;
    else if (!out.empty() && out.back() != '-')
      out += '-';
  }
  while (!out.empty() && out.back() == '-') out.pop_back();
  if (out.empty()) out = "row";
  if (out.size() > 60) out.resize(60);
  const auto used = [&](const std::string& label) {
    return std::any_of(taken.begin(), taken.end(), [&](const case_row& row) { return row.label == label; });
  };
  if (!used(out)) return out;
  for (std::size_t n = 2;; ++n) {
    const std::string numbered = out + "-" + std::to_string(n);
    if (!used(numbered)) return numbered;
  }
}

std::vector<case_row> read_rows(const node& tree, lang::diagnostics& found) {
  const node* params = lang::taken::map_at(&tree, "params");
  const node* generate = lang::taken::map_at(&tree, "generate");
  if (params == nullptr && generate == nullptr) return {case_row{}};
  std::vector<case_row> out;
  if (params != nullptr && generate != nullptr) {
    found.error("E195", tree.find_member("generate")->key_mark,
                "only one of `params` or `generate` may stand here");
    return {};
  }
  const node& source = params != nullptr ? *params : *generate;
  if (params != nullptr) {
    out = written_rows(*params, found);
  } else {
    const std::string kind = lang::taken::text(*generate, "kind");
    check_keys(*generate, kind, found);
    if (kind == "range") out = range_rows(*generate, found);
    if (kind == "each") out = each_rows(*generate, found);
    if (kind == "grid") out = grid_rows(*generate, found);
    if (kind == "truncations") need(*generate, "packet", found);
    if (generate->find("packets") != nullptr || kind.ends_with("-flags") || kind.ends_with("-properties") ||
        kind == "bad-values")
      out = table_rows(*generate, kind, found);
  }
  if (out.size() > rows_max) {
    found.error("E195", source.mark, "more than 4096 rows", "split the case");
    out.resize(rows_max);
  }
  return out;
}

}  // namespace wanwu::conform
