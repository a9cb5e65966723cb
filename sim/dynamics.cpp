// Runs compiled programs: one pass over the instructions a sample, nothing allocated.
#include "sim/dynamics.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "sim/dynamics_program.hpp"

namespace wanwu::sim {

namespace {

double finished(const finish_rule& rule, double raw) noexcept {
  if (is_absent(raw)) return raw;
  if (rule.boolean) return raw >= 0.5 ? 1 : 0;
  const double value = rule.steps > 0 ? round_fast(raw * rule.steps) / rule.steps : raw;
  return value < rule.low ? rule.low : (value > rule.high ? rule.high : value);
}

template <width Width>
[[gnu::always_inline]] inline void step(evaluation& all, const instruction& in) noexcept {
  double* const __restrict out = all.results(in.out);
  switch (in.code) {
    case opcode::dynamics:
      return Width == width::any ? evaluate(all, in) : evaluate_eight(all, in);
    case opcode::finish: {
      const finish_rule rule = all.made.rules[in.property];
      const double* const raw = all.input(in);
      for (std::size_t i = 0; i < all.count; ++i) out[i] = finished(rule, raw[i]);
      return;
    }
    case opcode::column:
      for (std::size_t i = 0; i < all.count; ++i) {
        const auto& columns = all.things[i].columns;
        out[i] = in.property < columns.size() ? columns[in.property] : 0.0;
      }
      return;
    case opcode::set_clock:
      return evaluate_clock(all, in);
  }
}

void run(evaluation& all) noexcept {
  for (const auto& in : all.made.code) step<width::any>(all, in);
}

WANWU_EIGHT_WIDE void run_eight(evaluation& all) noexcept {
  for (const auto& in : all.made.code) step<width::eight>(all, in);
}

void begin(evaluation& all) noexcept {
  for (std::size_t i = 0; i < all.count; ++i) all.in.numbers[i] = number_of(all.things[i].who.thing);
  double* const now = all.clock(0);
  for (std::size_t i = 0; i < all.count; ++i) now[i] = static_cast<double>(all.things[i].at_ms) * 0.001;
  const auto& constants = all.made.constants;
  for (std::size_t i = 0; i < constants.size(); ++i) std::fill_n(all.results(i), all.count, constants[i]);
}

/// Memory for one thing, on the stack. The big arrays stay uninitialised: every register and clock is written
/// before it is read, and clearing them would cost more than the sample.
struct single_memory {
  std::array<double, register_count_max> registers;
  std::array<double, clock_count_max> time;
  std::array<double, 4 * clock_count_max> angles;
  std::uint64_t number;
  double east_m, north_m;
  motion moving;

  evaluation_memory view() noexcept {
    return {registers.data(), time.data(), angles.data(), &number, &east_m, &north_m, &moving};
  }
};

}  // namespace

/// The same for as many things as are sampled together.
struct sample_memory {
  std::vector<double> registers, time, angles;
  std::array<std::uint64_t, sampled_together_max> numbers{};
  std::array<double, sampled_together_max> east_m{}, north_m{};
  std::array<motion, sampled_together_max> moving{};

  evaluation_memory room_for(const dynamics_program& made) {
    const auto at_least = [](auto& array, std::size_t count) {
      if (array.size() < count) array.resize(count);
    };
    at_least(registers, made.register_count * sampled_together_max);
    at_least(time, made.clock_count * sampled_together_max);
    at_least(angles, made.clock_count * 4 * sampled_together_max);
    return {registers.data(), time.data(),    angles.data(), numbers.data(),
            east_m.data(),    north_m.data(), moving.data()};
  }
};

sample_scratch::sample_scratch() : memory_{std::make_unique<sample_memory>()} {}
sample_scratch::sample_scratch(sample_scratch&&) noexcept = default;
sample_scratch::~sample_scratch() = default;

bool is_absent(double value) noexcept {
  return value != value;
}

width width_for(std::size_t things) noexcept {
#if defined(__x86_64__)
  static const bool has_eight = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                                __builtin_cpu_supports("avx512vl");
  return has_eight && things >= 4 ? width::eight : width::any;
#else
  return things > 0 ? width::any : width::any;
#endif
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
  const sample_request one{who, at_ms, commands, columns};
  single_memory memory;
  evaluation all{*program_, {&one, 1}, memory.view()};
  begin(all);
  run(all);
  const auto count = std::min(values.size(), program_->results.size());
  for (std::size_t i = 0; i < count; ++i) values[i] = memory.registers[program_->results[i]];
}

void dynamics::sample_all(std::span<const sample_request> things, sample_scratch& scratch,
                          std::span<double> values) const {
  evaluation all{*program_, things, scratch.memory_->room_for(*program_)};
  begin(all);
  if (width_for(things.size()) == width::eight) {
    run_eight(all);
  } else {
    run(all);
  }
  const auto count = program_->results.size();
  for (std::size_t i = 0; i < count; ++i) {
    const double* const from = all.results(program_->results[i]);
    for (std::size_t k = 0; k < things.size(); ++k) values[k * count + i] = from[k];
  }
}

double dynamics::value(subject who, std::size_t property, std::int64_t at_ms,
                       std::span<const actuation> commands, std::span<const double> columns) const noexcept {
  const sample_request one{who, at_ms, commands, columns};
  single_memory memory;
  evaluation all{*program_, {&one, 1}, memory.view()};
  begin(all);
  for (const auto which : program_->needed[property]) step<width::any>(all, program_->code[which]);
  return memory.registers[program_->results[property]];
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
  const auto draws = random_stream::among(event.salt, number_of(who.thing));
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
