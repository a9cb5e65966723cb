// One kind of instant for the whole program. Who reads a clock is sim/clock; everybody else is told.
#pragma once

#include <chrono>

namespace wanwu {

using duration = std::chrono::nanoseconds;
/// Monotonic: the steady clock in a load test, an invented one in virtual time. Never the wall clock.
using time_point = std::chrono::time_point<std::chrono::steady_clock, duration>;

}  // namespace wanwu
