// When things happen, as pure functions: no clock, no state, the same answers on any number of workers.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "protocols/core/time.hpp"
#include "sim/random.hpp"

namespace wanwu::sim {

/// Where every instant of a schedule counts from: the start of the run.
using since_start = duration;

/// How much of its usual load a population gives over the run: a factor for each stretch of time.
/// Load time runs `factor` times as fast as time, so a fixed period in load time is the wanted rate.
class load_profile {
 public:
  /// Appends a stretch. A factor of 0 is silence.
  void append(duration length, double factor);
  /// Load time gone by at `at`, in ns. Beyond the last stretch nothing is added.
  double load_at(since_start at) const;
  /// The first instant at which `load` ns of load time have gone by; nothing if the run is over before.
  std::optional<since_start> when(double load) const;
  since_start end() const { return stretches_.empty() ? since_start{} : stretches_.back().end; }

 private:
  struct stretch {
    since_start begin, end;
    double factor;
    double load_before, load_after;  ///< Load time gone by at `begin` and `end`.
  };
  std::vector<stretch> stretches_;
};

/// Gateways that ask their things at beats of their own and send what all of them say together.
struct collection {
  duration beat{};                                 ///< 0: each thing for itself.
  std::uint32_t first_thing = 0, things_each = 1;  ///< Which things stand behind one gateway.
};

/// When thing `thing` does its n-th reading: a phase hashed per thing, then one every period, each moved by
/// up to `jitter` of the period either way; where gateways collect, at the next beat of the thing's gateway.
class schedule {
 public:
  /// 0 <= jitter < 0.5, so that starts stay in order. `load` must outlive the schedule.
  schedule(std::uint64_t seed, duration period, double jitter, const load_profile& load,
           const collection& gateways = {});

  /// Start of operation n, or nothing if the run ends first.
  std::optional<since_start> start_of(std::uint32_t thing, std::uint32_t n) const;
  /// Starts of operation n and of the one after it, for little more than the price of one.
  struct two_starts {
    std::optional<since_start> first, second;
  };
  two_starts starts_from(std::uint32_t thing, std::uint32_t n) const;
  /// The smallest n whose start is not before `at`.
  std::uint32_t first_from(std::uint32_t thing, since_start at) const;
  duration period() const { return period_; }

 private:
  double phase_of(std::uint32_t thing) const;
  std::optional<since_start> start_at(std::uint32_t thing, double phase, random_stream jitters,
                                      std::uint32_t n) const;
  since_start at_beat(std::uint32_t thing, since_start at) const;

  std::uint64_t seed_;
  std::uint64_t phases_, jitters_;  ///< Families of streams.
  duration period_;
  double jitter_;
  const load_profile* load_;
  collection gateways_;
};

/// The share of a population that is wanted connected over the run: straight lines between points.
class ramp_profile {
 public:
  /// Goes from the share so far (0 at first) to `share` (0..1) in `length`; a length of 0 is a step.
  void append(duration length, double share);

  struct change {
    since_start at;
    bool up;
  };
  /// The first change at or after `from` of a connection at `position` (0..1: its rank in the population).
  std::optional<change> next_change(double position, since_start from) const;
  /// Whether the connection is wanted at `at`.
  bool wanted(double position, since_start at) const;
  double share_at(since_start at) const;

 private:
  struct line {
    since_start begin, end;
    double from, to;
  };
  std::vector<line> lines_;
};

/// Rank of connection `index` of `count` as a position strictly between 0 and 1.
constexpr double position_of(std::uint32_t index, std::uint32_t count) {
  return (static_cast<double>(index) + 0.5) / static_cast<double>(count);
}

}  // namespace wanwu::sim
