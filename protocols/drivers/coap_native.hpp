// CoAP in our own codec and session over UDP: up to a million endpoints on few sockets.
#pragma once

#include <memory>
#include <string>

#include "protocols/coap/session.hpp"
#include "protocols/drivers/driver.hpp"
#include "protocols/transport/address.hpp"

namespace wanwu {

class impaired_way;
class memory_datagrams;
class reactor;

/// Where and how a CoAP driver speaks. Plain values, made once before the run.
struct coap_endpoint {
  socket_address target;
  /// Local IPv4 addresses; every (address, socket) is an endpoint. Empty: for a target on loopback addresses
  /// from 127.128.0.0 on are taken as needed, else each endpoint is a socket on an address the kernel
  /// chooses.
  source_pool sources;
  std::uint32_t sockets =
      1;  ///< At least; more are opened when the pool is smaller than the number of endpoints.
  std::string base_path;  ///< "" or "/x", put before every path.
  coap::session_settings session;
};

/// The scalable driver. A connection_id is one CoAP endpoint with an address or port of its own; a connection
/// past what the pool and 1,024 sockets give cannot be opened (local_error).
///
/// CoAP has no handshake, so open() reports `up` at once and records no `connect` observation, except a
/// failed one when the sockets cannot be opened. Subscriptions are observed with GET: the first accepted
/// registration is one `subscribe` observation, each refused or unanswered one another; they are repeated 5
/// to 15 s after Max-Age. Outcomes: 2.xx, or a code of `expect` (code bytes), is ok; other codes and RST are
/// refused (RST: code 0); no answer is timed_out; ICMP is unreachable; what breaks the protocol is
/// malformed_answer. A request that could not be queued behind NSTART, or whose path cannot be sent, is
/// not_started. `client` and `events` outlive the driver.
std::unique_ptr<driver> make_coap_native(const coap_endpoint& endpoint, reactor& events,
                                         driver_client& client);
/// The same with faults on its way.
std::unique_ptr<driver> make_coap_native(const coap_endpoint& endpoint, const impaired_way& way,
                                         reactor& events, driver_client& client);

/// The same driver over memory, for virtual time.
std::unique_ptr<driver> make_coap_memory(const coap_endpoint& endpoint, memory_datagrams& network,
                                         driver_client& client);
std::unique_ptr<driver> make_coap_memory(const coap_endpoint& endpoint, const impaired_way& way,
                                         memory_datagrams& network, driver_client& client);

}  // namespace wanwu
