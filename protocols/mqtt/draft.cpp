#include "protocols/mqtt/draft.hpp"

#include <algorithm>
#include <array>

namespace wanwu::mqtt {

namespace {

using kind = field_kind;
constexpr property_places of(packet_type type) {
  return place_of(type);
}
constexpr auto in_connect = of(packet_type::connect);
constexpr auto in_publish = of(packet_type::publish);
constexpr auto in_subscribe = of(packet_type::subscribe);
constexpr auto in_answers = static_cast<property_places>(of(packet_type::suback) | of(packet_type::unsuback));
constexpr auto in_acks = static_cast<property_places>(of(packet_type::puback) | of(packet_type::pubrec) |
                                                      of(packet_type::pubrel) | of(packet_type::pubcomp));
constexpr auto in_reasoned = static_cast<property_places>(
    of(packet_type::connack) | in_acks | of(packet_type::disconnect) | of(packet_type::auth));
constexpr auto in_requests = static_cast<property_places>(in_subscribe | of(packet_type::unsubscribe));
constexpr auto with_id = static_cast<property_places>(in_publish | in_acks | in_requests | in_answers);

constexpr std::array<field_rule, 25> table{{
    {"protocol_name", in_connect, kind::text, false},
    {"protocol_level", in_connect, kind::number, false},
    {"clean_start", in_connect, kind::flag, false},
    {"keep_alive", in_connect, kind::number, false},
    {"client_id", in_connect, kind::text, false},
    {"user", in_connect, kind::text, false},
    {"password", in_connect, kind::binary, false},
    {"will_topic", in_connect, kind::text, false},
    {"will_payload", in_connect, kind::binary, false},
    {"will_qos", in_connect, kind::number, false},
    {"will_retain", in_connect, kind::flag, false},
    {"session_present", of(packet_type::connack), kind::flag, false},
    {"reason", in_reasoned, kind::number, false},
    {"reason", in_answers, kind::number, true},
    {"topic", in_publish, kind::text, false},
    {"payload", in_publish, kind::binary, false},
    {"qos", static_cast<property_places>(in_publish | in_subscribe), kind::number, false},
    {"retain", in_publish, kind::flag, false},
    {"dup", in_publish, kind::flag, false},
    {"packet_id", with_id, kind::number, false},
    {"filter", in_requests, kind::text, true},
    {"options", in_subscribe, kind::number, false},
    {"no_local", in_subscribe, kind::flag, false},
    {"retain_as_published", in_subscribe, kind::flag, false},
    {"retain_handling", in_subscribe, kind::number, false},
}};

constexpr std::array<std::string_view, 13> corruption_table{
    "fixed_flags",   "fixed_type",    "remaining_length", "length_bytes", "packet_id",
    "connect_flags", "connack_flags", "property_length",  "properties",   "will_properties",
    "tail",          "cut_at",        "body_cut"};

const field_rule* find_field(std::string_view name, packet_type type) {
  const auto* found = std::find_if(table.begin(), table.end(), [&](const field_rule& rule) {
    return rule.name == name && (rule.packets & place_of(type)) != 0;
  });
  return found == table.end() ? nullptr : found;
}

/// A packet of that type with nothing in it.
packet empty_packet(packet_type type, version level) {
  switch (type) {
    case packet_type::connect: {
      connect out;
      out.level = level;
      out.clean_start = true;
      return out;
    }
    case packet_type::connack:
      return connack{};
    case packet_type::publish:
      return publish{};
    case packet_type::subscribe:
      return subscribe{};
    case packet_type::suback:
      return suback{};
    case packet_type::unsubscribe:
      return unsubscribe{};
    case packet_type::unsuback:
      return unsuback{};
    case packet_type::pingreq:
      return pingreq{};
    case packet_type::pingresp:
      return pingresp{};
    case packet_type::disconnect:
      return disconnect{};
    case packet_type::auth:
      return auth{};
    default:
      break;
  }
  ack out;
  out.type = type;
  return out;
}

std::optional<property_view> properties_of(const packet& what) {
  return std::visit(
      [](const auto& p) -> std::optional<property_view> {
        if constexpr (requires { p.properties; }) return p.properties;
        return std::nullopt;
      },
      what);
}

std::string text_of(bytes_view raw) {
  return std::string{as_text(raw)};
}

std::optional<field_value> property_field(const property_view& all, std::string_view name,
                                          std::size_t index) {
  for (const auto& each : all) {
    if (each.rule->name != name || index-- != 0) continue;
    switch (each.rule->kind) {
      case property_kind::text:
      case property_kind::binary:
        return text_of(each.value);
      case property_kind::text_pair:
        return std::string{each.name} + "=" + text_of(each.value);
      default:
        return std::uint64_t{each.number};
    }
  }
  return std::nullopt;
}

template <class T>
field_value number_field(T value) {
  return static_cast<std::uint64_t>(value);
}

struct field_reader {
  std::string_view name;
  std::size_t index;
  using answer = std::optional<field_value>;

  answer operator()(const connect& p) const {
    if (name == "protocol_name") return std::string{p.protocol_name};
    if (name == "protocol_level") return number_field(p.level);
    if (name == "clean_start") return number_field(p.clean_start);
    if (name == "keep_alive") return number_field(p.keep_alive);
    if (name == "client_id") return std::string{p.client_id};
    if (name == "user" && p.user) return std::string{*p.user};
    if (name == "password" && p.password) return text_of(*p.password);
    if (!p.last_will) return std::nullopt;
    if (name == "will_topic") return std::string{p.last_will->topic};
    if (name == "will_payload") return text_of(p.last_will->payload);
    if (name == "will_qos") return number_field(p.last_will->level);
    if (name == "will_retain") return number_field(p.last_will->retain);
    return std::nullopt;
  }
  answer operator()(const connack& p) const {
    if (name == "session_present") return number_field(p.session_present);
    return reason(p);
  }
  answer operator()(const publish& p) const {
    if (name == "topic") return std::string{p.topic};
    if (name == "payload") return text_of(p.payload);
    if (name == "qos") return number_field(p.level);
    if (name == "retain") return number_field(p.retain);
    if (name == "dup") return number_field(p.duplicate);
    if (name == "packet_id" && p.level != qos::at_most_once) return number_field(p.packet_id);
    return std::nullopt;
  }
  answer operator()(const subscribe& p) const { return entry(p); }
  answer operator()(const unsubscribe& p) const { return entry(p); }
  answer operator()(const suback& p) const { return code(p); }
  answer operator()(const unsuback& p) const { return code(p); }
  answer operator()(const ack& p) const {
    return name == "packet_id" ? answer{number_field(p.packet_id)} : reason(p);
  }
  answer operator()(const disconnect& p) const { return reason(p); }
  answer operator()(const auth& p) const { return reason(p); }
  answer operator()(const pingreq&) const { return std::nullopt; }
  answer operator()(const pingresp&) const { return std::nullopt; }

  template <class P>
  answer reason(const P& p) const {
    return name == "reason" ? answer{number_field(p.reason)} : std::nullopt;
  }
  template <class P>
  answer code(const P& p) const {
    if (name == "packet_id") return number_field(p.packet_id);
    if (name != "reason" || index >= p.reasons.size()) return std::nullopt;
    return number_field(p.reasons[index]);
  }
  template <class P>
  answer entry(const P& p) const {
    if (name == "packet_id") return number_field(p.packet_id);
    auto at = p.filters.begin();
    for (std::size_t i = 0; i < index && at != p.filters.end(); ++i) ++at;
    if (at == p.filters.end()) return std::nullopt;
    if (name == "filter") return std::string{at->filter};
    if (name == "options") return number_field(at->options);
    if (name == "qos") return number_field(at->level());
    if (name == "no_local") return number_field(at->no_local());
    if (name == "retain_as_published") return number_field(at->retain_as_published());
    if (name == "retain_handling") return number_field(at->retain_handling());
    return std::nullopt;
  }
};

}  // namespace

std::span<const field_rule> field_table() noexcept {
  return table;
}
std::span<const std::string_view> corruption_names() noexcept {
  return corruption_table;
}

std::optional<field_value> field_of(const packet& what, std::string_view name, std::size_t index) {
  if (find_field(name, type_of(what)) != nullptr) return std::visit(field_reader{name, index}, what);
  const auto* hello = std::get_if<connect>(&what);
  if (hello != nullptr && hello->last_will && name.starts_with("will_")) {
    const auto bare = find_property(name) != nullptr ? name : name.substr(5);
    return property_field(hello->last_will->properties, bare, index);
  }
  const auto properties = properties_of(what);
  return properties ? property_field(*properties, name, index) : std::nullopt;
}

draft::draft(packet_type type, version level) : what_{empty_packet(type, level)}, level_{level} {}

set_result draft::set(std::string_view name, const field_value& value) {
  const auto type = type_of(what_);
  if (const auto* rule = find_field(name, type)) return set_plain(*rule, value);
  const auto* direct = find_property(name);
  if (direct != nullptr && (direct->places & place_of(type)) != 0) return set_property(*direct, value, false);
  if (type != packet_type::connect)
    return direct != nullptr ? set_property(*direct, value, false) : set_result::no_such_field;
  const auto* of_will = direct != nullptr           ? direct
                        : name.starts_with("will_") ? find_property(name.substr(5))
                                                    : nullptr;
  if (of_will == nullptr) return set_result::no_such_field;
  return set_property(*of_will, value, (of_will->places & in_will) != 0);
}

set_result draft::set_property(const property_rule& rule, const field_value& value, bool of_will) {
  auto& out = of_will ? will_properties_ : properties_;
  const auto* number = std::get_if<std::uint64_t>(&value);
  const auto* text = std::get_if<std::string>(&value);
  const bool is_text = rule.kind == property_kind::text || rule.kind == property_kind::binary ||
                       rule.kind == property_kind::text_pair;
  if (is_text != (text != nullptr)) return set_result::wrong_kind;
  if (rule.kind == property_kind::text_pair) {
    const auto equals = std::min(text->find('='), text->size());
    put_user_property(out, std::string_view{*text}.substr(0, equals),
                      std::string_view{*text}.substr(std::min(equals + 1, text->size())));
  } else if (is_text) {
    if (text->size() > 0xFFFF) return set_result::out_of_range;
    put_property(out, rule.id, std::string_view{*text});
  } else {
    constexpr std::uint64_t widths[] = {0xFF, 0xFFFF, 0xFFFF'FFFF, variable_max};
    if (*number > widths[static_cast<std::size_t>(rule.kind)]) return set_result::out_of_range;
    put_property(out, rule.id, static_cast<std::uint32_t>(*number));
  }
  show_properties(of_will);
  return set_result::done;
}

}  // namespace wanwu::mqtt
