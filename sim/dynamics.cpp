// Runs compiled programs: one pass over the instructions a sample, nothing allocated.
#include "sim/dynamics.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "sim/dynamics_program.hpp"

namespace wanwu::sim {

namespace {

double finish(const finish_rule& rule, double raw) noexcept {
  if (is_absent(raw)) return raw;
  if (rule.boolean) return raw >= 0.5 ? 1 : 0;
  const double value = rule.steps > 0 ? round_fast(raw * rule.steps) / rule.steps : raw;
  return value < rule.low ? rule.low : (value > rule.high ? rule.high : value);
}

inline void step(evaluation& at, const instruction& in) noexcept {
  switch (in.code) {
    case opcode::dynamics:
      at.registers[in.out] = evaluate(at, in);
      break;
    case opcode::finish:
      at.registers[in.out] = finish(at.made.rules[in.property], at.input(in));
      break;
    case opcode::column:
      at.registers[in.out] = in.property < at.columns.size() ? at.columns[in.property] : 0.0;
      break;
    case opcode::set_clock:
      at.time[in.out] = evaluate_clock(at, in);
      break;
  }
}

void begin(evaluation& at, std::int64_t at_ms) noexcept {
  at.time[0] = static_cast<double>(at_ms) * 0.001;
  const auto& constants = at.made.constants;
  if (!constants.empty())
    std::memcpy(at.registers.data(), constants.data(), constants.size() * sizeof(double));
}

}  // namespace

bool is_absent(double value) noexcept {
  return value != value;
}

dynamics::dynamics(std::unique_ptr<const dynamics_program> made) noexcept : program_{std::move(made)} {}
dynamics::dynamics(dynamics&&) noexcept = default;
dynamics& dynamics::operator=(dynamics&&) noexcept = default;
dynamics::~dynamics() = default;

std::size_t dynamics::property_count() const noexcept {
  return program_->results.size();
}

void dynamics::sample(subject who, std::int64_t at_ms, std::span<const actuation> commands,
                      std::span<const double> columns, std::span<double> values) const noexcept {
  evaluation at{*program_, who, commands, columns};
  begin(at, at_ms);
  for (const auto& in : program_->code) step(at, in);
  const auto count = std::min(values.size(), program_->results.size());
  for (std::size_t i = 0; i < count; ++i) values[i] = at.registers[program_->results[i]];
}

double dynamics::value(subject who, std::size_t property, std::int64_t at_ms,
                       std::span<const actuation> commands, std::span<const double> columns) const noexcept {
  evaluation at{*program_, who, commands, columns};
  begin(at, at_ms);
  for (const auto which : program_->needed[property]) step(at, program_->code[which]);
  return at.registers[program_->results[property]];
}

std::uint32_t dynamics::conditions(std::span<const double> values) const noexcept {
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < program_->events.size() && i < 32; ++i) {
    const auto& when = program_->events[i].when;
    if (when.kind == things::trigger_kind::none || when.kind == things::trigger_kind::poisson) continue;
    const double value = values[when.property];
    const bool holds = when.kind == things::trigger_kind::above   ? value > when.limit
                       : when.kind == things::trigger_kind::below ? value < when.limit
                                                                  : value == when.limit;
    if (holds) bits |= 1U << i;
  }
  return bits;
}

std::optional<std::int64_t> dynamics::next_event(subject who, std::size_t index,
                                                 std::int64_t after_ms) const noexcept {
  const auto& event = program_->events[index];
  if (event.when.kind != things::trigger_kind::poisson || event.when.rate_per_s <= 0) return std::nullopt;
  // Epochs of one mean interval: a Poisson(1) count in each, spread evenly. 200 empty ones in a row do not
  // happen.
  const double epoch_ms = 1000 / event.when.rate_per_s;
  const random_stream draws{scramble(event.salt + (number_of(who.thing) + 1) * 0x9e3779b97f4a7c15ULL)};
  const double phase = phase_of(draws);
  const auto first = floor_of(static_cast<double>(after_ms) / epoch_ms + phase);
  for (auto epoch = first; epoch < first + 200; ++epoch) {
    const auto inside = draws.child(static_cast<std::uint64_t>(epoch));
    const auto count = inside.poisson(0, 1);
    std::optional<std::int64_t> soonest;
    for (std::uint64_t i = 1; i <= count; ++i) {
      const double when = (static_cast<double>(epoch) - phase + inside.uniform(i)) * epoch_ms;
      if (!(when < 9e18)) return std::nullopt;
      const auto at = static_cast<std::int64_t>(std::ceil(when));
      if (at > after_ms && (!soonest || at < *soonest)) soonest = at;
    }
    if (soonest) return soonest;
  }
  return std::nullopt;
}

}  // namespace wanwu::sim
