// The connections of one protocol on one worker: opens them as the ramp wants, again after a loss, cuts them
// in storms.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "protocols/drivers/driver.hpp"
#include "sim/handshakes.hpp"
#include "sim/population.hpp"
#include "sim/thing_context.hpp"
#include "sim/timer_wheel.hpp"

namespace wanwu::sim {

/// 16 bytes a connection.
struct connection_row {
  /// Ticks since the start: when the present try should have begun; while not wanted, when it will be.
  std::uint32_t intended{};
  std::uint32_t opened{};      ///< When it did begin; while queued, how long the target had held up others.
  std::uint32_t not_before{};  ///< Dark until then.
  std::uint8_t tries{};        ///< Since it was last up.
  connection_state now = connection_state::down;
  bool wanted : 1 = false;
  bool dark : 1 = false;       ///< Cut by a storm, not yet allowed back.
  bool returning : 1 = false;  ///< Allowed back after a storm, not yet up.
  bool was_up : 1 = false;
  bool queued : 1 = false;  ///< Waits for room in the handshake window.
  std::uint8_t backoff{};   ///< lang::backoff_kind of the storm it returns from.
};
static_assert(sizeof(connection_row) == 16);

/// Counts of things, not of connections.
struct lane_levels {
  std::uint64_t wanted{}, connected{}, dark{}, reconnecting{};
  std::uint64_t connections_up{};
};

/// Totals since the start. Late by this program's own doing: not while the target's handshakes left no room.
struct opening_counts {
  std::uint64_t begun{}, late{};
};

class lane {
 public:
  lane(const world_plan& plan, std::uint8_t index, population& things, time_point started);

  /// Takes the driver, which has this many connections, and arms the ramp.
  void attach(std::unique_ptr<driver> wire);
  driver& wire() { return *wire_; }
  void detach() { wire_.reset(); }
  protocol via() const { return plan_.lanes[index_].via; }
  std::uint8_t index() const { return index_; }

  /// Ramps, retries and cuts due by `now`. Who is `held_up` (limits::gives_way_after) cuts off one at most.
  void advance(time_point now, bool held_up);
  /// Opens what waits for it, as far as the target's handshakes leave room; few when held up.
  void open_queued(time_point now, bool held_up);
  /// More could have been opened than was in one round.
  bool is_held_back() const noexcept { return held_back_; }
  /// Chooses the share of those the storm is about and begins to cut it off: as fast as a core does it beside
  /// its other work (limits::cuts_a_second_and_core), in virtual time at once. Each is dark from its own cut
  /// on.
  void strike(const storm_window& storm, const lang::expression* who, thing_context& context, time_point now);
  /// Follows what the driver reports. Returns true when the connection has just come up.
  bool note(const connection_change& change);
  /// Nothing opens from now on, and nothing is wanted.
  void begin_goodbye();
  /// Closes the next so many connections in order; true when that were the last. After begin_goodbye().
  bool say_goodbye(std::size_t rows, time_point now);

  bool is_up(std::uint32_t connection) const { return (up_[connection / 64] >> (connection % 64) & 1U) != 0; }
  /// Down by our own wish: before its ramp, after it, or in a storm and on the way back from it.
  bool is_silent(std::uint32_t connection) const {
    const connection_row& row = rows_[connection];
    return !row.wanted || row.dark || row.returning || !row.was_up;
  }
  /// In a storm.
  bool is_dark(std::uint32_t connection) const { return rows_[connection].dark; }
  const lane_levels& levels() const { return levels_; }
  const opening_counts& openings() const { return openings_; }
  /// Things connected, by population.
  std::span<const std::uint64_t> connected() const { return connected_; }
  std::optional<time_point> next_deadline() const;
  bool has_ever_been_up() const { return ever_up_; }

 private:
  std::size_t openings_a_round(bool held_up) const;
  void apply_ramp(std::uint32_t connection, time_point now);
  void retry(std::uint32_t connection, time_point now);
  void schedule_retry(std::uint32_t connection, duration wait, time_point now);
  void enqueue(std::uint32_t connection, std::uint32_t intended);
  void count_opening(const connection_row& row, time_point now);
  void note_blocked(bool is_blocked, time_point now);
  void close_now(std::uint32_t connection, closing how);
  void set_state(std::uint32_t connection, connection_state now);
  void flush_closes(time_point now);
  void went_down(std::uint32_t connection, const connection_change& change);
  duration backoff_of(std::uint32_t connection) const;
  void count_connected(std::uint32_t connection, bool up);
  std::uint64_t things_behind(std::uint32_t connection) const;
  std::uint32_t tick_of(time_point at) const;
  time_point time_of(std::uint32_t tick) const { return started_ + tick_ * static_cast<std::int64_t>(tick); }
  /// A storm that has not looked at all rows yet.
  struct strike_under_way {
    const lang::storm* what;
    const lang::expression* who;  ///< nullptr: all.
    thing_context* context;
    time_point begun;  ///< Later by what the worker was held up since.
    time_point looked_at, next_at;
    std::uint32_t next{}, cut{};  ///< The row to look at; how many were cut off.
  };
  void cut_off(time_point now, bool held_up);
  /// True when it is over.
  bool go_on(strike_under_way& strike, time_point now, bool held_up);
  void lose(std::uint32_t connection, std::uint64_t thing, const lang::storm& storm, time_point now);

  const world_plan& plan_;
  std::uint8_t index_;
  population& things_;
  time_point started_;
  duration tick_;
  std::unique_ptr<driver> wire_;
  std::vector<connection_row> rows_;
  std::vector<std::uint64_t> up_;  ///< A bit a connection: of millions, the rows are in no cache and this is.
  timer_wheel ramps_, retries_;
  handshake_window handshakes_;
  std::deque<std::uint32_t> queue_;  ///< At most one entry a connection.
  time_point opened_at_;             ///< The last time any were.
  std::vector<std::uint32_t> due_;
  std::vector<connection_id> opening_, closing_clean_, closing_abrupt_;
  std::vector<time_point> opening_intended_;
  std::deque<strike_under_way> strikes_;  ///< One after the other.
  lane_levels levels_;
  opening_counts openings_;
  duration blocked_{};                       ///< Sum of when some waited and handshakes left no room.
  std::optional<time_point> blocked_since_;  ///< In such a time now.
  std::vector<std::uint64_t> connected_;
  std::uint32_t told_ = 0;  ///< While leaving: the connections before this one are closed.
  bool leaving_ = false, ever_up_ = false;
  bool held_back_ = false;  ///< Some wait that could have been opened, but for the round's bound.
};

}  // namespace wanwu::sim
