// Rows that follow from the tables of MQTT 5.0: what a client may not send, value by value.
#include <algorithm>

#include "protocols/mqtt/decode.hpp"
#include "protocols/mqtt/properties.hpp"
#include "scenarios/conformance/case_row.hpp"

namespace wanwu::conform {
namespace {

using mqtt::packet_type;
using mqtt::property_kind;
using mqtt::property_rule;

/// The low four bits of the first byte of a right packet; PUBLISH has no single value.
unsigned flags_of(packet_type type) {
  const bool two =
      type == packet_type::pubrel || type == packet_type::subscribe || type == packet_type::unsubscribe;
  return two ? 2 : 0;
}

std::string binary(unsigned flags) {
  std::string out;
  for (unsigned bit = 8; bit != 0; bit >>= 1U) out += (flags & bit) != 0 ? '1' : '0';
  return out;
}

std::string hex_of(bytes_view raw) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const std::byte b : raw) {
    out += digits[std::to_integer<unsigned>(b) >> 4U];
    out += digits[std::to_integer<unsigned>(b) & 0xFU];
  }
  return out;
}

/// One property, well formed and with an ordinary value.
void put_ordinary(byte_writer& out, const property_rule& rule) {
  switch (rule.kind) {
    case property_kind::text:
      return mqtt::put_property(out, rule.id, std::string_view{"x"});
    case property_kind::binary:
      return mqtt::put_property(out, rule.id, std::string_view{"\x01", 1});
    case property_kind::text_pair:
      return mqtt::put_user_property(out, "a", "b");
    default:
      return mqtt::put_property(out, rule.id, std::uint32_t{1});
  }
}

bool allowed(const byte_writer& encoded, packet_type type) {
  return mqtt::check_properties(encoded.view(), mqtt::place_of(type), mqtt::role::client, 0).has_value();
}

case_row property_row(std::string_view packet, const property_rule& rule, const byte_writer& raw) {
  return {std::string{packet} + "-" + std::string{rule.name},
          {{"packet", lang::make_text(packet)},
           {"property", lang::make_text(rule.name)},
           {"raw", lang::make_text(hex_of(raw.view()))}}};
}

void flag_rows(std::string_view packet, packet_type type, std::vector<case_row>& out) {
  for (unsigned flags = 0; flags < 16; ++flags) {
    const bool publish = type == packet_type::publish;
    const bool right = publish ? (flags & 6U) != 6U : flags == flags_of(type);
    if (right) continue;
    out.push_back({std::string{packet} + "-" + binary(flags),
                   {{"packet", lang::make_text(packet)}, {"flags", lang::make_integer(flags)}}});
  }
}

void bad_value_rows(std::string_view packet, packet_type type, const property_rule& rule,
                    std::vector<case_row>& out) {
  const bool number = rule.kind == property_kind::byte || rule.kind == property_kind::two_byte ||
                      rule.kind == property_kind::four_byte || rule.kind == property_kind::variable;
  byte_writer good;
  put_ordinary(good, rule);
  if (!number || !allowed(good, type)) return;
  const auto add = [&](std::uint32_t value) {
    byte_writer raw;
    mqtt::put_property(raw, rule.id, value);
    case_row row = property_row(packet, rule, raw);
    row.label += "-" + std::to_string(value);
    if (!allowed(raw, type)) out.push_back(std::move(row));
  };
  if (rule.least != 0) add(0);
  if (rule.kind == property_kind::byte) {
    add(rule.most + 1);
    add(255);
  }
}

}  // namespace

std::vector<case_row> mqtt_rows(std::string_view kind, const std::vector<std::string>& packets) {
  std::vector<case_row> out;
  for (const std::string& packet : packets) {
    const auto type = mqtt::find_packet_type(packet);
    if (!type) continue;
    if (kind == "reserved-flags") {
      flag_rows(packet, *type, out);
      continue;
    }
    for (const property_rule& rule : mqtt::property_table()) {
      byte_writer once, twice;
      put_ordinary(once, rule);
      put_ordinary(twice, rule);
      put_ordinary(twice, rule);
      if (kind == "misplaced-properties" && (rule.places & mqtt::place_of(*type)) == 0)
        out.push_back(property_row(packet, rule, once));
      if (kind == "doubled-properties" && allowed(once, *type) && !allowed(twice, *type))
        out.push_back(property_row(packet, rule, twice));
      if (kind == "bad-values") bad_value_rows(packet, *type, rule, out);
    }
  }
  return out;
}

std::vector<std::uint32_t> incomplete_lengths(bytes_view whole, std::uint8_t version) {
  std::vector<std::uint32_t> out;
  std::size_t header = 1;
  while (header < whole.size() && (std::to_integer<unsigned>(whole[header]) & 0x80U) != 0) ++header;
  ++header;
  if (header > whole.size()) return out;
  const bytes_view body = whole.subspan(header);
  for (std::uint32_t cut = 0; cut < body.size() && out.size() <= rows_max; ++cut) {
    byte_writer trial;
    trial.append(whole.first(1));
    mqtt::write_variable(trial.grow(mqtt::variable_size(cut)), cut);
    trial.append(body.first(cut));
    if (!mqtt::decode(trial.view(), static_cast<mqtt::version>(version), mqtt::role::client))
      out.push_back(cut);
  }
  return out;
}

}  // namespace wanwu::conform
