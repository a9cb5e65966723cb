#include "sim/conformance/mqtt_message.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "protocols/core/hex.hpp"
#include "protocols/mqtt/draft.hpp"

namespace wanwu::conform {

namespace {

using mqtt::packet_type;

mqtt::property_view properties_of(const mqtt::packet& what) {
  return std::visit(
      [](const auto& p) -> mqtt::property_view {
        if constexpr (requires { p.properties; }) return p.properties;
        return {};
      },
      what);
}

std::optional<bytes_view> reasons_of(const mqtt::packet& what) {
  if (const auto* p = std::get_if<mqtt::suback>(&what)) return p->reasons;
  if (const auto* p = std::get_if<mqtt::unsuback>(&what)) return p->reasons;
  return std::nullopt;
}

void join(std::string& out, std::string_view more) {
  if (!out.empty()) out += ',';
  out += more;
}

bool is_flag(std::string_view name, packet_type type) {
  const auto table = mqtt::field_table();
  return std::any_of(table.begin(), table.end(), [&](const mqtt::field_rule& rule) {
    return rule.name == name && (rule.packets & mqtt::place_of(type)) != 0 &&
           rule.kind == mqtt::field_kind::flag;
  });
}

std::string joined_user_properties(const mqtt::property_view& all) {
  std::string out;
  for (const auto& each : all) {
    if (each.rule->id != mqtt::property_id::user_property) continue;
    join(out, fmt::format("{}={}", each.name, as_text(each.value)));
  }
  return out;
}

std::string joined_identifiers(const mqtt::property_view& all) {
  std::vector<std::uint32_t> found;
  for (const auto& each : all) {
    if (each.rule->id == mqtt::property_id::subscription_identifier) found.push_back(each.number);
  }
  std::sort(found.begin(), found.end());
  return fmt::format("{}", fmt::join(found, ","));
}

std::string joined_filters(const mqtt::packet& what) {
  std::string out;
  for (std::size_t i = 0;; ++i) {
    const auto filter = mqtt::field_of(what, "filter", i);
    if (!filter) return out;
    join(out, std::get<std::string>(*filter));
  }
}

}  // namespace

mqtt_message::mqtt_message(bytes raw, mqtt::version level, mqtt::role sender)
    : raw_{std::move(raw)}, level_{level}, decoded_{mqtt::decode(raw_, level, sender)} {}

packet_type mqtt_message::type() const noexcept {
  return raw_.empty() ? packet_type{} : static_cast<packet_type>(std::to_integer<unsigned>(raw_[0]) >> 4U);
}

std::string_view mqtt_message::packet() const {
  return mqtt::name_of(type());
}

lang::value mqtt_message::special(std::string_view name) const {
  if (name == "size") return lang::value::of(static_cast<std::int64_t>(raw_.size()));
  if (name == "flags" && !raw_.empty())
    return lang::value::of(static_cast<std::int64_t>(std::to_integer<unsigned>(raw_[0]) & 0xFU));
  if (!decoded_) return {};
  const auto properties = properties_of(*decoded_);
  if (name == "payload_hex") {
    const auto* sent = std::get_if<mqtt::publish>(&*decoded_);
    return sent != nullptr ? keep(to_hex(sent->payload)) : lang::value{};
  }
  if (const auto reasons = reasons_of(*decoded_)) {
    if (name == "reasons") return keep(to_hex(*reasons));
    if (name == "reason_count") return lang::value::of(static_cast<std::int64_t>(reasons->size()));
  }
  if (name == "user_properties") return keep(joined_user_properties(properties));
  if (name == "subscription_identifiers") return keep(joined_identifiers(properties));
  if (name == "filters") return keep(joined_filters(*decoded_));
  if (name != "properties") return {};
  std::string names;
  for (const auto& each : properties) join(names, each.rule->name);
  return keep(std::move(names));
}

lang::value mqtt_message::field(std::size_t index) const {
  const auto names = mqtt_vocabulary().field_names();
  if (index >= names.size()) return {};
  const auto name = names[index];
  if (decoded_) {
    if (auto found = mqtt::field_of(*decoded_, name)) {
      if (auto* text = std::get_if<std::string>(&*found)) return keep(std::move(*text));
      const auto number = std::get<std::uint64_t>(*found);
      if (is_flag(name, type())) return lang::value::of(number != 0);
      return lang::value::of(static_cast<std::int64_t>(number));
    }
  }
  return special(name);
}

std::optional<std::uint8_t> mqtt_message::refusal() const {
  if (!decoded_) return std::nullopt;
  const auto code = mqtt::field_of(*decoded_, "reason");
  if (!code) return std::nullopt;
  const auto number = static_cast<std::uint8_t>(std::get<std::uint64_t>(*code));
  const bool old_connack = level_ == mqtt::version::v3_1_1 && type() == packet_type::connack;
  const bool refuses = old_connack ? number >= 1 : number >= 0x80;
  return refuses ? std::optional{number} : std::nullopt;
}

std::string mqtt_message::describe() const {
  if (decoded_) return mqtt::describe(*decoded_);
  const auto& why = decoded_.error();
  return fmt::format("{} that cannot be read: {} at byte {}{}{}", packet().empty() ? "bytes" : packet(),
                     name_of(why.code), why.offset, why.clause.empty() ? "" : ", ", why.clause);
}

}  // namespace wanwu::conform
