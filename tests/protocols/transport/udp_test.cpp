// UDP over real loopback sockets: many endpoints on one socket, replies from the address asked, ICMP
// refusals.
#include "protocols/transport/udp.hpp"

#include <cerrno>
#include <set>

#include <catch2/catch.hpp>

#include "tests/protocols/transport/stream_recorder.hpp"

using namespace wanwu;
using namespace wanwu::testing;

namespace {

const time_point now{};

struct recorder final : readiness_listener {
  explicit recorder(udp_transport& over) : transport{over} { transport.attach(*this); }
  void ready(std::span<const readiness> events, time_point at) override {
    transport.dispatch(events, *this, at);
  }
  void datagrams_received(std::span<const datagram> batch, time_point at) {
    for (const auto& one : batch) {
      ++count;
      last = as_text(one.payload);
      local.insert(static_cast<std::uint32_t>(one.local));
      peer = one.peer;
      if (echo) transport.send_to(one.local, one.peer, one.payload, at);
    }
  }
  void datagram_refused(endpoint_id, const socket_address& to, std::error_code why, time_point) {
    refused_peer = to;
    refused.push_back(why.value());
  }
  udp_transport& transport;
  bool echo = false;
  std::uint32_t count = 0;
  std::string last;
  std::set<std::uint32_t> local;
  socket_address peer, refused_peer;
  std::vector<int> refused;
};

}  // namespace

TEST_CASE("A thousand endpoints on two sockets each hear their own answer") {
  const auto events = new_reactor();
  udp_settings many;
  many.sources = source_pool{0x7F010000, 500};
  many.sockets = 2;
  udp_transport client{*events, many}, server{*events};
  recorder at_client{client}, at_server{server};
  at_server.echo = true;
  REQUIRE_FALSE(client.open());
  const auto bound = server.listen(socket_address::from_v4(0, 0));
  REQUIRE(bound);
  const auto target = socket_address::from_v4(0x7F000009, bound->port());
  REQUIRE(client.endpoint_count() == 1000);
  for (std::uint32_t i = 0; i < 1000; ++i) {
    const endpoint_id local{i};
    REQUIRE(client.send_to(local, target, as_bytes("hello"), now));
    if (i % 100 == 99) {
      client.flush(now);
      REQUIRE(turn_until(*events, [&] { return at_client.count == i + 1; }));
    }
  }
  CHECK(at_client.local.size() == 1000);
  CHECK(at_client.peer ==
        target);  // answered from the address that was asked, not the first of the interface
  CHECK(at_client.refused.empty());
}

TEST_CASE("An endpoint without a source pool is told its socket's address") {
  const auto events = new_reactor();
  udp_transport client{*events}, server{*events};
  recorder at_client{client}, at_server{server};
  REQUIRE_FALSE(client.open());
  const auto bound = server.listen(socket_address::from_v4(0x7F000001, 0));
  REQUIRE(bound);
  client.send_to(endpoint_id{0}, *bound, {}, now);
  client.send_to(endpoint_id{0}, *bound, as_bytes(std::string(1500, 'x')), now);
  client.flush(now);
  CHECK(turn_until(*events, [&] { return at_server.count == 2; }));
  CHECK(at_server.last.size() == 1500);
  CHECK(at_server.peer.port() == client.endpoint_address(endpoint_id{0}).port());
}

TEST_CASE("Where nobody listens the sender is told, and later datagrams still leave") {
  const auto events = new_reactor();
  udp_transport client{*events}, server{*events};
  recorder at_client{client}, at_server{server};
  REQUIRE_FALSE(client.open());
  socket_address dead;
  {
    udp_transport gone{*events};
    recorder at_gone{gone};
    dead = *gone.listen(socket_address::from_v4(0x7F000001, 0), false);
  }
  const auto bound = server.listen(socket_address::from_v4(0x7F000001, 0));
  REQUIRE(bound);
  client.send_to(endpoint_id{0}, dead, as_bytes("x"), now);
  client.flush(now);
  for (int i = 0; i < 10; ++i) client.send_to(endpoint_id{0}, *bound, as_bytes("y"), now);
  client.flush(now);
  CHECK(turn_until(*events, [&] { return at_client.refused.size() == 1 && at_server.count == 10; }));
  CHECK(at_client.refused == std::vector{ECONNREFUSED});
  CHECK(at_client.refused_peer == dead);
}

TEST_CASE("What no datagram can carry is refused as EMSGSIZE, what comes too long to keep as EBADMSG") {
  const auto events = new_reactor();
  udp_transport client{*events}, server{*events};
  recorder at_client{client}, at_server{server};
  REQUIRE_FALSE(client.open());
  const auto bound = server.listen(socket_address::from_v4(0x7F000001, 0));
  REQUIRE(bound);
  CHECK(client.send_to(endpoint_id{0}, *bound, as_bytes(std::string(70'000, 'x')), now));
  CHECK(client.send_to(endpoint_id{0}, *bound, as_bytes(std::string(60'000, 'x')), now));
  client.flush(now);
  CHECK(turn_until(*events, [&] { return !at_client.refused.empty() && !at_server.refused.empty(); }));
  CHECK(at_client.refused == std::vector{EMSGSIZE});
  CHECK(at_server.refused == std::vector{EBADMSG});
  CHECK(at_server.count == 0);
}

TEST_CASE("IPv6 endpoints speak too") {
  const auto events = new_reactor();
  udp_settings v6;
  v6.family = AF_INET6;
  udp_transport client{*events, v6}, server{*events, v6};
  recorder at_client{client}, at_server{server};
  at_server.echo = true;
  REQUIRE_FALSE(client.open());
  const auto bound = server.listen(*parse_address("[::1]:0"));
  REQUIRE(bound);
  client.send_to(endpoint_id{0}, *bound, as_bytes("six"), now);
  client.flush(now);
  CHECK(turn_until(*events, [&] { return at_client.last == "six"; }));
}
