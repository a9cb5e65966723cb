// Names of a case, by where they stand.
#include "scenarios/conformance/case_names.hpp"

#include <algorithm>

#include "scenarios/language/units.hpp"

namespace wanwu::conform {
namespace {

using lang::node;
using lang::node_kind;
using lang::resolved_name;
using lang::value_type;

constexpr std::string_view row_prefix = "row.";
/// Of the packet that is looked at, so unknown elsewhere, as its fields are.
constexpr std::string_view packet_facts[] = {"elapsed", "packet"};

std::string prefixed(std::string_view prefix, std::string_view name) {
  return std::string{prefix} + std::string{name};
}

bool is_hidden(std::string_view name) {
  return name.starts_with(target_prefix) || name.starts_with(row_prefix);
}

void add_target_name(lang::slot_table& names, std::string_view name) {
  const std::uint16_t slot = names.add(prefixed(target_prefix, name), value_type::any);
  names.add_alias(name, slot, value_type::any);
}

lang::value value_of(const node& scalar) {
  switch (scalar.kind) {
    case node_kind::boolean:
      return lang::value::of(scalar.boolean);
    case node_kind::integer:
      return lang::value::of(scalar.integer);
    case node_kind::number:
      return lang::value::of(scalar.number);
    case node_kind::text:
      return lang::value::of(std::string_view{scalar.text});
    default:
      return {};
  }
}

/// "${unique}/a" as an expression: unique + "/a".
std::string as_expression(std::string_view text) {
  std::string out, pending;
  const auto flush = [&] {
    if (pending.empty()) return;
    out += (out.empty() ? "\"" : " + \"");
    for (const char c : pending) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    out += '"';
    pending.clear();
  };
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.substr(at).starts_with("${") ? text.find('}', at) : std::string_view::npos;
    if (text.substr(at).starts_with("$${")) {
      pending += "${";
      at += 3;
    } else if (end != std::string_view::npos) {
      flush();
      out += std::string{out.empty() ? "" : " + "} + "text(" +
             std::string{text.substr(at + 2, end - at - 2)} + ")";
      at = end + 1;
    } else {
      pending += text[at++];
    }
  }
  flush();
  return out;
}

}  // namespace

lang::source_mark mark_inside(const node& value, std::size_t offset, std::size_t length) {
  const std::string_view text = value.text;
  const auto characters = [&](std::size_t from, std::size_t to) {
    std::size_t count = 0;
    for (std::size_t i = from; i < std::min(to, text.size()); ++i)
      count += (static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U ? 1U : 0U;
    return count;
  };
  return lang::inside(value.text_mark, characters(0, offset),
                      std::max<std::size_t>(characters(offset, offset + length), 1));
}

bool is_single(std::string_view text) {
  if (!text.starts_with("${") || !text.ends_with("}")) return false;
  char quote = '\0';
  for (std::size_t i = 2; i + 1 < text.size(); ++i) {
    const char c = text[i];
    if (quote != '\0') {
      if (c == '\\')
        ++i;
      else if (c == quote)
        quote = '\0';
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '}') {
      return false;
    }
  }
  return true;
}

lang::slot_table common_names(const vocabulary& words, const std::vector<std::string>& capabilities) {
  lang::slot_table out{false};
  for (const std::string_view name : fixed_names) out.add(name, value_type::any);
  for (const std::string_view name : words.field_names()) out.add(name, value_type::any);
  for (const auto& announced : words.announcements()) add_target_name(out, announced.name);
  for (const std::string_view name : fixture_names) add_target_name(out, name);
  add_target_name(out, "protocols");
  for (const std::string& name : capabilities) add_target_name(out, name);
  return out;
}

/// Where a packet is looked at: the table as it is, fields first.
class case_names::packet_names final : public lang::name_resolver {
 public:
  explicit packet_names(const lang::slot_table& table) : table_{table} {}
  bool resolve(std::string_view name, resolved_name& out) const override { return table_.resolve(name, out); }
  std::vector<std::string_view> names() const override {
    auto all = table_.names();
    std::erase_if(all, is_hidden);
    return all;
  }

 private:
  const lang::slot_table& table_;
};

/// Elsewhere: parameters, then what is known of the target, then the rest without the packet's fields.
class case_names::plain_names final : public lang::name_resolver {
 public:
  explicit plain_names(const case_names& scope) : scope_{scope} {}
  bool resolve(std::string_view name, resolved_name& out) const override {
    const auto& table = *scope_.names_;
    if (table.resolve(prefixed(row_prefix, name), out) || table.resolve(prefixed(target_prefix, name), out))
      return true;
    return !scope_.is_field(name) && table.resolve(name, out);
  }
  std::vector<std::string_view> names() const override {
    std::vector<std::string_view> out;
    for (std::string_view name : scope_.names_->names()) {
      if (name.starts_with(row_prefix)) name.remove_prefix(row_prefix.size());
      if (name.starts_with(target_prefix)) name.remove_prefix(target_prefix.size());
      resolved_name meaning;
      if (resolve(name, meaning) && std::find(out.begin(), out.end(), name) == out.end()) out.push_back(name);
    }
    return out;
  }

 private:
  const case_names& scope_;
};

/// In `applies`: as plain, and any other name is a capability that this target may have.
class case_names::applies_names final : public lang::name_resolver {
 public:
  applies_names(case_names& scope, const node& text) : scope_{scope}, plain_{scope}, text_{text} {}
  bool resolve(std::string_view name, resolved_name& out) const override {
    if (plain_.resolve(name, out)) return true;
    if (name.find('.') != std::string_view::npos) return false;
    if (const auto near = lang::did_you_mean(name, plain_.names()); !near.empty()) {
      scope_.found_.warning("E121", text_.mark,
                            "`" + std::string{name} + "` is taken for a capability of the target",
                            "did you mean `" + std::string{near} + "`?");
    }
    add_target_name(*scope_.names_, name);
    return plain_.resolve(name, out);
  }
  std::vector<std::string_view> names() const override { return plain_.names(); }

 private:
  case_names& scope_;
  plain_names plain_;
  const node& text_;
};

case_names::case_names(const suite& whole, const file_names& file, const lang::slot_table& common,
                       const case_row& row, lang::diagnostics& found)
    : whole_{whole},
      file_{file},
      words_{mqtt_vocabulary()},
      found_{found},
      names_{std::make_shared<lang::slot_table>(common)} {
  for (const auto& [name, length] : file_.timers) names_->add_constant(name, lang::value::of(length));
  add_row(row);
}

/// A parameter has its own name under row_prefix, and its plain name where that is free.
void case_names::add_row(const case_row& row) {
  for (const parameter& p : row.values) {
    const std::string own = prefixed(row_prefix, p.name);
    if (p.value.kind == node_kind::text && p.value.text.find("${") != std::string::npos) {
      node written = p.value;
      if (is_single(written.text))
        written.text = written.text.substr(2, written.text.size() - 3);
      else
        written.text = as_expression(written.text);
      const auto compiled = lang::compile_expression(written.text, plain_names{*this});
      if (!compiled) {
        const bool name = compiled.error().message.starts_with("there is no `");
        found_.error(name ? "E121" : "E120", p.value.mark, compiled.error().message, compiled.error().hint);
        names_->add_constant(own, lang::value::of(""));
        continue;
      }
      const std::uint16_t slot = names_->add(own, value_type::any);
      names_->add_alias(p.name, slot, value_type::any);
      computed_.push_back({slot, *compiled});
    } else {
      names_->add_constant(own, value_of(p.value));
      names_->add_constant(p.name, value_of(p.value));
    }
  }
}

bool case_names::is_field(std::string_view name) const {
  const auto fields = words_.field_names();
  return std::find(fields.begin(), fields.end(), name) != fields.end() ||
         std::find(std::begin(packet_facts), std::end(packet_facts), name) != std::end(packet_facts);
}

template <class Use>
auto case_names::with_names(reading how, Use use) {
  if (how == reading::packet) return use(packet_names{*names_});
  return use(plain_names{*this});
}

std::optional<lang::expression> case_names::compile(const node& text, std::size_t from, std::size_t size,
                                                    value_type wanted, reading how) {
  const std::string_view source = std::string_view{text.text}.substr(from, size);
  auto compiled = with_names(
      how, [&](const lang::name_resolver& names) { return lang::compile_expression(source, names, wanted); });
  if (compiled) return std::move(*compiled);
  const auto& e = compiled.error();
  found_.error(e.message.starts_with("there is no `") ? "E121" : "E120",
               mark_inside(text, from + e.offset, e.length), e.message, e.hint);
  return std::nullopt;
}

std::optional<lang::expression> case_names::expression(const node& text, value_type wanted, reading how) {
  if (text.kind != node_kind::text) return std::nullopt;
  return compile(text, 0, text.text.size(), wanted, how);
}

std::optional<lang::expression> case_names::single(const node& text, value_type wanted, reading how) {
  return compile(text, 2, text.text.size() - 3, wanted, how);
}

std::optional<lang::text_template> case_names::text(const node& text, reading how) {
  auto compiled = with_names(how, [&](const lang::name_resolver& names) {
    return lang::compile_text(text.text, text.text_mark, lang::place::plain, names);
  });
  if (compiled) return std::move(*compiled);
  const auto& e = compiled.error();
  found_.error(e.message.starts_with("there is no `") ? "E121" : "E120", e.mark, e.message, e.hint);
  return std::nullopt;
}

std::optional<byte_pattern> case_names::bytes(const node& text, bool wildcards, reading how) {
  if (text.kind != node_kind::text) return std::nullopt;
  auto compiled = with_names(how, [&](const lang::name_resolver& names) {
    return byte_pattern::compile(text.text, names, wildcards);
  });
  if (compiled) return std::move(*compiled);
  const auto& e = compiled.error();
  found_.error(e.message.starts_with("there is no `") ? "E121" : "E193",
               mark_inside(text, e.offset, e.length), e.message, e.hint);
  return std::nullopt;
}

std::optional<duration_text> case_names::span(const node& text) {
  duration_text out;
  if (text.kind != node_kind::text) return std::nullopt;
  if (const auto fixed = lang::parse_duration(text.text)) {
    out.fixed = *fixed;
    return out;
  }
  if (!text.text.starts_with("${")) {
    std::vector<std::string_view> known;
    for (const auto& [name, length] : file_.timers) {
      known.push_back(name);
      if (name != text.text) continue;
      out.fixed = length;
      return out;
    }
    found_.error("E140", text.mark, "there is no timer `" + text.text + "`",
                 lang::suggestion(text.text, known));
    return std::nullopt;
  }
  if (!is_single(text.text)) {
    found_.error("E110", text.mark, "`" + text.text + "` is not a length of time",
                 "one ${ } alone, such as ${given * 1.5 s}");
    return std::nullopt;
  }
  out.computed = single(text, value_type::time, reading::plain);
  if (!out.computed) return std::nullopt;
  if (out.computed->is_constant()) {
    lang::eval_context nothing;
    out.fixed = out.computed->evaluate(nothing).time();
    out.computed.reset();
  }
  return out;
}

std::optional<lang::expression> case_names::applies(const node& text) {
  if (text.kind != node_kind::text) return std::nullopt;
  auto compiled = lang::compile_expression(text.text, applies_names{*this, text}, value_type::boolean);
  if (compiled) return std::move(*compiled);
  const auto& e = compiled.error();
  found_.error("E120", mark_inside(text, e.offset, e.length), e.message, e.hint);
  return std::nullopt;
}

/// The slot of a name under `save:`; a name that means something else already is refused.
std::optional<std::uint16_t> case_names::slot_for_saved(const lang::member& m) {
  if (std::find(saved_.begin(), saved_.end(), m.key) == saved_.end()) {
    resolved_name known;
    const bool taken = names_->resolve(m.key, known) || names_->resolve(prefixed(row_prefix, m.key), known);
    if (taken) {
      found_.error(
          "E141", m.key_mark, "`" + m.key + "` means something else here already",
          is_field(m.key) ? "it is a field of packets; such as given_" + m.key : "take another name");
      return std::nullopt;
    }
    saved_.push_back(m.key);
  }
  return names_->add(m.key, value_type::any);
}

std::vector<saved_value> case_names::save(const node* map) {
  std::vector<saved_value> out;
  if (map == nullptr || !map->is_map()) return out;
  for (const lang::member& m : map->members) {
    if (m.key.starts_with("x-") || m.value.kind != node_kind::text) continue;
    auto what = expression(m.value, value_type::any, reading::packet);
    const auto slot = slot_for_saved(m);
    if (what && slot) out.push_back({*slot, std::move(*what)});
  }
  return out;
}

std::optional<std::uint16_t> case_names::role(const node& tree, std::optional<std::uint16_t> otherwise) {
  const node* as = tree.find("as");
  if (as == nullptr) return otherwise;
  if (as->kind != node_kind::text) return std::nullopt;
  std::vector<std::string_view> known;
  for (const auto& [name, index] : file_.roles) {
    if (name == as->text) return index;
    known.push_back(name);
  }
  found_.error("E140", as->mark, "there is no role `" + as->text + "`", lang::suggestion(as->text, known));
  return std::nullopt;
}

std::string case_names::packet(const node& text) {
  if (text.kind != node_kind::text) return {};
  std::string name = text.text;
  if (name.find("${") != std::string::npos) {
    if (!is_single(name)) {
      found_.error("E192", text.mark, "a packet is named by its name or by one ${ } alone");
      return {};
    }
    const auto what = single(text, value_type::text, reading::plain);
    if (!what) return {};
    if (!what->is_constant()) {
      found_.error("E192", text.mark, "the packet must be known before the run", "a parameter of the case");
      return {};
    }
    lang::eval_context nothing;
    const lang::value v = what->evaluate(nothing);
    name = v.is_text() ? std::string{v.text()} : std::string{};
  }
  const auto known = words_.packets();
  if (std::find(known.begin(), known.end(), name) != known.end()) return name;
  found_.error("E192", text.mark, "there is no packet `" + name + "`", lang::suggestion(name, known, 16));
  return {};
}

}  // namespace wanwu::conform
