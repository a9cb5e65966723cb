// From `sim:dynamics` in a model file to a tree of nodes, with every mistake pointed at.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "scenarios/things/json_tree.hpp"
#include "scenarios/things/thing_model.hpp"

namespace wanwu::things {

/// Collects what is wrong with one file.
struct error_list {
  std::string file;
  std::vector<model_error> found;

  void add(text_place at, std::string message, std::string hint = {}) {
    if (found.size() < 100) found.push_back({file, at.line, at.column, std::move(message), std::move(hint)});
  }
};

/// A number with its unit in the table's base unit: seconds, metres, m/s, 1/s; `clock` is "HH:MM" in seconds.
std::optional<double> parse_quantity(std::string_view text, dimension measure) noexcept;

/// Units that a quantity of this dimension may carry, for messages: "ms s min h d yr".
std::string_view units_of(dimension measure) noexcept;

/// Reads the expression at `written` for `target`, a property of `model`, whose properties' schemas are read
/// already.
dynamics_node read_dynamics(const json_value& written, const thing_model& model, const property& target,
                            error_list& errors);

/// What moves a property that has no `sim:dynamics`: its constant, or plausible noise in its range.
dynamics_node default_dynamics(const property& target);

/// The number that stands for a state of `target`: enumeration index, 0 or 1, or the number itself.
std::optional<double> state_number(const property& target, std::string_view state) noexcept;

}  // namespace wanwu::things
