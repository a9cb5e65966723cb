// A stream transport with faults on its way, over another one: sockets, or memory in virtual time.
//
// What a fault holds back waits here and goes on at its instant, in the order of the stream; what no fault
// touches goes straight through. A lane without faults has the other transport itself, and pays nothing.
#pragma once

#include <algorithm>
#include <cerrno>
#include <vector>

#include "protocols/transport/impairment.hpp"
#include "protocols/transport/link.hpp"
#include "protocols/transport/memory.hpp"

namespace wanwu {

/// What faults need of a transport besides.
template <class T>
concept impairable_transport = stream_transport<T> && requires(T transport, link_id link) {
  transport.limit_receiving(1);
  { transport.hold_reading(link, true) } -> std::same_as<bool>;  ///< False when it cannot.
  transport.park(link);
};

/// A stream transport whose owner's advance() calls advance() of this, by next_deadline() at the latest.
template <impairable_transport T>
class impaired_streams {
 public:
  /// What a slow reader takes from its socket before it is due to be read: the socket's buffer is as small.
  static constexpr std::uint32_t slow_bytes_max = 4096;

  /// `inner` outlives this.
  impaired_streams(T& inner, impaired_way way) : inner_{inner}, way_{std::move(way)} {}

  void attach(readiness_listener& owner) { inner_.attach(owner); }
  void prepare(std::uint32_t count) {
    inner_.prepare(count);
    for (auto at = static_cast<std::uint32_t>(rows_.size()); at < count; ++at) {
      rows_.emplace_back();
      rows_.back().number = way_.number_of(at);
    }
  }
  /// Lets the link's chance go by the number that `user` has on other workers too, and by `which` of the
  /// user's links it is, instead of by the number of the link, which depends on who else is on this worker.
  void number_after(link_id link, std::uint32_t user, std::uint32_t which) {
    auto& row = row_of(link);
    row.number = way_.number_of(user) | std::uint64_t{which} << 32U;
    row.out.start_anew();
    row.in.start_anew();
  }
  void open(link_id link, const socket_address& address, time_point now);
  std::size_t send(link_id link, bytes_view raw, time_point now);
  std::size_t send(link_id link, std::span<const bytes_view> parts, time_point now);
  void close(link_id link, closing how, time_point now);
  bool is_up(link_id link) const noexcept { return row_of(link).stage == link_stage::up; }
  bool needed_second_syn(link_id link) const noexcept { return inner_.needed_second_syn(link); }
  std::uint32_t direct_count() const noexcept { return inner_.direct_count(); }

  template <stream_listener L>
  void dispatch(std::span<const readiness> events, L& listener, time_point now) {
    intake<L> from_inner{*this, listener};
    inner_.dispatch(events, from_inner, now);
  }
  /// Passes on all that is due by `now`, each at its own instant.
  template <stream_listener L>
  void advance(L& listener, time_point now);
  std::optional<time_point> next_deadline() const;
  /// Links that their owner has closed and whose end has not reached the other side yet.
  std::uint32_t ending() const noexcept { return ending_; }

 private:
  using kind = delivery_queue::kind;
  enum class link_stage : std::uint8_t { closed, opening, up };
  /// One link: as its owner sees it, and the link of the inner transport that carries it.
  struct link_row {
    std::uint64_t number = 0;
    path_state out, in;
    bytes stuck;                              ///< Due, and not yet taken by the inner transport.
    std::uint32_t queued = 0;                 ///< Bytes held back on their way out, `stuck` included.
    std::uint32_t held_out = 0, held_in = 0;  ///< Entries of the queues: nothing may overtake them.
    std::uint32_t queued_in = 0;              ///< Bytes held back on their way in.
    std::uint16_t turn = 0;                   ///< Strokes in this life.
    std::uint16_t life = 0;                   ///< Counts openings by the owner.
    std::uint16_t carried = 0;                ///< The life that the inner link was opened for.
    link_stage stage{};
    bool inner_open = false;
    bool blocked = false;    ///< send() took less than it was given.
    bool spoke = false;      ///< Has written in this life.
    bool mute = false;       ///< Writes no more.
    bool unread = false;     ///< The inner transport is told not to read.
    bool finishing = false;  ///< FIN follows what is stuck.
  };
  template <class L>
  struct intake;

  link_row& row_of(link_id link) noexcept { return rows_[static_cast<std::uint32_t>(link)]; }
  const link_row& row_of(link_id link) const noexcept { return rows_[static_cast<std::uint32_t>(link)]; }
  static std::uint32_t number_of(link_id link) noexcept { return static_cast<std::uint32_t>(link); }
  bool listens(const link_row& row) const noexcept {
    return row.stage != link_stage::closed && row.carried == row.life;
  }
  static delivery_queue::delivery entry(const link_row& row, link_id link, kind what, time_point due);
  void hold_out(link_id link, kind what, time_point due, bytes_view raw = {},
                const socket_address& peer = {});
  void hold_in(link_id link, kind what, time_point due, bytes_view raw = {}, int error = 0);
  void carry_out(link_id link, bytes_view raw, time_point due, time_point now);
  void push_on(link_id link, bytes_view raw, time_point now);
  void close_inner(link_row& row, link_id link, closing how, time_point now);
  void park_inner(link_row& row, link_id link);
  void leave(const delivery_queue::delivery& due);
  void expect_stroke(link_id link, time_point from);
  template <stream_listener L>
  void strike(const delivery_queue::delivery& due, L& listener);
  template <stream_listener L>
  void limit_intake(link_id link, L& listener, time_point now);
  template <stream_listener L>
  void arrive(link_id link, kind what, bytes_view raw, int error, L& listener, time_point now);
  /// Holds it back, or hands it over at once when nothing is due later.
  template <stream_listener L>
  void bring(link_id link, kind what, bytes_view raw, int error, const stream_passage& how, L& listener,
             time_point now);
  template <stream_listener L>
  void tell_writable(link_id link, L& listener, time_point now);

  T& inner_;
  impaired_way way_;
  std::vector<link_row> rows_;
  delivery_queue leaving_, arriving_, strokes_;
  std::uint32_t ending_ = 0;
  bytes joined_, words_;
};

/// What the inner transport reports, on its way to the owner.
template <impairable_transport T>
template <class L>
struct impaired_streams<T>::intake {
  impaired_streams& at;
  L& listener;

  void link_opened(link_id link, time_point now) {
    auto& row = at.row_of(link);
    if (!at.listens(row)) return;
    const auto how =
        at.way_.pass_segment(row.in, row.number, heading::in, 0, now, impaired_way::resend_opening_after);
    at.bring(link, kind::opened, {}, 0, how, listener, now);
  }
  void link_received(link_id link, bytes_view raw, time_point now) {
    auto& row = at.row_of(link);
    const auto life = row.life;
    while (!raw.empty() && at.listens(row) && row.life == life) {
      const auto piece = raw.first(impaired_way::segment_of(row.in, raw.size(), now));
      raw = raw.subspan(piece.size());
      const auto how = at.way_.pass_segment(row.in, row.number, heading::in, piece.size(), now);
      at.bring(link, kind::received, piece, 0, how, listener, now);
    }
  }
  void link_writable(link_id link, time_point now) {
    auto& row = at.row_of(link);
    if (!row.stuck.empty()) {
      bytes waiting;
      waiting.swap(row.stuck);
      row.queued -= static_cast<std::uint32_t>(waiting.size());
      at.push_on(link, waiting, now);
      if (row.stuck.empty() && row.finishing) at.close_inner(row, link, closing::clean, now);
    }
    at.tell_writable(link, listener, now);
  }
  void link_ended(link_id link, time_point now) { over(link, kind::ended, 0, now); }
  void link_failed(link_id link, std::error_code why, time_point now) {
    over(link, kind::failed, why.value(), now);
  }

 private:
  void over(link_id link, kind what, int error, time_point now) {
    auto& row = at.row_of(link);
    const bool heard = at.listens(row);
    row.inner_open = row.finishing = false;
    row.queued -= static_cast<std::uint32_t>(row.stuck.size());
    row.stuck.clear();
    if (!heard) return;
    const auto how = at.way_.pass_segment(row.in, row.number, heading::in, 0, now);
    at.bring(link, what, {}, error, how, listener, now);
  }
};

template <impairable_transport T>
delivery_queue::delivery impaired_streams<T>::entry(const link_row& row, link_id link, kind what,
                                                    time_point due) {
  delivery_queue::delivery made;
  made.at = due;
  made.link = number_of(link);
  made.generation = row.life;
  made.what = what;
  return made;
}

template <impairable_transport T>
void impaired_streams<T>::hold_out(link_id link, kind what, time_point due, bytes_view raw,
                                   const socket_address& peer) {
  auto& row = row_of(link);
  auto next = entry(row, link, what, due);
  next.peer = peer;
  ++row.held_out;
  leaving_.push(std::move(next), raw);
}

template <impairable_transport T>
void impaired_streams<T>::hold_in(link_id link, kind what, time_point due, bytes_view raw, int error) {
  auto& row = row_of(link);
  auto next = entry(row, link, what, due);
  next.error = error;
  ++row.held_in;
  arriving_.push(std::move(next), raw);
}

/// By way of the queue also when nothing delays it: what a former life has sent, its end among it, goes
/// first.
template <impairable_transport T>
void impaired_streams<T>::open(link_id link, const socket_address& address, time_point now) {
  auto& row = row_of(link);
  ++row.life;
  row.stage = link_stage::opening;
  row.blocked = row.spoke = row.mute = row.unread = false;
  row.turn = 0;
  // The former life's packets hold nobody up: in the field this is another connection.
  row.out.last_due = row.in.last_due = now;
  const auto how =
      way_.pass_segment(row.out, row.number, heading::out, 0, now, impaired_way::resend_opening_after);
  if (how.broken) return hold_in(link, kind::failed, how.due, {}, ETIMEDOUT);
  hold_out(link, kind::opened, how.due, {}, address);
}

template <impairable_transport T>
std::size_t impaired_streams<T>::send(link_id link, bytes_view raw, time_point now) {
  auto& row = row_of(link);
  if (row.stage != link_stage::up) return 0;
  const std::size_t room =
      impaired_way::queue_bytes_max - std::min<std::size_t>(row.queued, impaired_way::queue_bytes_max);
  const std::size_t taken = std::min(raw.size(), room);
  row.blocked = taken < raw.size();
  if (row.mute) return taken;
  bool repeated = false, begins = true;
  for (bytes_view rest = raw.first(taken); !rest.empty();) {
    const auto piece = rest.first(impaired_way::segment_of(row.out, rest.size(), now));
    rest = rest.subspan(piece.size());
    const auto how = way_.pass_segment(row.out, row.number, heading::out, piece.size(), now);
    repeated = begins ? how.repeated : repeated;
    begins = false;
    if (how.broken) {
      hold_in(link, kind::failed, how.due, {}, ETIMEDOUT);
    } else {
      carry_out(link, piece, how.due, now);
    }
  }
  // Not the greeting: twice, that would be another mistake.
  if (repeated && row.spoke && taken == raw.size())
    carry_out(link, raw, std::max(now, row.out.last_due), now);
  row.spoke = true;
  return taken;
}

template <impairable_transport T>
std::size_t impaired_streams<T>::send(link_id link, std::span<const bytes_view> parts, time_point now) {
  joined_.clear();
  for (const bytes_view part : parts) joined_.insert(joined_.end(), part.begin(), part.end());
  return send(link, joined_, now);
}

template <impairable_transport T>
void impaired_streams<T>::carry_out(link_id link, bytes_view raw, time_point due, time_point now) {
  auto& row = row_of(link);
  if (due <= now && row.held_out == 0) return push_on(link, raw, now);
  row.queued += static_cast<std::uint32_t>(raw.size());
  hold_out(link, kind::received, due, raw);
}

/// To the inner transport; what it does not take now waits for its room.
template <impairable_transport T>
void impaired_streams<T>::push_on(link_id link, bytes_view raw, time_point now) {
  auto& row = row_of(link);
  if (!row.inner_open) return;
  const std::size_t taken = row.stuck.empty() ? inner_.send(link, raw, now) : 0;
  row.stuck.insert(row.stuck.end(), raw.begin() + static_cast<std::ptrdiff_t>(taken), raw.end());
  row.queued += static_cast<std::uint32_t>(raw.size() - taken);
}

template <impairable_transport T>
void impaired_streams<T>::close(link_id link, closing how, time_point now) {
  auto& row = row_of(link);
  if (row.stage == link_stage::closed) return;
  row.stage = link_stage::closed;
  const auto passage = way_.pass_segment(row.out, row.number, heading::out, 0, now);
  ++ending_;
  hold_out(link, how == closing::clean ? kind::ended : kind::failed, passage.due);
}

}  // namespace wanwu

#include "protocols/transport/impaired_streams_moving.hpp"
