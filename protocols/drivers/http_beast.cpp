// The HTTP driver over sockets and over memory.
#include "protocols/drivers/http_beast.hpp"

#include "protocols/drivers/http_pool.hpp"
#include "protocols/drivers/http_pool_requests.hpp"
#include "protocols/drivers/http_pool_streams.hpp"
#include "protocols/drivers/http_pool_users.hpp"
#include "protocols/transport/impaired_streams.hpp"
#include "protocols/transport/memory.hpp"
#include "protocols/transport/tcp.hpp"

namespace wanwu {

namespace {

// The transport comes first, so that it is there when the pool attaches to it.
struct tcp_holder {
  tcp_transport transport;
  tcp_holder(reactor& events, const tcp_settings& how) : transport{events, how} {}
};

struct impaired_tcp_holder {
  tcp_transport sockets;
  impaired_streams<tcp_transport> transport;
  impaired_tcp_holder(reactor& events, const tcp_settings& how, const impaired_way& way)
      : sockets{events, how}, transport{sockets, way} {}
};

struct impaired_memory_holder {
  impaired_streams<memory_transport> transport;
  impaired_memory_holder(memory_transport& link, const impaired_way& way) : transport{link, way} {}
};

template <class Holder>
using pool_over = http_pool<decltype(Holder::transport)>;

template <class Holder>
class http_over final : private Holder, public pool_over<Holder> {
 public:
  template <class... Parts>
  http_over(const http_endpoint& target, driver_client& client, Parts&&... parts)
      : Holder{std::forward<Parts>(parts)...}, pool_over<Holder>{target, Holder::transport, client} {}
};

}  // namespace

std::unique_ptr<driver> make_http_beast(const http_endpoint& target, reactor& events, driver_client& client) {
  return std::make_unique<http_over<tcp_holder>>(target, client, events,
                                                 tcp_settings{.sources = target.sources});
}

std::unique_ptr<driver> make_http_beast(const http_endpoint& target, const impaired_way& way, reactor& events,
                                        driver_client& client) {
  return std::make_unique<http_over<impaired_tcp_holder>>(target, client, events,
                                                          tcp_settings{.sources = target.sources}, way);
}

std::unique_ptr<driver> make_http_memory(const http_endpoint& target, memory_transport& link,
                                         driver_client& client) {
  return std::make_unique<http_pool<memory_transport>>(target, link, client);
}

std::unique_ptr<driver> make_http_memory(const http_endpoint& target, const impaired_way& way,
                                         memory_transport& link, driver_client& client) {
  return std::make_unique<http_over<impaired_memory_holder>>(target, client, link, way);
}

}  // namespace wanwu
