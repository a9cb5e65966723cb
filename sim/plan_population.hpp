// One population of a scenario, compiled against its model and the target's forms.
#pragma once

#include <vector>

#include "sim/plan.hpp"

namespace wanwu::sim {

/// Fills everything of `made` but its numbers (index, lane, first_thing, first_connection). Appends what is
/// wrong.
void compile_population(const lang::scenario& world, const lang::population& source,
                        const lang::target_file& target, world_plan& plan, planned_population& made,
                        std::vector<plan_problem>& problems);

}  // namespace wanwu::sim
