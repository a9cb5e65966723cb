#include "protocols/mqtt/decode.hpp"

#include <array>

#include "protocols/mqtt/topic.hpp"
#include "protocols/mqtt/wire_fields.hpp"

namespace wanwu::mqtt {

namespace {

constexpr clause_pair excess_bytes{"MQTT-4.8.0-1", "U5-len-a"};

/// Who may send which type: bit 0 the client, bit 1 the server.
constexpr unsigned by_client = 1;
constexpr unsigned by_server = 2;
constexpr unsigned by_both = 3;

struct type_row {
  unsigned senders_v3, senders_v5;
  unsigned flags;  ///< What the low four bits must be; PUBLISH has its own rules.
  clause_pair flags_clause;
};

constexpr std::array<type_row, 16> types{{
    {0, 0, 0, {}},
    {by_client, by_client, 0, {"MQTT-2.2.2-2", "MQTT-2.1.3-1"}},
    {by_server, by_server, 0, {"MQTT-2.2.2-2", "MQTT-2.1.3-1"}},
    {by_both, by_both, 0, {}},
    {by_both, by_both, 0, {"MQTT-2.2.2-2", "MQTT-2.1.3-1"}},
    {by_both, by_both, 0, {"MQTT-2.2.2-2", "MQTT-2.1.3-1"}},
    {by_both, by_both, 2, {"MQTT-3.6.1-1", "MQTT-3.6.1-1"}},
    {by_both, by_both, 0, {"MQTT-2.2.2-2", "MQTT-2.1.3-1"}},
    {by_client, by_client, 2, {"MQTT-3.8.1-1", "MQTT-3.8.1-1"}},
    {by_server, by_server, 0, {"MQTT-2.2.2-2", "MQTT-2.1.3-1"}},
    {by_client, by_client, 2, {"MQTT-3.10.1-1", "MQTT-3.10.1-1"}},
    {by_server, by_server, 0, {"MQTT-2.2.2-2", "MQTT-2.1.3-1"}},
    {by_client, by_client, 0, {"MQTT-2.2.2-2", "MQTT-2.1.3-1"}},
    {by_server, by_server, 0, {"MQTT-2.2.2-2", "MQTT-2.1.3-1"}},
    {by_client, by_both, 0, {"MQTT-3.14.1-1", "MQTT-3.14.1-1"}},
    {0, by_both, 0, {"", "MQTT-3.15.1-1"}},
}};

/// One packet being decoded: where its bytes are and by which rules they are judged.
struct decoding {
  byte_reader& in;
  version level;
  role sender;
  packet_type type;
  unsigned flags;

  std::string_view clause(std::string_view v3, std::string_view v5) const {
    return clause_pair{v3, v5}.of(level);
  }
};

property_view read_properties(decoding& d, property_places place) {
  if (d.level != version::v5) return {};
  auto& in = d.in;
  const auto size = read_variable(in);
  const auto at = in.offset();
  in.require_at(at, size <= in.remaining(), "U5-2.2.2-c", wire_errc::truncated);
  const auto raw = in.take(in.ok() ? size : 0);
  const auto checked = check_properties(raw, place, d.sender, at);
  if (!checked) in.require_at(checked.error().offset, false, checked.error().clause, checked.error().code);
  return property_view{raw};
}

std::uint16_t read_packet_id(decoding& d, std::string_view v3, std::string_view v5) {
  const auto at = d.in.offset();
  const auto id = d.in.u16();
  d.in.require_at(at, id != 0, d.clause(v3, v5));
  return id;
}

/// The id of a packet that starts an exchange.
std::uint16_t read_new_packet_id(decoding& d) {
  return read_packet_id(d, "MQTT-2.3.1-1", d.sender == role::client ? "MQTT-2.2.1-3" : "MQTT-2.2.1-4");
}

std::uint8_t read_reason(decoding& d) {
  const auto at = d.in.offset();
  const auto code = d.in.u8();
  d.in.require_at(at, may_carry(d.type, d.level, d.sender, code), reason_clause(d.type, d.level));
  return code;
}

void check_topic_name(decoding& d, std::size_t at, std::string_view topic, std::string_view wildcard_clause) {
  auto broken = broken_topic_name_rule(topic, d.level);
  if (broken == d.clause("MQTT-4.7.1-1", "MQTT-4.7.0-1")) broken = wildcard_clause;
  d.in.require_at(at, broken.empty(), broken);
}

std::optional<will> read_will(decoding& d, unsigned flags) {
  if ((flags & 4U) == 0) return std::nullopt;
  will out;
  out.level = static_cast<qos>(flags >> 3U & 3U);
  out.retain = (flags & 0x20U) != 0;
  out.properties = read_properties(d, in_will);
  const auto at = d.in.offset() + 2;
  out.topic = read_text(d.in, d.level);
  check_topic_name(d, at, out.topic, d.clause("MQTT-4.7.1-1", "MQTT-4.7.0-1"));
  out.payload = read_binary(d.in);
  return out;
}

void check_connect_flags(decoding& d, std::size_t at, unsigned flags) {
  auto& in = d.in;
  in.require_at(at, (flags & 1U) == 0, "MQTT-3.1.2-3");
  in.require_at(at, (flags & 0x18U) != 0x18U, d.clause("MQTT-3.1.2-14", "MQTT-3.1.2-12"));
  if ((flags & 4U) == 0) {
    in.require_at(at, (flags & 0x18U) == 0, d.clause("MQTT-3.1.2-13", "MQTT-3.1.2-11"));
    in.require_at(at, (flags & 0x20U) == 0, d.clause("MQTT-3.1.2-15", "MQTT-3.1.2-13"));
  }
  in.require_at(at, d.level == version::v5 || (flags & 0xC0U) != 0x40U, "MQTT-3.1.2-22");
}

void decode_connect(packet& result, decoding& d) {
  auto& in = d.in;
  auto& out = result.emplace<connect>();
  const auto name_at = in.offset();
  out.protocol_name = as_text(read_binary(in));
  in.require_at(name_at, out.protocol_name == "MQTT", "MQTT-3.1.2-1");
  const auto level_at = in.offset();
  const auto level = in.u8();
  in.require_at(level_at, level == 4 || level == 5, "MQTT-3.1.2-2", wire_errc::protocol_error);
  out.level = d.level = level == 5 ? version::v5 : version::v3_1_1;
  const auto flags_at = in.offset();
  const unsigned flags = in.u8();
  check_connect_flags(d, flags_at, flags);
  out.clean_start = (flags & 2U) != 0;
  out.keep_alive = in.u16();
  const auto properties_at = in.offset();
  out.properties = read_properties(d, place_of(packet_type::connect));
  in.require_at(properties_at,
                !out.properties.find(property_id::authentication_data) ||
                    out.properties.find(property_id::authentication_method),
                "U5-3.1.2.11.10-a", wire_errc::protocol_error);
  out.client_id = read_text(in, d.level);
  out.last_will = read_will(d, flags);
  if ((flags & 0x80U) != 0) out.user = read_text(in, d.level);
  if ((flags & 0x40U) != 0) out.password = read_binary(in);
}

void decode_connack(packet& result, decoding& d) {
  auto& out = result.emplace<connack>();
  const auto at = d.in.offset();
  const unsigned flags = d.in.u8();
  d.in.require_at(at, (flags & 0xFEU) == 0, d.clause("", "MQTT-3.2.2-1"));
  out.session_present = (flags & 1U) != 0;
  out.reason = read_reason(d);
  d.in.require_at(at, !out.session_present || out.reason == 0, d.clause("MQTT-3.2.2-4", "MQTT-3.2.2-6"),
                  wire_errc::protocol_error);
  out.properties = read_properties(d, place_of(packet_type::connack));
}

void decode_publish(packet& result, decoding& d) {
  auto& in = d.in;
  auto& out = result.emplace<publish>();
  out.duplicate = (d.flags & 8U) != 0;
  out.level = static_cast<qos>(d.flags >> 1U & 3U);
  out.retain = (d.flags & 1U) != 0;
  const auto topic_at = in.offset() + 2;
  out.topic = read_text(in, d.level);
  if (out.level != qos::at_most_once) out.packet_id = read_new_packet_id(d);
  out.properties = read_properties(d, place_of(packet_type::publish));
  if (out.topic.empty() && d.level == version::v5) {
    in.require_at(topic_at, out.properties.find(property_id::topic_alias).has_value(), "U5-3.3.2.1-a",
                  wire_errc::protocol_error);
  } else {
    check_topic_name(d, topic_at, out.topic, "MQTT-3.3.2-2");
  }
  out.payload = in.rest();
}

void decode_ack(packet& result, decoding& d) {
  auto& out = result.emplace<ack>();
  out.type = d.type;
  out.packet_id = read_packet_id(d, "MQTT-2.3.1-6", "MQTT-2.2.1-5");
  if (d.level == version::v5 && d.in.remaining() > 0) out.reason = read_reason(d);
  if (d.level == version::v5 && d.in.remaining() > 0) out.properties = read_properties(d, place_of(d.type));
}

void check_filter(decoding& d, std::size_t at, const filter_entry& entry) {
  auto& in = d.in;
  const auto broken = broken_filter_rule(entry.filter, d.level);
  in.require_at(at + 2, broken.empty(), broken);
  if (d.type != packet_type::subscribe) return;
  const auto options_at = in.offset() - 1;
  if (d.level == version::v3_1_1) {
    in.require_at(options_at, entry.options <= 2, "MQTT-3.8.3-4");
    return;
  }
  in.require_at(options_at, (entry.options & 0xC0U) == 0, "MQTT-3.8.3-5");
  in.require_at(options_at, (entry.options & 3U) != 3, "U5-3.8.3-a", wire_errc::protocol_error);
  in.require_at(options_at, entry.retain_handling() != 3, "U5-3.8.3-b", wire_errc::protocol_error);
  in.require_at(options_at, !entry.no_local() || !split_shared(entry.filter), "MQTT-3.8.3-4",
                wire_errc::protocol_error);
}

/// The payload of SUBSCRIBE (with an options byte each) and UNSUBSCRIBE.
filter_list read_filters(decoding& d, bytes_view whole) {
  auto& in = d.in;
  const bool with_options = d.type == packet_type::subscribe;
  const auto begin = in.offset();
  in.require_at(begin, in.remaining() != 0,
                with_options ? d.clause("MQTT-3.8.3-3", "MQTT-3.8.3-2") : "MQTT-3.10.3-2",
                wire_errc::protocol_error);
  while (in.ok() && in.remaining() != 0) {
    const auto at = in.offset();
    filter_entry entry;
    entry.filter = read_text(in, d.level);
    if (with_options) entry.options = in.u8();
    check_filter(d, at, entry);
  }
  return {whole.subspan(begin), with_options};
}

template <class Request>
void decode_request(packet& result, decoding& d, bytes_view whole) {
  auto& out = result.emplace<Request>();
  out.packet_id = read_new_packet_id(d);
  out.properties = read_properties(d, place_of(d.type));
  out.filters = read_filters(d, whole);
}

template <class Answer>
void decode_answer(packet& result, decoding& d) {
  auto& out = result.emplace<Answer>();
  out.packet_id = read_packet_id(d, "MQTT-2.3.1-7", "MQTT-2.2.1-6");
  out.properties = read_properties(d, place_of(d.type));
  if (d.type == packet_type::unsuback && d.level == version::v3_1_1) return;
  d.in.require(d.in.remaining() != 0,
               d.type == packet_type::suback ? d.clause("MQTT-3.9.3-1", "MQTT-3.9.3-2") : "MQTT-3.11.3-2",
               wire_errc::protocol_error);
  const auto at = d.in.offset();
  out.reasons = d.in.rest();
  for (std::size_t i = 0; i < out.reasons.size(); ++i) {
    d.in.require_at(at + i,
                    may_carry(d.type, d.level, d.sender, std::to_integer<std::uint8_t>(out.reasons[i])),
                    reason_clause(d.type, d.level));
  }
}

/// DISCONNECT and AUTH: a reason and properties, both of which may be left out.
template <class Packet>
void decode_reasoned(packet& result, decoding& d) {
  auto& out = result.emplace<Packet>();
  if (d.level != version::v5 || d.in.remaining() == 0) return;
  out.reason = read_reason(d);
  if (d.in.remaining() == 0 && d.type == packet_type::disconnect) return;
  const auto at = d.in.offset();
  out.properties = read_properties(d, place_of(d.type));
  if (d.type == packet_type::auth) {
    d.in.require_at(at, out.properties.find(property_id::authentication_method).has_value(), "U5-3.15.2-a",
                    wire_errc::protocol_error);
  } else if (d.sender == role::server) {
    d.in.require_at(at, !out.properties.find(property_id::session_expiry_interval), "MQTT-3.14.2-2",
                    wire_errc::protocol_error);
  }
}

void decode_body(packet& result, decoding& d, bytes_view whole) {
  switch (d.type) {
    case packet_type::connect:
      return decode_connect(result, d);
    case packet_type::connack:
      return decode_connack(result, d);
    case packet_type::publish:
      return decode_publish(result, d);
    case packet_type::puback:
    case packet_type::pubrec:
    case packet_type::pubrel:
    case packet_type::pubcomp:
      return decode_ack(result, d);
    case packet_type::subscribe:
      return decode_request<subscribe>(result, d, whole);
    case packet_type::suback:
      return decode_answer<suback>(result, d);
    case packet_type::unsubscribe:
      return decode_request<unsubscribe>(result, d, whole);
    case packet_type::unsuback:
      return decode_answer<unsuback>(result, d);
    case packet_type::pingreq:
      result = pingreq{};
      return;
    case packet_type::pingresp:
      result = pingresp{};
      return;
    case packet_type::disconnect:
      return decode_reasoned<disconnect>(result, d);
    case packet_type::auth:
      return decode_reasoned<auth>(result, d);
  }
}

}  // namespace

std::optional<wire_error> check_first_byte(std::byte first, version level, role sender) noexcept {
  const auto octet = std::to_integer<unsigned>(first);
  const auto& row = types[octet >> 4U];
  const auto senders = level == version::v5 ? row.senders_v5 : row.senders_v3;
  if (senders == 0)
    return wire_error{wire_errc::malformed, 0, level == version::v5 ? "U5-2.1-a" : "MQTT-4.8.0-1"};
  if ((senders & (sender == role::client ? by_client : by_server)) == 0) {
    return wire_error{wire_errc::protocol_error, 0, level == version::v5 ? "U5-dir-a" : "MQTT-4.8.0-1"};
  }
  if (octet >> 4U == static_cast<unsigned>(packet_type::publish)) {
    if ((octet & 6U) == 6U) return wire_error{wire_errc::malformed, 0, "MQTT-3.3.1-4"};
    if ((octet & 0xEU) == 8U) return wire_error{wire_errc::malformed, 0, "MQTT-3.3.1-2"};
    return std::nullopt;
  }
  if ((octet & 0xFU) != row.flags) return wire_error{wire_errc::malformed, 0, row.flags_clause.of(level)};
  return std::nullopt;
}

wire_result<packet> decode(bytes_view whole, version level, role sender) {
  const auto cut = next_frame(whole, variable_max + 5);
  if (!cut) return tl::unexpected{cut.error()};
  if (!*cut) return tl::unexpected{wire_error{wire_errc::truncated, whole.size(), {}}};
  const auto& found = **cut;
  if (found.whole.size() != whole.size()) {
    return tl::unexpected{wire_error{wire_errc::malformed, found.whole.size(), excess_bytes.of(level)}};
  }
  if (const auto wrong = check_first_byte(whole[0], level, sender)) return tl::unexpected{*wrong};
  byte_reader in{found.body(), found.header_size};
  decoding d{in, level, sender, found.type(), found.flags()};
  packet out;
  decode_body(out, d, whole);
  in.expect_end(excess_bytes.of(d.level));
  return finish(in, std::move(out));
}

}  // namespace wanwu::mqtt
