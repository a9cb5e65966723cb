// The seam between a protocol driver and whatever carries its bytes: sockets, or memory in virtual time.
//
// Drivers are templates over a transport, so nothing virtual happens per message. One transport object serves
// one driver on one worker's thread; nothing here is thread-safe.
#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <system_error>

#include "protocols/core/bytes.hpp"
#include "protocols/core/time.hpp"
#include "protocols/transport/address.hpp"
#include "protocols/transport/reactor.hpp"

namespace wanwu {

/// Names one stream link of one driver: the driver's own dense index (its connection_id's number).
enum class link_id : std::uint32_t {};

enum class closing : std::uint8_t {
  clean,   ///< FIN after what was accepted by send().
  abrupt,  ///< RST: what was in flight is lost, as when power fails.
};

/// What a stream transport reports to the driver that owns it. Called from dispatch() only, on the worker's
/// thread. `received` views live only during the call (one receive arena a worker; idle links own no buffer).
template <class L>
concept stream_listener = requires(L listener, link_id link, bytes_view raw, std::error_code why,
                                   time_point now) {
  listener.link_opened(link, now);
  listener.link_received(link, raw, now);
  listener.link_writable(link, now);     ///< After send() took less than it was given.
  listener.link_ended(link, now);        ///< The peer closed in order. The link is closed already.
  listener.link_failed(link, why, now);  ///< Could not open, or was reset. The link is closed already.
};

/// What a listener adds to take the server's side: the transport chose `link`, which is up from now on.
template <class L>
concept accepting_listener = stream_listener<L> &&
    requires(L listener, link_id link, const socket_address& peer, std::error_code why, time_point now) {
  listener.link_accepted(link, peer, now);
  listener.accept_failed(why, now);  ///< Accepting pauses until a link of this transport closes.
};

/// A transport of byte streams. Besides these it has a template
/// `dispatch(std::span<const readiness>, L& listener, time_point now)`, called from the owner's ready().
template <class T>
concept stream_transport = requires(T transport, link_id link, bytes_view raw, closing how,
                                    readiness_listener& owner, std::uint32_t count,
                                    const socket_address& address, time_point now) {
  /// Who is told to dispatch. Called once, before all else; `owner` outlives the transport.
  { transport.attach(owner) } -> std::same_as<void>;
  /// Links 0..count-1 may be opened.
  { transport.prepare(count) } -> std::same_as<void>;
  /// Begins to open; link_opened or link_failed follows, never from inside this call.
  { transport.open(link, address, now) } -> std::same_as<void>;
  /// How many bytes were taken, at once and in order. Less than given: keep the rest until link_writable.
  { transport.send(link, raw, now) } -> std::same_as<std::size_t>;
  /// Whether opening it took a second SYN: the listener's backlog was full, or a packet was lost. May cost a
  /// system call: ask only where an opening took long.
  { transport.needed_second_syn(link) } -> std::same_as<bool>;
  /// No callback follows for this link.
  { transport.close(link, how, now) } -> std::same_as<void>;
  /// Sockets that it holds outside the descriptor table.
  { transport.direct_count() } -> std::same_as<std::uint32_t>;
};

/// One of many local addresses that a datagram transport speaks from, from 0.
enum class endpoint_id : std::uint32_t {};

/// A datagram that arrived. The view lives during the call that hands it over.
struct datagram {
  bytes_view payload;
  socket_address peer;
  endpoint_id local{};
};

/// What a datagram transport reports. Called from dispatch() only, on the worker's thread.
template <class L>
concept datagram_listener = requires(L listener, std::span<const datagram> batch, endpoint_id local,
                                     const socket_address& peer, std::error_code why, time_point now) {
  listener.datagrams_received(batch, now);
  listener.datagram_refused(local, peer, why,
                            now);  ///< ICMP said that `peer` cannot be reached, or sending failed.
};

/// A transport of datagrams, with the same `dispatch` template as a stream transport.
template <class T>
concept datagram_transport = requires(T transport, endpoint_id local, const socket_address& peer,
                                      bytes_view raw, readiness_listener& owner, time_point now) {
  { transport.attach(owner) } -> std::same_as<void>;
  /// Local endpoints are 0..this-1; at least 1.
  { transport.endpoint_count() } -> std::same_as<std::uint32_t>;
  /// Queues a copy; a full queue is flushed first. False when it could not be taken: then flush() later and
  /// retry.
  { transport.send_to(local, peer, raw, now) } -> std::same_as<bool>;
  /// Hands the queue to the kernel. What the kernel does not take now stays queued.
  { transport.flush(now) } -> std::same_as<void>;
};

}  // namespace wanwu
