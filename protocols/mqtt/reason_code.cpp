#include "protocols/mqtt/reason_code.hpp"

#include <algorithm>
#include <array>

namespace wanwu::mqtt {

namespace {

using packets = std::uint32_t;
constexpr packets bit(packet_type type) {
  return 1U << static_cast<unsigned>(type);
}
// DISCONNECT and AUTH have codes that only one side may send; the client's bits stand above the types.
constexpr packets connack = bit(packet_type::connack), puback = bit(packet_type::puback),
                  pubrec = bit(packet_type::pubrec), pubrel = bit(packet_type::pubrel),
                  pubcomp = bit(packet_type::pubcomp), suback = bit(packet_type::suback),
                  unsuback = bit(packet_type::unsuback), from_server = bit(packet_type::disconnect),
                  auth_server = bit(packet_type::auth), from_client = 1U << 16U, auth_client = 1U << 17U,
                  disconnect = from_server | from_client, published = puback | pubrec,
                  released = pubrel | pubcomp;

struct row {
  reason_code code;
  std::string_view name;
  packets where;
};

// MQTT 5.0 section 2.4, table 2-6, with the "sent by" columns of 3.14.2.1 and 3.15.2.1.
using r = reason_code;
constexpr std::array<row, 43> table{{
    {r::success, "success", connack | published | released | suback | unsuback | disconnect | auth_server},
    {r::granted_qos_1, "granted_qos_1", suback},
    {r::granted_qos_2, "granted_qos_2", suback},
    {r::disconnect_with_will, "disconnect_with_will", from_client},
    {r::no_matching_subscribers, "no_matching_subscribers", published},
    {r::no_subscription_existed, "no_subscription_existed", unsuback},
    {r::continue_authentication, "continue_authentication", auth_server | auth_client},
    {r::re_authenticate, "re_authenticate", auth_client},
    {r::unspecified_error, "unspecified_error", connack | published | suback | unsuback | disconnect},
    {r::malformed_packet, "malformed_packet", connack | disconnect},
    {r::protocol_error, "protocol_error", connack | disconnect},
    {r::implementation_specific_error, "implementation_specific_error",
     connack | published | suback | unsuback | disconnect},
    {r::unsupported_protocol_version, "unsupported_protocol_version", connack},
    {r::client_identifier_not_valid, "client_identifier_not_valid", connack},
    {r::bad_user_name_or_password, "bad_user_name_or_password", connack},
    {r::not_authorized, "not_authorized", connack | published | suback | unsuback | from_server},
    {r::server_unavailable, "server_unavailable", connack},
    {r::server_busy, "server_busy", connack | from_server},
    {r::banned, "banned", connack},
    {r::server_shutting_down, "server_shutting_down", from_server},
    {r::bad_authentication_method, "bad_authentication_method", connack | from_server},
    {r::keep_alive_timeout, "keep_alive_timeout", from_server},
    {r::session_taken_over, "session_taken_over", from_server},
    {r::topic_filter_invalid, "topic_filter_invalid", suback | unsuback | from_server},
    {r::topic_name_invalid, "topic_name_invalid", connack | published | disconnect},
    {r::packet_identifier_in_use, "packet_identifier_in_use", published | suback | unsuback},
    {r::packet_identifier_not_found, "packet_identifier_not_found", released},
    {r::receive_maximum_exceeded, "receive_maximum_exceeded", disconnect},
    {r::topic_alias_invalid, "topic_alias_invalid", disconnect},
    {r::packet_too_large, "packet_too_large", connack | disconnect},
    {r::message_rate_too_high, "message_rate_too_high", disconnect},
    {r::quota_exceeded, "quota_exceeded", connack | published | suback | disconnect},
    {r::administrative_action, "administrative_action", disconnect},
    {r::payload_format_invalid, "payload_format_invalid", connack | published | disconnect},
    {r::retain_not_supported, "retain_not_supported", connack | from_server},
    {r::qos_not_supported, "qos_not_supported", connack | from_server},
    {r::use_another_server, "use_another_server", connack | from_server},
    {r::server_moved, "server_moved", connack | from_server},
    {r::shared_subscriptions_not_supported, "shared_subscriptions_not_supported", suback | from_server},
    {r::connection_rate_exceeded, "connection_rate_exceeded", connack | from_server},
    {r::maximum_connect_time, "maximum_connect_time", from_server},
    {r::subscription_identifiers_not_supported, "subscription_identifiers_not_supported",
     suback | from_server},
    {r::wildcard_subscriptions_not_supported, "wildcard_subscriptions_not_supported", suback | from_server},
}};

const row* find_row(std::uint8_t code) {
  const auto* found = std::find_if(table.begin(), table.end(), [&](const row& each) {
    return static_cast<std::uint8_t>(each.code) == code;
  });
  return found == table.end() ? nullptr : found;
}

}  // namespace

bool may_carry(packet_type type, version level, role sender, std::uint8_t code) noexcept {
  if (level == version::v3_1_1) {
    if (type == packet_type::connack) return code <= 5;
    if (type == packet_type::suback) return code <= 2 || code == 0x80;
    return code == 0;
  }
  const auto* found = find_row(code);
  if (found == nullptr) return false;
  if (sender == role::client && type == packet_type::disconnect) return (found->where & from_client) != 0;
  if (sender == role::client && type == packet_type::auth) return (found->where & auth_client) != 0;
  return (found->where & bit(type)) != 0;
}

std::string_view reason_clause(packet_type type, version level) noexcept {
  if (level == version::v3_1_1) return type == packet_type::suback ? "MQTT-3.9.3-2" : "";
  switch (type) {
    case packet_type::connack:
      return "MQTT-3.2.2-8";
    case packet_type::puback:
      return "MQTT-3.4.2-1";
    case packet_type::pubrec:
      return "MQTT-3.5.2-1";
    case packet_type::pubrel:
      return "MQTT-3.6.2-1";
    case packet_type::pubcomp:
      return "MQTT-3.7.2-1";
    case packet_type::suback:
      return "MQTT-3.9.3-2";
    case packet_type::unsuback:
      return "MQTT-3.11.3-2";
    case packet_type::disconnect:
      return "MQTT-3.14.2-1";
    case packet_type::auth:
      return "MQTT-3.15.2-1";
    default:
      return {};
  }
}

std::string_view name_of(reason_code code) noexcept {
  const auto* found = find_row(static_cast<std::uint8_t>(code));
  return found == nullptr ? "unknown" : found->name;
}

reason_code reason_for(const wire_error& why) noexcept {
  struct special {
    std::string_view clause;
    reason_code code;
  };
  constexpr std::array<special, 11> specials{{
      {"MQTT-3.1.2-1", r::unsupported_protocol_version},
      {"MQTT-3.1.2-2", r::unsupported_protocol_version},
      {"MQTT-3.3.2-2", r::topic_name_invalid},
      {"MQTT-3.3.2-8", r::topic_alias_invalid},
      {"MQTT-4.7.0-1", r::topic_name_invalid},
      {"MQTT-4.7.1-1", r::topic_filter_invalid},
      {"MQTT-4.7.1-2", r::topic_filter_invalid},
      {"MQTT-4.8.2-1", r::topic_filter_invalid},
      {"MQTT-4.8.2-2", r::topic_filter_invalid},
      {"U5-3.3.2.3.4-b", r::topic_alias_invalid},
      {"U5-3.3.4-b", r::receive_maximum_exceeded},
  }};
  for (const auto& each : specials) {
    if (each.clause == why.clause) return each.code;
  }
  switch (why.code) {
    case wire_errc::truncated:
    case wire_errc::malformed:
      return r::malformed_packet;
    case wire_errc::protocol_error:
      return r::protocol_error;
    case wire_errc::too_large:
      return r::packet_too_large;
  }
  return r::unspecified_error;
}

}  // namespace wanwu::mqtt
