// HTTP/1.1 over any stream transport: Beast's parser, our own requests, pool and clock.
#pragma once

#include <memory>
#include <string>

#include "protocols/drivers/driver.hpp"
#include "protocols/http/message.hpp"

namespace wanwu {

class impaired_way;
class memory_transport;
class reactor;

/// What an HTTP driver has to know about its target. Resolved and validated before the run.
struct http_endpoint {
  socket_address address;
  source_pool sources;    ///< Local addresses to connect from, in turn; empty: the kernel chooses.
  std::string host;       ///< Value of the Host field: "api.example:8080".
  std::string base_path;  ///< "" or "/x", put before every path.
  std::string
      header_lines;  ///< Sent with every request, each ended by CRLF; holds Authorization. Never logged.
  std::uint32_t pool = 0;  ///< Keep-alive connections that all users share; 0 = one for each connection_id.
  std::uint32_t queue_max =
      1024;  ///< Requests that may wait for one connection; beyond it they are not_started.
  duration connect_timeout = std::chrono::seconds{10};
  http::message_limits limits;
};

/// Over TCP on a worker's reactor. `events` and `client` outlive the driver; all on one thread.
///
/// One request at a time on a connection, no pipelining; others wait, and their waiting counts (intended_at
/// is kept). A connection that the target closes between requests is opened again for the next: its users
/// stay up. A request whose connection broke is broken_link (cut_off where close() took its last user);
/// only an idempotent one on a connection that had served before is sent once more. `connect` and `reconnect`
/// are observed once a TCP connection. 2xx, or a status of `expect`, is ok. A login's subscriptions are paths
/// of event streams (text/event-stream), each on a connection of its own: every event is a heard_message;
/// accepted streams are a `subscribe` observation; streams that end are asked for again.
std::unique_ptr<driver> make_http_beast(const http_endpoint& target, reactor& events, driver_client& client);
/// The same with faults on its way.
std::unique_ptr<driver> make_http_beast(const http_endpoint& target, const impaired_way& way, reactor& events,
                                        driver_client& client);

/// Over memory, for virtual time. `link` outlives the driver.
std::unique_ptr<driver> make_http_memory(const http_endpoint& target, memory_transport& link,
                                         driver_client& client);
std::unique_ptr<driver> make_http_memory(const http_endpoint& target, const impaired_way& way,
                                         memory_transport& link, driver_client& client);

}  // namespace wanwu
