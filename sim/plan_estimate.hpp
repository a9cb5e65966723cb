// What a plan will take: messages, bytes, memory, processor. Estimates that a test holds against measured
// runs.
#pragma once

#include <vector>

#include "sim/plan.hpp"

namespace wanwu::sim {

/// Bytes of one reading of each population on the wire, frame included and TCP's and IP's own left out: some
/// are rendered and averaged. 0 where a population sends none.
std::vector<double> reading_bytes(const world_plan& plan);

/// Fills what plan.figures say of things, traffic, memory and processor. Workers, pool and sources are
/// chosen.
void estimate_figures(world_plan& plan);

/// Sockets of one lane over all workers.
std::uint64_t sockets_of(const world_plan& plan, const lane_plan& lane);

/// Kernel memory of one end of an idle TCP connection. Measured on a 2-core, 24 GiB machine with 1,004,700 of
/// them: 7.7 GB for both ends.
inline constexpr std::uint64_t kernel_bytes_per_socket = 3'850;

}  // namespace wanwu::sim
