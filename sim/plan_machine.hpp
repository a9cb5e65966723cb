// What a plan needs of this machine and may do to its target: addresses, workers, descriptors, rates.
#pragma once

#include <vector>

#include "sim/plan.hpp"

namespace wanwu::sim {

/// Resolves each lane's target (not in virtual time) and holds it against limits.allow.
void find_addresses(world_plan& plan, std::vector<plan_problem>& problems);

/// Chooses workers, source addresses and the HTTP pool, fills plan.figures, and says what this machine or the
/// target's limits do not allow.
void fit_to_machine(world_plan& plan, const plan_options& options, std::vector<plan_problem>& problems);

}  // namespace wanwu::sim
