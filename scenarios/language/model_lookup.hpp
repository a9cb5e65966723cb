// What the language must know about a Thing Model; the catalogue in scenarios/things answers.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/language/expression.hpp"

namespace wanwu::lang {

/// The names a model brings into templates, updates and thresholds.
struct model_facts {
  struct named {
    std::string name;
    value_type type = value_type::any;
  };
  std::string title;
  std::vector<named> properties;
  std::vector<std::string> events, actions;
};

/// Finds models for the checks. Implemented by the catalogue, and by tables in tests.
class model_lookup {
 public:
  virtual ~model_lookup() = default;
  /// `name` is "builtin/NAME" or the path of an existing file. Nothing when there is no such model; `why`
  /// then says what is wrong with it ("not a Thing Model: line 3: …"), or stays "".
  virtual std::optional<model_facts> facts(std::string_view name, std::string& why) const = 0;
  /// "builtin/meter", ... for lists and "did you mean".
  virtual std::vector<std::string> names() const = 0;
};

}  // namespace wanwu::lang
