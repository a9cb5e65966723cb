// Storms: who is cut off, at what pace, and when each may return.
#include <algorithm>
#include <utility>

#include "protocols/core/processors.hpp"
#include "sim/lane.hpp"

namespace wanwu::sim {

namespace {

constexpr std::uint64_t storm_chance = stream_of("storm.share");
constexpr std::uint64_t return_chance = stream_of("storm.return");

/// A worker's part of what its machine may cut off in a second.
double cuts_a_second(std::uint32_t workers) {
  return limits::cuts_a_second_and_core *
         std::min(1.0, static_cast<double>(processors()) / std::max(workers, 1U));
}

duration seconds(double count) {
  return std::chrono::duration_cast<duration>(std::chrono::duration<double>(count));
}

}  // namespace

void lane::strike(const storm_window& storm, const lang::expression* who, thing_context& context,
                  time_point now) {
  strikes_.push_back({storm.what, who, &context, now, now, now});
  cut_off(now, false);
  flush_closes(now);
}

void lane::cut_off(time_point now, bool held_up) {
  while (!strikes_.empty() && go_on(strikes_.front(), now, held_up)) strikes_.pop_front();
}

bool lane::go_on(strike_under_way& strike, time_point now, bool held_up) {
  const lang::storm& storm = *strike.what;
  const std::uint64_t key = storm_chance ^ stream_of(storm.name);
  std::size_t rows_left = rows_.size(), cuts_left = rows_.size();
  if (!plan_.virtual_time) {
    const duration gap = now - std::exchange(strike.looked_at, now);
    // The time a worker was away allows it nothing but to go on.
    if (held_up) strike.begun += gap;
    const double since = std::chrono::duration<double>(now - strike.begun).count();
    const auto allowed = static_cast<std::size_t>(since * cuts_a_second(plan_.workers)) + 1;
    cuts_left = held_up ? 1 : allowed - std::min<std::size_t>(allowed, strike.cut);
    rows_left = limits::storm_rows_a_round;
  }
  for (; strike.next < rows_.size() && rows_left > 0 && cuts_left > 0; ++strike.next, --rows_left) {
    const std::uint32_t c = strike.next;
    if (!rows_[c].wanted || rows_[c].dark) continue;
    const row_range behind = things_.rows_behind(index_, c);
    const std::uint64_t thing = number_of(things_.thing_of(behind.begin));
    if (!random_stream(plan_.seed, thing, key).chance(0, storm.share)) continue;
    if (strike.who != nullptr && !strike.context->storm_hits(*strike.who, behind.begin)) continue;
    lose(c, thing, storm, now);
    ++strike.cut;
    --cuts_left;
  }
  strike.next_at = cuts_left > 0 ? now : strike.begun + seconds(strike.cut / cuts_a_second(plan_.workers));
  return strike.next == rows_.size();
}

void lane::lose(std::uint32_t connection, std::uint64_t thing, const lang::storm& storm, time_point now) {
  connection_row& row = rows_[connection];
  const std::uint64_t behind = things_behind(connection);
  if (row.now != connection_state::down) {
    close_now(connection, storm.drop == lang::drop_kind::clean ? closing::clean : closing::abrupt);
  } else if (row.was_up) {
    levels_.reconnecting -= std::min(levels_.reconnecting, behind);
  }
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
  if (!retries_.armed(connection)) retries_.arm(connection, time_of(row.not_before));
}

}  // namespace wanwu::sim
