// TCP over real loopback sockets, client's and server's side on one reactor: sockets in the descriptor table,
// and direct ones of io_uring.
#include "protocols/transport/tcp.hpp"

#include <cerrno>
#include <thread>

#include <catch2/catch.hpp>

#include "protocols/transport/descriptors.hpp"
#include "tests/protocols/transport/few_descriptors.hpp"
#include "tests/protocols/transport/stream_recorder.hpp"

using namespace wanwu;
using namespace wanwu::testing;

namespace {

constexpr link_id first{0};
const time_point now{};

/// All in the table, then none: each test that asks runs twice.
tcp_settings in_table_or_direct() {
  const int direct_from = GENERATE(int{held_sockets::first_direct}, 0);
  INFO("direct from " << direct_from);
  return {.sources = {}, .arena_bytes = std::size_t{64} * 1024, .direct_from = direct_from};
}

struct pair {
  tcp_settings how = in_table_or_direct();
  std::unique_ptr<reactor> events = new_reactor();
  tcp_transport client{*events, how}, server{*events, how};
  stream_recorder<tcp_transport> at_client{client}, at_server{server};
  socket_address address;

  explicit pair(std::uint32_t links = 1) {
    client.prepare(links);
    const auto bound = server.listen(socket_address::from_v4(0x7F000001, 0));
    REQUIRE(bound);
    address = *bound;
  }
  bool until(const std::function<bool()>& done) { return turn_until(*events, done); }
  void connect() {
    client.open(first, address, now);
    REQUIRE(until([&] { return at_client.seen[0] == "opened" && at_server.seen[0] == "accepted"; }));
  }
};

}  // namespace

TEST_CASE("Bytes cross a link both ways, in order") {
  pair p;
  p.connect();
  CHECK(p.client.send(first, as_bytes("hello "), now) == 6);
  const auto parts = std::to_array<bytes_view>({as_bytes("wide"), as_bytes(" "), as_bytes("world")});
  CHECK(p.client.send(first, parts, now) == 10);
  CHECK(p.until([&] { return p.at_server.received[0] == "hello wide world"; }));
  p.server.send(first, as_bytes("back"), now);
  CHECK(p.until([&] { return p.at_client.received[0] == "back"; }));
}

TEST_CASE("A clean close is a FIN after all that was sent, even with input unread; an abrupt one is a RST") {
  pair p;
  p.connect();
  p.server.send(first, as_bytes("unread by the client"), now);
  p.client.send(first, as_bytes("last words"), now);
  SECTION("clean") {
    p.client.close(first, closing::clean, now);
    CHECK(p.until([&] { return p.at_server.seen[0] == "accepted, ended"; }));
    CHECK(p.at_server.received[0] == "last words");
  }
  SECTION("abrupt") {
    p.client.close(first, closing::abrupt, now);
    CHECK(p.until([&] { return p.at_server.seen[0] == "accepted, failed " + std::to_string(ECONNRESET); }));
  }
  CHECK(p.at_client.seen[0] == "opened");
  CHECK_FALSE(p.client.is_up(first));
}

TEST_CASE("A link that was closed opens again, and hears nothing of its former life") {
  pair p;
  p.connect();
  for (int i = 0; i < 50; ++i) {
    p.at_client.seen.clear();
    p.client.close(first, i % 2 == 0 ? closing::clean : closing::abrupt, now);
    p.client.open(first, p.address, now);
    REQUIRE(p.until([&] { return p.at_client.seen[0] == "opened"; }));
    p.client.send(first, as_bytes("x"), now);
  }
  CHECK(p.until([&] { return p.at_server.count["ended"] + p.at_server.count["failed"] == 50; }));
}

TEST_CASE("More clean closes than may linger close the oldest at once") {
  pair p;
  for (std::size_t i = 0; i < tcp_transport::lingering_max + 100; ++i) {
    p.at_client.seen.clear();
    p.client.open(first, p.address, now);
    REQUIRE(p.until([&] { return p.at_client.seen[0] == "opened"; }));
    p.client.close(first, closing::clean, now);
  }
  CHECK(p.until(
      [&] { return p.at_server.count["ended"] == static_cast<int>(tcp_transport::lingering_max) + 100; }));
}

TEST_CASE("Where nobody listens the link fails with ECONNREFUSED, in a later dispatch") {
  pair p;
  p.server.stop_listening();
  for (int i = 0; i < 200; ++i) {
    p.at_client.seen.clear();
    p.client.open(first, p.address, now);
    CHECK(p.at_client.seen[0].empty());
    REQUIRE(p.until([&] { return !p.at_client.seen[0].empty(); }));
    CHECK(p.at_client.seen[0] == "failed " + std::to_string(ECONNREFUSED));
  }
}

TEST_CASE("A full peer blocks the sender, who is told when there is room again") {
  pair p;
  p.connect();
  const std::string block(1024 * 1024, 'z');
  std::size_t sent = 0;
  for (std::size_t taken = block.size(); taken == block.size(); sent += taken) {
    taken = p.client.send(first, as_bytes(block), now);
    REQUIRE(sent < 1024 * block.size());
  }
  CHECK(p.until([&] { return p.at_client.count["writable"] == 1; }));
  CHECK(p.until([&] { return p.at_server.received[0].size() == sent; }));
}

TEST_CASE("While reading is held nothing is read; afterwards what came meanwhile, and the end") {
  pair p;
  p.connect();
  CHECK(p.client.hold_reading(first, true));
  p.server.send(first, as_bytes("held back"), now);
  p.client.send(first, as_bytes("asked"), now);
  REQUIRE(p.until([&] { return p.at_server.received[0] == "asked"; }));
  CHECK(p.at_client.received[0].empty());
  p.server.close(first, closing::clean, now);
  CHECK(p.client.hold_reading(first, false));
  CHECK(p.until([&] { return p.at_client.seen[0] == "opened, ended"; }));
  CHECK(p.at_client.received[0] == "held back");
}

TEST_CASE("A parked link says nothing to its peer, and its number can be opened again") {
  pair p;
  p.connect();
  p.client.park(first);
  CHECK_FALSE(p.client.is_up(first));
  p.server.send(first, as_bytes("is anybody there?"), now);
  p.at_client.seen.clear();
  p.client.open(first, p.address, now);
  REQUIRE(p.until([&] { return p.at_client.seen[0] == "opened" && p.at_server.count["accepted"] == 2; }));
  CHECK(p.at_client.received[0].empty());
  CHECK(p.at_server.count["ended"] + p.at_server.count["failed"] == 0);
}

TEST_CASE("Sending into a link that the peer has reset is told as a failure, once") {
  pair p;
  p.connect();
  p.server.close(first, closing::abrupt, now);
  for (int i = 0; i < 3; ++i) p.client.send(first, as_bytes("x"), now);
  CHECK(p.until([&] { return p.at_client.count["failed"] == 1; }));
  p.events->wait(std::chrono::steady_clock::now());
  CHECK(p.at_client.count["failed"] == 1);
  CHECK(p.client.send(first, as_bytes("x"), now) == 0);
}

TEST_CASE("A listener may close its link from within a call") {
  pair p;
  p.connect();
  p.at_server.on_received = [&](link_id link, bytes_view, time_point at) {
    p.server.close(link, closing::clean, at);
  };
  p.client.send(first, as_bytes("x"), now);
  CHECK(p.until([&] { return p.at_client.seen[0] == "opened, ended"; }));
  CHECK(p.at_server.seen[0] == "accepted");
}

TEST_CASE("Connections come from the pool of sources in turn") {
  auto events = new_reactor();
  tcp_transport client{*events, {source_pool{0x7F000102, 3}, 4096}}, server{*events};
  stream_recorder<tcp_transport> at_client{client}, at_server{server};
  client.prepare(4);
  const auto bound = server.listen(socket_address::from_v4(0x7F000001, 0));
  REQUIRE(bound);
  for (std::uint32_t i = 0; i < 4; ++i) client.open(link_id{i}, *bound, now);
  CHECK(turn_until(*events,
                   [&] { return at_server.count["accepted"] == 4 && at_client.count["opened"] == 4; }));
  std::map<std::uint32_t, int> sources;
  for (const auto& [link, peer] : at_server.peers) ++sources[peer.v4()];
  CHECK(sources == std::map<std::uint32_t, int>{{0x7F000102, 2}, {0x7F000103, 1}, {0x7F000104, 1}});
}

TEST_CASE("Without descriptors a link fails with EMFILE and the others live on") {
  with_descriptors_left(12, [] {
    auto events = new_reactor();
    tcp_transport client{*events}, server{*events};
    stream_recorder<tcp_transport> at_client{client}, at_server{server};
    client.prepare(40);
    const auto bound = server.listen(socket_address::from_v4(0x7F000001, 0));
    REQUIRE(bound);
    for (std::uint32_t i = 0; i < 40; ++i) client.open(link_id{i}, *bound, now);
    CHECK(turn_until(*events, [&] { return at_client.count["opened"] + at_client.count["failed"] == 40; }));
    CHECK(at_client.count["opened"] == 10);  // 12 less epoll and listener
    CHECK(at_client.seen[39] == "failed " + std::to_string(EMFILE));
    CHECK(turn_until(*events, [&] { return !at_server.accept_errors.empty(); }));
    CHECK(at_server.accept_errors.front() == EMFILE);
  });
}

TEST_CASE("Accepting goes on when a link of the server has closed") {
  with_descriptors_left(2 + 2 + 1, [] {
    auto events = new_reactor();
    tcp_transport client{*events}, server{*events};
    stream_recorder<tcp_transport> at_client{client}, at_server{server};
    client.prepare(2);
    const auto bound = server.listen(socket_address::from_v4(0x7F000001, 0));
    REQUIRE(bound);
    client.open(link_id{0}, *bound, now);
    client.open(link_id{1}, *bound, now);
    REQUIRE(turn_until(*events, [&] { return at_server.accept_errors == std::vector{EMFILE}; }));
    REQUIRE(at_server.count["accepted"] == 1);
    server.close(link_id{0}, closing::abrupt, now);
    CHECK(turn_until(*events, [&] { return at_server.count["accepted"] == 2; }));
  });
}

TEST_CASE("A worker's own table takes descriptors up to the limit and says how many are left") {
  raise_descriptor_limit();
  std::thread([] {
    REQUIRE_FALSE(own_descriptor_table());
    const auto left = descriptors_left();
    auto events = new_reactor();
    CHECK(descriptors_left() == left - 1);
    const tcp_settings in_table{source_pool{0x7F000101, 16}, 4096, held_sockets::first_direct};
    tcp_transport client{*events, in_table}, server{*events, in_table};
    stream_recorder<tcp_transport> at_client{client}, at_server{server};
    const auto bound = server.listen(socket_address::from_v4(0x7F000001, 0));
    REQUIRE(bound);
    const auto links = static_cast<std::uint32_t>(std::min<std::uint64_t>((left - 2) / 2, 9'000));
    client.prepare(links);
    for (std::uint32_t i = 0; i < links; ++i) {
      client.open(link_id{i}, *bound, now);
      if (i % 512 == 511) events->wait(std::chrono::steady_clock::now());
    }
    const int all = static_cast<int>(links);
    CHECK(turn_until(*events,
                     [&] { return at_client.count["opened"] == all && at_server.count["accepted"] == all; }));
    CHECK(at_client.count["failed"] == 0);
    CHECK(descriptors_left() == left - 2 - 2 * links);
  }).join();
}
