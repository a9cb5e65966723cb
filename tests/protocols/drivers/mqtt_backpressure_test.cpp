// The native MQTT driver over TCP against a target that stops reading: nothing is lost, nothing grows without
// bound.
#include <catch2/catch.hpp>
#include <fcntl.h>

#include "protocols/drivers/mqtt_native.hpp"
#include "protocols/mqtt/decode.hpp"
#include "protocols/mqtt/encode.hpp"
#include "protocols/transport/reactor.hpp"
#include "tests/protocols/drivers/mosquitto.hpp"

using namespace wanwu;
using namespace std::chrono_literals;

namespace {

struct counting_client final : driver_client {
  void describe(connection_id, login& out) override { out.client_id = "c"; }
  void record(std::span<const observation> seen) override {
    for (const auto& each : seen) {
      if (each.op != operation::telemetry) continue;
      ++results[static_cast<std::size_t>(each.result)];
      if (each.result == outcome::not_started) CHECK(each.code == 0x97);
    }
  }
  void changed(std::span<const connection_change> changes) override {
    up = changes.back().now == connection_state::up;
  }
  void heard(std::span<const heard_message>) override {}
  void ready_for_more(std::span<const connection_id> connections) override { ready += connections.size(); }
  std::size_t of(outcome what) const { return results[static_cast<std::size_t>(what)]; }

  std::array<std::size_t, outcome_count> results{};
  std::size_t ready = 0;
  bool up = false;
};

/// A driver with one connection to a target that the test plays byte by byte.
struct slow_target {
  slow_target() : events{std::move(*reactor::create())} {
    listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto address = loopback(0);
    socklen_t size = sizeof address;
    REQUIRE(::bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(listener, 1) == 0);
    REQUIRE(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    mqtt_endpoint target;
    target.address = *parse_address("127.0.0.1:" + std::to_string(ntohs(address.sin_port)));
    under_test = make_mqtt_native(target, *events, client);
    under_test->prepare(1);
    under_test->report_completions(true);
    const connection_id first{0};
    const auto began = now();
    under_test->open({&first, 1}, {&began, 1}, began);
    until([&] {
      if (peer < 0) peer = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
      return peer >= 0 && read_some() > 0;
    });
    byte_writer accepted;
    mqtt::encode(accepted, mqtt::connack{}, mqtt::version::v5);
    REQUIRE(::send(peer, accepted.view().data(), accepted.size(), 0) > 0);
    until([&] { return client.up; });
    received.clear();
  }
  ~slow_target() {
    if (peer >= 0) ::close(peer);
    ::close(listener);
  }
  time_point now() const { return std::chrono::steady_clock::now() + ahead; }
  template <class Condition>
  void until(Condition done) {
    const auto deadline = now() + 30s;
    while (!done()) {
      REQUIRE(now() < deadline);
      under_test->advance(now());
      events->wait(std::chrono::steady_clock::now() + 5ms);
    }
  }
  void send(std::size_t count, std::uint8_t level = 0) {
    shape.op = operation::telemetry;
    shape.qos = level;
    const auto began = now();
    for (std::size_t i = 0; i < count; ++i) {
      const intent one{.shape = &shape,
                       .address = "t",
                       .payload = as_bytes(payload),
                       .properties = {},
                       .intended_at = began};
      under_test->start({&one, 1}, began);
    }
    under_test->advance(now());
  }
  std::ptrdiff_t read_some() {
    std::array<std::byte, 65536> buffer;
    const auto got = ::recv(peer, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got > 0) received.insert(received.end(), buffer.begin(), buffer.begin() + got);
    return got;
  }
  /// Whole PUBLISH packets in what has been received; the rest must be the beginning of one.
  std::size_t count_messages() const {
    std::size_t count = 0;
    for (bytes_view raw{received}; !raw.empty(); ++count) {
      const auto found = mqtt::next_frame(raw, mqtt::variable_max);
      REQUIRE(found);
      if (!*found) break;
      REQUIRE(mqtt::quick_publish(**found, mqtt::version::v5));
      raw = raw.subspan((*found)->whole.size());
    }
    return count;
  }

  counting_client client;
  std::unique_ptr<reactor> events;
  std::unique_ptr<driver> under_test;
  request_shape shape;
  std::string payload = std::string(10'000, 'x');
  int listener = -1, peer = -1;
  bytes received;
  duration ahead{};  ///< Of the driver's clock.
};

constexpr int messages = 5000;  // 50 MB: more than any socket buffer

}  // namespace

TEST_CASE(
    "When the target stops reading, output stays bounded, and what was taken arrives whole once it reads "
    "again") {
  slow_target w;
  w.send(messages);
  const auto ok = w.client.of(outcome::ok);
  const auto refused = w.client.of(outcome::not_started);
  const auto waiting = w.under_test->totals().operations_in_flight;
  CHECK(ok > 0);
  CHECK(refused > 0);
  CHECK(waiting > 0);
  CHECK(waiting < 40);  // 256 KiB of 10 kB messages
  CHECK(ok + refused + waiting == messages);
  w.until([&] {
    while (w.read_some() > 0) continue;
    return w.under_test->totals().operations_in_flight == 0;
  });
  w.until([&] {
    while (w.read_some() > 0) continue;
    return w.count_messages() == ok + waiting;
  });
  CHECK(w.client.of(outcome::ok) == ok + waiting);
  CHECK(w.client.ready == ok + waiting);
  CHECK(w.under_test->totals().bytes_out >= w.received.size());
  w.send(1);
  CHECK(w.client.of(outcome::ok) == ok + waiting + 1);
}

TEST_CASE(
    "Messages that wait for a target that does not read time out once, and are forgotten when it ends") {
  slow_target w;
  w.shape.answer_within = 30s;
  w.send(messages);
  const auto waiting = w.under_test->totals().operations_in_flight;
  REQUIRE(waiting > 0);
  w.ahead = 31s;
  w.until([&] { return w.under_test->totals().operations_in_flight == 0; });
  CHECK(w.client.of(outcome::timed_out) == waiting);
  ::close(w.peer);
  w.peer = -1;
  w.until([&] { return !w.client.up; });
  CHECK(w.client.of(outcome::timed_out) == waiting);
  CHECK(w.client.of(outcome::broken_link) == 0);
}

TEST_CASE("Messages that wait are told to have failed when the link breaks") {
  slow_target w;
  w.send(messages);
  const auto waiting = w.under_test->totals().operations_in_flight;
  REQUIRE(waiting > 0);
  ::close(w.peer);
  w.peer = -1;
  w.until([&] { return !w.client.up; });
  CHECK(w.client.of(outcome::broken_link) == waiting);
  CHECK(w.under_test->totals().operations_in_flight == 0);
}

TEST_CASE("Messages that wait are cut off when we end the link, and not failed by the target") {
  slow_target w;
  w.send(messages);
  const auto waiting = w.under_test->totals().operations_in_flight;
  REQUIRE(waiting > 0);
  const connection_id first{0};
  w.under_test->close({&first, 1}, GENERATE(closing::clean, closing::abrupt), w.now());
  w.until([&] { return !w.client.up; });
  CHECK(w.client.of(outcome::cut_off) == waiting);
  CHECK(w.client.of(outcome::broken_link) == 0);
  CHECK(w.under_test->totals().operations_in_flight == 0);
}
