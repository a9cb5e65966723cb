// Datagrams through faults: over memory at exact instants, over a real socket in the end.
#include "protocols/transport/impaired_datagrams.hpp"

#include <cmath>

#include <catch2/catch.hpp>

#include "protocols/transport/udp.hpp"
#include "tests/protocols/transport/stream_recorder.hpp"

using namespace wanwu;
using namespace wanwu::testing;
using namespace std::chrono_literals;

static_assert(datagram_transport<impaired_datagrams<memory_datagrams>>);

namespace {

const time_point start{1h};
const auto somewhere = socket_address::from_v4(1, 1);
constexpr endpoint_id mine{0};

impairment fault_from(time_point from) {
  impairment made;
  made.key = stream_of("radio");
  made.when = {{from, from + 1h}};
  return made;
}

template <class Transport>
struct recorder final : readiness_listener {
  explicit recorder(Transport& over) : transport{over} { transport.attach(*this); }
  void ready(std::span<const readiness> events, time_point now) override {
    transport.dispatch(events, *this, now);
  }
  void datagrams_received(std::span<const datagram> batch, time_point now) {
    for (const auto& one : batch) heard.push_back({now, std::string{as_text(one.payload)}});
  }
  void datagram_refused(endpoint_id, const socket_address&, std::error_code, time_point) {}
  Transport& transport;
  std::vector<std::pair<time_point, std::string>> heard;
};

struct over_memory {
  memory_datagrams inner{2};
  impaired_datagrams<memory_datagrams> transport;
  recorder<impaired_datagrams<memory_datagrams>> driver{transport};
  explicit over_memory(const impairment& fault) : transport{inner, {{fault}, 1, {}}} {}
};

}  // namespace

TEST_CASE("Datagrams are lost and doubled both ways as often as asked") {
  impairment fault = fault_from(start);
  fault.loss = 0.1;
  fault.duplicate = 0.2;
  over_memory net{fault};
  constexpr int count = 20'000;
  for (int i = 0; i < count; ++i) {
    REQUIRE(net.transport.send_to(mine, somewhere, as_bytes("out"), start + i * 1ms));
    net.inner.deliver(mine, somewhere, as_bytes("in"), start + i * 1ms);
  }
  net.inner.run(start + 1min);
  net.transport.advance(net.driver, start + 1min);
  const double expected = count * 0.9 * 1.2;
  const double spread = 6 * std::sqrt(count * (0.1 * 0.9 + 0.2 * 0.8));
  CHECK(std::abs(static_cast<double>(net.inner.sent().size()) - expected) < spread);
  CHECK(std::abs(static_cast<double>(net.driver.heard.size()) - expected) < spread);
}

TEST_CASE("What is reordered leaves without the delay, all else with it") {
  impairment fault = fault_from(start);
  fault.delay = 50ms;
  fault.reorder = 0.25;
  over_memory net{fault};
  for (int i = 0; i < 400; ++i) {
    const time_point now = start + i * 10ms;
    net.transport.advance(net.driver, now);
    net.transport.send_to(mine, somewhere, as_bytes(std::to_string(i)), now);
  }
  net.transport.advance(net.driver, start + 10s);
  int overtaken = 0, highest = -1, quick = 0;
  for (const auto& one : net.inner.sent()) {
    const int number = std::stoi(std::string{as_text(one.payload)});
    const duration took = one.at - (start + number * 10ms);
    REQUIRE((took == 0ms || took == 50ms));
    quick += took == 0ms ? 1 : 0;
    overtaken += number < highest ? 1 : 0;
    highest = std::max(highest, number);
  }
  CHECK(net.inner.sent().size() == 400);
  CHECK(quick > 60);
  CHECK(quick < 140);
  CHECK(overtaken > 0);
}

TEST_CASE("Outside its phase a fault leaves datagrams alone") {
  impairment fault = fault_from(start + 1min);
  fault.loss = 1;
  over_memory net{fault};
  net.transport.send_to(mine, somewhere, as_bytes("through"), start);
  CHECK(net.inner.sent().size() == 1);
  net.transport.send_to(mine, somewhere, as_bytes("lost"), start + 1min);
  CHECK(net.inner.sent().size() == 1);
  CHECK_FALSE(net.transport.next_deadline());
}

TEST_CASE("A delayed datagram leaves a real socket when its time has come, and its answer comes late too") {
  const auto events = new_reactor();
  udp_transport socket{*events}, server{*events};
  impairment fault;
  fault.key = stream_of("radio");
  const time_point now = std::chrono::steady_clock::now();
  fault.when = {{now, now + 1h}};
  fault.delay = 5ms;
  impaired_datagrams<udp_transport> client{socket, {{fault}, 1, {}}};
  recorder<impaired_datagrams<udp_transport>> at_client{client};
  struct echo final : readiness_listener {
    explicit echo(udp_transport& over) : transport{over} { transport.attach(*this); }
    void ready(std::span<const readiness> batch, time_point at) override {
      transport.dispatch(batch, *this, at);
    }
    void datagrams_received(std::span<const datagram> batch, time_point at) {
      for (const auto& one : batch) transport.send_to(one.local, one.peer, one.payload, at);
    }
    void datagram_refused(endpoint_id, const socket_address&, std::error_code, time_point) {}
    udp_transport& transport;
  } at_server{server};
  REQUIRE_FALSE(socket.open());
  const auto bound = server.listen(socket_address::from_v4(0x7F000001, 0));
  REQUIRE(bound);
  REQUIRE(client.send_to(mine, *bound, as_bytes("hello"), now));
  const time_point deadline = now + 30s;
  while (at_client.heard.empty()) {
    const auto held = client.next_deadline();
    const time_point at = events->wait(held ? std::min(*held, deadline) : deadline);
    REQUIRE(at < deadline);
    client.advance(at_client, at);
  }
  CHECK(at_client.heard[0].second == "hello");
  CHECK(at_client.heard[0].first - now >= 10ms);
}
