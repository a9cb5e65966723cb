// A scenario's phases laid out in time: who is wanted online when, how much load each population gives, what
// storms and faults come.
#pragma once

#include <string>
#include <vector>

#include "scenarios/language/scenario.hpp"
#include "sim/schedule.hpp"

namespace wanwu::sim {

struct phase_window {
  std::string name;
  since_start begin, end;
};

/// A storm begins with its phase. Views into the scenario, which outlives the plan.
struct storm_window {
  const lang::storm* what{};
  since_start begin;
};

/// A fault acts in each phase that names it.
struct fault_window {
  const lang::fault* what{};
  since_start begin, end;
};

struct timeline {
  std::vector<phase_window> phases;
  std::vector<storm_window> storms;
  std::vector<fault_window>
      faults;  ///< Of one fault in the order of time, phases that follow each other joined.
  ramp_profile ramp;
  std::vector<load_profile> loads;  ///< One a population.
  since_start end{};

  std::size_t phase_at(since_start at) const;
};

/// `only` names the phases to run, in the scenario's order; empty = all. Unknown names are ignored (the
/// command has refused them).
timeline lay_out(const lang::scenario& world, const std::vector<std::string>& only = {});

}  // namespace wanwu::sim
