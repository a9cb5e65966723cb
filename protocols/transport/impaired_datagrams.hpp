// A datagram transport with faults on its way, over another one: sockets, or memory in virtual time.
#pragma once

#include <algorithm>
#include <vector>

#include "protocols/transport/impairment.hpp"
#include "protocols/transport/link.hpp"
#include "protocols/transport/memory.hpp"

namespace wanwu {

/// A datagram transport whose owner's advance() calls advance() of this, by next_deadline() at the latest.
/// Each endpoint is a link of its own. What the inner transport has no room for when its time comes is lost,
/// as in a full queue.
template <datagram_transport T>
class impaired_datagrams {
 public:
  /// `inner` outlives this.
  impaired_datagrams(T& inner, impaired_way way) : inner_{inner}, way_{std::move(way)} {}

  void attach(readiness_listener& owner) { inner_.attach(owner); }
  std::uint32_t endpoint_count() const noexcept { return inner_.endpoint_count(); }
  bool send_to(endpoint_id local, const socket_address& peer, bytes_view raw, time_point now);
  void flush(time_point now) { inner_.flush(now); }

  template <datagram_listener L>
  void dispatch(std::span<const readiness> events, L& listener, time_point now) {
    intake<L> from_inner{*this, listener};
    inner_.dispatch(events, from_inner, now);
  }
  /// Passes on all that is due by `now`, each at its own instant.
  template <datagram_listener L>
  void advance(L& listener, time_point now);
  std::optional<time_point> next_deadline() const;

 private:
  struct endpoint_row {
    path_state out, in;
    std::uint16_t turn = 0;  ///< Strokes so far.
    bool speaks = false;     ///< Strokes are expected from its first datagram on.
  };
  template <class L>
  struct intake;

  endpoint_row& row_of(endpoint_id local);
  std::uint64_t number_of(endpoint_id local) const noexcept {
    return way_.number_of(static_cast<std::uint32_t>(local));
  }
  static void hold(delivery_queue& queue, endpoint_id local, const socket_address& peer, bytes_view raw,
                   time_point due);

  void expect_stroke(endpoint_id local, const socket_address& peer, time_point from);
  void strike(const delivery_queue::delivery& due);

  T& inner_;
  impaired_way way_;
  std::vector<endpoint_row> rows_;
  delivery_queue leaving_, arriving_, strokes_;
  bytes words_;
};

/// What the inner transport reports, on its way to the owner.
template <datagram_transport T>
template <class L>
struct impaired_datagrams<T>::intake {
  impaired_datagrams& at;
  L& listener;

  void datagrams_received(std::span<const datagram> batch, time_point now) {
    for (const datagram& one : batch) {
      const auto how = at.way_.pass_datagram(at.row_of(one.local).in, at.number_of(one.local), heading::in,
                                             one.payload.size(), now);
      for (std::size_t copy = 0; copy < how.copies; ++copy) {
        if (how.due[copy] > now) {
          hold(at.arriving_, one.local, one.peer, one.payload, how.due[copy]);
        } else {
          listener.datagrams_received({&one, 1}, now);
        }
      }
    }
  }
  void datagram_refused(endpoint_id local, const socket_address& peer, std::error_code why, time_point now) {
    listener.datagram_refused(local, peer, why, now);
  }
};

template <datagram_transport T>
typename impaired_datagrams<T>::endpoint_row& impaired_datagrams<T>::row_of(endpoint_id local) {
  const auto at = static_cast<std::uint32_t>(local);
  if (at >= rows_.size()) rows_.resize(std::max<std::size_t>(at + std::size_t{1}, inner_.endpoint_count()));
  return rows_[at];
}

template <datagram_transport T>
void impaired_datagrams<T>::hold(delivery_queue& queue, endpoint_id local, const socket_address& peer,
                                 bytes_view raw, time_point due) {
  delivery_queue::delivery next;
  next.at = due;
  next.link = static_cast<std::uint32_t>(local);
  next.what = delivery_queue::kind::received;
  next.peer = peer;
  queue.push(std::move(next), raw);
}

template <datagram_transport T>
bool impaired_datagrams<T>::send_to(endpoint_id local, const socket_address& peer, bytes_view raw,
                                    time_point now) {
  const auto number = number_of(local);
  if (auto& row = row_of(local); !row.speaks) {
    row.speaks = true;
    expect_stroke(local, peer, now);
  }
  if (!way_.acts_on(number, now)) return inner_.send_to(local, peer, raw, now);
  const auto how = way_.pass_datagram(row_of(local).out, number, heading::out, raw.size(), now);
  for (std::size_t copy = 0; copy < how.copies; ++copy) {
    if (how.due[copy] > now || !inner_.send_to(local, peer, raw, now))
      hold(leaving_, local, peer, raw, how.due[copy]);
  }
  return true;
}

template <datagram_transport T>
void impaired_datagrams<T>::expect_stroke(endpoint_id local, const socket_address& peer, time_point from) {
  const auto next = way_.stroke_after(number_of(local), 0, row_of(local).turn, from);
  if (!next) return;
  delivery_queue::delivery due;
  due.at = next->at;
  due.link = static_cast<std::uint32_t>(local);
  due.peer = peer;
  due.error = static_cast<int>(next->what) | next->fault << 8;
  strokes_.push(std::move(due));
}

/// Only what a thing says; the rest is about connections.
template <datagram_transport T>
void impaired_datagrams<T>::strike(const delivery_queue::delivery& due) {
  const endpoint_id local{due.link};
  auto& row = row_of(local);
  const next_stroke now{due.at, static_cast<stroke>(due.error & 0xFF),
                        static_cast<std::uint16_t>(due.error >> 8)};
  inner_.send_to(local, due.peer, way_.words_of(now, number_of(local), row.turn, words_), due.at);
  ++row.turn;
  expect_stroke(local, due.peer, due.at);
}

template <datagram_transport T>
template <datagram_listener L>
void impaired_datagrams<T>::advance(L& listener, time_point now) {
  bool any_left = false;
  while (true) {
    const auto never = time_point::max();
    const auto out = leaving_.next().value_or(never), in = arriving_.next().value_or(never),
               blow = strokes_.next().value_or(never);
    const auto soonest = std::min({out, in, blow});
    if (soonest > now || soonest == never) break;
    if (out == soonest) {
      auto due = leaving_.pop(now);
      inner_.send_to(endpoint_id{due->link}, due->peer, due->payload, due->at);
      any_left = true;
      leaving_.recycle(std::move(due->payload));
    } else if (in == soonest) {
      auto due = arriving_.pop(now);
      const datagram one{due->payload, due->peer, endpoint_id{due->link}};
      listener.datagrams_received({&one, 1}, due->at);
      arriving_.recycle(std::move(due->payload));
    } else {
      strike(*strokes_.pop(now));
      any_left = true;
    }
  }
  if (any_left) inner_.flush(now);
}

template <datagram_transport T>
std::optional<time_point> impaired_datagrams<T>::next_deadline() const {
  std::optional<time_point> soonest;
  for (const delivery_queue* queue : {&leaving_, &arriving_, &strokes_}) {
    const auto due = queue->next();
    if (due && (!soonest || *due < *soonest)) soonest = due;
  }
  return soonest;
}

}  // namespace wanwu
