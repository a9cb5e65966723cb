// What a property does when its model says nothing: enough for any plain W3C Thing Model to be run as it is.
#include <algorithm>
#include <charconv>
#include <cmath>

#include "scenarios/things/dynamics_reader.hpp"

namespace wanwu::things {

namespace {
using kind = dynamics_kind;
constexpr std::size_t states_max = 16;
}  // namespace

std::optional<double> state_number(const property& target, std::string_view state) noexcept {
  if (target.type == value_type::boolean) {
    if (state == "true") return 1.0;
    if (state == "false") return 0.0;
    return std::nullopt;
  }
  for (std::size_t i = 0; i < target.enumeration.size(); ++i) {
    if (target.enumeration[i] == state) return static_cast<double>(i);
  }
  if (target.type == value_type::string) return std::nullopt;
  double number = 0;
  const auto [end, wrong] = std::from_chars(state.data(), state.data() + state.size(), number);
  if (wrong != std::errc{} || end != state.data() + state.size() || !std::isfinite(number))
    return std::nullopt;
  return number;
}

dynamics_node default_dynamics(const property& target) {
  if (target.type == value_type::string && !target.enumeration.empty()) {
    const auto count = target.enumeration.size();
    if (count < 2 || count > states_max) return {.kind = kind::constant, .parameters = {0}};
    dynamics_node chain{.kind = kind::markov, .parameters = {86400}};
    chain.matrix.assign(count, 1800);
    for (std::size_t i = 0; i < count; ++i) {
      chain.labels.push_back(static_cast<double>(i));
      for (std::size_t j = 0; j < count; ++j)
        chain.matrix.push_back(i == j ? 0 : 1.0 / static_cast<double>(count - 1));
    }
    return chain;
  }
  if (target.type == value_type::string) return {.kind = kind::serial, .parameters = {6, 0}};
  if (target.type == value_type::boolean) {
    return {
        .kind = kind::chance, .parameters = {600}, .inputs = {{.kind = kind::constant, .parameters = {0.5}}}};
  }
  const double low = std::isfinite(target.minimum) ? target.minimum : std::min(0.0, target.maximum - 100);
  const double high = std::isfinite(target.maximum) ? target.maximum : low + 100;
  return {.kind = kind::sum,
          .inputs = {{.kind = kind::constant, .parameters = {(low + high) / 2}},
                     {.kind = kind::noise, .parameters = {(high - low) / 8, 900, 2}}}};
}

}  // namespace wanwu::things
