// What impaired_streams does when the time of something has come: what it held back moves on, what befalls a
// link befalls it. Included by impaired_streams.hpp.
#pragma once

#include "protocols/transport/impaired_streams.hpp"

namespace wanwu {

template <impairable_transport T>
void impaired_streams<T>::close_inner(link_row& row, link_id link, closing how, time_point now) {
  row.inner_open = row.finishing = false;
  row.queued -= static_cast<std::uint32_t>(row.stuck.size());
  row.stuck.clear();
  inner_.close(link, how, now);
}

/// The inner link stays open, and is nobody's from here on.
template <impairable_transport T>
void impaired_streams<T>::park_inner(link_row& row, link_id link) {
  if (row.inner_open) inner_.park(link);
  row.inner_open = row.finishing = false;
  row.queued -= static_cast<std::uint32_t>(row.stuck.size());
  row.stuck.clear();
}

/// Something reaches the inner transport.
template <impairable_transport T>
void impaired_streams<T>::leave(const delivery_queue::delivery& due) {
  const link_id link{due.link};
  auto& row = rows_[due.link];
  --row.held_out;
  if (due.what == kind::ended || due.what == kind::failed) --ending_;
  if (due.what == kind::opened) {
    if (due.generation != row.life || row.stage == link_stage::closed) return;
    if (row.inner_open) close_inner(row, link, closing::abrupt, due.at);
    row.inner_open = true;
    row.carried = due.generation;
    inner_.limit_receiving(way_.reads_slowly(row.number) ? int{slow_bytes_max} : 0);
    return inner_.open(link, due.peer, due.at);
  }
  if (due.what == kind::received) row.queued -= static_cast<std::uint32_t>(due.payload.size());
  if (!row.inner_open || row.carried != due.generation) return;
  if (due.what == kind::received) {
    push_on(link, due.payload, due.at);
  } else if (due.what == kind::ended && !row.stuck.empty()) {
    row.finishing = true;
  } else {
    close_inner(row, link, due.what == kind::ended ? closing::clean : closing::abrupt, due.at);
  }
}

template <impairable_transport T>
template <stream_listener L>
void impaired_streams<T>::bring(link_id link, kind what, bytes_view raw, int error, const stream_passage& how,
                                L& listener, time_point now) {
  if (how.broken) {
    hold_in(link, kind::failed, how.due, {}, ETIMEDOUT);
  } else if (how.due > now || row_of(link).held_in > 0) {
    hold_in(link, what, how.due, raw, error);
    row_of(link).queued_in += static_cast<std::uint32_t>(raw.size());
    limit_intake(link, listener, now);
  } else {
    arrive(link, what, raw, error, listener, now);
  }
}

/// Lets the other side wait while enough is held back here; where that cannot be, the link breaks when no
/// system would hold so much.
template <impairable_transport T>
template <stream_listener L>
void impaired_streams<T>::limit_intake(link_id link, L& listener, time_point now) {
  auto& row = row_of(link);
  if (!row.inner_open || row.carried != row.life) return;
  const bool slow = way_.reading_rate(row.number, now) > 0;
  const std::uint32_t most = slow ? slow_bytes_max : std::uint32_t{impaired_way::queue_bytes_max};
  const bool too_much = row.queued_in > (row.unread ? most / 2 : most);
  if (too_much != row.unread && inner_.hold_reading(link, too_much)) row.unread = too_much;
  if (row.queued_in > 4 * impaired_way::queue_bytes_max)
    arrive(link, kind::failed, {}, ENOBUFS, listener, now);
}

/// Something reaches the owner.
template <impairable_transport T>
template <stream_listener L>
void impaired_streams<T>::arrive(link_id link, kind what, bytes_view raw, int error, L& listener,
                                 time_point now) {
  auto& row = row_of(link);
  switch (what) {
    case kind::opened:
      row.stage = link_stage::up;
      expect_stroke(link, now);
      return listener.link_opened(link, now);
    case kind::received:
      return listener.link_received(link, raw, now);
    case kind::ended:
      row.stage = link_stage::closed;
      return listener.link_ended(link, now);
    case kind::failed:
      row.stage = link_stage::closed;
      if (row.inner_open && row.carried == row.life) close_inner(row, link, closing::abrupt, now);
      return listener.link_failed(link, std::error_code{error, std::system_category()}, now);
  }
}

template <impairable_transport T>
template <stream_listener L>
void impaired_streams<T>::tell_writable(link_id link, L& listener, time_point now) {
  auto& row = row_of(link);
  if (!row.blocked || row.stage != link_stage::up || row.queued > impaired_way::queue_bytes_max / 2) return;
  row.blocked = false;
  listener.link_writable(link, now);
}

template <impairable_transport T>
void impaired_streams<T>::expect_stroke(link_id link, time_point from) {
  const auto& row = row_of(link);
  const auto next = way_.stroke_after(row.number, row.life, row.turn, from);
  if (!next) return;
  auto due = entry(row, link, kind::failed, next->at);
  due.error = static_cast<int>(next->what) | next->fault << 8;
  strokes_.push(std::move(due));
}

template <impairable_transport T>
template <stream_listener L>
void impaired_streams<T>::strike(const delivery_queue::delivery& due, L& listener) {
  const link_id link{due.link};
  auto& row = rows_[due.link];
  if (row.stage != link_stage::up || row.life != due.generation) return;
  const next_stroke now{due.at, static_cast<stroke>(due.error & 0xFF),
                        static_cast<std::uint16_t>(due.error >> 8)};
  switch (now.what) {
    case stroke::reset:
      return arrive(link, kind::failed, {}, ECONNRESET, listener, due.at);
    case stroke::leave:
      if (row.inner_open) close_inner(row, link, closing::clean, due.at);
      return arrive(link, kind::ended, {}, 0, listener, due.at);
    case stroke::silent:
      return park_inner(row, link);
    case stroke::rival:
      park_inner(row, link);
      return arrive(link, kind::failed, {}, ECONNABORTED, listener, due.at);
    case stroke::mute:
      row.mute = true;
      break;
    case stroke::garbage:
    case stroke::oversized:
      if (!row.mute)
        carry_out(link, way_.words_of(now, row.number, row.turn, words_), std::max(due.at, row.out.last_due),
                  due.at);
      break;
  }
  ++row.turn;
  expect_stroke(link, due.at);
}

template <impairable_transport T>
template <stream_listener L>
void impaired_streams<T>::advance(L& listener, time_point now) {
  while (true) {
    const auto never = time_point::max();
    const auto out = leaving_.next().value_or(never), in = arriving_.next().value_or(never),
               blow = strokes_.next().value_or(never);
    const auto soonest = std::min({out, in, blow});
    if (soonest > now || soonest == never) return;
    if (out == soonest) {
      auto due = leaving_.pop(now);
      leave(*due);
      tell_writable(link_id{due->link}, listener, due->at);
      leaving_.recycle(std::move(due->payload));
    } else if (in == soonest) {
      auto due = arriving_.pop(now);
      auto& row = rows_[due->link];
      --row.held_in;
      row.queued_in -= static_cast<std::uint32_t>(due->payload.size());
      if (row.stage != link_stage::closed && row.life == due->generation) {
        arrive(link_id{due->link}, due->what, due->payload, due->error, listener, due->at);
        limit_intake(link_id{due->link}, listener, due->at);
      }
      arriving_.recycle(std::move(due->payload));
    } else {
      strike(*strokes_.pop(now), listener);
    }
  }
}

template <impairable_transport T>
std::optional<time_point> impaired_streams<T>::next_deadline() const {
  std::optional<time_point> soonest;
  for (const delivery_queue* queue : {&leaving_, &arriving_, &strokes_}) {
    const auto due = queue->next();
    if (due && (!soonest || *due < *soonest)) soonest = due;
  }
  return soonest;
}

}  // namespace wanwu
