// Everything measured, by phase, population, operation and protocol. Merging is adding, in any order.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocols/core/observation.hpp"
#include "reports/gauges.hpp"
#include "reports/histogram.hpp"
#include "reports/limit.hpp"
#include "reports/run_shape.hpp"

namespace wanwu::report {

inline constexpr std::size_t protocol_count = 3;

using outcome_counts = std::array<std::uint64_t, outcome_count>;
/// Those that were sent: acknowledged, failed, or cut off by ourselves.
std::uint64_t sent_of(const outcome_counts& of) noexcept;
/// Those that the target is to blame for.
std::uint64_t errors_of(const outcome_counts& of) noexcept;

/// One operation of one population over one protocol in one phase.
struct cell {
  outcome_counts outcomes{};
  std::uint64_t bytes_sent{}, bytes_received{};
  histogram latency{2};  ///< Response time of what succeeded.
  bool touched{};        ///< Anything counted since the last clear.

  std::uint64_t of(outcome o) const noexcept { return outcomes[static_cast<std::size_t>(o)]; }
  void merge(const cell& other);
  void clear() noexcept;
};

/// Which cell within a phase; dense, so that recording looks nothing up.
struct cell_key {
  std::uint16_t population{};
  operation op{};
  protocol via{};

  constexpr std::size_t index() const noexcept {
    return (static_cast<std::size_t>(population) * operation_count + static_cast<std::size_t>(op)) *
               protocol_count +
           static_cast<std::size_t>(via);
  }
  static constexpr cell_key from_index(std::size_t index) noexcept {
    return {static_cast<std::uint16_t>(index / protocol_count / operation_count),
            static_cast<operation>(index / protocol_count % operation_count),
            static_cast<protocol>(index % protocol_count)};
  }
};

/// Failures that look the same, counted together.
struct error_group {
  std::uint16_t population{};
  operation op{};
  protocol via{};
  outcome result{};
  std::uint16_t code{};
  std::uint64_t count{};
  duration first{}, last{};  ///< After the start of the run.
};

/// A level sampled once a second.
struct level {
  std::uint64_t samples{};
  double min{}, max{}, sum{}, last{};
  void add(double value) noexcept;
  void merge(const level& other) noexcept;
  double mean() const noexcept { return samples ? sum / static_cast<double>(samples) : 0; }
};

/// The gauges of one phase, levels aggregated and totals as differences.
struct phase_gauges {
  level connected, connected_ratio, cpu, cpu_wait, lag_us, memory, drift;
  histogram lateness{2};
  std::uint64_t due{}, late{}, openings{}, openings_late{}, script_errors{};
  std::array<wire_totals, protocol_count> wire{};
  std::vector<level> connected_by_population;
  void merge(const phase_gauges& other);
};

/// One phase: cells by cell_key::index(), and 3-digit latency over all populations by operation.
struct phase_cells {
  std::vector<cell> cells;
  std::vector<histogram> headline;
  histogram lag{2};                    ///< From the intended start to the first byte, over everything sent.
  std::vector<std::uint32_t> touched;  ///< Indices of cells with touched set.
  phase_gauges levels;
  double seconds{};  ///< How long the phase has been measured.

  explicit phase_cells(std::size_t populations);
  cell& touch(std::size_t index);
  void merge(const phase_cells& other);
  void clear() noexcept;
  /// Gives back memory that a phase needs only while much is added to it.
  void pack();
};

/// Most different failures kept apart; what comes later is counted together.
inline constexpr std::size_t error_groups_max = 512;

/// Everything a metric's statistics are computed from.
struct reading {
  enum class kind : std::uint8_t { counter, latency, level };
  kind what{};
  std::uint64_t count{};     ///< How often the thing counted happened.
  std::uint64_t attempts{};  ///< Out of how many: the samples behind count, rate and ratio.
  histogram latency{2};
  level values{};
  level ratios{};  ///< things.connected as a share of those that should be.
  double seconds{};

  std::uint64_t samples() const noexcept;
  /// Nothing when the statistic has no meaning for this metric, or there is no sample. Times in microseconds.
  std::optional<double> value(statistic stat, double percent, measure unit) const noexcept;
};

using tag_list = std::span<const std::pair<std::string, std::string>>;

/// The whole run's measurements.
class metric_store {
 public:
  explicit metric_store(const run_shape& shape);

  phase_cells& phase(std::size_t index);
  const phase_cells* find_phase(
      std::size_t index) const noexcept;  ///< nullptr when nothing was measured in it.
  /// Phases before `index` are over: what they hold is packed. Late answers may still be added.
  void pack_before(std::size_t index);
  std::size_t phase_count() const noexcept { return phases_.size(); }
  std::size_t population_count() const noexcept { return populations_.size(); }
  const std::vector<population_tags>& populations() const noexcept { return populations_; }
  void add_error(const error_group& seen);
  const std::vector<error_group>& errors() const noexcept { return errors_; }
  std::uint64_t errors_uncounted() const noexcept { return errors_uncounted_; }

  /// Merges every cell the tags and phase ("" = all) select. Nothing when the metric or the phase does not
  /// exist.
  std::optional<reading> read(std::string_view metric, tag_list tags, std::string_view phase) const;
  /// Total of one outcome of one operation, over everything.
  std::uint64_t total(operation op, outcome result) const noexcept;
  std::uint64_t total(operation op, outcome result, protocol via) const noexcept;

 private:
  /// `phases`: which of them. The metric exists.
  reading read_selected(std::string_view metric, tag_list tags, const std::vector<bool>& phases) const;

  std::vector<population_tags> populations_;
  std::vector<std::string> phase_names_;
  std::vector<bool> phase_troubled_;
  std::vector<std::unique_ptr<phase_cells>> phases_;
  std::vector<error_group> errors_;
  std::uint64_t errors_uncounted_{};
};

/// True when the store can compute a metric of this name.
bool is_measured(std::string_view metric) noexcept;

}  // namespace wanwu::report
