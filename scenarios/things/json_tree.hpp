// A strict JSON reader (RFC 8259) whose every value knows its line and column, and which refuses duplicate
// keys. Libraries give one or the other; a message about a model file needs both.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

namespace wanwu::things {

/// Of a value's or a key's first character; both count from 1, columns in bytes.
struct text_place {
  std::size_t line = 1, column = 1;
};

struct json_member;

struct json_value {
  enum class type : std::uint8_t { null, boolean, number, string, array, object } kind = type::null;
  bool boolean = false;
  double number = 0;
  std::string text;                  ///< Of a string, unescaped, UTF-8.
  std::vector<json_value> items;     ///< Of an array.
  std::vector<json_member> members;  ///< Of an object, in the file's order.
  text_place at;

  bool is(type wanted) const noexcept { return kind == wanted; }
  /// The value of a key, or null when this is no object or has no such key.
  const json_value* find(std::string_view key) const noexcept;
};

struct json_member {
  std::string key;
  text_place at;
  json_value value;
};

struct json_error {
  text_place at;
  std::string message;
};

inline constexpr int json_depth_max = 64;
inline constexpr std::size_t json_values_max = 100'000;

/// Any bytes are accepted: they are a document within the limits, or an error with its place.
tl::expected<json_value, json_error> parse_json(std::string_view text);

}  // namespace wanwu::things
