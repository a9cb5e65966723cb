// Writing JSON by hand where it is small, and looking at it where it is the peer's.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocols/core/bytes.hpp"

namespace wanwu::target {

/// Appends `text` in quotes, escaped. Bytes that are not UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);
/// Appends `"name":"value"` with a comma before it unless an object has just been opened.
void append_json_member(std::string& out, std::string_view name, std::string_view value);
void append_json_member(std::string& out, std::string_view name, std::int64_t value);
/// Appends `"name":` and then `raw` as it is when it is JSON, else as a string.
void append_json_raw(std::string& out, std::string_view name, bytes_view raw);

/// What a description says about a thing that somebody may search by.
struct description_facts {
  std::vector<std::string> types;                            ///< "@type".
  std::vector<std::pair<std::string, std::string>> members;  ///< Top-level strings and numbers, short ones.
};
/// Nothing when `text` is not a JSON object of reasonable depth.
std::optional<description_facts> read_description(std::string_view text);

/// The value of one property in a reading: {"temperature": 21.5, ...}, SenML JSON or SenML CBOR. As JSON
/// text.
std::optional<std::string> find_reading(bytes_view reading, std::string_view property);

/// The string member `name` of a JSON object, "" when there is none.
std::string find_text(bytes_view object, std::string_view name);

}  // namespace wanwu::target
