// The words of MQTT: from the codec's own tables of fields and properties, and what matching adds to them.
#include <algorithm>
#include <array>

#include "protocols/mqtt/draft.hpp"
#include "scenarios/conformance/vocabulary.hpp"

namespace wanwu::conform {
namespace {

using mqtt::packet_type;

constexpr std::array<std::string_view, 16> packet_names{
    "CONNECT", "CONNACK",     "PUBLISH",  "PUBACK",  "PUBREC",   "PUBREL",     "PUBCOMP", "SUBSCRIBE",
    "SUBACK",  "UNSUBSCRIBE", "UNSUBACK", "PINGREQ", "PINGRESP", "DISCONNECT", "AUTH",    upgrade_packet};

/// Names that only matching has.
constexpr std::array<std::string_view, 9> seen_names{"flags",
                                                     "size",
                                                     "payload_hex",
                                                     "reasons",
                                                     "reason_count",
                                                     "user_properties",
                                                     "subscription_identifiers",
                                                     "properties",
                                                     "filters"};

/// MQTT 5.0 section 3.2.2.3: what holds when CONNACK does not say.
constexpr std::array<vocabulary::announcement, 9> announced{{{"maximum_qos", true, 2},
                                                             {"retain_available", true, 1},
                                                             {"wildcard_subscription_available", true, 1},
                                                             {"subscription_identifier_available", true, 1},
                                                             {"shared_subscription_available", true, 1},
                                                             {"receive_maximum", true, 65535},
                                                             {"maximum_packet_size", true, 268'435'460},
                                                             {"topic_alias_maximum", true, 0},
                                                             {"server_keep_alive", false, 0}}};

constexpr std::string_view will_prefix = "will_";

bool is_ping(packet_type type) {
  return type == packet_type::pingreq || type == packet_type::pingresp;
}

const mqtt::field_rule* plain_field(packet_type type, std::string_view name) {
  for (const mqtt::field_rule& rule : mqtt::field_table()) {
    if (rule.name == name && (rule.packets & mqtt::place_of(type)) != 0) return &rule;
  }
  return nullptr;
}

/// The property that `set` means: any of any packet that has properties, those of a will in CONNECT alone.
const mqtt::property_rule* property_field(packet_type type, std::string_view name) {
  if (is_ping(type)) return nullptr;
  if (const auto* rule = mqtt::find_property(name)) return rule;
  if (type != packet_type::connect || !name.starts_with(will_prefix)) return nullptr;
  const auto* rule = mqtt::find_property(name.substr(will_prefix.size()));
  return rule != nullptr && (rule->places & mqtt::in_will) != 0 ? rule : nullptr;
}

vocabulary::form form_of_property(const mqtt::property_rule& rule) {
  const bool text = rule.kind == mqtt::property_kind::text || rule.kind == mqtt::property_kind::binary ||
                    rule.kind == mqtt::property_kind::text_pair;
  return text ? vocabulary::form::text : vocabulary::form::number;
}

/// Every name once: plain fields, then properties, then a will's, then what only matching has.
std::vector<std::string_view> all_names() {
  static const std::vector<std::string> of_wills = [] {
    std::vector<std::string> out;
    for (const auto& rule : mqtt::property_table()) {
      const bool own = rule.name.starts_with(will_prefix);
      if ((rule.places & mqtt::in_will) != 0 && !own) out.push_back("will_" + std::string{rule.name});
    }
    return out;
  }();
  std::vector<std::string_view> out;
  const auto add = [&](std::string_view name) {
    if (std::find(out.begin(), out.end(), name) == out.end()) out.push_back(name);
  };
  for (const auto& rule : mqtt::field_table()) {
    if (rule.name != "password") add(rule.name);  // a secret is sent, never read
  }
  for (const auto& rule : mqtt::property_table()) add(rule.name);
  for (const std::string& name : of_wills) add(name);
  for (const std::string_view name : seen_names) add(name);
  for (const std::string_view name : upgrade_fields) add(name);
  return out;
}

class mqtt_words final : public vocabulary {
 public:
  std::span<const std::string_view> packets() const override { return packet_names; }
  std::span<const std::string_view> field_names() const override {
    static const std::vector<std::string_view> names = all_names();
    return names;
  }
  std::span<const announcement> announcements() const override { return announced; }

  form form_of(std::string_view packet, std::string_view field) const override {
    if (packet == upgrade_packet)
      return field == upgrade_fields[0] ? form::number : field == upgrade_fields[1] ? form::text : form::none;
    const auto type = mqtt::find_packet_type(packet);
    if (!type) return form::none;
    if (const auto* rule = plain_field(*type, field)) {
      const bool text = rule->kind == mqtt::field_kind::text || rule->kind == mqtt::field_kind::binary;
      return text ? form::text : form::number;
    }
    const auto* rule = property_field(*type, field);
    return rule == nullptr ? form::none : form_of_property(*rule);
  }

  std::vector<std::string_view> settable(std::string_view packet) const override {
    std::vector<std::string_view> out;
    const auto type = mqtt::find_packet_type(packet);
    if (packet == upgrade_packet) out.assign(std::begin(upgrade_fields), std::end(upgrade_fields));
    if (!type) return out;
    for (const auto& rule : mqtt::field_table()) {
      if ((rule.packets & mqtt::place_of(*type)) != 0) out.push_back(rule.name);
    }
    for (const std::string_view name : field_names()) {
      const auto* rule = property_field(*type, name);
      const bool of_will = rule != nullptr && rule->name != name;
      if (rule != nullptr && (of_will || (rule->places & mqtt::place_of(*type)) != 0)) out.push_back(name);
    }
    return out;
  }

  std::string refuse(std::string_view packet, std::string_view field, std::uint64_t number,
                     std::uint8_t version) const override {
    const auto type = mqtt::find_packet_type(packet);
    const bool no_status =
        packet == upgrade_packet && field == upgrade_fields[0] && (number < 100 || number > 599);
    if (no_status) return "a status is a number from 100 to 599";
    if (!type) return {};
    if (version == 4 && plain_field(*type, field) == nullptr) return "MQTT 3.1.1 has no properties";
    if (version == 4 && *type == packet_type::auth) return "MQTT 3.1.1 has no AUTH";
    if (form_of(packet, field) != form::number) return {};
    mqtt::draft trial{*type, static_cast<mqtt::version>(version)};
    if (*type == packet_type::subscribe) trial.set("filter", std::string{"x"});
    return trial.set(field, number) == mqtt::set_result::out_of_range ? "the number does not fit on the wire"
                                                                      : "";
  }

  std::span<const std::string_view> corruptions() const override { return mqtt::corruption_names(); }
  form corruption_form(std::string_view name) const override {
    if (name == "properties" || name == "will_properties" || name == "tail") return form::text;
    const auto names = corruptions();
    return std::find(names.begin(), names.end(), name) == names.end() ? form::none : form::number;
  }
};

}  // namespace

const vocabulary& mqtt_vocabulary() {
  static const mqtt_words words;
  return words;
}

}  // namespace wanwu::conform
