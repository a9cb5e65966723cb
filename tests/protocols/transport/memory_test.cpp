// The memory transports: deliveries in virtual time, in one order, to the right life of a link.
#include "protocols/transport/memory.hpp"

#include <catch2/catch.hpp>

#include "tests/protocols/transport/stream_recorder.hpp"

using namespace wanwu;
using namespace wanwu::testing;
using namespace std::chrono_literals;

static_assert(stream_transport<memory_transport> && stream_transport<tcp_transport>);
static_assert(datagram_transport<memory_datagrams>);

namespace {
constexpr link_id first{0};
const time_point start{};
const auto somewhere = socket_address::from_v4(1, 1);
}  // namespace

TEST_CASE("What a driver sends is what the network sees, in order and with its instant") {
  memory_transport transport;
  stream_recorder<memory_transport> driver{transport};
  transport.prepare(1);
  transport.open(first, somewhere, start);
  CHECK(transport.send(first, as_bytes("early"), start) == 0);
  auto sent = transport.sent();
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].peer == somewhere);
  transport.accept_open(sent[0].link, start + 1ms);
  transport.forget_sent();
  transport.run(start + 999us);
  CHECK(driver.seen[0].empty());
  transport.run(start + 1ms);
  CHECK(driver.seen[0] == "opened");

  CHECK(transport.send(first, as_bytes("abc"), start + 2ms) == 3);
  transport.close(first, closing::clean, start + 3ms);
  sent = transport.sent();
  REQUIRE(sent.size() == 2);
  CHECK(as_text(sent[0].payload) == "abc");
  CHECK(sent[0].at == start + 2ms);
  CHECK(sent[1].what == memory_transport::departure::kind::finish);
}

TEST_CASE("Deliveries come by instant, then link, then order of sending") {
  memory_transport transport;
  stream_recorder<memory_transport> driver{transport};
  transport.prepare(3);
  std::string order;
  driver.on_received = [&](link_id link, bytes_view raw, time_point) {
    order += std::to_string(static_cast<unsigned>(link)) + std::string{as_text(raw)} + " ";
  };
  for (std::uint32_t i = 0; i < 3; ++i) transport.open(link_id{i}, somewhere, start);
  const auto sent = transport.sent();
  for (const auto& open : sent) transport.accept_open(open.link, start);
  transport.deliver(sent[2].link, as_bytes("a"), start + 1ms);
  transport.deliver(sent[1].link, as_bytes("b"), start + 2ms);
  transport.deliver(sent[0].link, as_bytes("c"), start + 2ms);
  transport.deliver(sent[1].link, as_bytes("d"), start + 2ms);
  CHECK(transport.next_delivery() == start);
  transport.run(start + 5ms);
  CHECK(order == "2a 0c 1b 1d ");
  CHECK_FALSE(transport.next_delivery());
}

TEST_CASE("What was under way to a link's former life is dropped") {
  memory_transport transport;
  stream_recorder<memory_transport> driver{transport};
  transport.prepare(1);
  transport.open(first, somewhere, start);
  const auto old = transport.sent()[0].link;
  transport.accept_open(old, start);
  transport.deliver(old, as_bytes("late"), start + 2ms);
  transport.run(start);
  transport.close(first, closing::abrupt, start + 1ms);
  transport.open(first, somewhere, start + 1ms);
  transport.run(start + 3ms);
  CHECK(driver.received[0].empty());
  CHECK(driver.seen[0] == "opened");
  transport.fail(transport.sent().back().link, std::errc::connection_refused, start + 4ms);
  transport.run(start + 4ms);
  CHECK(driver.seen[0] == "opened, failed 111");
}

TEST_CASE("Datagrams go both ways through memory") {
  struct listener final : readiness_listener {
    explicit listener(memory_datagrams& over) : transport{over} { transport.attach(*this); }
    void ready(std::span<const readiness> events, time_point now) override {
      transport.dispatch(events, *this, now);
    }
    void datagrams_received(std::span<const datagram> batch, time_point) {
      seen += as_text(batch[0].payload);
    }
    void datagram_refused(endpoint_id, const socket_address&, std::error_code, time_point) { seen += "!"; }
    memory_datagrams& transport;
    std::string seen;
  };
  memory_datagrams transport{4};
  listener driver{transport};
  CHECK(transport.send_to(endpoint_id{3}, somewhere, as_bytes("ask"), start));
  REQUIRE(transport.sent().size() == 1);
  CHECK(transport.sent()[0].local == endpoint_id{3});
  transport.refuse(endpoint_id{3}, somewhere, std::errc::connection_refused, start + 2ms);
  transport.deliver(endpoint_id{3}, somewhere, as_bytes("answer"), start + 1ms);
  transport.run(start + 2ms);
  CHECK(driver.seen == "answer!");
}
