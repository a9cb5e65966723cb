// The seam between a protocol driver and whatever carries its bytes: sockets, or memory in virtual time.
//
// Drivers are templates over a transport, so nothing virtual happens per message. One transport object serves
// one driver on one worker's thread; nothing here is thread-safe.
#pragma once

#include <concepts>
#include <cstdint>
#include <system_error>

#include "protocols/core/bytes.hpp"
#include "protocols/core/time.hpp"

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
concept stream_listener = requires(L listener, link_id link, bytes_view raw, std::error_code why, time_point now) {
  listener.link_opened(link, now);
  listener.link_received(link, raw, now);
  listener.link_writable(link, now);      ///< After send() took less than it was given.
  listener.link_ended(link, now);         ///< The peer closed in order. The link is closed already.
  listener.link_failed(link, why, now);   ///< Could not open, or was reset. The link is closed already.
};

/// A transport of byte streams. `readiness` is the transport's own event type.
template <class T>
concept stream_transport = requires(T transport, link_id link, bytes_view raw, closing how, time_point now) {
  typename T::address_type;
  /// Begins to open; link_opened or link_failed follows, never from inside this call.
  { transport.open(link, std::declval<const typename T::address_type&>(), now) } -> std::same_as<void>;
  /// How many bytes were taken, at once and in order. Less than given: keep the rest until link_writable.
  { transport.send(link, raw, now) } -> std::same_as<std::size_t>;
  /// No callback follows for this link.
  { transport.close(link, how, now) } -> std::same_as<void>;
};

}  // namespace wanwu
