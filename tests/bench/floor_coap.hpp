// The floor of CoAP requests.
#pragma once

#include "tests/bench/measurement.hpp"

namespace wanwu::bench {

/// CON requests of `connections` source addresses on one socket: a thousand on the way, or `rate` a second, a
/// tick a millisecond. Operations in multiples of 128.
void coap_floor(const job& work);

}  // namespace wanwu::bench
