// Readings as functions: value(seed, thing, property, t), without history, in any order, on any worker.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "scenarios/things/thing_model.hpp"
#include "sim/random.hpp"

namespace wanwu::sim {

/// What all things of a world share. Times are milliseconds since 1970-01-01T00:00Z of the simulated clock.
struct world_frame {
  std::uint64_t seed = 1;
  std::int64_t start_ms = 1'767'225'600'000;  ///< When the world starts; counters count from before it.
  std::int32_t utc_offset_s = 0;              ///< Local time minus UTC, for hours of the day.
  double latitude = 48.2, longitude = 11.6;   ///< Degrees; the middle of the region things live in.
  double radius_m = 20'000;                   ///< Of that region.
};

/// Who is sampled. `place` keeps things of one place together on the map; 0 = a place of its own.
struct subject {
  thing_id thing{};
  std::uint64_t place = 0;
};

/// Key of place number `index` of the places called `name`, e.g. ("district", 17).
constexpr std::uint64_t place_key(std::string_view name, std::uint64_t index) noexcept {
  return scramble(stream_of(name) + index) | 1U;
}

/// What an accepted command did to one property: from `at_ms` on its set point is `to`, starting at `from`.
/// A list of these, oldest first, is all the memory an actuated thing has; only the latest per property
/// matters for samples at or after it, so an engine may drop the older ones.
struct actuation {
  std::int64_t at_ms = 0;
  float from = 0, to = 0;
  std::uint16_t property = 0;
};

/// A thing at an instant, and what it goes by besides the model.
struct sample_request {
  subject who;
  std::int64_t at_ms = 0;
  std::span<const actuation> commands{};
  std::span<const double> columns{};
};

/// So many things are sampled together at most: enough to keep the processor busy with one while it waits for
/// another, few enough that all of their registers stay close to it.
inline constexpr std::size_t sampled_together_max = 32;

struct sample_memory;

/// What sample_all() computes in; one a thread, used again and again.
class sample_scratch {
 public:
  sample_scratch();
  sample_scratch(sample_scratch&&) noexcept;
  ~sample_scratch();

 private:
  friend class dynamics;
  std::unique_ptr<sample_memory> memory_;
};

/// A value that is not there (a sensor dropping out). Payloads leave such a property out.
bool is_absent(double value) noexcept;

/// The most properties a model may have, so that samples fit a caller's array.
inline constexpr std::size_t property_count_max = 128;

struct dynamics_program;

/// A model compiled for one world: a flat list of instructions. Immutable, shared between threads.
class dynamics {
 public:
  /// `columns` names properties whose values come from the caller (a population's `state:` or a script), in
  /// the order of sample()'s `columns`; names that are no property of the model are ignored. The error is one
  /// sentence.
  static tl::expected<dynamics, std::string> compile(const things::thing_model& model,
                                                     const world_frame& world,
                                                     std::span<const std::string> columns = {});
  dynamics(dynamics&&) noexcept;
  dynamics& operator=(dynamics&&) noexcept;
  ~dynamics();

  std::size_t property_count() const noexcept;

  /// Fills `values` (property_count() of them, in the model's order). Numbers keep the property's range and
  /// resolution, booleans are 0 or 1, enumerations are indices. No allocation; about 10-40 ns a property.
  void sample(subject who, std::int64_t at_ms, std::span<const actuation> commands,
              std::span<const double> columns, std::span<double> values) const noexcept;
  void sample(subject who, std::int64_t at_ms, std::span<double> values) const noexcept {
    sample(who, at_ms, {}, {}, values);
  }

  /// The same for many things, at most sampled_together_max: `values` gets property_count() of each, thing
  /// after thing. Each instruction is decoded once for all of them. Allocates when a program needs more of
  /// `scratch` than any before it.
  void sample_all(std::span<const sample_request> things, sample_scratch& scratch,
                  std::span<double> values) const;

  /// One property only; runs just the instructions it needs.
  double value(subject who, std::size_t property, std::int64_t at_ms,
               std::span<const actuation> commands = {}, std::span<const double> columns = {}) const noexcept;

  /// Bit i is set while the condition of the model's event i holds for `values` (the first 32 events). An
  /// event fires on the edge: conditions(now) & ~conditions(before).
  std::uint32_t conditions(std::span<const double> values) const noexcept;

  /// When the model's event `index`, if it comes by rate, next happens after `after_ms`. Nothing when it
  /// never does.
  std::optional<std::int64_t> next_event(subject who, std::size_t index,
                                         std::int64_t after_ms) const noexcept;

 private:
  explicit dynamics(std::unique_ptr<const dynamics_program> made) noexcept;
  std::unique_ptr<const dynamics_program> program_;
};

/// A position on the earth.
struct position {
  double latitude = 0, longitude = 0;  ///< Degrees.
};

/// Where a thing lives: its place's middle and a few metres of its own. Places cover the world's region
/// evenly.
position home_of(const world_frame& world, subject who) noexcept;

}  // namespace wanwu::sim
