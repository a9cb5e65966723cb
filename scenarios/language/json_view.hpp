// Reading single members out of JSON text without building a tree: for ${input.level} and "$.items[0].id".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/language/value.hpp"

namespace wanwu::lang {

/// A compiled "$", "$.a.b", "$[0].id", "$.items[*]".
class json_path {
 public:
  /// Nothing when the text is not such a path.
  static std::optional<json_path> compile(std::string_view text);
  /// The first piece of `json` the path leads to, as JSON text (a view into it); "" when there is none. Any
  /// bytes are accepted; at most 64 levels are followed.
  std::string_view find(std::string_view json) const noexcept;
  /// Calls `each` with every piece that the path leads to, at most `limit` times.
  template <class Each>
  void for_each(std::string_view json, std::size_t limit, Each each) const {
    std::vector<std::string_view> found;
    collect(json, limit, found);
    for (const std::string_view piece : found) each(piece);
  }

 private:
  struct step {
    std::string key;  ///< "" = by index
    std::size_t index = 0;
    bool every = false;
  };
  void collect(std::string_view json, std::size_t limit, std::vector<std::string_view>& found) const;
  std::vector<step> steps_;
};

/// The member `key` of a JSON object as JSON text; "" when there is none or it is no object.
std::string_view json_member(std::string_view json, std::string_view key) noexcept;
/// Element `index` of a JSON array; "" when there is none.
std::string_view json_element(std::string_view json, std::size_t index) noexcept;
/// A piece of JSON as a value: texts without escapes as text (a view), others typed; objects, lists and texts
/// with escapes stay json. null for "" and for what is no JSON.
value json_value(std::string_view piece) noexcept;
/// A JSON string's text with its escapes undone; other pieces as they are.
std::string json_text(std::string_view piece);

}  // namespace wanwu::lang
