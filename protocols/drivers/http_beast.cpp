// The HTTP driver over sockets and over memory.
#include "protocols/drivers/http_beast.hpp"

#include "protocols/drivers/http_pool.hpp"
#include "protocols/drivers/http_pool_requests.hpp"
#include "protocols/drivers/http_pool_streams.hpp"
#include "protocols/drivers/http_pool_users.hpp"
#include "protocols/transport/memory.hpp"
#include "protocols/transport/tcp.hpp"

namespace wanwu {

namespace {

// The transport comes first, so that it is there when the pool attaches to it.
struct tcp_holder {
  tcp_transport sockets;
};

class http_over_tcp final : private tcp_holder, public http_pool<tcp_transport> {
 public:
  http_over_tcp(const http_endpoint& target, reactor& events, driver_client& client)
      : tcp_holder{tcp_transport{events, {target.sources}}},
        http_pool<tcp_transport>{target, sockets, client} {}
};

}  // namespace

std::unique_ptr<driver> make_http_beast(const http_endpoint& target, reactor& events, driver_client& client) {
  return std::make_unique<http_over_tcp>(target, events, client);
}

std::unique_ptr<driver> make_http_memory(const http_endpoint& target, memory_transport& link,
                                         driver_client& client) {
  return std::make_unique<http_pool<memory_transport>>(target, link, client);
}

}  // namespace wanwu
