// Opening, losing and returning; see the header.
#include "sim/lane.hpp"

#include <algorithm>
#include <cassert>

#include "protocols/core/pages.hpp"
#include "protocols/core/processors.hpp"

namespace wanwu::sim {

namespace {

constexpr std::uint64_t backoff_chance = stream_of("reconnect.backoff");

}  // namespace

lane::lane(const world_plan& plan, std::uint8_t index, population& things, time_point started)
    : plan_{plan},
      index_{index},
      things_{things},
      started_{started},
      tick_{timer_wheel::tick_for(plan.when.end)},
      ramps_{things.connections_of_lane(index), started, tick_},
      retries_{things.connections_of_lane(index), started, tick_} {
  reserve_in_huge_pages(rows_, things.connections_of_lane(index));
  rows_.resize(things.connections_of_lane(index));
  up_.resize((rows_.size() + 63) / 64);
  connected_.resize(plan.populations.size());
  if (plan.virtual_time) handshakes_ = handshake_window::unlimited();
}

void lane::attach(std::unique_ptr<driver> wire) {
  wire_ = std::move(wire);
  wire_->prepare(static_cast<std::uint32_t>(rows_.size()));
  for (std::uint32_t c = 0; c < rows_.size(); ++c) {
    const auto change = plan_.when.ramp.next_change(things_.position_behind(index_, c), {});
    if (!change) continue;
    ramps_.arm(c, started_ + change->at);
    rows_[c].intended = tick_of(started_ + change->at);
  }
}

std::uint32_t lane::tick_of(time_point at) const {
  return at <= started_ ? 0 : static_cast<std::uint32_t>((at - started_) / tick_);
}

void lane::count_connected(std::uint32_t connection, bool up) {
  const std::uint64_t behind = things_behind(connection);
  std::uint64_t& of_kind = connected_[things_.block_behind(index_, connection).kind->index];
  levels_.connected += up ? behind : ~behind + 1;
  levels_.connections_up += up ? 1 : ~std::uint64_t{0};
  of_kind += up ? behind : ~behind + 1;
}

std::uint64_t lane::things_behind(std::uint32_t connection) const {
  const row_range behind = things_.rows_behind(index_, connection);
  return behind.end - behind.begin;
}

void lane::advance(time_point now, bool held_up) {
  if (leaving_) return;
  note_blocked(blocked_since_.has_value(), now);
  due_.clear();
  ramps_.pop_due(now, due_);
  for (const std::uint32_t c : due_) apply_ramp(c, now);
  due_.clear();
  retries_.pop_due(now, due_);
  for (const std::uint32_t c : due_) retry(c, now);
  cut_off(now, held_up);
  flush_closes(now);
  // Many at once is what a start, a storm or a target's death is: nothing of it stays.
  ramps_.give_back_room();
  retries_.give_back_room();
}

void lane::apply_ramp(std::uint32_t connection, time_point now) {
  connection_row& row = rows_[connection];
  const std::uint32_t due = row.intended;
  const double position = things_.position_behind(index_, connection);
  const bool wanted = plan_.when.ramp.wanted(position, now - started_);
  if (const auto next = plan_.when.ramp.next_change(position, now - started_ + duration{1})) {
    ramps_.arm(connection, started_ + next->at);
    if (!wanted) row.intended = tick_of(started_ + next->at);
  }
  if (wanted == row.wanted) return;
  row.wanted = wanted;
  const std::uint64_t behind = things_behind(connection);
  if (!wanted) {
    levels_.wanted -= behind;
    if (row.dark) levels_.dark -= behind;
    row.dark = row.returning = false;
    if (row.now != connection_state::down) close_now(connection, closing::clean);
    return;
  }
  levels_.wanted += behind;
  enqueue(connection, std::min(due, tick_of(now)));
}

void lane::enqueue(std::uint32_t connection, std::uint32_t intended) {
  connection_row& row = rows_[connection];
  row.intended = intended;
  if (row.queued || row.now != connection_state::down) return;
  row.queued = true;
  row.opened = static_cast<std::uint32_t>(blocked_ / tick_);
  queue_.push_back(connection);
}

void lane::count_opening(const connection_row& row, time_point now) {
  ++openings_.begun;
  if (plan_.virtual_time) return;
  const duration blocked = blocked_ - tick_ * static_cast<std::int64_t>(row.opened);
  const time_point due = time_of(std::max(row.intended, row.not_before));  // not while it backed off
  if (now - due - blocked > limits::late_after + tick_) ++openings_.late;
}

void lane::note_blocked(bool is_blocked, time_point now) {
  if (blocked_since_) blocked_ += now - *blocked_since_;
  blocked_since_.reset();
  if (is_blocked) blocked_since_ = now;
}

void lane::retry(std::uint32_t connection, time_point now) {
  connection_row& row = rows_[connection];
  if (!row.wanted || row.now != connection_state::down) return;
  if (row.not_before > tick_of(now)) {
    retries_.arm(connection, time_of(row.not_before));
    return;
  }
  if (row.dark) {
    row.dark = false;
    row.returning = true;
    row.intended = row.not_before;
    const std::uint64_t behind = things_behind(connection);
    levels_.dark -= behind;
    levels_.reconnecting += behind;
  }
  enqueue(connection, row.intended);
}

std::size_t lane::openings_a_round(bool held_up) const {
  if (plan_.virtual_time) return queue_.size();
  if (!held_up) return limits::opened_a_round;
  const std::size_t share = limits::opened_when_held_up * processors() / std::max(plan_.workers, 1U);
  return std::clamp(share, limits::opened_at_least, limits::opened_when_held_up);
}

void lane::open_queued(time_point now, bool held_up) {
  held_back_ = false;
  note_blocked(false, now);
  if (leaving_ || queue_.empty()) return;
  opening_.clear();
  opening_intended_.clear();
  const std::size_t room = openings_a_round(held_up);
  while (!queue_.empty() && opening_.size() < room && handshakes_.has_room()) {
    const std::uint32_t connection = queue_.front();
    queue_.pop_front();
    connection_row& row = rows_[connection];
    row.queued = false;
    if (!row.wanted || row.dark || row.now != connection_state::down) continue;
    set_state(connection, connection_state::opening);
    count_opening(row, now);
    row.opened = tick_of(now);
    handshakes_.begun();
    opening_.push_back(connection_id{connection});
    opening_intended_.push_back(std::min(now, time_of(row.intended)));
  }
  held_back_ = !queue_.empty() && opening_.size() == room;
  note_blocked(!queue_.empty() && !held_back_, now);
  opened_at_ = now;
  if (!opening_.empty()) wire_->open(opening_, opening_intended_, now);
}

void lane::set_state(std::uint32_t connection, connection_state now) {
  rows_[connection].now = now;
  const std::uint64_t bit = std::uint64_t{1} << (connection % 64);
  std::uint64_t& word = up_[connection / 64];
  word = now == connection_state::up ? word | bit : word & ~bit;
}

void lane::close_now(std::uint32_t connection, closing how) {
  connection_row& row = rows_[connection];
  const std::uint64_t behind = things_behind(connection);
  if (row.now == connection_state::opening) handshakes_.ended(true, duration{});
  if (row.now == connection_state::up) {
    count_connected(connection, false);
  } else if (row.was_up && row.wanted && !row.dark) {
    levels_.reconnecting -= std::min(levels_.reconnecting, behind);
  }
  set_state(connection, connection_state::down);
  row.tries = 0;
  (how == closing::clean ? closing_clean_ : closing_abrupt_).push_back(connection_id{connection});
}

void lane::flush_closes(time_point now) {
  if (!closing_clean_.empty()) wire_->close(closing_clean_, closing::clean, now);
  if (!closing_abrupt_.empty()) wire_->close(closing_abrupt_, closing::abrupt, now);
  closing_clean_.clear();
  closing_abrupt_.clear();
}

duration lane::backoff_of(std::uint32_t connection) const {
  const connection_row& row = rows_[connection];
  const auto kind =
      row.returning ? static_cast<lang::backoff_kind>(row.backoff) : lang::backoff_kind::exponential;
  if (kind == lang::backoff_kind::none) return limits::backoff_none;
  duration ceiling = limits::backoff_first;
  if (kind == lang::backoff_kind::exponential) {
    ceiling =
        std::min(limits::backoff_last, limits::backoff_first * (1U << std::min<unsigned>(row.tries, 6)));
  }
  const std::uint64_t who = (std::uint64_t{index_} << 32U) | things_.global_connection(connection);
  const double draw =
      random_stream(plan_.seed, who, backoff_chance).uniform((std::uint64_t{row.intended} << 8U) | row.tries);
  return duration{static_cast<std::int64_t>((0.5 + 0.5 * draw) * static_cast<double>(ceiling.count()))};
}

void lane::schedule_retry(std::uint32_t connection, duration wait, time_point now) {
  connection_row& row = rows_[connection];
  row.not_before = tick_of(now + wait) + 1;
  if (!retries_.armed(connection)) retries_.arm(connection, time_of(row.not_before));
}

bool lane::note(const connection_change& change) {
  const auto connection = static_cast<std::uint32_t>(change.connection);
  connection_row& row = rows_[connection];
  if (change.now == connection_state::down) {
    went_down(connection, change);
    return false;
  }
  if (change.now != connection_state::up || row.now == connection_state::up) return false;
  if (row.now == connection_state::opening) handshakes_.ended(true, change.at - time_of(row.opened));
  const std::uint64_t behind = things_behind(connection);
  if (row.was_up) levels_.reconnecting -= std::min(levels_.reconnecting, behind);
  set_state(connection, connection_state::up);
  row.was_up = ever_up_ = true;
  row.returning = false;
  row.tries = 0;
  count_connected(connection, true);
  return true;
}

void lane::went_down(std::uint32_t connection, const connection_change& change) {
  connection_row& row = rows_[connection];
  if (row.now == connection_state::down) return;  // our own close, said back to us
  const std::uint64_t behind = things_behind(connection);
  const bool was_opening = row.now == connection_state::opening;
  if (was_opening) {
    handshakes_.ended(false, {});
  } else {
    count_connected(connection, false);
    if (!leaving_) levels_.reconnecting += behind;  // told to leave, it does not come back
    row.intended = tick_of(change.at);
  }
  set_state(connection, connection_state::down);
  if (!row.wanted || leaving_) return;
  schedule_retry(connection, backoff_of(connection), change.at);
  if (row.tries < 255) ++row.tries;
}

void lane::begin_goodbye() {
  leaving_ = true;
  levels_.reconnecting = 0;
  queue_.clear();
  strikes_.clear();
  for (connection_row& row : rows_) row.wanted = false;
}

bool lane::say_goodbye(std::size_t rows, time_point now) {
  for (; told_ < rows_.size() && rows > 0; ++told_, --rows) {
    if (rows_[told_].now != connection_state::down) closing_clean_.push_back(connection_id{told_});
  }
  flush_closes(now);
  return told_ == rows_.size();
}

std::optional<time_point> lane::next_deadline() const {
  std::optional<time_point> next = wire_->next_deadline();
  if (leaving_) return next;
  for (const auto& due : {ramps_.next_due(), retries_.next_due()}) {
    if (due && (!next || *due < *next)) next = due;
  }
  if (!strikes_.empty()) next = std::min(next.value_or(time_point::max()), strikes_.front().next_at);
  if (held_back_) next = std::min(next.value_or(time_point::max()), opened_at_);
  return next;
}

}  // namespace wanwu::sim
