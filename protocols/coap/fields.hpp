// The fields of a message by name: how scripts inspect what came and build what goes, wrong on purpose too.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <tl/expected.hpp>

#include "protocols/coap/encode.hpp"

namespace wanwu::coap {

/// A number, text, or raw bytes.
using field_value = std::variant<std::uint64_t, std::string, bytes>;

/// A row of the field table, for `describe` and for schemas.
struct field_kind {
  std::string_view name;
  std::string_view meaning;  ///< One sentence fragment.
  bool readable{}, settable{};
};
/// Every field with a name of its own, options included. Besides these `option_N` is option number N as
/// bytes.
std::vector<field_kind> field_table();

/// The field of a received message; nothing when the message has no such option, or the name is unknown
/// (see is_field()). Options: uint and block as number, text as text, opaque as bytes, empty as 1. Of one
/// that repeats: text joined by "/" ("&" for queries), else the first; its count is `NAME_count`.
std::optional<field_value> field_of(const message& m, std::string_view name);

bool is_field(std::string_view name);

/// Sets a field of a draft. Options are added, so setting one twice repeats it. Refused with a sentence when
/// the name is unknown or cannot be set, or when the value is of the wrong kind or out of range for the
/// *notation*; whether the message is then right is not judged.
tl::expected<void, std::string> set_field(message_draft& draft, std::string_view name,
                                          const field_value& value);

}  // namespace wanwu::coap
