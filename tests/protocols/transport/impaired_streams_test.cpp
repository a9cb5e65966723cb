// Streams through faults: over memory at exact instants, over real sockets in the end.
#include "protocols/transport/impaired_streams.hpp"

#include <catch2/catch.hpp>

#include "tests/protocols/transport/stream_recorder.hpp"

using namespace wanwu;
using namespace wanwu::testing;
using namespace std::chrono_literals;

static_assert(stream_transport<impaired_streams<memory_transport>>);
static_assert(delaying_transport<impaired_streams<tcp_transport>> && !delaying_transport<tcp_transport>);

namespace {

constexpr link_id first{0};
const time_point start{1h};
const auto somewhere = socket_address::from_v4(1, 1);

impairment fault_from(time_point from) {
  impairment made;
  made.key = stream_of("rough");
  made.when = {{from, from + 1h}};
  return made;
}

/// A driver's end over memory; this plays the network.
struct over_memory {
  memory_transport inner;
  impaired_streams<memory_transport> transport;
  stream_recorder<impaired_streams<memory_transport>> driver{transport};

  explicit over_memory(const impairment& fault) : transport{inner, {{fault}, 1, {}}} { transport.prepare(2); }
  /// Everything the network brings and the faults hold back, until then.
  void run(time_point until) {
    while (true) {
      const auto net = inner.next_delivery(), held = transport.next_deadline();
      time_point next = until + 1ns;
      if (net) next = std::min(next, *net);
      if (held) next = std::min(next, *held);
      if (next > until) return;
      inner.run(next);
      transport.advance(driver, next);
    }
  }
  memory_link connect(time_point now) {
    transport.open(first, somewhere, now);
    run(now + 10s);
    REQUIRE_FALSE(inner.sent().empty());
    const memory_link link = inner.sent().back().link;
    inner.accept_open(link, now + 10s);
    run(now + 20s);
    REQUIRE(transport.is_up(first));
    inner.forget_sent();
    return link;
  }
};

}  // namespace

TEST_CASE("What no fault touches passes at once, and a delay holds both ways up for as long as it says") {
  impairment fault = fault_from(start + 1min);
  fault.delay = 30ms;
  over_memory net{fault};
  const auto link = net.connect(start);
  CHECK(net.transport.send(first, as_bytes("now"), start + 30s) == 3);
  REQUIRE(net.inner.sent().size() == 1);
  CHECK(net.inner.sent()[0].at == start + 30s);
  net.inner.forget_sent();

  const time_point rough = start + 2min;
  CHECK(net.transport.send(first, as_bytes("later"), rough) == 5);
  CHECK_FALSE(net.inner.has_sent());
  CHECK(net.transport.next_deadline() == rough + 30ms);
  net.inner.deliver(link, as_bytes("answer"), rough + 1ms);
  net.run(rough + 30ms);
  REQUIRE(net.inner.sent().size() == 1);
  CHECK(net.inner.sent()[0].at == rough + 30ms);
  CHECK(as_text(net.inner.sent()[0].payload) == "later");
  CHECK(net.driver.received[0].empty());
  net.run(rough + 31ms);
  CHECK(net.driver.received[0] == "answer");
}

TEST_CASE("Through loss and jitter a stream arrives whole and in order, and its end after it") {
  impairment fault = fault_from(start);
  fault.loss = 0.3;
  fault.delay = 50ms;
  fault.jitter = 50ms;
  over_memory net{fault};
  const auto link = net.connect(start);
  std::string sent_out, sent_in;
  const time_point begin = start + 1min;
  for (int i = 0; i < 200; ++i) {
    const std::string word = std::to_string(i) + ",";
    net.run(begin + i * 5ms);
    REQUIRE(net.transport.send(first, as_bytes(word), begin + i * 5ms) == word.size());
    net.inner.deliver(link, as_bytes(word), begin + i * 5ms);
    sent_out += word;
    sent_in += word;
  }
  net.transport.close(first, closing::clean, begin + 1s);
  net.run(begin + 5min);
  std::string got;
  for (const auto& one : net.inner.sent()) {
    if (one.what == memory_transport::departure::kind::data) got += as_text(one.payload);
  }
  CHECK(got == sent_out);
  CHECK(net.inner.sent().back().what == memory_transport::departure::kind::finish);
  CHECK(net.transport.ending() == 0);
  CHECK(sent_in.starts_with(net.driver.received[0]));  // what came after its close is not heard
}

TEST_CASE("A connection whose opening is lost is tried again after a second, as SYNs are") {
  impairment fault = fault_from(start);
  fault.loss = 1;
  fault.when = {{start, start + 500ms}};
  over_memory net{fault};
  net.transport.open(first, somewhere, start);
  net.run(start + 999ms);
  CHECK_FALSE(net.inner.has_sent());
  net.run(start + 1s);
  CHECK(net.inner.has_sent());
}

TEST_CASE("A link that is opened again does not overtake the end of its former life") {
  impairment fault = fault_from(start);
  fault.delay = 40ms;
  over_memory net{fault};
  net.connect(start);
  const time_point later = start + 1min;
  net.transport.send(first, as_bytes("last words"), later);
  net.transport.close(first, closing::abrupt, later);
  CHECK(net.transport.ending() == 1);
  net.transport.open(first, somewhere, later + 1ms);
  net.run(later + 1s);
  std::vector<memory_transport::departure::kind> kinds;
  for (const auto& one : net.inner.sent()) kinds.push_back(one.what);
  using enum memory_transport::departure::kind;
  CHECK(kinds == std::vector{data, reset, open});
}

TEST_CASE("Who sends more than a slow way holds is told to wait, and told when there is room") {
  impairment fault = fault_from(start + 1min);
  fault.bytes_per_s = 100'000;
  over_memory net{fault};
  net.connect(start);
  const std::string much(400'000, 'x');
  const time_point now = start + 2min;
  const auto taken = net.transport.send(first, as_bytes(much), now);
  CHECK(taken == impaired_way::queue_bytes_max);
  CHECK(net.transport.send(first, as_bytes("more"), now) == 0);
  net.run(now + 1s);
  CHECK(net.driver.count["writable"] == 0);
  std::size_t carried = 0;
  for (const auto& one : net.inner.sent()) carried += one.payload.size();
  CHECK(carried <= 100'000);
  CHECK(carried > 97'000);
  net.run(now + 3s);
  CHECK(net.driver.count["writable"] == 1);
}

namespace {

/// Connects before the fault begins, and again once it has struck; the other side sees the one end and
/// nothing else.
void check_ends_in_every_life(const impairment& fault, const std::string& told, const char* counted,
                              memory_transport::departure::kind seen_outside) {
  over_memory net{fault};
  net.connect(start);
  const time_point begin = start + 20s;
  net.run(begin + 10min);
  CHECK(net.driver.seen[0] == "opened, " + told);
  REQUIRE(net.inner.sent().size() == 1);
  CHECK(net.inner.sent()[0].what == seen_outside);
  net.transport.open(first, somewhere, begin + 11min);
  net.run(begin + 11min);
  net.inner.accept_open(net.inner.sent().back().link, begin + 11min);
  net.run(begin + 30min);
  CHECK(net.driver.count[counted] == 2);
}

}  // namespace

TEST_CASE("A reset ends the link on both sides at once, again and again in every life") {
  impairment fault = fault_from(start + 20s);
  fault.reset_after = 10s;
  check_ends_in_every_life(fault, "failed " + std::to_string(ECONNRESET), "failed",
                           memory_transport::departure::kind::reset);
}

TEST_CASE("A half-open link looks up to its thing, and the other side hears nothing, not even the end") {
  impairment fault = fault_from(start);
  fault.silent_after = 1s;
  over_memory net{fault};
  const auto link = net.connect(start);
  const time_point later = start + 30min;
  net.run(later);
  CHECK(net.transport.is_up(first));
  CHECK(net.transport.send(first, as_bytes("into nothing"), later) == 12);
  net.inner.deliver(link, as_bytes("unheard"), later);
  net.transport.close(first, closing::clean, later + 1s);
  net.run(later + 2s);
  CHECK_FALSE(net.inner.has_sent());
  CHECK(net.driver.received[0].empty());
  net.transport.open(first, somewhere, later + 3s);
  net.run(later + 3s);
  CHECK(net.inner.has_sent());  // a new life is a new connection
}

TEST_CASE("A flapping thing goes with FIN and is told so, again and again in every life") {
  impairment fault = fault_from(start + 20s);
  fault.leave_after = 10s;
  check_ends_in_every_life(fault, "ended", "ended", memory_transport::departure::kind::finish);
}

TEST_CASE("Who is to be taken over leaves its link without telling the other side, and is told so") {
  impairment fault = fault_from(start + 20s);
  fault.rival_after = 10s;
  over_memory net{fault};
  net.connect(start);
  const time_point later = start + 30min;
  net.run(later);
  CHECK(net.driver.seen[0] == "opened, failed " + std::to_string(ECONNABORTED));
  CHECK_FALSE(net.inner.has_sent());
  net.transport.open(first, somewhere, later);
  net.run(later);
  CHECK(net.inner.has_sent());  // beside the first
}

TEST_CASE("A mute thing hears and says nothing more, a rude one says what is no message") {
  impairment fault = fault_from(start);
  fault.mute_after = 1s;
  over_memory net{fault};
  const auto link = net.connect(start);
  net.run(start + 30min);
  net.transport.send(first, as_bytes("ping"), start + 30min);
  net.inner.deliver(link, as_bytes("heard"), start + 30min);
  net.run(start + 31min);
  CHECK_FALSE(net.inner.has_sent());
  CHECK(net.driver.received[0] == "heard");

  impairment rude = fault_from(start);
  rude.garbage_after = 10s;
  rude.oversized_after = 1h;
  rude.oversized = {std::byte{'B'}};
  over_memory other{rude};
  other.connect(start);
  other.run(start + 20s + 1000s);
  const auto said = other.inner.sent();
  CHECK(said.size() > 50);
  CHECK(said.size() < 200);
  for (const auto& one : said) CHECK((one.payload[0] == std::byte{0} || one.payload[0] == std::byte{'B'}));
}

TEST_CASE("What leaves twice is a whole write, and never the greeting") {
  impairment fault = fault_from(start);
  fault.repeat = 1;
  over_memory net{fault};
  net.connect(start);
  net.transport.send(first, as_bytes("hello"), start + 1min);
  net.transport.send(first, as_bytes("one"), start + 2min);
  std::string got;
  for (const auto& one : net.inner.sent()) got += std::string{as_text(one.payload)} + " ";
  CHECK(got == "hello one one ");
}

TEST_CASE("A slow reader hears its bytes a second and no more") {
  impairment fault = fault_from(start + 1min);
  fault.read_bytes_per_s = 1'000;
  over_memory net{fault};
  const auto link = net.connect(start);
  const time_point now = start + 2min;
  net.inner.deliver(link, as_bytes(std::string(50'000, 'x')), now);
  for (const int seconds : {1, 10, 20}) {
    net.run(now + std::chrono::seconds{seconds});
    const auto heard = net.driver.received[0].size();
    CHECK(heard <= static_cast<std::size_t>(seconds) * 1'000);
    CHECK(heard + impaired_way::segment_bytes >= static_cast<std::size_t>(seconds) * 1'000);
  }
}

namespace {

/// A thing's end with faults and a plain server, over loopback.
struct over_sockets {
  std::unique_ptr<reactor> events = new_reactor();
  tcp_transport sockets{*events}, server{*events};
  impaired_streams<tcp_transport> client;
  stream_recorder<impaired_streams<tcp_transport>> at_client{client};
  stream_recorder<tcp_transport> at_server{server};
  socket_address address;

  explicit over_sockets(impairment fault) : client{sockets, way_of(std::move(fault))} {
    client.prepare(1);
    const auto bound = server.listen(socket_address::from_v4(0x7F000001, 0));
    REQUIRE(bound);
    address = *bound;
  }
  static impaired_way way_of(impairment fault) {
    fault.key = stream_of("rough");
    const time_point now = std::chrono::steady_clock::now();
    fault.when = {{now, now + 1h}};
    return {{fault}, 4, {}};
  }
  bool until(const std::function<bool()>& done, duration within = 30s) {
    const auto deadline = std::chrono::steady_clock::now() + within;
    while (!done()) {
      const auto held = client.next_deadline();
      const time_point at = events->wait(held ? std::min(*held, deadline) : deadline);
      client.advance(at_client, at);
      if (at >= deadline) return done();
    }
    return true;
  }
  void connect() {
    const auto lives = at_server.count["accepted"] + 1;
    client.open(first, address, std::chrono::steady_clock::now());
    // Both have happened, though the fault may have acted since.
    REQUIRE(
        until([&] { return at_client.count["opened"] == lives && at_server.count["accepted"] == lives; }));
  }
};

}  // namespace

TEST_CASE("A reset arrives at a real server as RST") {
  impairment fault;
  fault.reset_after = 5ms;
  over_sockets net{fault};
  net.connect();
  CHECK(net.until([&] { return net.at_server.count["failed"] == 1 && net.at_client.count["failed"] == 1; }));
  CHECK(net.at_server.seen[0] == "accepted, failed " + std::to_string(ECONNRESET));
}

TEST_CASE("A real server is not told that a half-open link's other end is gone") {
  impairment fault;
  fault.silent_after = 1ms;
  over_sockets net{fault};
  net.connect();
  net.until([] { return false; }, 60ms);  // sixty times the mean wait
  net.client.send(first, as_bytes("into nothing"), std::chrono::steady_clock::now());
  net.client.close(first, closing::clean, std::chrono::steady_clock::now());
  net.until([] { return false; }, 30ms);
  CHECK(net.at_server.seen[0] == "accepted");
  CHECK(net.at_server.received[0].empty());
  CHECK(net.server.send(link_id{0}, as_bytes("are you there?"), std::chrono::steady_clock::now()) == 14);
}

TEST_CASE("A real server sees FIN of a flapping thing, and nothing of one that is to be taken over") {
  impairment flapping;
  flapping.leave_after = 5ms;
  over_sockets net{flapping};
  net.connect();
  CHECK(net.until([&] { return net.at_server.count["ended"] == 1 && net.at_client.count["ended"] == 1; }));

  impairment rival;
  rival.rival_after = 5ms;
  over_sockets other{rival};
  other.connect();
  REQUIRE(other.until([&] { return other.at_client.count["failed"] == 1; }));
  other.connect();
  CHECK(other.at_server.seen[0] == "accepted");
  CHECK(other.server.send(link_id{0}, as_bytes("taken over"), std::chrono::steady_clock::now()) == 10);
}

TEST_CASE("A slow reader makes a real server's send block") {
  impairment fault;
  fault.read_bytes_per_s = 20'000;
  over_sockets net{fault};
  const time_point opened = std::chrono::steady_clock::now();
  net.connect();
  const std::string much(1'000'000, 'x');
  std::size_t sent = 0, taken = 1;
  const auto send_more = [&] {
    taken = net.server.send(link_id{0}, as_bytes(much).subspan(sent % 500'000, 100'000),
                            std::chrono::steady_clock::now());
    sent += taken;
  };
  while (taken > 0 && sent < 20'000'000) send_more();
  CHECK(sent < 20'000'000);  // the buffers of both ends are full
  const auto heard = [&] { return net.at_client.received[0].size(); };
  const time_point begin = std::chrono::steady_clock::now();
  REQUIRE(net.until([&] { return heard() >= 10'000; }));
  // The clock of what it hears is its own: 10 kB are due half a second after the first.
  const time_point now = std::chrono::steady_clock::now();
  CHECK(now - begin >= 400ms);
  const auto most = std::chrono::ceil<std::chrono::milliseconds>(now - opened).count() * 20;
  CHECK(heard() <= static_cast<std::size_t>(most) + impaired_way::segment_bytes);
  taken = 1;
  while (taken > 0 && sent < 20'000'000) send_more();
  CHECK(sent < 20'000'000);
}

TEST_CASE("A delayed and lossy link over real sockets carries every byte") {
  impairment fault;
  fault.delay = 3ms;
  fault.jitter = 2ms;
  fault.loss = 0.02;
  over_sockets net{fault};
  net.at_server.on_received = [&](link_id link, bytes_view raw, time_point at) {
    net.server.send(link, raw, at);
  };
  const time_point begin = std::chrono::steady_clock::now();
  net.connect();
  CHECK(std::chrono::steady_clock::now() - begin >= 2ms);
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += std::to_string(i) + " ";
  REQUIRE(net.client.send(first, as_bytes(text), std::chrono::steady_clock::now()) == text.size());
  REQUIRE(net.until([&] { return net.at_client.received[0].size() == text.size(); }));
  CHECK(net.at_client.received[0] == text);
  net.client.close(first, closing::clean, std::chrono::steady_clock::now());
  CHECK(net.until([&] { return net.at_server.count["ended"] == 1; }));
}
