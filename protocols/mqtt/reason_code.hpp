// Reason codes of MQTT 5.0 and return codes of 3.1.1, and which packet may carry which.
#pragma once

#include <cstdint>
#include <string_view>

#include "protocols/core/wire_error.hpp"
#include "protocols/mqtt/packet_type.hpp"

namespace wanwu::mqtt {

/// MQTT 5.0 section 2.4. Values below 0x80 mean success. 0x00 is also "normal disconnection" and "granted QoS
/// 0".
enum class reason_code : std::uint8_t {
  success = 0x00,
  granted_qos_1 = 0x01,
  granted_qos_2 = 0x02,
  disconnect_with_will = 0x04,
  no_matching_subscribers = 0x10,
  no_subscription_existed = 0x11,
  continue_authentication = 0x18,
  re_authenticate = 0x19,
  unspecified_error = 0x80,
  malformed_packet = 0x81,
  protocol_error = 0x82,
  implementation_specific_error = 0x83,
  unsupported_protocol_version = 0x84,
  client_identifier_not_valid = 0x85,
  bad_user_name_or_password = 0x86,
  not_authorized = 0x87,
  server_unavailable = 0x88,
  server_busy = 0x89,
  banned = 0x8A,
  server_shutting_down = 0x8B,
  bad_authentication_method = 0x8C,
  keep_alive_timeout = 0x8D,
  session_taken_over = 0x8E,
  topic_filter_invalid = 0x8F,
  topic_name_invalid = 0x90,
  packet_identifier_in_use = 0x91,
  packet_identifier_not_found = 0x92,
  receive_maximum_exceeded = 0x93,
  topic_alias_invalid = 0x94,
  packet_too_large = 0x95,
  message_rate_too_high = 0x96,
  quota_exceeded = 0x97,
  administrative_action = 0x98,
  payload_format_invalid = 0x99,
  retain_not_supported = 0x9A,
  qos_not_supported = 0x9B,
  use_another_server = 0x9C,
  server_moved = 0x9D,
  shared_subscriptions_not_supported = 0x9E,
  connection_rate_exceeded = 0x9F,
  maximum_connect_time = 0xA0,
  subscription_identifiers_not_supported = 0xA1,
  wildcard_subscriptions_not_supported = 0xA2,
};

/// Return codes of a 3.1.1 CONNACK, section 3.2.2.3.
enum class return_code : std::uint8_t {
  accepted,
  unacceptable_protocol_version,
  identifier_rejected,
  server_unavailable,
  bad_user_name_or_password,
  not_authorized,
};

constexpr bool is_error(reason_code code) noexcept {
  return static_cast<std::uint8_t>(code) >= 0x80;
}

/// Whether a packet of that type, version and sender may carry the code.
bool may_carry(packet_type type, version level, role sender, std::uint8_t code) noexcept;

/// The clause that a code outside its packet's table breaks; "" for 3.1.1 CONNACK, which has none.
std::string_view reason_clause(packet_type type, version level) noexcept;

/// "not_authorized" and so on; "unknown" for a value of no table. Static storage.
std::string_view name_of(reason_code code) noexcept;

/// The code a receiver gives when it closes because of `why`.
reason_code reason_for(const wire_error& why) noexcept;

}  // namespace wanwu::mqtt
