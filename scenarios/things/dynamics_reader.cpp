// Driven by the table in dynamics_kind.cpp: a kind without peculiarities needs nothing here.
#include "scenarios/things/dynamics_reader.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace wanwu::things {

namespace {

using kind = dynamics_kind;
using json = json_value::type;

constexpr int depth_max = 16;
constexpr std::size_t points_max = 256, states_max = 16;

/// The key that goes into dynamics_node::name, and what it may say; "" = this kind has none.
struct name_rule {
  kind which{};
  std::string_view key;
  std::string_view allowed;  ///< Words separated by spaces; "" = any.
};
constexpr std::array name_rules{
    name_rule{kind::field, "name", ""},
    name_rule{kind::slope, "name", ""},
    name_rule{kind::property, "name", ""},
    name_rule{kind::fault, "fault", "stuck spike drift bias dropout"},
    name_rule{kind::place, "axis", "latitude longitude"},
    name_rule{kind::route, "axis", "latitude longitude heading"},
    name_rule{kind::wander, "axis", "latitude longitude speed"},
    name_rule{kind::waypoints, "axis", "latitude longitude altitude heading speed"},
    name_rule{kind::orbit, "axis", "latitude longitude altitude speed sunlit"},
    name_rule{kind::flight, "axis", "latitude longitude altitude speed heading climb grounded"},
};

bool has_word(std::string_view words, std::string_view wanted) {
  for (std::size_t at = 0; at < words.size();) {
    const auto end = std::min(words.find(' ', at), words.size());
    if (words.substr(at, end - at) == wanted) return true;
    at = end + 1;
  }
  return false;
}

class tree_reader {
 public:
  tree_reader(const thing_model& model, const property& target, error_list& errors)
      : model_(model), target_(target), errors_(errors) {}

  dynamics_node read(const json_value& written, int depth) {
    if (depth > depth_max) {
      errors_.add(written.at, "dynamics are nested too deep");
      return {};
    }
    switch (written.kind) {
      case json::number:
        return constant(written.number);
      case json::boolean:
        return constant(written.boolean ? 1 : 0);
      case json::string:
        return state_constant(written);
      case json::array:
        return inputs_of(dynamics_node{.kind = kind::sum}, written, depth);
      case json::object:
        return object(written, depth);
      case json::null:
        break;
    }
    errors_.add(written.at, "null is no dynamics");
    return {};
  }

 private:
  static dynamics_node constant(double value) { return {.kind = kind::constant, .parameters = {value}}; }

  dynamics_node state_constant(const json_value& written) {
    const auto number = state_number(target_, written.text);
    if (!number)
      errors_.add(written.at, "`" + written.text + "` is no value of `" + target_.name + "`",
                  states_hint(target_));
    return constant(number.value_or(0));
  }

  static std::string states_hint(const property& of) {
    std::string hint = of.type == value_type::boolean ? "one of: true false" : "one of:";
    for (const auto& state : of.enumeration) hint += " " + state;
    return hint;
  }

  dynamics_node inputs_of(dynamics_node node, const json_value& written, int depth) {
    const auto& row = row_of(node.kind);
    if (written.is(json::array) && row.inputs_max > 1) {
      for (const auto& item : written.items) node.inputs.push_back(read(item, depth + 1));
    } else {
      node.inputs.push_back(read(written, depth + 1));
    }
    if (node.inputs.size() > row.inputs_max || node.inputs.size() < row.inputs_min) {
      errors_.add(written.at, "`" + std::string(row.name) + "` takes " + std::to_string(row.inputs_min) +
                                  " to " + std::to_string(row.inputs_max) + " expressions, not " +
                                  std::to_string(node.inputs.size()));
    }
    return node;
  }

  dynamics_node object(const json_value& written, int depth) {
    const auto* name = written.find("kind");
    if (name == nullptr) {
      if (const auto* wanted = written.find("property"); wanted != nullptr && written.members.size() == 1) {
        return reference(*wanted);
      }
      errors_.add(written.at, "an expression needs a `kind`", kinds_hint());
      return {};
    }
    const auto rows = dynamics_kinds();
    const auto row =
        std::find_if(rows.begin(), rows.end(), [&](const kind_row& r) { return r.name == name->text; });
    if (row == rows.end()) {
      errors_.add(name->at, "unknown kind of dynamics `" + name->text + "`", kinds_hint());
      return {};
    }
    dynamics_node node{.kind = row->kind};
    read_parameters(written, *row, node);
    read_name(written, node);
    for (const auto& member : written.members) read_member(member, depth, node);
    check(written, *row, node);
    return node;
  }

  static std::string kinds_hint() {
    std::string hint = "one of:";
    for (const auto& row : dynamics_kinds()) (hint += ' ') += row.name;
    return hint;
  }

  dynamics_node reference(const json_value& wanted) {
    if (model_.find_property(wanted.text) == nullptr) {
      errors_.add(wanted.at, "the model has no property `" + wanted.text + "` that can be simulated");
    }
    return {.kind = kind::property, .name = wanted.text};
  }

  void read_parameters(const json_value& written, const kind_row& row, dynamics_node& node) {
    for (const auto& parameter : row.parameters) {
      const auto* given = written.find(parameter.name);
      if (given == nullptr) {
        if (!parameter.fallback) {
          errors_.add(written.at,
                      "`" + std::string(row.name) + "` needs `" + std::string(parameter.name) + "`",
                      std::string(units_of(parameter.measure)));
        }
        node.parameters.push_back(parameter.fallback.value_or(1));
        continue;
      }
      node.parameters.push_back(number(*given, parameter));
    }
  }

  double number(const json_value& given, const parameter_row& parameter) {
    std::optional<double> value;
    if (parameter.measure == dimension::plain) {
      const bool is_state =
          parameter.name == "initial" || parameter.name == "otherwise" || parameter.name == "value";
      if (given.is(json::number) || is_state) value = point_value(given);
    } else if (given.is(json::string)) {
      value = parse_quantity(given.text, parameter.measure);
    }
    if (!value) {
      errors_.add(given.at, "`" + std::string(parameter.name) + "` is not valid",
                  std::string(units_of(parameter.measure)));
      return 1;
    }
    const bool divisor = parameter.measure != dimension::plain && !parameter.fallback;
    const bool signed_speed = parameter.measure == dimension::speed && parameter.fallback.has_value();
    if (*value < parameter.least || *value > parameter.most || (divisor && *value <= 0) ||
        (parameter.measure != dimension::plain && !signed_speed && *value < 0)) {
      errors_.add(given.at, "`" + std::string(parameter.name) + "` is out of its range");
      return 1;
    }
    return *value;
  }

  void read_name(const json_value& written, dynamics_node& node) {
    const auto rule = std::find_if(name_rules.begin(), name_rules.end(),
                                   [&](const name_rule& r) { return r.which == node.kind; });
    if (rule == name_rules.end()) return;
    const auto* given = written.find(rule->key);
    if (given == nullptr || !given->is(json::string)) {
      errors_.add(written.at,
                  "`" + std::string(row_of(node.kind).name) + "` needs `" + std::string(rule->key) + "`",
                  rule->allowed.empty() ? "" : "one of: " + std::string(rule->allowed));
      return;
    }
    node.name = given->text;
    if (!rule->allowed.empty() && !has_word(rule->allowed, node.name)) {
      errors_.add(given->at, "`" + node.name + "` is not valid here",
                  "one of: " + std::string(rule->allowed));
    }
    if (node.kind == kind::property || node.kind == kind::slope) reference(*given);
  }

  /// Everything but parameters and names; unknown keys end here.
  void read_member(const json_member& member, int depth, dynamics_node& node) {
    const auto& key = member.key;
    const auto& row = row_of(node.kind);
    const auto is_parameter = [&](const parameter_row& p) { return p.name == key; };
    if (key == "kind" || std::any_of(row.parameters.begin(), row.parameters.end(), is_parameter)) return;
    if (key == name_rule_key(node.kind)) return;
    if (key == "stream" && member.value.is(json::string)) {
      node.stream = member.value.text;
    } else if (key == "of" && row.inputs_max > 0) {
      if (node.kind == kind::choose) {
        node.inputs.insert(node.inputs.begin(), read(member.value, depth + 1));
      } else {
        node = inputs_of(std::move(node), member.value, depth);
      }
    } else if (key == "points" && (node.kind == kind::table || node.kind == kind::step)) {
      read_points(member.value, node);
    } else if (key == "days" && node.kind == kind::step) {
      read_days(member.value, node);
    } else if (key == "states" && node.kind == kind::markov) {
      read_states(member.value, node);
    } else if ((key == "values" || key == "otherwise") && node.kind == kind::choose) {
      read_branches(member, depth, node);
    } else {
      std::string hint = "known here: of stream";
      for (const auto& parameter : row.parameters) (hint += ' ') += parameter.name;
      errors_.add(member.at, "unknown key `" + key + "` in `" + std::string(row.name) + "`", hint);
    }
  }

  static std::string_view name_rule_key(kind which) {
    for (const auto& rule : name_rules) {
      if (rule.which == which) return rule.key;
    }
    return "kind";
  }

  void read_points(const json_value& written, dynamics_node& node) {
    const bool clock = node.kind == kind::step;
    for (const auto& item : written.items) {
      std::optional<double> x;
      if (item.items.size() == 2) {
        const auto& first = item.items[0];
        if (first.is(json::number) && !clock) x = first.number;
        if (first.is(json::string) && clock) {
          x = parse_quantity(first.text, dimension::clock);
          if (!x) x = parse_quantity(first.text, dimension::time);
        }
      }
      std::optional<double> y;
      if (item.items.size() == 2) y = point_value(item.items[1]);
      if (!x || !y) {
        errors_.add(item.at, clock ? "a point is [\"HH:MM\", value]" : "a point is [x, y], two numbers");
        continue;
      }
      if (!node.points.empty() && *x <= node.points.back().first)
        errors_.add(item.at, "points must rise in their first part");
      node.points.emplace_back(*x, *y);
    }
    if (node.points.empty() || node.points.size() > points_max)
      errors_.add(written.at, "between 1 and 256 points are needed");
  }

  std::optional<double> point_value(const json_value& written) const {
    if (written.is(json::number)) return written.number;
    if (written.is(json::boolean)) return written.boolean ? 1.0 : 0.0;
    if (written.is(json::string)) return state_number(target_, written.text);
    return std::nullopt;
  }

  void read_days(const json_value& written, dynamics_node& node) {
    constexpr std::array<std::string_view, 7> names{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    for (const auto& item : written.items) {
      const auto at = std::find(names.begin(), names.end(), item.text);
      if (at == names.end()) {
        errors_.add(item.at, "`" + item.text + "` is no day", "one of: mon tue wed thu fri sat sun");
      } else {
        node.labels.push_back(static_cast<double>(at - names.begin()));
      }
    }
  }

  void read_states(const json_value& written, dynamics_node& node) {
    const auto count = written.members.size();
    if (count < 2 || count > states_max) {
      errors_.add(written.at, "`states` needs between 2 and 16 states");
      return;
    }
    std::vector<double> sojourns, moves(count * count, 0.0);
    for (std::size_t i = 0; i < count; ++i) {
      const auto& state = written.members[i];
      const auto label = state_number(target_, state.key);
      if (!label)
        errors_.add(state.at, "`" + state.key + "` is no value of `" + target_.name + "`",
                    states_hint(target_));
      node.labels.push_back(label.value_or(0));
      const auto* mean = state.value.find("mean");
      const auto time = mean == nullptr ? std::nullopt : parse_quantity(mean->text, dimension::time);
      if (!time || *time <= 0)
        errors_.add(state.value.at, "a state needs its `mean` time", std::string(units_of(dimension::time)));
      sojourns.push_back(time.value_or(1));
      read_moves(written, i, moves);
    }
    node.matrix = std::move(sojourns);
    node.matrix.insert(node.matrix.end(), moves.begin(), moves.end());
  }

  void read_moves(const json_value& states, std::size_t from, std::vector<double>& moves) {
    const auto count = states.members.size();
    const auto* next = states.members[from].value.find("next");
    double total = 0;
    for (std::size_t to = 0; next != nullptr && to < count; ++to) {
      const auto* share = next->find(states.members[to].key);
      if (share == nullptr || to == from || share->number < 0) continue;
      moves[from * count + to] = share->number;
      total += share->number;
    }
    for (const auto& member : next == nullptr ? std::vector<json_member>{} : next->members) {
      if (states.find(member.key) == nullptr)
        errors_.add(member.at, "`" + member.key + "` is no state of this chain");
    }
    if (next == nullptr) {  // no `next`: any other state, alike
      for (std::size_t to = 0; to < count; ++to) moves[from * count + to] = to == from ? 0.0 : 1.0;
      total = static_cast<double>(count - 1);
    }
    if (total <= 0) return errors_.add(states.members[from].value.at, "`next` leads nowhere");
    for (std::size_t to = 0; to < count; ++to) moves[from * count + to] /= total;
  }

  /// Branch expressions follow the input in node.inputs; finish_choose() adds the last one.
  void read_branches(const json_member& member, int depth, dynamics_node& node) {
    if (member.key == "otherwise") return;  // finish_choose() puts it last
    for (const auto& branch : member.value.members) {
      node.inputs.push_back(read(branch.value, depth + 1));
      node.labels.push_back(0);
    }
  }

  void check(const json_value& written, const kind_row& row, dynamics_node& node) {
    if (node.kind == kind::choose) finish_choose(written, node);
    if (node.inputs.size() < row.inputs_min)
      errors_.add(written.at, "`" + std::string(row.name) + "` needs `of`");
    if ((node.kind == kind::table || node.kind == kind::step) && node.points.empty()) {
      errors_.add(written.at, "`" + std::string(row.name) + "` needs `points`");
    }
    if (node.kind == kind::markov && node.matrix.empty()) errors_.add(written.at, "`markov` needs `states`");
    if (node.kind == kind::counter && node.parameters[1] + node.parameters[3] > 0.95) {
      errors_.add(written.at,
                  "`amplitude` and `vary` together must stay under 0.95, or the counter would fall");
    }
  }

  void finish_choose(const json_value& written, dynamics_node& node) {
    const auto* of = written.find("of");
    const auto* values = written.find("values");
    const auto* otherwise = written.find("otherwise");
    if (of == nullptr || values == nullptr) {
      errors_.add(written.at, "`choose` needs `of` and `values`");
      node = constant(0);
      return;
    }
    const auto* by = of->find("property");
    const auto* source = by == nullptr ? nullptr : model_.find_property(by->text);
    for (std::size_t i = 0; i < values->members.size() && i < node.labels.size(); ++i) {
      const auto& key = values->members[i];
      const auto number = source == nullptr ? std::optional<double>{} : state_number(*source, key.key);
      if (!number)
        errors_.add(key.at, "`" + key.key + "` is no state of the input",
                    source == nullptr ? "" : states_hint(*source));
      node.labels[i] = number.value_or(0);
    }
    node.inputs.push_back(otherwise == nullptr ? constant(0) : read(*otherwise, 1));
  }

  const thing_model& model_;
  const property& target_;
  error_list& errors_;
};

}  // namespace

dynamics_node read_dynamics(const json_value& written, const thing_model& model, const property& target,
                            error_list& errors) {
  return tree_reader{model, target, errors}.read(written, 0);
}

}  // namespace wanwu::things
