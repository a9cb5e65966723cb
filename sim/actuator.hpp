// What a thing does with a command: checks the input against the model, and turns it into actuations.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/core/bytes.hpp"
#include "scenarios/things/thing_model.hpp"
#include "sim/dynamics.hpp"

namespace wanwu::sim {

/// The largest command input that is looked at; more is refused.
inline constexpr std::size_t command_input_bytes_max = std::size_t{64} * 1024;

/// The thing's answer. `reason` is "" when accepted.
struct command_answer {
  bool accepted = false;
  std::string reason{};
  /// What changes, at the command's time. Empty for actions without effect.
  std::vector<actuation> actuations{};
};

/// Carries `action` out on one thing. `input` is hostile JSON (empty = none). Pure: the caller appends the
/// actuations to the thing's list. `commands` and `columns` are the thing's present ones, as for
/// dynamics::sample().
command_answer act(const things::thing_model& model, const dynamics& behaviour, const world_frame& world,
                   subject who, std::int64_t at_ms, std::string_view action, bytes_view input,
                   std::span<const actuation> commands = {}, std::span<const double> columns = {});

}  // namespace wanwu::sim
