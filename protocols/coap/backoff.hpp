// Transmission parameters and the chance they ask for, from a given seed. RFC 7252 §4.2, §4.8.
#pragma once

#include <cstdint>

#include "protocols/core/time.hpp"

namespace wanwu::coap {

/// RFC 7252 §4.8; the derived times are functions of these (§4.8.2).
struct transmission_parameters {
  duration ack_timeout{std::chrono::seconds{2}};
  double ack_random_factor = 1.5;    ///< At least 1.
  std::uint32_t max_retransmit = 4;  ///< At most 20, so that a timeout stays representable.
  std::uint32_t nstart = 1;

  /// From the first transmission to the last.
  duration max_transmit_span() const noexcept;
  /// From the first transmission to giving up.
  duration max_transmit_wait() const noexcept;
  /// How long a message id is spoken for: span + 2 * MAX_LATENCY (100 s) + PROCESSING_DELAY.
  duration exchange_lifetime() const noexcept;
};

/// A small seeded generator (SplitMix64): the only source of chance in this folder.
class chance {
 public:
  explicit chance(std::uint64_t seed) noexcept : state_{seed} {}
  std::uint64_t next() noexcept {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15ULL;
    z = (z ^ z >> 30U) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ z >> 27U) * 0x94D049BB133111EBULL;
    return z ^ z >> 31U;
  }
  /// Uniform in [0, 1).
  double unit() noexcept { return static_cast<double>(next() >> 11U) * 0x1.0p-53; }

 private:
  std::uint64_t state_;
};

/// A first timeout in [ACK_TIMEOUT, ACK_TIMEOUT * ACK_RANDOM_FACTOR]; `at` in [0, 1) says where. It doubles
/// with each retransmission.
duration first_timeout(const transmission_parameters& parameters, double at) noexcept;

}  // namespace wanwu::coap
