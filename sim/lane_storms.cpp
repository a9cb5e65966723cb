// Storms: who is cut off, at what pace, and when each may return.
#include <algorithm>
#include <thread>

#include "sim/lane.hpp"

namespace wanwu::sim {

namespace {

constexpr std::uint64_t storm_chance = stream_of("storm.share");
constexpr std::uint64_t return_chance = stream_of("storm.return");

/// A worker's part of what its machine may cut off in a second.
double cuts_a_second(std::uint32_t workers) {
  const std::uint32_t cores = std::max(std::thread::hardware_concurrency(), 1U);
  return limits::cuts_a_second_and_core * std::min(1.0, static_cast<double>(cores) / std::max(workers, 1U));
}

}  // namespace

void lane::strike(const storm_window& storm, const lang::expression* who, thing_context& context,
                  time_point now) {
  const std::uint64_t key = storm_chance ^ stream_of(storm.what->name);
  if (victims_.empty()) striking_since_ = now;
  for (std::uint32_t c = 0; c < rows_.size(); ++c) {
    if (!rows_[c].wanted || rows_[c].dark) continue;
    const row_range behind = things_.rows_behind(index_, c);
    const std::uint64_t thing = number_of(things_.thing_of(behind.begin));
    if (!random_stream(plan_.seed, thing, key).chance(0, storm.what->share)) continue;
    if (who != nullptr && !context.storm_hits(*who, behind.begin)) continue;
    victims_.push_back({c, storm.what});
  }
  cut_off(now);
  flush_closes(now);
}

void lane::cut_off(time_point now) {
  if (victims_.empty()) return;
  std::size_t upto = victims_.size();
  if (!plan_.virtual_time) {
    const double since = std::chrono::duration<double>(now - striking_since_).count();
    upto = std::min(upto, static_cast<std::size_t>(since * cuts_a_second(plan_.workers)) + 1);
  }
  for (; struck_ < upto; ++struck_) lose(victims_[struck_], now);
  if (struck_ < victims_.size()) return;
  victims_ = {};
  struck_ = 0;
}

time_point lane::next_cut() const {
  return striking_since_ + std::chrono::duration_cast<duration>(std::chrono::duration<double>(
                               static_cast<double>(struck_) / cuts_a_second(plan_.workers)));
}

void lane::lose(const victim& which, time_point now) {
  connection_row& row = rows_[which.connection];
  if (!row.wanted || row.dark) return;
  const lang::storm& storm = *which.storm;
  const std::uint64_t behind = things_behind(which.connection);
  if (row.now != connection_state::down) {
    close_now(which.connection, storm.drop == lang::drop_kind::clean ? closing::clean : closing::abrupt);
  } else if (row.was_up) {
    levels_.reconnecting -= std::min(levels_.reconnecting, behind);
  }
  const std::uint64_t thing =
      number_of(things_.thing_of(things_.rows_behind(index_, which.connection).begin));
  const double spread = random_stream(plan_.seed, thing, return_chance ^ stream_of(storm.name)).uniform(0);
  const duration back =
      storm.dark +
      duration{static_cast<std::int64_t>(spread * static_cast<double>(storm.return_within.count()))};
  row.dark = true;
  row.returning = false;
  row.backoff = static_cast<std::uint8_t>(storm.backoff);
  row.not_before = std::max(tick_of(now + back), tick_of(now) + 1);
  row.tries = 0;
  levels_.dark += behind;
  if (!retries_.armed(which.connection)) retries_.arm(which.connection, time_of(row.not_before));
}

}  // namespace wanwu::sim
