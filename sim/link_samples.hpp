// What the kernel knows of a sample of a worker's TCP connections: how much had to be sent again, and how far
// away the other end is.
#pragma once

#include <atomic>
#include <cstdint>

namespace wanwu::sim {

/// Sums over the sampled connections, each with its whole life so far.
struct link_numbers {
  std::uint64_t samples{};
  std::uint64_t sent{}, sent_again{};  ///< Segments with data.
  std::uint64_t round_trip_us_max{};   ///< Largest smoothed round trip seen.
};

/// Goes round a thread's descriptors, a few at each look, and asks those that are TCP connections.
class link_samples {
 public:
  /// Only on the thread whose descriptors they are. Some tens of microseconds.
  void look();
  /// From any thread.
  link_numbers numbers() const noexcept;

 private:
  int next_ = 0;
  int unknown_in_a_row_ = 0;
  std::atomic<std::uint64_t> samples_{0}, sent_{0}, sent_again_{0}, round_trip_us_max_{0};
};

}  // namespace wanwu::sim
