// The fixed names, and tables that grow.
#include "scenarios/language/slots.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

namespace wanwu::lang {
namespace {

struct fixed_name {
  std::string_view name;
  slot number;
  value_type type;
};

constexpr auto fixed_names = std::to_array<fixed_name>({
    {"thing.id", slot::thing_id, value_type::text},
    {"thing.sector", slot::thing_sector, value_type::text},
    {"sector", slot::thing_sector, value_type::text},
    {"thing.kind", slot::thing_kind, value_type::text},
    {"kind", slot::thing_kind, value_type::text},
    {"thing.index", slot::thing_index, value_type::number},
    {"index", slot::thing_index, value_type::number},
    {"thing.protocol", slot::thing_protocol, value_type::text},
    {"protocol", slot::thing_protocol, value_type::text},
    {"thing.td", slot::thing_td, value_type::json},
    {"gateway.id", slot::gateway_id, value_type::text},
    {"property", slot::property, value_type::text},
    {"value", slot::value, value_type::any},
    {"values", slot::values, value_type::json},
    {"seq", slot::seq, value_type::number},
    {"event.name", slot::event_name, value_type::text},
    {"event.payload", slot::event_payload, value_type::json},
    {"ack.status", slot::ack_status, value_type::text},
    {"ack.reason", slot::ack_reason, value_type::text},
    {"action", slot::action, value_type::text},
    {"input", slot::input, value_type::json},
    {"corr", slot::corr, value_type::text},
    {"to.id", slot::to_id, value_type::text},
    {"properties.responseTopic", slot::response_topic, value_type::text},
    {"properties.correlationData", slot::correlation_data, value_type::text},
});

value_type type_of(const value& v) {
  switch (v.kind()) {
    case value_kind::null:
      return value_type::null;
    case value_kind::boolean:
      return value_type::boolean;
    case value_kind::text:
      return value_type::text;
    case value_kind::time:
      return value_type::time;
    case value_kind::integer:
    case value_kind::number:
      return value_type::number;
    default:
      return value_type::any;
  }
}

}  // namespace

slot_table::slot_table(bool fixed) {
  if (!fixed) return;
  for (const fixed_name& f : fixed_names) add_alias(f.name, static_cast<std::uint16_t>(f.number), f.type);
}

std::uint16_t slot_table::add(std::string_view name, value_type type) {
  resolved_name known;
  if (resolve(name, known) && !known.constant) return known.slot;
  const std::uint16_t number = next_++;
  add_alias(name, number, type);
  return number;
}

void slot_table::add_alias(std::string_view name, std::uint16_t slot_number, value_type type) {
  resolved_name known;
  if (resolve(name, known)) return;
  entry& added = entries_.emplace_back();
  added.name = name;
  added.meaning.slot = slot_number;
  added.meaning.type = type;
}

void slot_table::add_constant(std::string_view name, std::string_view text) {
  add_constant(name, value::of(text));
}

void slot_table::add_constant(std::string_view name, const value& fixed) {
  resolved_name known;
  if (resolve(name, known)) return;
  entry& added = entries_.emplace_back();
  added.name = name;
  if (fixed.kind() == value_kind::text) added.text = fixed.text();
  added.meaning.type = type_of(fixed);
  added.meaning.constant = true;
  added.meaning.fixed = fixed;
}

bool slot_table::resolve(std::string_view name, resolved_name& out) const {
  for (const entry& e : entries_) {
    if (e.name != name) continue;
    out = e.meaning;
    // A copied table must not point into the one it was copied from.
    if (out.constant && out.fixed.kind() == value_kind::text) out.fixed = value::of(std::string_view{e.text});
    return true;
  }
  return false;
}

std::vector<std::string_view> slot_table::names() const {
  std::vector<std::string_view> out;
  for (const entry& e : entries_) out.emplace_back(e.name);
  return out;
}

}  // namespace wanwu::lang
