// The part of tcp_transport that calls its listener: templates, so that nothing virtual happens per message.
#pragma once

#include <cerrno>

#include "protocols/transport/tcp.hpp"

namespace wanwu {

template <stream_listener L>
void tcp_transport::dispatch(std::span<const readiness> events, L& listener, time_point now) {
  for (const readiness& event : events) {
    if (event.key == listening_key) {
      if constexpr (accepting_listener<L>) accept_batch(listener, now);
    } else if ((event.key & lingering_bit) != 0) {
      drain_lingerer(event);
    } else {
      dispatch_link(event, listener, now);
    }
  }
  if (!failures_.empty()) report_failures(listener, now);
}

template <stream_listener L>
void tcp_transport::dispatch_link(const readiness& event, L& listener, time_point now) {
  const std::uint32_t at = event.key;
  const link_id link{at};
  if (at >= links_.size() || links_[at].generation != event.generation) return;  // of an earlier socket
  if (links_[at].now == state::opening) {
    if ((event.events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) == 0) return;
    const bool failed = (event.events & (EPOLLERR | EPOLLHUP)) != 0;
    if (const int error = failed ? pending_error(links_[at].fd) : 0; error != 0) {
      release(at);
      listener.link_failed(link, {error, std::system_category()}, now);
      return;
    }
    links_[at].now = state::up;
    listener.link_opened(link, now);
    // Not before: until here its owner may ask how it was opened.
    if (links_[at].generation == event.generation && links_[at].fd >= 0)
      links_[at].fd = sockets_.hold(links_[at].fd);
  }
  const auto still_up = [&] {
    return links_[at].now == state::up && links_[at].generation == event.generation;
  };
  const int to_read = links_[at].unread ? EPOLLHUP | EPOLLERR : EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR;
  if (still_up() && (event.events & to_read) != 0) {
    const bool ending = (event.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    if (!read_all(at, event.generation, ending, listener, now)) return;
  }
  if (still_up() && links_[at].blocked && (event.events & EPOLLOUT) != 0) {
    links_[at].blocked = false;
    listener.link_writable(link, now);
  }
}

/// False when the link is no longer what it was. A short read has emptied the socket (epoll(7)), so the
/// second recv() that would say EAGAIN is saved, unless the peer has closed.
template <stream_listener L>
bool tcp_transport::read_all(std::uint32_t at, std::uint16_t generation, bool ending, L& listener,
                             time_point now) {
  const link_id link{at};
  for (int round = 0; round < read_rounds_max; ++round) {
    const auto count = receive(links_[at].fd);
    if (count > 0) {
      listener.link_received(link, received(count), now);
      if (links_[at].generation != generation || links_[at].now != state::up) return false;
      if (!ending && static_cast<std::size_t>(count) < settings_.arena_bytes) return true;
      continue;
    }
    const int error = count == 0 ? 0 : errno;
    if (error == EINTR) continue;
    if (error == EAGAIN) return true;
    release(at);
    if (error == 0) {
      listener.link_ended(link, now);
    } else {
      listener.link_failed(link, {error, std::system_category()}, now);
    }
    return false;
  }
  const int edge = ending ? EPOLLIN | EPOLLRDHUP : EPOLLIN;  // the kernel will not tell again what is left
  reactor_.post(listener_, {at, generation, static_cast<std::uint16_t>(edge)});
  return true;
}

template <accepting_listener L>
void tcp_transport::accept_batch(L& listener, time_point now) {
  for (int i = 0; i < accept_batch_max; ++i) {
    socket_address peer;
    const int fd = accept_one(peer);
    if (fd >= 0) {
      if (const auto link = adopt(fd); link != listening_key)
        listener.link_accepted(link_id{link}, peer, now);
      continue;
    }
    const int error = errno;
    if (error == EAGAIN) return;
    if (error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM) {
      pause_accepting();
      listener.accept_failed({error, std::system_category()}, now);
      return;
    }
    // Anything else (ECONNABORTED, EPERM, ...) concerns one connection that is gone already.
  }
}

template <stream_listener L>
void tcp_transport::report_failures(L& listener, time_point now) {
  reporting_.swap(failures_);  // the listener may open and fail again meanwhile
  for (const failure& f : reporting_) {
    auto& row = links_[f.link];
    if (row.generation != f.generation || (row.now != state::broken && row.now != state::opening)) continue;
    release(f.link);
    listener.link_failed(link_id{f.link}, {f.error, std::system_category()}, now);
  }
  reporting_.clear();
}

}  // namespace wanwu
