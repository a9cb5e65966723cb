// What a kind of thing is: the plain values of a W3C Thing Model with the `sim:` vocabulary, as read from a
// file.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scenarios/things/dynamics_kind.hpp"

namespace wanwu::things {

/// The JSON types a property, an input or an event field may have. Objects appear as input schemas only.
enum class value_type : std::uint8_t { number, integer, boolean, string };

std::string_view name_of(value_type type) noexcept;  ///< "number", "integer", "boolean", "string".

/// One node of a property's dynamics: a kind, its numbers in SI units, and the nodes it works on.
struct dynamics_node {
  dynamics_kind kind = dynamics_kind::constant;
  /// In the order of the kind's row in dynamics_kinds(), defaults filled in.
  std::vector<double> parameters{};
  /// `table`: (x, y). `step`: (seconds in the period, value).
  std::vector<std::pair<double, double>> points{};
  /// `markov`: n mean sojourns in seconds, then n*n transition probabilities.
  std::vector<double> matrix{};
  /// `markov`, `choose`: value of each state or branch, as the enumeration's index. `step`: days, 0 = Monday.
  std::vector<double> labels{};
  std::string name{};    ///< Property referred to, field, axis or fault; else empty.
  std::string stream{};  ///< Nodes of one thing with the same stream draw the same; "" = the node's own.
  std::vector<dynamics_node> inputs{};
};

struct property {
  std::string name, title,
      unit;  ///< Unit as SenML writes it (RFC 8428, RFC 8798): "Cel", "W", "/", "%RH"; "" = none.
  value_type type = value_type::number;
  double minimum = -std::numeric_limits<double>::infinity();
  double maximum = std::numeric_limits<double>::infinity();
  double resolution = 0;  ///< Values are multiples of it; 0 = 0.001 for numbers. Always 1 for integers.
  std::vector<std::string> enumeration;  ///< For strings: the values a sample's number is an index into.
  std::string text_prefix;  ///< For strings without an enumeration: written before the sample's integer.
  bool read_only = true;
  bool telemetry = true;  ///< Part of the periodic message; `sim:telemetry: false` takes it out.
  dynamics_node dynamics;
};

/// One field of an action's input or an event's data.
struct field {
  std::string name;  ///< "" when the schema itself is a scalar.
  value_type type = value_type::number;
  std::string unit;
  double minimum = -std::numeric_limits<double>::infinity();
  double maximum = std::numeric_limits<double>::infinity();
  std::vector<std::string> enumeration;
  bool required = false;
  std::string
      from_property;  ///< Events: property the value is taken from (`sim:from`); "" = drawn in the range.
};

/// What an accepted action does to one property.
struct effect {
  std::size_t property = 0;   ///< Index into thing_model::properties.
  std::string from_input{};   ///< Input field the value comes from; "" with `scalar_input` false = `value`.
  bool scalar_input = false;  ///< The whole input is the value.
  double value = 0;           ///< For enumerations the index, for booleans 0 or 1.
  double scale = 1;           ///< Multiplies a numeric input: input in percent, property as a ratio = 0.01.
};

struct action {
  std::string name, title;
  std::vector<field> input;
  std::vector<effect> effects;
  double reject_share = 0;  ///< Share of well-formed commands the thing refuses, 0..1.
  std::string reject_reason;
};

enum class trigger_kind : std::uint8_t { none, poisson, above, below, equals };

/// When an event happens: at a mean rate, or when a property crosses a limit (edge, not level).
struct trigger {
  trigger_kind kind = trigger_kind::none;
  double rate_per_s = 0;     ///< For poisson.
  std::size_t property = 0;  ///< For the conditions.
  double limit = 0;
};

struct event {
  std::string name, title;
  std::vector<field> data;
  trigger when;
};

struct thing_model {
  std::string name;  ///< "streetlight": what follows `builtin/`.
  std::string title, description;
  std::string sector;    ///< One of the ten; "" when the file's `sim:sector` is missing.
  std::string file;      ///< Where it was read from; "builtin/streetlight" for those compiled in.
  std::string text;      ///< The Thing Model itself, JSON-LD.
  double period_s = 60;  ///< Usual reporting period (`sim:every`), for a scenario that names none.
  std::vector<property> properties;
  std::vector<action> actions;
  std::vector<event> events;

  const property* find_property(std::string_view wanted) const noexcept;  ///< Null when there is none.
  const action* find_action(std::string_view wanted) const noexcept;
  const event* find_event(std::string_view wanted) const noexcept;
};

/// Something wrong with a model file. Line and column count from 1; 0 = not known.
struct model_error {
  std::string file;
  std::size_t line = 0, column = 0;
  std::string message;
  std::string hint;  ///< What would be right; may be empty.
};

}  // namespace wanwu::things
