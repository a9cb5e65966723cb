#include "protocols/coap/backoff.hpp"

#include <cmath>

namespace wanwu::coap {

namespace {

duration stretched(duration d, double factor) noexcept {
  return duration{std::llround(static_cast<double>(d.count()) * factor)};
}

double doublings(std::uint32_t count) noexcept {
  return std::ldexp(1.0, static_cast<int>(count < 20 ? count : 20));
}

}  // namespace

duration transmission_parameters::max_transmit_span() const noexcept {
  return stretched(ack_timeout, (doublings(max_retransmit) - 1) * ack_random_factor);
}

duration transmission_parameters::max_transmit_wait() const noexcept {
  return stretched(ack_timeout, (doublings(max_retransmit + 1) - 1) * ack_random_factor);
}

duration transmission_parameters::exchange_lifetime() const noexcept {
  constexpr duration max_latency = std::chrono::seconds{100};
  return max_transmit_span() + 2 * max_latency + ack_timeout;
}

duration first_timeout(const transmission_parameters& parameters, double at) noexcept {
  return stretched(parameters.ack_timeout, 1.0 + (parameters.ack_random_factor - 1.0) * at);
}

}  // namespace wanwu::coap
