// A packet built, changed and looked into by the names of its fields: what scripts work with. Right by
// default, wrong on request.
#pragma once

#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "protocols/mqtt/encode.hpp"

namespace wanwu::mqtt {

/// Flags are numbers 0 and 1; texts and binaries are strings of any bytes.
using field_value = std::variant<std::uint64_t, std::string>;

enum class field_kind : std::uint8_t { flag, number, text, binary };

/// One named field. Properties are fields too, by their names; those of a will with "will_" before.
struct field_rule {
  std::string_view name;      ///< "keep_alive", "topic", "filter", ...
  property_places packets{};  ///< Bit n = packet type n.
  field_kind kind{};
  bool repeats{};  ///< set() adds another: "filter" of SUBSCRIBE, "reason" of SUBACK.
};

/// The fields that are no properties. "qos", "no_local", "retain_as_published", "retain_handling" and
/// "options" of a SUBSCRIBE concern its last filter.
std::span<const field_rule> field_table() noexcept;

/// The names under which corrupt() knows the members of `corruption`.
std::span<const std::string_view> corruption_names() noexcept;

/// The field as the packet has it; `index` counts repeated ones. Nothing when the packet has no such field,
/// or it is absent there. A user property is "name=value".
std::optional<field_value> field_of(const packet& what, std::string_view name, std::size_t index = 0);

enum class set_result : std::uint8_t { done, no_such_field, wrong_kind, out_of_range };

/// Owns everything its packet points into.
class draft {
 public:
  draft(packet_type type, version level);
  /// A copy of a packet that came, to be changed: set() replaces plain fields, remove() takes away.
  draft(const packet& what, version level);
  draft(const draft&) = delete;
  draft& operator=(const draft&) = delete;

  /// Gives a field its value; values that break the protocol are as good as others, as long as they fit on
  /// the wire.
  set_result set(std::string_view name, const field_value& value);
  /// Takes every occurrence of a field away that a packet can be without: a property, user, password,
  /// filters, reasons of SUBACK. Others are as if never set. False when the packet has no such field.
  bool remove(std::string_view name);
  /// How it shall go out wrong: "fixed_flags", "packet_id", "remaining_length", ... Binary values as raw
  /// bytes.
  set_result corrupt(std::string_view name, const field_value& value);
  /// Changes the finished bytes; see byte_edit.
  void edit(byte_edit change) { wrong_.edits.push_back(std::move(change)); }

  const packet& view() const noexcept { return what_; }
  void encode_to(byte_writer& out) const { encode(out, what_, level_, wrong_); }

 private:
  set_result set_property(const property_rule& rule, const field_value& value, bool of_will);
  set_result set_plain(const field_rule& rule, const field_value& value);
  set_result set_options(std::string_view name, std::uint64_t value);
  void remove_property(const property_rule& rule, bool of_will);
  void show_properties(bool of_will);
  std::string_view keep(std::string text) { return texts_.emplace_back(std::move(text)); }

  packet what_;
  version level_;
  corruption wrong_;
  std::deque<std::string> texts_;
  byte_writer properties_, will_properties_, entries_;
};

}  // namespace wanwu::mqtt
