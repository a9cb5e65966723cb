// The names a template or an expression may use, and the slot of the context each one reads.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "scenarios/language/expression.hpp"

namespace wanwu::lang {

/// Slots with a fixed number: whoever renders fills those that its operation has. Further names (places,
/// state columns, properties, vars) follow from first_free on.
enum class slot : std::uint16_t {
  thing_id,          ///< thing.id      text
  thing_sector,      ///< thing.sector  text, also `sector`
  thing_kind,        ///< thing.kind    text, also `kind`
  thing_index,       ///< thing.index   number, from 0 in its population, also `index`
  thing_protocol,    ///< thing.protocol text, also `protocol`
  thing_td,          ///< thing.td      json: the W3C Thing Description
  gateway_id,        ///< gateway.id    text: client id of the shared connection
  property,          ///< property      text: name of the reading
  value,             ///< value         its value
  values,            ///< values        json: all readings {"name": value, ...}
  seq,               ///< seq           number: per thing, from 0
  event_name,        ///< event.name    text
  event_payload,     ///< event.payload json
  ack_status,        ///< ack.status    text: accepted, rejected, ...
  ack_reason,        ///< ack.reason    text
  action,            ///< action        text: of a command
  input,             ///< input         json: of a command
  corr,              ///< corr          text: correlation of a command
  to_id,             ///< to.id         text: the thing that is read or commanded
  response_topic,    ///< properties.responseTopic    text, null when the message had none
  correlation_data,  ///< properties.correlationData  text, null when the message had none
  first_free,
};
inline constexpr std::size_t fixed_slot_count = static_cast<std::size_t>(slot::first_free);
constexpr std::size_t index_of(slot s) noexcept {
  return static_cast<std::size_t>(s);
}

/// A resolver made of the fixed slots and whatever is added. Append-only.
class slot_table final : public name_resolver {
 public:
  /// With `fixed` the names of the fixed slots are known; without, only what is added.
  explicit slot_table(bool fixed = true);

  /// A new slot for `name`; a second name for an existing one with add_alias. A known name keeps its slot.
  std::uint16_t add(std::string_view name, value_type type);
  void add_alias(std::string_view name, std::uint16_t slot_number, value_type type);
  /// A name that is fixed before the run. The text is copied into the table, which must outlive what is
  /// compiled.
  void add_constant(std::string_view name, std::string_view text);
  /// The same for any value; texts are copied.
  void add_constant(std::string_view name, const value& fixed);

  bool resolve(std::string_view name, resolved_name& out) const override;
  std::vector<std::string_view> names() const override;
  /// Length of the array that eval_context::slots must have.
  std::size_t size() const noexcept { return next_; }

 private:
  struct entry {
    std::string name;
    resolved_name meaning;
    std::string text;
  };
  std::deque<entry> entries_;  // deque: views into entries stay valid
  std::uint16_t next_ = fixed_slot_count;
};

}  // namespace wanwu::lang
