// The arithmetic between things, rows and connections.
#include "sim/population.hpp"

#include <algorithm>
#include <cassert>

#include "protocols/core/pages.hpp"

namespace wanwu::sim {

namespace {

/// How many of 0..count-1 are `worker` modulo `workers`, from `first` on.
std::uint32_t dealt(std::uint32_t count, std::uint32_t first, std::uint32_t workers) {
  return first >= count ? 0 : (count - 1 - first) / workers + 1;
}

}  // namespace

population::population(const world_plan& plan, std::uint32_t worker)
    : plan_{plan}, worker_{worker}, workers_{plan.workers} {
  lane_connections_.reserve(plan.lanes.size());
  for (const lane_plan& lane : plan.lanes)
    lane_connections_.push_back(dealt(lane.connections, worker, workers_));
  // About an equal share, a little more for uneven deals.
  reserve_in_huge_pages(rows_, plan.thing_count() / workers_ + plan.thing_count() / workers_ / 64);
  std::uint32_t next_row = 0;
  for (const planned_population& kind : plan.populations) {
    population_block block;
    block.kind = &kind;
    block.first_row = next_row;
    block.first_ordinal = (worker + workers_ - kind.first_connection % workers_) % workers_;
    block.first_local = (kind.first_connection + block.first_ordinal) / workers_;
    block.local_connections = dealt(kind.connections, block.first_ordinal, workers_);
    if (block.local_connections > 0) {
      const std::uint32_t last = block.first_ordinal + (block.local_connections - 1) * workers_;
      const std::uint32_t behind_last =
          std::min(kind.things_per_connection, kind.count - last * kind.things_per_connection);
      block.rows = (block.local_connections - 1) * kind.things_per_connection + behind_last;
    }
    thing_row fresh;
    fresh.population = kind.index;
    rows_.insert(rows_.end(), block.rows, fresh);
    block.columns.resize(std::size_t{block.rows} * kind.columns.size());
    next_row += block.rows;
    blocks_.push_back(std::move(block));
  }
}

const population_block& population::block_holding(std::uint32_t row_number) const {
  const auto after = std::upper_bound(
      blocks_.begin(), blocks_.end(), row_number,
      [](std::uint32_t row_wanted, const population_block& block) { return row_wanted < block.first_row; });
  return *(after - 1);
}

std::uint32_t population::index_in(const population_block& block, std::uint32_t row_number) const {
  const std::uint32_t offset = row_number - block.first_row;
  const std::uint32_t each = block.kind->things_per_connection;
  if (each == 1) return block.first_ordinal + offset * workers_;
  return (block.first_ordinal + offset / each * workers_) * each + offset % each;
}

std::optional<std::uint32_t> population::row_of(thing_id thing) const {
  const planned_population& kind = plan_.population_of(static_cast<std::uint32_t>(thing));
  const std::uint32_t index = static_cast<std::uint32_t>(thing) - kind.first_thing;
  const std::uint32_t ordinal = index / kind.things_per_connection;
  const population_block& block = blocks_[kind.index];
  if (ordinal < block.first_ordinal || (ordinal - block.first_ordinal) % workers_ != 0) return std::nullopt;
  return block.first_row + (ordinal - block.first_ordinal) / workers_ * kind.things_per_connection +
         index % kind.things_per_connection;
}

const population_block& population::block_behind(std::uint8_t lane, std::uint32_t connection) const {
  for (const std::uint16_t index : plan_.lanes[lane].populations) {
    const population_block& block = blocks_[index];
    if (connection >= block.first_local && connection - block.first_local < block.local_connections)
      return block;
  }
  assert(false && "no population has this connection");
  return blocks_.front();
}

row_range population::rows_behind(std::uint8_t lane, std::uint32_t connection) const {
  const population_block& block = block_behind(lane, connection);
  const std::uint32_t begin =
      block.first_row + (connection - block.first_local) * block.kind->things_per_connection;
  return {begin, std::min(begin + block.kind->things_per_connection, block.first_row + block.rows)};
}

double population::position_behind(std::uint8_t lane, std::uint32_t connection) const {
  const population_block& block = block_behind(lane, connection);
  const std::uint32_t ordinal = block.first_ordinal + (connection - block.first_local) * workers_;
  return position_of(ordinal, block.kind->connections);
}

std::span<double> population::columns_of(std::uint32_t row_number) {
  population_block& block = block_of(row_number);
  const std::size_t width = block.kind->columns.size();
  return {block.columns.data() + (row_number - block.first_row) * width, width};
}

}  // namespace wanwu::sim
