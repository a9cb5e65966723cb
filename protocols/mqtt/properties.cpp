#include "protocols/mqtt/properties.hpp"

#include <algorithm>
#include <array>

#include "protocols/mqtt/framing.hpp"
#include "protocols/mqtt/topic.hpp"
#include "protocols/mqtt/wire_fields.hpp"

namespace wanwu::mqtt {

namespace {

using id = property_id;
using kind = property_kind;
constexpr std::uint32_t u32_max = 0xFFFF'FFFF;

constexpr property_places in_connect = place_of(packet_type::connect);
constexpr property_places in_connack = place_of(packet_type::connack);
constexpr property_places in_publish = place_of(packet_type::publish);
constexpr property_places in_subscribe = place_of(packet_type::subscribe);
constexpr property_places in_disconnect = place_of(packet_type::disconnect);
constexpr property_places in_auth = place_of(packet_type::auth);
constexpr auto in_acks = static_cast<property_places>(
    place_of(packet_type::puback) | place_of(packet_type::pubrec) | place_of(packet_type::pubrel) |
    place_of(packet_type::pubcomp) | place_of(packet_type::suback) | place_of(packet_type::unsuback));
constexpr auto in_all_but_ping =
    static_cast<property_places>(in_will | in_connect | in_connack | in_publish | in_acks | in_subscribe |
                                 place_of(packet_type::unsubscribe) | in_disconnect | in_auth);

// MQTT 5.0 section 2.2.2.2, table 2-4.
constexpr std::array<property_rule, 27> table{{
    {id::payload_format_indicator, "payload_format_indicator", kind::byte, in_publish | in_will, false, 0, 1},
    {id::message_expiry_interval, "message_expiry_interval", kind::four_byte, in_publish | in_will, false, 0,
     u32_max},
    {id::content_type, "content_type", kind::text, in_publish | in_will, false, 0, 0},
    {id::response_topic, "response_topic", kind::text, in_publish | in_will, false, 0, 0},
    {id::correlation_data, "correlation_data", kind::binary, in_publish | in_will, false, 0, 0},
    {id::subscription_identifier, "subscription_identifier", kind::variable, in_publish | in_subscribe, true,
     1, variable_max},
    {id::session_expiry_interval, "session_expiry_interval", kind::four_byte,
     in_connect | in_connack | in_disconnect, false, 0, u32_max},
    {id::assigned_client_identifier, "assigned_client_identifier", kind::text, in_connack, false, 0, 0},
    {id::server_keep_alive, "server_keep_alive", kind::two_byte, in_connack, false, 0, 0xFFFF},
    {id::authentication_method, "authentication_method", kind::text, in_connect | in_connack | in_auth, false,
     0, 0},
    {id::authentication_data, "authentication_data", kind::binary, in_connect | in_connack | in_auth, false,
     0, 0},
    {id::request_problem_information, "request_problem_information", kind::byte, in_connect, false, 0, 1},
    {id::will_delay_interval, "will_delay_interval", kind::four_byte, in_will, false, 0, u32_max},
    {id::request_response_information, "request_response_information", kind::byte, in_connect, false, 0, 1},
    {id::response_information, "response_information", kind::text, in_connack, false, 0, 0},
    {id::server_reference, "server_reference", kind::text, in_connack | in_disconnect, false, 0, 0},
    {id::reason_string, "reason_string", kind::text, in_connack | in_acks | in_disconnect | in_auth, false, 0,
     0},
    {id::receive_maximum, "receive_maximum", kind::two_byte, in_connect | in_connack, false, 1, 0xFFFF},
    {id::topic_alias_maximum, "topic_alias_maximum", kind::two_byte, in_connect | in_connack, false, 0,
     0xFFFF},
    {id::topic_alias, "topic_alias", kind::two_byte, in_publish, false, 1, 0xFFFF},
    {id::maximum_qos, "maximum_qos", kind::byte, in_connack, false, 0, 1},
    {id::retain_available, "retain_available", kind::byte, in_connack, false, 0, 1},
    {id::user_property, "user_property", kind::text_pair, in_all_but_ping, true, 0, 0},
    {id::maximum_packet_size, "maximum_packet_size", kind::four_byte, in_connect | in_connack, false, 1,
     u32_max},
    {id::wildcard_subscription_available, "wildcard_subscription_available", kind::byte, in_connack, false, 0,
     1},
    {id::subscription_identifier_available, "subscription_identifier_available", kind::byte, in_connack,
     false, 0, 1},
    {id::shared_subscription_available, "shared_subscription_available", kind::byte, in_connack, false, 0, 1},
}};

/// Which rule is broken by a property that is doubled or out of range, by place. The first match counts;
/// an id of 0 stands for every property.
struct clause_row {
  property_places places;
  property_id which;
  std::string_view doubled, out_of_range;
};
constexpr auto any = id{};
constexpr std::array<clause_row, 27> clauses{{
    {in_connect, id::session_expiry_interval, "U5-3.1.2.11.2", {}},
    {in_connect, id::receive_maximum, "U5-3.1.2.11.3-a", "U5-3.1.2.11.3-b"},
    {in_connect, id::maximum_packet_size, "U5-3.1.2.11.4-a", "U5-3.1.2.11.4-b"},
    {in_connect, id::topic_alias_maximum, "U5-3.1.2.11.5", {}},
    {in_connect, id::request_response_information, "U5-3.1.2.11.6", "U5-3.1.2.11.6"},
    {in_connect, id::request_problem_information, "U5-3.1.2.11.7", "U5-3.1.2.11.7"},
    {in_connect, id::authentication_method, "U5-3.1.2.11.9", {}},
    {in_connect, id::authentication_data, "U5-3.1.2.11.10-b", {}},
    {in_will, id::payload_format_indicator, "U5-3.1.3.2-a", "U5-3.1.3.2-b"},
    {in_will, any, "U5-3.1.3.2-a", {}},
    {in_connack, id::receive_maximum, "U5-3.2.2.3-a", "U5-3.2.2.3-b"},
    {in_connack, id::maximum_qos, "U5-3.2.2.3-a", "U5-3.2.2.3-c"},
    {in_connack, id::retain_available, "U5-3.2.2.3-a", "U5-3.2.2.3-d"},
    {in_connack, id::maximum_packet_size, "U5-3.2.2.3-a", "U5-3.2.2.3-e"},
    {in_connack, any, "U5-3.2.2.3-a", "U5-3.2.2.3-f"},
    {in_publish, id::payload_format_indicator, "U5-3.3.2.3.2", "U5-3.3.2.3.2"},
    {in_publish, id::message_expiry_interval, "U5-3.3.2.3.3", {}},
    {in_publish, id::topic_alias, "U5-3.3.2.3.4-a", "MQTT-3.3.2-8"},
    {in_publish, id::response_topic, "U5-3.3.2.3.5", {}},
    {in_publish, id::correlation_data, "U5-3.3.2.3.6", {}},
    {in_publish, id::content_type, "U5-3.3.2.3.9", {}},
    {in_publish, id::subscription_identifier, {}, "U5-3.3.2.3.8"},
    {in_acks, any, "U5-3.4.2-a", {}},
    {in_subscribe, any, "U5-3.8.2-b", "U5-3.8.2-a"},
    {in_disconnect, any, "U5-3.14.2-b", {}},
    {in_auth, any, "U5-3.15.2-a", {}},
    {0xFFFF, any, {}, {}},
}};

const clause_row& clause_for(property_places place, property_id which) {
  return *std::find_if(clauses.begin(), clauses.end(), [&](const clause_row& row) {
    return (row.places & place) != 0 && (row.which == any || row.which == which);
  });
}

/// Reads the value that follows an identifier.
property read_value(byte_reader& in, const property_rule& rule) noexcept {
  property out{.rule = &rule, .number = 0, .value = {}, .name = {}};
  switch (rule.kind) {
    case kind::byte:
      out.number = in.u8();
      break;
    case kind::two_byte:
      out.number = in.u16();
      break;
    case kind::four_byte:
      out.number = in.u32();
      break;
    case kind::variable:
      out.number = read_variable(in);
      break;
    case kind::binary:
    case kind::text:
      out.value = read_binary(in);
      break;
    case kind::text_pair:
      out.name = as_text(read_binary(in));
      out.value = read_binary(in);
      break;
  }
  return out;
}

/// Judges the strings of one property again, now by their contents; `raw` is the value as encoded.
void check_strings(byte_reader& outer, bytes_view raw, const property& what, std::size_t base) {
  if (what.rule->kind != kind::text && what.rule->kind != kind::text_pair) return;
  byte_reader in{raw, base};
  const auto text = read_text(in, version::v5);
  if (what.rule->kind == kind::text_pair) (void)read_text(in, version::v5);
  if (in.error()) outer.require_at(in.error()->offset, false, in.error()->clause, in.error()->code);
  if (what.rule->id != id::response_topic) return;
  auto clause = broken_topic_name_rule(text, version::v5);
  if (clause == "MQTT-4.7.0-1") clause = "MQTT-3.3.2-14";
  outer.require_at(base, clause.empty(), clause, wire_errc::protocol_error);
}

}  // namespace

std::span<const property_rule> property_table() noexcept {
  return table;
}

const property_rule* find_property(std::uint32_t number) noexcept {
  static constexpr auto index = [] {
    std::array<std::uint8_t, 0x2B> rows{};
    for (std::size_t i = 0; i < table.size(); ++i) {
      rows[static_cast<std::size_t>(table[i].id)] = static_cast<std::uint8_t>(i + 1);
    }
    return rows;
  }();
  if (number >= index.size() || index[number] == 0) return nullptr;
  return &table[index[number] - 1U];
}

const property_rule* find_property(std::string_view name) noexcept {
  const auto* row =
      std::find_if(table.begin(), table.end(), [&](const auto& rule) { return rule.name == name; });
  return row == table.end() ? nullptr : row;
}

void property_view::iterator::step() noexcept {
  byte_reader in{rest_};
  const auto* rule = rest_.empty() ? nullptr : find_property(read_variable(in));
  current_ = rule == nullptr ? property{} : read_value(in, *rule);
  if (!in.ok()) current_ = property{};
  rest_ = current_.rule == nullptr ? bytes_view{} : rest_.subspan(in.offset());
}

std::optional<property> property_view::find(property_id wanted) const noexcept {
  for (const auto& each : *this) {
    if (each.rule->id == wanted) return each;
  }
  return std::nullopt;
}

std::optional<std::uint32_t> property_view::number(property_id wanted) const noexcept {
  const auto found = find(wanted);
  return found ? std::optional{found->number} : std::nullopt;
}

std::optional<std::string_view> property_view::text(property_id wanted) const noexcept {
  const auto found = find(wanted);
  return found ? std::optional{as_text(found->value)} : std::nullopt;
}

std::optional<bytes_view> property_view::binary(property_id wanted) const noexcept {
  const auto found = find(wanted);
  return found ? std::optional{found->value} : std::nullopt;
}

namespace {

void put_sized(byte_writer& out, bytes_view value) {
  const auto kept = value.first(std::min<std::size_t>(value.size(), 0xFFFF));
  out.u16(static_cast<std::uint16_t>(kept.size()));
  out.append(kept);
}

}  // namespace

void put_property(byte_writer& out, property_id which, std::uint32_t value) {
  const auto* rule = find_property(static_cast<std::uint32_t>(which));
  out.u8(static_cast<std::uint8_t>(which));
  switch (rule == nullptr ? kind::byte : rule->kind) {
    case kind::two_byte:
      out.u16(static_cast<std::uint16_t>(value));
      break;
    case kind::four_byte:
      out.u32(value);
      break;
    case kind::variable: {
      std::byte* at = out.grow(4);
      const auto used = static_cast<std::size_t>(write_variable(at, std::min(value, variable_max)) - at);
      out.drop_last(4 - used);
      break;
    }
    default:
      out.u8(static_cast<std::uint8_t>(value));
      break;
  }
}

void put_property(byte_writer& out, property_id which, bytes_view value) {
  out.u8(static_cast<std::uint8_t>(which));
  put_sized(out, value);
}

void put_user_property(byte_writer& out, std::string_view name, std::string_view value) {
  out.u8(static_cast<std::uint8_t>(id::user_property));
  put_sized(out, as_bytes(name));
  put_sized(out, as_bytes(value));
}

wire_result<property_view> check_properties(bytes_view encoded, property_places place, role sender,
                                            std::size_t base) {
  byte_reader in{encoded, base};
  std::uint64_t seen = 0;
  while (in.ok() && in.remaining() != 0) {
    const auto at = in.offset();
    const auto number = read_variable(in);
    if (!in.ok()) break;
    const auto* rule = find_property(number);
    in.require_at(at, rule != nullptr, "U5-2.2.2-b");
    if (rule == nullptr) break;
    in.require_at(at, (rule->places & place) != 0, "U5-2.2.2-a");
    const auto value_at = in.offset();
    const auto what = read_value(in, *rule);
    if (!in.ok()) break;
    const auto& clause = clause_for(place, rule->id);
    const auto bit = std::uint64_t{1} << number;
    const bool repeats = rule->repeats && (rule->id != id::subscription_identifier || place == in_publish);
    in.require_at(at, repeats || (seen & bit) == 0, clause.doubled, wire_errc::protocol_error);
    seen |= bit;
    if (rule->most != 0) {
      in.require_at(value_at, what.number >= rule->least && what.number <= rule->most, clause.out_of_range,
                    wire_errc::protocol_error);
    }
    if (rule->id == id::subscription_identifier && place == in_publish) {
      in.require_at(at, sender == role::server, "MQTT-3.3.4-6", wire_errc::protocol_error);
    }
    check_strings(in, encoded.subspan(value_at - base, in.offset() - value_at), what, value_at);
  }
  if (in.error() && in.error()->code == wire_errc::truncated) {
    return tl::unexpected{wire_error{wire_errc::malformed, in.error()->offset, "U5-2.2.2-c"}};
  }
  return finish(in, property_view{encoded});
}

}  // namespace wanwu::mqtt
