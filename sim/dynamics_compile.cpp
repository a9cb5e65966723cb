// From a model's trees of dynamics to one flat list: each (node, clock) pair becomes one instruction.
#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <utility>

#include "sim/dynamics_program.hpp"

namespace wanwu::sim {

namespace {

using kind = things::dynamics_kind;
using things::dynamics_node;

/// Kinds whose properties (latitude, longitude, ...) must agree, so they share a stream unless the model
/// names one.
bool shares_stream(kind which) {
  return which == kind::hyst || which == kind::hyst_on || (which >= kind::place && which <= kind::flight);
}

axis axis_of(const std::string& name) {
  constexpr std::array<std::pair<std::string_view, axis>, 13> names{{{"latitude", axis::latitude},
                                                                     {"longitude", axis::longitude},
                                                                     {"altitude", axis::altitude},
                                                                     {"heading", axis::heading},
                                                                     {"speed", axis::speed},
                                                                     {"sunlit", axis::sunlit},
                                                                     {"climb", axis::climb},
                                                                     {"grounded", axis::grounded},
                                                                     {"stuck", axis::stuck},
                                                                     {"spike", axis::spike},
                                                                     {"drift", axis::drift},
                                                                     {"bias", axis::bias},
                                                                     {"dropout", axis::dropout}}};
  for (const auto& [word, found] : names) {
    if (word == name) return found;
  }
  return axis::none;
}

class compiler {
 public:
  compiler(const things::thing_model& model, const world_frame& world, std::span<const std::string> columns)
      : model_(model), columns_(columns), made_(std::make_unique<dynamics_program>()) {
    made_->world = world;
    constexpr double degree = std::numbers::pi / 180, earth_radius_m = 6'371'000;
    made_->sin_latitude = std::sin(world.latitude * degree);
    made_->cos_latitude = std::max(0.01, std::cos(world.latitude * degree));
    made_->metres_to_latitude = 1 / (earth_radius_m * degree);
    made_->metres_to_longitude = made_->metres_to_latitude / made_->cos_latitude;
  }

  tl::expected<std::unique_ptr<const dynamics_program>, std::string> compile() {
    if (model_.properties.size() > property_count_max)
      return tl::unexpected(std::string("more than 128 properties"));
    for (const auto& p : model_.properties) made_->rules.push_back(rule_of(p));
    gather_constants();
    next_register_ = made_->constants.size();
    if (next_register_ > register_count_max / 2) fail("the dynamics are too large");
    for (std::size_t i = 0; i < model_.properties.size(); ++i) made_->results.push_back(property(i, 0));
    for (const auto& e : model_.events) {
      made_->events.push_back({e.when, scramble(made_->world.seed ^ stream_of("event/" + e.name))});
    }
    made_->register_count = next_register_;
    if (!failure_.empty()) return tl::unexpected(std::move(failure_));
    find_needed();
    return std::move(made_);
  }

 private:
  void fail(std::string message) {
    if (failure_.empty()) failure_ = std::move(message);
  }

  static finish_rule rule_of(const things::property& p) {
    finish_rule rule{.low = p.minimum, .high = p.maximum, .steps = 1000};
    if (p.type == things::value_type::boolean) rule.boolean = true;
    if (p.type == things::value_type::integer) rule.steps = 1;
    if (p.type == things::value_type::string) {
      rule.steps = 1;
      rule.low = 0;
      rule.high = p.enumeration.empty() ? 9e15 : static_cast<double>(p.enumeration.size() - 1);
    }
    if (p.type == things::value_type::number && p.resolution > 0) {
      const double steps = 1 / p.resolution;
      rule.steps = std::abs(steps - std::nearbyint(steps)) < 1e-6 * steps ? std::nearbyint(steps) : steps;
    }
    return rule;
  }

  /// Constants take the first registers, so that a sample copies them in one go.
  void gather_constants() {
    for (const auto& p : model_.properties) gather(p.dynamics);
  }
  void gather(const dynamics_node& node) {
    if (node.kind == kind::constant &&
        constants_.emplace(node.parameters[0], made_->constants.size()).second) {
      made_->constants.push_back(node.parameters[0]);
    }
    for (const auto& input : node.inputs) gather(input);
  }

  std::uint16_t fresh_register() {
    if (next_register_ >= register_count_max) {
      fail("the dynamics are too large");
      return 0;
    }
    return static_cast<std::uint16_t>(next_register_++);
  }

  std::uint8_t fresh_clock(instruction in, const std::vector<double>& numbers) {
    if (made_->clock_count >= clock_count_max) {
      fail("too many hold, delay, lag, poisson and fault expressions");
      return 0;
    }
    const auto clock = made_->clock_count++;
    in.code = opcode::set_clock;
    in.out = static_cast<std::uint16_t>(clock);
    put_numbers(in, numbers);
    made_->code.push_back(in);
    return static_cast<std::uint8_t>(clock);
  }

  void put_numbers(instruction& in, const std::vector<double>& numbers) {
    in.number = static_cast<std::uint32_t>(made_->numbers.size());
    in.number_count = static_cast<std::uint32_t>(numbers.size());
    made_->numbers.insert(made_->numbers.end(), numbers.begin(), numbers.end());
  }

  void put_inputs(instruction& in, const std::vector<std::uint16_t>& registers) {
    in.input = static_cast<std::uint16_t>(made_->inputs.size());
    in.input_count = static_cast<std::uint16_t>(registers.size());
    made_->inputs.insert(made_->inputs.end(), registers.begin(), registers.end());
    if (made_->inputs.size() > 60'000) fail("the dynamics are too large");
  }

  /// The finished value of a property at a clock; computed once each.
  std::uint16_t property(std::size_t index, std::uint8_t clock) {
    const auto key = std::pair{index, clock};
    if (const auto known = known_.find(key); known != known_.end()) return known->second;
    if (++depth_ > 64 || !failure_.empty()) {
      fail("the dynamics of `" + model_.properties[index].name + "` depend on themselves");
      return 0;
    }
    const auto& p = model_.properties[index];
    instruction in{.code = opcode::finish, .clock = clock, .property = static_cast<std::uint16_t>(index)};
    const auto column = std::find(columns_.begin(), columns_.end(), p.name);
    if (column != columns_.end()) {
      in.code = opcode::column;
      in.property = static_cast<std::uint16_t>(column - columns_.begin());
    } else {
      put_inputs(in, {emit(p.dynamics, clock, index, p.name)});
    }
    in.out = fresh_register();
    made_->code.push_back(in);
    --depth_;
    known_.emplace(key, in.out);
    return in.out;
  }

  std::size_t index_of(const std::string& name) const {
    const auto* found = model_.find_property(name);
    return found == nullptr ? model_.properties.size()
                            : static_cast<std::size_t>(found - model_.properties.data());
  }

  std::uint64_t salt_of(const dynamics_node& node, const std::string& path) const {
    std::string stream = node.stream.empty() ? path : node.stream;
    if (node.stream.empty() && shares_stream(node.kind))
      stream = things::row_of(node.kind == kind::hyst_on ? kind::hyst : node.kind).name;
    if (node.kind == kind::field) stream = "field/" + node.name;
    return scramble(made_->world.seed ^ stream_of(stream));
  }

  std::uint16_t emit(const dynamics_node& node, std::uint8_t clock, std::size_t owner,
                     const std::string& path) {
    if (!failure_.empty()) return 0;
    if (node.kind == kind::constant) return static_cast<std::uint16_t>(constants_.at(node.parameters[0]));
    if (node.kind == kind::property) {
      const auto index = index_of(node.name);
      if (index < model_.properties.size()) return property(index, clock);
      fail("no property `" + node.name + "`");
      return 0;
    }
    instruction in{.code = opcode::dynamics, .kind = node.kind, .wanted = axis_of(node.name), .clock = clock};
    in.property = static_cast<std::uint16_t>(owner);
    in.salt = salt_of(node, path);
    auto numbers = prepare_numbers(node);
    std::vector<std::uint16_t> registers;
    if (node.kind == kind::slope) {
      slope(node, in, numbers);
    } else if (node.kind == kind::lag) {
      for (const double share : {0.415774556783479, 2.29428036027904, 6.28994508293748}) {
        const auto then = fresh_clock({.kind = kind::delay, .clock = clock}, {share * node.parameters[0]});
        registers.push_back(emit(node.inputs[0], then, owner, path + "/0"));
      }
    } else {
      const auto inner = input_clock(node, in, numbers);
      for (std::size_t i = 0; i < node.inputs.size(); ++i) {
        registers.push_back(emit(node.inputs[i], inner, owner, path + "/" + std::to_string(i)));
      }
    }
    put_inputs(in, registers);
    put_numbers(in, numbers);
    in.out = fresh_register();
    made_->code.push_back(in);
    return in.out;
  }

  /// Which time a node's inputs see: mostly its own.
  std::uint8_t input_clock(const dynamics_node& node, const instruction& in,
                           const std::vector<double>& numbers) {
    const bool stuck = node.kind == kind::fault && in.wanted == axis::stuck;
    if (node.kind == kind::hold || node.kind == kind::delay || stuck) return fresh_clock(in, numbers);
    if (node.kind == kind::poisson) {
      auto held = in;
      held.kind = kind::hold;
      return fresh_clock(held, numbers);
    }
    return in.clock;
  }

  /// The counter's own numbers and stream, so that the rate is exactly its derivative.
  void slope(const dynamics_node& node, instruction& in, std::vector<double>& numbers) {
    const auto* counter = model_.find_property(node.name);
    if (counter == nullptr || counter->dynamics.kind != kind::counter) {
      return fail("`slope` needs a property whose dynamics are a counter, and `" + node.name + "` is none");
    }
    const double scale = node.parameters[0];
    numbers = prepare_numbers(counter->dynamics);
    numbers.push_back(scale);
    in.salt = salt_of(counter->dynamics, counter->name);
  }

  /// Walks backwards from each result over what it reads.
  void find_needed() {
    for (const auto result : made_->results) {
      std::vector<bool> registers(made_->register_count), clocks(made_->clock_count);
      registers[result] = true;
      std::vector<std::uint16_t> needed;
      for (std::size_t i = made_->code.size(); i-- > 0;) {
        const auto& in = made_->code[i];
        if (in.code == opcode::set_clock ? !clocks[in.out] : !registers[in.out]) continue;
        needed.push_back(static_cast<std::uint16_t>(i));
        clocks[in.clock] = true;
        for (std::size_t k = 0; k < in.input_count; ++k) registers[made_->inputs[in.input + k]] = true;
      }
      std::reverse(needed.begin(), needed.end());
      made_->needed.push_back(std::move(needed));
    }
  }

  const things::thing_model& model_;
  std::span<const std::string> columns_;
  std::unique_ptr<dynamics_program> made_;
  std::map<double, std::size_t> constants_;
  std::map<std::pair<std::size_t, std::uint8_t>, std::uint16_t> known_;
  std::size_t next_register_ = 0;
  int depth_ = 0;
  std::string failure_;
};

}  // namespace

tl::expected<dynamics, std::string> dynamics::compile(const things::thing_model& model,
                                                      const world_frame& world,
                                                      std::span<const std::string> columns) {
  auto made = compiler{model, world, columns}.compile();
  if (!made) return tl::unexpected(std::move(made.error()));
  return dynamics{std::move(*made)};
}

}  // namespace wanwu::sim
