// How a draft takes the values of its plain fields, and of what shall be wrong.
#include <algorithm>

#include "protocols/mqtt/draft.hpp"

namespace wanwu::mqtt {

namespace {

/// The largest number that a field can hold on the wire.
std::uint64_t limit_of(std::string_view name) {
  if (name == "packet_id" || name == "keep_alive") return 0xFFFF;
  if (name == "qos" || name == "will_qos" || name == "retain_handling") return 3;
  return 0xFF;
}

struct number_writer {
  std::string_view name;
  std::uint64_t value;

  template <class P>
  void operator()(P& p) const {
    if constexpr (requires { p.packet_id; }) {
      if (name == "packet_id") p.packet_id = static_cast<std::uint16_t>(value);
    }
    if constexpr (requires { p.reason; }) {
      if (name == "reason") p.reason = static_cast<std::uint8_t>(value);
    }
  }
  void operator()(connack& p) const {
    if (name == "session_present") p.session_present = value != 0;
    if (name == "reason") p.reason = static_cast<std::uint8_t>(value);
  }
  void operator()(publish& p) const {
    if (name == "packet_id") p.packet_id = static_cast<std::uint16_t>(value);
    if (name == "qos") p.level = static_cast<qos>(value);
    if (name == "retain") p.retain = value != 0;
    if (name == "dup") p.duplicate = value != 0;
  }
  void operator()(connect& p) const {
    if (name == "protocol_level") p.level = static_cast<version>(value);
    if (name == "clean_start") p.clean_start = value != 0;
    if (name == "keep_alive") p.keep_alive = static_cast<std::uint16_t>(value);
    if (!name.starts_with("will_")) return;
    if (!p.last_will) p.last_will.emplace();
    if (name == "will_qos") p.last_will->level = static_cast<qos>(value);
    if (name == "will_retain") p.last_will->retain = value != 0;
  }
};

void write_text(connect& p, std::string_view name, std::string_view text) {
  if (name == "protocol_name") p.protocol_name = text;
  if (name == "client_id") p.client_id = text;
  if (name == "user") p.user = text;
  if (name == "password") p.password = as_bytes(text);
  if (!name.starts_with("will_")) return;
  if (!p.last_will) p.last_will.emplace();
  if (name == "will_topic") p.last_will->topic = text;
  if (name == "will_payload") p.last_will->payload = as_bytes(text);
}

}  // namespace

set_result draft::set_plain(const field_rule& rule, const field_value& value) {
  const auto* text = std::get_if<std::string>(&value);
  const bool wants_text = rule.kind == field_kind::text || rule.kind == field_kind::binary;
  if (wants_text != (text != nullptr)) return set_result::wrong_kind;
  if (text != nullptr) {
    if (text->size() > (rule.name == "payload" ? variable_max : 0xFFFFU)) return set_result::out_of_range;
    const auto kept = keep(*text);
    if (auto* hello = std::get_if<connect>(&what_)) write_text(*hello, rule.name, kept);
    if (auto* message = std::get_if<publish>(&what_)) {
      if (rule.name == "topic") message->topic = kept;
      if (rule.name == "payload") message->payload = as_bytes(kept);
    }
    if (auto* request = std::get_if<subscribe>(&what_)) {
      put_filter(entries_, kept, 0);
      request->filters = {entries_.view(), true};
    }
    if (auto* request = std::get_if<unsubscribe>(&what_)) {
      put_filter(entries_, kept);
      request->filters = {entries_.view(), false};
    }
    return set_result::done;
  }
  const auto number = std::get<std::uint64_t>(value);
  if (number > (rule.kind == field_kind::flag ? 1 : limit_of(rule.name))) return set_result::out_of_range;
  if (std::holds_alternative<subscribe>(what_) && rule.name != "packet_id")
    return set_options(rule.name, number);
  if (rule.repeats) {
    entries_.u8(static_cast<std::uint8_t>(number));
    if (auto* answer = std::get_if<suback>(&what_)) answer->reasons = entries_.view();
    if (auto* answer = std::get_if<unsuback>(&what_)) answer->reasons = entries_.view();
    return set_result::done;
  }
  std::visit(number_writer{rule.name, number}, what_);
  return set_result::done;
}

/// Options of the filter set last: its byte is the last one.
set_result draft::set_options(std::string_view name, std::uint64_t value) {
  if (entries_.empty()) return set_result::no_such_field;
  const auto at = entries_.size() - 1;
  const auto old = std::to_integer<unsigned>(entries_.view()[at]);
  const auto given = static_cast<unsigned>(value);
  unsigned now = given;
  if (name == "qos") now = (old & ~3U) | given;
  if (name == "no_local") now = (old & ~4U) | given << 2U;
  if (name == "retain_as_published") now = (old & ~8U) | given << 3U;
  if (name == "retain_handling") now = (old & ~0x30U) | given << 4U;
  entries_.patch_u8(at, static_cast<std::uint8_t>(now));
  return set_result::done;
}

set_result draft::corrupt(std::string_view name, const field_value& value) {
  const auto* text = std::get_if<std::string>(&value);
  const bool wants_text = name == "properties" || name == "will_properties" || name == "tail";
  const auto names = corruption_names();
  if (std::find(names.begin(), names.end(), name) == names.end()) return set_result::no_such_field;
  if (wants_text != (text != nullptr)) return set_result::wrong_kind;
  if (text != nullptr) {
    const auto raw = as_bytes(*text);
    bytes& into = name == "tail"         ? wrong_.tail
                  : name == "properties" ? wrong_.properties.emplace()
                                         : wrong_.will_properties.emplace();
    into.assign(raw.begin(), raw.end());
    return set_result::done;
  }
  const auto number = std::get<std::uint64_t>(value);
  const std::uint64_t most =
      name == "remaining_length" || name == "property_length" || name == "cut_at" || name == "body_cut"
          ? variable_max
      : name == "packet_id"                           ? 0xFFFF
      : name == "fixed_flags" || name == "fixed_type" ? 0xF
      : name == "length_bytes"                        ? 5
                                                      : 0xFF;
  if (number > most) return set_result::out_of_range;
  const auto byte = static_cast<std::uint8_t>(number);
  if (name == "fixed_flags") wrong_.fixed_flags = byte;
  if (name == "fixed_type") wrong_.fixed_type = byte;
  if (name == "length_bytes") wrong_.length_bytes = byte;
  if (name == "connect_flags") wrong_.connect_flags = byte;
  if (name == "connack_flags") wrong_.connack_flags = byte;
  if (name == "packet_id") wrong_.packet_id = static_cast<std::uint16_t>(number);
  if (name == "remaining_length") wrong_.remaining_length = static_cast<std::uint32_t>(number);
  if (name == "property_length") wrong_.property_length = static_cast<std::uint32_t>(number);
  if (name == "cut_at") wrong_.cut_at = number;
  if (name == "body_cut") wrong_.body_cut = number;
  return set_result::done;
}

}  // namespace wanwu::mqtt
