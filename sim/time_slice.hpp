// How long the kernel lets the calling thread run before it looks who else is due.
#pragma once

#include "protocols/core/time.hpp"

namespace wanwu::sim {

/// Asks the scheduler for this slice (0.1 to 100 ms; the policy and niceness stay). Who asks for little comes
/// sooner to its turn, and gets no more of the processor in all. Linux takes it from 6.12 on, for any user;
/// before, and for threads of a real-time policy, nothing happens. Returns the slice that holds, zero where
/// the kernel does not tell.
duration ask_for_time_slice(duration slice) noexcept;

}  // namespace wanwu::sim
