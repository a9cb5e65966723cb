// The things of one worker: a row each, not an object. 16 bytes here and 8 in the timer wheel are all that a
// thing without own state costs on the hot path.
//
// Connections of a lane are dealt out to workers like cards: number g belongs to worker g % W. So every
// worker has things of every kind, things that share a gateway share a worker, and number, row and connection
// follow from each other by arithmetic.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "sim/plan.hpp"

namespace wanwu::sim {

/// What changes about a thing while it runs.
struct thing_row {
  std::uint32_t next{};        ///< Number of its next reading in the schedule.
  std::uint32_t sequence{};    ///< Readings handed to the driver so far: ${seq}.
  std::uint32_t conditions{};  ///< Event conditions that held at its last reading.
  std::uint16_t population{};
  bool started : 1 = false;      ///< Has been connected and described; its schedule runs.
  bool registering : 1 = false;  ///< Its description is on its way.
  bool actuated : 1 = false;     ///< Has accepted commands with an effect.
  bool broken : 1 = false;       ///< Its script failed; it stays silent.
};
inline constexpr std::size_t hot_bytes_per_thing_max = 64;
static_assert(sizeof(thing_row) + 8 <= hot_bytes_per_thing_max);

/// Which rows of a worker a population has.
struct population_block {
  const planned_population* kind{};
  std::uint32_t first_row{}, rows{};
  std::uint32_t first_ordinal{};  ///< First of the population's connections that this worker has.
  std::uint32_t first_local{};    ///< The same as the lane's local number on this worker.
  std::uint32_t local_connections{};
  std::vector<double> columns;  ///< kind->columns.size() for each row.

  bool holds(std::uint32_t row) const { return row - first_row < rows; }
};

struct row_range {
  std::uint32_t begin{}, end{};
};

class population {
 public:
  population(const world_plan& plan, std::uint32_t worker);

  std::uint32_t row_count() const { return static_cast<std::uint32_t>(rows_.size()); }
  thing_row& row(std::uint32_t at) { return rows_[at]; }
  const thing_row& row(std::uint32_t at) const { return rows_[at]; }
  /// Asks the memory for a row that is about to be looked at: among millions it is in no cache.
  void expect(std::uint32_t at) const { __builtin_prefetch(&rows_[at], 1); }
  std::span<population_block> blocks() { return blocks_; }
  const population_block& block_of(std::uint32_t row_number) const {
    return blocks_[rows_[row_number].population];
  }
  population_block& block_of(std::uint32_t row_number) { return blocks_[rows_[row_number].population]; }
  /// The same without a look at the row itself.
  const population_block& block_holding(std::uint32_t row_number) const;

  /// Number within its population, from 0.
  std::uint32_t index_of(std::uint32_t row_number) const {
    return index_in(block_of(row_number), row_number);
  }
  std::uint32_t index_in(const population_block& block, std::uint32_t row_number) const;
  thing_id thing_of(std::uint32_t row_number) const {
    return thing_id{block_of(row_number).kind->first_thing + index_of(row_number)};
  }
  /// The row of a thing; nothing when another worker has it.
  std::optional<std::uint32_t> row_of(thing_id thing) const;
  /// The lane's local connection of a row.
  std::uint32_t connection_of(std::uint32_t row_number) const {
    return connection_in(block_of(row_number), row_number);
  }
  std::uint32_t connection_in(const population_block& block, std::uint32_t row_number) const {
    const std::uint32_t offset = row_number - block.first_row, each = block.kind->things_per_connection;
    return block.first_local + (each == 1 ? offset : offset / each);
  }
  /// The things behind a local connection of a lane.
  row_range rows_behind(std::uint8_t lane, std::uint32_t connection) const;
  /// The block a local connection of a lane belongs to.
  const population_block& block_behind(std::uint8_t lane, std::uint32_t connection) const;
  /// Rank of a connection in its population, strictly between 0 and 1.
  double position_behind(std::uint8_t lane, std::uint32_t connection) const;

  std::uint32_t connections_of_lane(std::uint8_t lane) const { return lane_connections_[lane]; }
  /// The lane's number, over all workers, of a local connection.
  std::uint32_t global_connection(std::uint32_t local) const { return local * workers_ + worker_; }
  std::span<double> columns_of(std::uint32_t row_number);
  std::span<const double> columns_in(const population_block& block, std::uint32_t row_number) const {
    const std::size_t width = block.kind->columns.size();
    return {block.columns.data() + (row_number - block.first_row) * width, width};
  }

 private:
  const world_plan& plan_;
  std::uint32_t worker_, workers_;
  std::vector<thing_row> rows_;
  std::vector<population_block> blocks_;  ///< By population.
  std::vector<std::uint32_t> lane_connections_;
};

}  // namespace wanwu::sim
