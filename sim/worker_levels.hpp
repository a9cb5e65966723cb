// What a worker tells the run about itself, read from another thread while it works.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>

#include "protocols/core/observation.hpp"
#include "sim/lateness.hpp"

namespace wanwu::sim {

struct wire_numbers {
  std::uint64_t bytes_out{}, bytes_in{}, messages_out{}, messages_in{}, retransmissions{}, wire_errors{};
};

/// A copy for the reader.
struct worker_numbers {
  std::uint64_t wanted{}, connected{}, dark{}, reconnecting{}, connections_up{};
  std::uint64_t due{}, late{}, started{}, script_errors{}, in_flight{};
  std::uint64_t openings{}, openings_late{};  ///< Connections begun; opening_counts of lane.hpp.
  lateness_counts lateness{};                 ///< Of every operation begun.
  std::uint64_t away_ns{};  ///< Sum of what the loop came round more than limits::late_after late.
  std::array<wire_numbers, 3> wire{};
  std::uint64_t connects_ok{}, connects_failed{};
  std::uint64_t second_syns{};     ///< Connections whose opening took a second SYN.
  std::uint64_t direct_sockets{};  ///< Held outside its descriptor table.
  std::uint64_t last_failure{};    ///< outcome
  std::uint64_t last_failure_code{};
  std::uint64_t last_failure_via{};  ///< protocol
};

/// Sums; levels of one moment add up, the time away is the worst.
void add_numbers(worker_numbers& into, const worker_numbers& from);

/// The worst since it was last asked for: a late start, and the loop coming round late.
struct worker_peaks {
  std::uint64_t lag_ns{}, drift_ns{};
};

/// Noted by the worker, taken by the run.
class shared_peaks {
 public:
  void note(const worker_peaks& seen) noexcept {
    raise(lag_ns_, seen.lag_ns);
    raise(drift_ns_, seen.drift_ns);
  }
  worker_peaks take() noexcept {
    return {lag_ns_.exchange(0, std::memory_order_relaxed), drift_ns_.exchange(0, std::memory_order_relaxed)};
  }

 private:
  static void raise(std::atomic<std::uint64_t>& to, std::uint64_t seen) noexcept {
    std::uint64_t now = to.load(std::memory_order_relaxed);
    while (now < seen && !to.compare_exchange_weak(now, seen, std::memory_order_relaxed)) {
    }
  }
  std::atomic<std::uint64_t> lag_ns_{0}, drift_ns_{0};
};

/// Written by the worker a few times a second, read by the run. Each number on its own is exact.
class shared_numbers {
 public:
  void publish(const worker_numbers& from) noexcept {
    const auto raw = std::bit_cast<words>(from);
    for (std::size_t i = 0; i < raw.size(); ++i) slots_[i].store(raw[i], std::memory_order_relaxed);
  }
  worker_numbers read() const noexcept {
    words raw{};
    for (std::size_t i = 0; i < raw.size(); ++i) raw[i] = slots_[i].load(std::memory_order_relaxed);
    return std::bit_cast<worker_numbers>(raw);
  }

 private:
  using words = std::array<std::uint64_t, sizeof(worker_numbers) / sizeof(std::uint64_t)>;
  static_assert(sizeof(words) == sizeof(worker_numbers));
  std::array<std::atomic<std::uint64_t>, std::tuple_size_v<words>> slots_{};
};

}  // namespace wanwu::sim
