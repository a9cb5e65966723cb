// Settings, corruptions, messages, patterns.
#include "scenarios/conformance/message_reader.hpp"

#include <algorithm>
#include <charconv>

#include "scenarios/language/taken.hpp"

namespace wanwu::conform {
namespace {

using lang::member;
using lang::node;
using lang::node_kind;
using lang::value_type;
using form = vocabulary::form;

/// One value that is to become a setting, and all that is known of where it goes.
struct target_field {
  std::string_view packet, name;
  form takes{};
  std::uint8_t version{};
  bool corruption{};
  reading how{};
};

/// 0b1111 and, in quotes, 0x1f: YAML itself reads only some of these.
std::optional<std::uint64_t> based_number(std::string_view text) {
  const int base = text.starts_with("0b") ? 2 : text.starts_with("0x") ? 16 : 0;
  if (base == 0) return std::nullopt;
  std::uint64_t out = 0;
  const char* end = text.data() + text.size();
  const auto got = std::from_chars(text.data() + 2, end, out, base);
  return got.ec == std::errc{} && got.ptr == end && text.size() > 2 ? std::optional{out} : std::nullopt;
}

std::optional<std::uint64_t> number_of(const lang::value& v) {
  const bool whole = v.kind() == lang::value_kind::integer || v.kind() == lang::value_kind::boolean;
  if (!whole || v.integer() < 0) return std::nullopt;
  return static_cast<std::uint64_t>(v.integer());
}

class setting_reader {
 public:
  explicit setting_reader(case_names& scope) : scope_{scope} {}

  std::optional<setting_value> value(const node& what, const target_field& to) {
    if (what.kind == node_kind::null) {
      if (!to.corruption) return std::monostate{};
      return misfit(what, to, "a value is missing here");
    }
    if (what.is_map()) return map_value(what, to);
    if (what.is_list()) return misfit(what, to, "a list stands here, where one value belongs");
    return to.takes == form::number ? number(what, to) : text(what, to);
  }

 private:
  std::optional<setting_value> wrong(const node& what, std::string message, std::string hint = {}) {
    scope_.found().error("E192", what.mark, std::move(message), std::move(hint));
    return std::nullopt;
  }
  std::optional<setting_value> misfit(const node& what, const target_field& to, std::string message) {
    return wrong(
        what, std::move(message),
        "`" + std::string{to.name} + "` takes " + (to.takes == form::number ? "a number" : "a text"));
  }

  std::optional<setting_value> checked(const node& what, const target_field& to, std::uint64_t amount) {
    if (!to.corruption) {
      std::string why = scope_.words().refuse(to.packet, to.name, amount, to.version);
      if (!why.empty()) return wrong(what, "`" + std::string{to.name} + "`: " + why);
    }
    return setting_value{amount};
  }

  std::optional<setting_value> number(const node& what, const target_field& to) {
    if (what.kind == node_kind::boolean) return checked(what, to, what.boolean ? 1 : 0);
    if (what.kind == node_kind::integer && what.integer >= 0)
      return checked(what, to, static_cast<std::uint64_t>(what.integer));
    if (what.kind == node_kind::text) {
      if (const auto amount = based_number(what.text)) return checked(what, to, *amount);
      if (is_single(what.text)) {
        auto computed = scope_.single(what, value_type::any, to.how);
        if (!computed) return std::nullopt;
        if (!computed->is_constant()) return setting_value{std::move(*computed)};
        lang::eval_context nothing;
        const lang::value fixed = computed->evaluate(nothing);
        if (const auto amount = number_of(fixed)) return checked(what, to, *amount);
        if (fixed.is_text()) {
          if (const auto amount = based_number(fixed.text())) return checked(what, to, *amount);
        }
        return misfit(what, to, "this does not give a whole number from 0");
      }
    }
    return misfit(what, to, "`" + what.text + "` is not a number");
  }

  std::optional<setting_value> text(const node& what, const target_field& to) {
    if (what.kind != node_kind::text)
      return wrong(what, "`" + what.text + "` is not a text", "put it into quotes: \"" + what.text + "\"");
    if (!to.corruption && to.version == 4) {
      std::string why = scope_.words().refuse(to.packet, to.name, 0, to.version);
      if (!why.empty()) return wrong(what, "`" + std::string{to.name} + "`: " + why);
    }
    auto compiled = scope_.text(what, to.how);
    if (!compiled) return std::nullopt;
    return setting_value{std::move(*compiled)};
  }

  std::optional<setting_value> map_value(const node& what, const target_field& to) {
    const node* raw = what.find("bytes");
    const node* unit = what.find("repeat");
    const node* times = what.find("times");
    const bool known = raw != nullptr ? what.members.size() == 1
                                      : unit != nullptr && times != nullptr && what.members.size() == 2;
    if (!known || to.takes != form::text)
      return wrong(what, "this is no value of `" + std::string{to.name} + "`",
                   to.takes == form::text ? "a text, { bytes: \"00 ff\" } or { repeat: \"x\", times: 100 }"
                                          : "a number");
    if (raw != nullptr) {
      if (raw->kind != node_kind::text)
        return wrong(*raw, "`" + raw->text + "` is not a text", "put the bytes into quotes");
      auto compiled = scope_.bytes(*raw, false, to.how);
      return compiled ? std::optional<setting_value>{std::move(*compiled)} : std::nullopt;
    }
    node written = *times;
    if (unit->kind != node_kind::text)
      return wrong(*unit, "`" + unit->text + "` is not a text", "put it into quotes");
    if (!is_single(written.text) && written.kind != node_kind::integer)
      return wrong(*times, "`" + times->text + "` is not a number", "a whole number, or ${ } alone");
    std::optional<lang::expression> count;
    if (written.kind == node_kind::integer) {
      written.kind = node_kind::text;
      count = scope_.expression(written, value_type::number, to.how);
    } else {
      count = scope_.single(written, value_type::number, to.how);
    }
    auto compiled = scope_.text(*unit, to.how);
    if (!count || !compiled) return std::nullopt;
    return setting_value{repeated_text{std::move(*compiled), std::move(*count)}};
  }

  case_names& scope_;
};

bool is_note(std::string_view key) {
  return key.starts_with("x-");
}

/// Some packet has the field.
form form_anywhere(const vocabulary& words, std::string_view field) {
  for (const std::string_view packet : words.packets()) {
    if (const form f = words.form_of(packet, field); f != form::none) return f;
  }
  return form::none;
}

class settings_reader {
 public:
  settings_reader(const std::string& packet, std::uint8_t version, reading how, case_names& scope)
      : packet_{packet}, version_{version}, how_{how}, scope_{scope} {}

  void read(const node& map) {
    for (const member& m : map.members) {
      if (!is_note(m.key)) field(m.key, m.key_mark, m.value);
    }
  }
  std::vector<setting> take() { return std::move(out_); }

 private:
  void field(const std::string& name, const lang::source_mark& at, const node& what) {
    const auto& words = scope_.words();
    const form takes = packet_.empty() ? form_anywhere(words, name) : words.form_of(packet_, name);
    if (takes == form::none) {
      const auto known = packet_.empty() ? std::vector<std::string_view>{} : words.settable(packet_);
      scope_.found().error(
          "E192", at,
          packet_.empty() ? "no packet has a field `" + name + "`" : packet_ + " has no field `" + name + "`",
          lang::suggestion(name, known, 20));
      return;
    }
    if (what.is_list()) {
      for (const node& item : what.items) one(name, takes, item);
    } else {
      one(name, takes, what);
    }
  }

  /// A map that names the field among others, `{ filter: c, qos: 1 }`, is the field and what goes with it.
  void one(const std::string& name, form takes, const node& what) {
    if (const node* own = what.is_map() ? what.find(name) : nullptr) {
      one(name, takes, *own);
      for (const member& m : what.members) {
        if (m.key != name && !is_note(m.key)) field(m.key, m.key_mark, m.value);
      }
      return;
    }
    const target_field to{packet_, name, takes, version_, false, how_};
    if (auto value = setting_reader{scope_}.value(what, to))
      out_.push_back({name, std::move(*value), what.mark});
  }

  const std::string& packet_;
  std::uint8_t version_;
  reading how_;
  case_names& scope_;
  std::vector<setting> out_;
};

}  // namespace

std::vector<setting> read_settings(const node* map, const std::string& packet, std::uint8_t version,
                                   reading how, case_names& scope) {
  if (map == nullptr || !map->is_map()) return {};
  settings_reader reader{packet, version, how, scope};
  reader.read(*map);
  auto out = reader.take();
  // Options of a filter go with the one before them.
  const auto filter =
      std::find_if(out.begin(), out.end(), [](const setting& s) { return s.name == "filter"; });
  if (packet == "SUBSCRIBE" && filter != out.end()) {
    for (auto s = out.begin(); s != filter; ++s) {
      if (s->name != "qos" && s->name != "options" && s->name != "no_local" &&
          s->name != "retain_as_published" && s->name != "retain_handling")
        continue;
      scope.found().error("E192", s->mark, "`" + s->name + "` goes with the filter before it",
                          "write `filter` first");
    }
  }
  return out;
}

std::vector<byte_edit_text> read_byte_edits(const node* list, reading how, case_names& scope) {
  std::vector<byte_edit_text> out;
  if (list == nullptr || !list->is_list()) return out;
  for (const node& item : list->items) {
    if (!item.is_map()) continue;
    byte_edit_text change;
    const auto at = lang::taken::whole(item, "at"), removed = lang::taken::whole(item, "remove");
    const bool in_range = at.value_or(0) >= 0 && removed.value_or(0) >= 0;
    if (!in_range) continue;
    change.at = static_cast<std::uint32_t>(at.value_or(0));
    change.remove = static_cast<std::uint32_t>(removed.value_or(0));
    if (const node* insert = item.find("insert")) {
      auto compiled = scope.bytes(*insert, false, how);
      if (!compiled) continue;
      change.insert = std::move(*compiled);
    }
    out.push_back(std::move(change));
  }
  return out;
}

corruption_text read_corruption(const node* map, reading how, case_names& scope) {
  corruption_text out;
  if (map == nullptr || !map->is_map()) return out;
  for (const member& m : map->members) {
    if (is_note(m.key)) continue;
    if (m.key == "edits") {
      out.edits = read_byte_edits(&m.value, how, scope);
      continue;
    }
    const form takes = scope.words().corruption_form(m.key);
    if (takes == form::none) {
      const auto names = scope.words().corruptions();
      std::vector<std::string_view> known{names.begin(), names.end()};
      known.push_back("edits");
      scope.found().error("E192", m.key_mark, "`" + m.key + "` is no way to corrupt a packet",
                          lang::suggestion(m.key, known, 16));
      continue;
    }
    const target_field to{{}, m.key, takes, 5, true, how};
    if (auto value = setting_reader{scope}.value(m.value, to))
      out.fields.push_back({m.key, std::move(*value), m.value.mark});
  }
  return out;
}

message_text read_message(const node& tree, std::uint8_t version, reading how, case_names& scope) {
  message_text out;
  if (const node* raw = tree.find("bytes")) {
    out.raw = scope.bytes(*raw, false, how);
    for (const std::string_view key : {"set", "corrupt"}) {
      if (const member* m = tree.find_member(key))
        scope.found().error("E194", m->key_mark, "`" + m->key + "` is for a packet, not for bytes");
    }
    return out;
  }
  const node* packet = tree.find("packet");
  if (packet == nullptr) return out;
  out.packet = scope.packet(*packet);
  if (out.packet == upgrade_packet) {
    scope.found().error("E192", packet->mark, "UPGRADE is the target's answer; nobody sends it here",
                        "change it, or an open with `subprotocol`");
    out.packet.clear();
  }
  if (out.packet.empty()) return out;
  if (version == 4 && out.packet == "AUTH")
    scope.found().error("E192", packet->mark, "MQTT 3.1.1 has no AUTH");
  out.set = read_settings(tree.find("set"), out.packet, version, how, scope);
  out.wrong = read_corruption(tree.find("corrupt"), how, scope);
  return out;
}

packet_pattern read_pattern(const node& tree, case_names& scope) {
  packet_pattern out;
  if (const node* packet = tree.find("packet")) out.packet = scope.packet(*packet);
  if (const node* where = tree.find("where"); where != nullptr && where->kind == node_kind::text) {
    out.where_text = where->text;
    out.where = scope.expression(*where, value_type::boolean, reading::packet);
  }
  return out;
}

}  // namespace wanwu::conform
