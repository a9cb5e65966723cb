// A worker's observation sink: counts into dense cells, and hands what it counted to the run when the run
// asks.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "protocols/core/observation.hpp"
#include "reports/metrics.hpp"
#include "reports/run_shape.hpp"

namespace wanwu::report {

/// Everything counted since the last hand-over. Phases are allocated when first seen and reused.
class delta {
 public:
  delta(const run_shape& shape, time_point started);

  void add(const observation& seen);
  void merge_into(metric_store& into) const;
  /// Adds the other's cells (not its failures, which go to the store).
  void merge(const delta& other);
  void clear() noexcept;

  /// Cells of phase `index`, nullptr when nothing fell into it since the last clear.
  const phase_cells* find_phase(std::size_t index) const noexcept;
  std::size_t phase_count() const noexcept { return phases_.size(); }
  std::vector<error_group> errors() const;
  std::uint64_t errors_uncounted() const noexcept { return errors_uncounted_; }
  /// Observations of a population the run does not have: our own mistake, counted rather than trusted.
  std::uint64_t out_of_range() const noexcept { return out_of_range_; }

 private:
  struct error_slot {
    error_group group;
    bool used{};
  };
  void seek_phase(time_point at);
  void add_error(const observation& seen);

  std::vector<std::unique_ptr<phase_cells>> phases_;
  std::vector<time_point> phase_ends_;  ///< One fewer than phases: the last one has no end.
  std::vector<error_slot> errors_;      ///< Open addressing, never grows.
  std::vector<std::uint32_t> errors_used_;
  std::uint64_t errors_uncounted_{};
  std::uint64_t out_of_range_{};
  time_point started_;
  time_point phase_begin_, phase_end_;
  phase_cells* current_{};
  std::size_t cell_count_{};
  std::size_t populations_{};
};

/// One per worker. record() on the worker's thread, take() on the run's; neither ever waits for the other.
class recorder final : public observation_sink {
 public:
  /// `started` is T0: phases count from it. An observation belongs to the phase its intended start falls
  /// into.
  recorder(const run_shape& shape, time_point started);

  void record(std::span<const observation> seen) override;

  /// What was counted since the last call; merge it, then give it back with recycle(). nullptr when the
  /// worker is inside record() just now: nothing is lost, the next call has it.
  delta* take() noexcept;
  void recycle(delta* emptied) noexcept;

 private:
  std::array<std::unique_ptr<delta>, 2> owned_;
  std::atomic<delta*> active_;             ///< nullptr while the worker is inside record().
  std::atomic<delta*> finished_{nullptr};  ///< Left here by a worker that was asked while inside record().
  delta* spare_;                           ///< The run's.
  bool promised_{};                        ///< The run waits for finished_.
};

}  // namespace wanwu::report
