// The same intents through our own driver and through Paho, against mosquitto: what is observed must be the
// same.
#include <set>

#include <catch2/catch.hpp>

#include "protocols/drivers/mqtt_native.hpp"
#include "protocols/drivers/mqtt_paho.hpp"
#include "protocols/mqtt/decode.hpp"
#include "protocols/transport/reactor.hpp"
#include "tests/protocols/drivers/mosquitto.hpp"

using namespace wanwu;
using namespace std::chrono_literals;

namespace {

enum class kind { native, paho };

time_point steady() {
  return std::chrono::steady_clock::now();
}

/// The engine's side, real time: what was observed as sorted lines, since answers may overtake one another.
struct client_side final : driver_client {
  void describe(connection_id connection, login& out) override {
    out = who;
    out.client_id += std::to_string(static_cast<std::uint32_t>(connection));
  }
  void record(std::span<const observation> seen) override {
    for (const auto& each : seen) {
      const auto code =
          each.result == outcome::refused ? each.code : 0;  // Paho tells no success and no errno from another
      observed.insert(std::string{name_of(each.op)} + " " + std::string{name_of(each.result)} + " " +
                      std::to_string(code));
      CHECK(each.done_at >= each.sent_at);
      CHECK(each.sent_at >= each.intended_at);
    }
  }
  void changed(std::span<const connection_change> changes) override {
    for (const auto& each : changes) now_is = each.now;
  }
  void heard(std::span<const heard_message> messages) override {
    for (const auto& each : messages) {
      arrived.insert(std::string{each.address} + "=" + std::string{as_text(each.payload)} + " qos " +
                     std::to_string(each.qos) + " tag " + std::to_string(each.subscription_tag) +
                     (each.retained ? " retained" : "") + " " + std::string{each.response_topic} + "/" +
                     std::string{as_text(each.correlation)});
    }
  }
  login who;
  std::multiset<std::string> observed, arrived;
  connection_state now_is = connection_state::down;
};

struct real_world {
  real_world(kind which, mqtt_endpoint target) : events{std::move(*reactor::create())} {
    under_test =
        which == kind::native ? make_mqtt_native(target, *events, client) : make_mqtt_paho(target, client);
    under_test->prepare(1);
    client.who.client_id = which == kind::native ? "native" : "paho";
  }
  /// Runs until `done` holds; fails after half a minute.
  template <class Condition>
  void until(Condition done) {
    const auto deadline = steady() + 30s;
    while (!done()) {
      REQUIRE(steady() < deadline);
      under_test->advance(steady());
      const auto next = under_test->next_deadline().value_or(deadline);
      events->wait(std::min({next, deadline, steady() + 50ms}));
    }
  }
  void open() {
    const auto now = steady();
    under_test->open({&connection, 1}, {&now, 1}, now);
  }
  void close() {
    under_test->close({&connection, 1}, closing::clean, steady());
    under_test->advance(steady());
  }
  void send(std::string_view topic, std::string_view payload, std::uint8_t level, bool retain = false) {
    auto& shape = shapes.emplace_back(std::make_unique<request_shape>());
    shape->op = operation::telemetry;
    shape->qos = level;
    shape->retain = retain;
    shape->publish_properties = properties;
    const auto now = steady();
    const intent one{.shape = shape.get(),
                     .address = topic,
                     .payload = as_bytes(payload),
                     .properties = {},
                     .intended_at = now};
    under_test->start({&one, 1}, now);
  }
  void await_up() {
    until([&] { return client.now_is == connection_state::up; });
  }

  std::unique_ptr<reactor> events;
  client_side client;
  std::unique_ptr<driver> under_test;
  std::vector<std::unique_ptr<request_shape>> shapes;
  bytes properties;
  connection_id connection{};
};

/// A broker that the test plays byte by byte, for one client.
class hand_played_broker {
 public:
  hand_played_broker() : listener_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    auto at = loopback(0);
    socklen_t size = sizeof at;
    REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&at), size) == 0);
    REQUIRE(::listen(listener_, 1) == 0);
    REQUIRE(::getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size) == 0);
    port_ = ntohs(at.sin_port);
  }
  hand_played_broker(const hand_played_broker&) = delete;
  ~hand_played_broker() {
    leave();
    ::close(listener_);
  }
  socket_address address() const { return *parse_address("127.0.0.1:" + std::to_string(port_)); }
  void take(real_world& w) {
    await_readable(w, listener_);
    peer_ = ::accept(listener_, nullptr, nullptr);
  }
  bytes hear(real_world& w) {
    await_readable(w, peer_);
    bytes raw(4096);
    const auto got = ::recv(peer_, raw.data(), raw.size(), 0);
    REQUIRE(got > 0);
    raw.resize(static_cast<std::size_t>(got));
    return raw;
  }
  void say(const bytes& raw) { REQUIRE(::send(peer_, raw.data(), raw.size(), 0) > 0); }
  void leave() {
    if (peer_ >= 0) ::close(peer_);
    peer_ = -1;
  }

 private:
  static void await_readable(real_world& w, int fd) {
    pollfd waiting{fd, POLLIN, 0};
    w.until([&] { return ::poll(&waiting, 1, 0) == 1; });
  }
  int listener_, peer_ = -1;
  std::uint16_t port_{};
};

struct outcome_of_run {
  std::multiset<std::string> observed, arrived;
};

std::string shown(const outcome_of_run& run) {
  std::string out;
  for (const auto& each : run.observed) out += each + "\n";
  for (const auto& each : run.arrived) out += "  " + each + "\n";
  return out;
}

/// Subscribes, sends at every QoS, hears itself, leaves.
outcome_of_run converse(kind which, const mqtt_endpoint& target) {
  real_world w{which, target};
  w.client.who.subscriptions = {{"interop/+/a", 2, 3, false}, {"interop/+/b", 1, 5, false}};
  if (target.level == mqtt::version::v5) {
    byte_writer encoded;
    mqtt::put_property(encoded, mqtt::property_id::response_topic, std::string_view{"re/ply"});
    mqtt::put_property(encoded, mqtt::property_id::correlation_data, std::string_view{"id"});
    mqtt::put_user_property(encoded, "k", "v");
    w.properties.assign(encoded.view().begin(), encoded.view().end());
  }
  w.open();
  w.await_up();
  for (std::uint8_t level = 0; level < 3; ++level) {
    w.send("interop/x/a", "to a", level);
    w.send("interop/y/b", "to b", level);
    w.send("interop/nobody", "", level);
  }
  w.until([&] { return w.client.arrived.size() == 6 && w.under_test->totals().operations_in_flight == 0; });
  w.close();
  return {w.client.observed, w.client.arrived};
}

}  // namespace

TEST_CASE("Our driver and Paho observe the same in the same conversation with mosquitto") {
  mosquitto broker;
  for (const auto level : {mqtt::version::v3_1_1, mqtt::version::v5}) {
    INFO("version " << static_cast<int>(level));
    const mqtt_endpoint target{.address = broker.address(), .level = level};
    const auto native = converse(kind::native, target);
    const auto paho = converse(kind::paho, target);
    INFO("native:\n" << shown(native) << "paho:\n" << shown(paho));
    CHECK(native.arrived == paho.arrived);
    CHECK(native.arrived.size() == 6);
    CHECK(native.observed == paho.observed);
    CHECK(native.observed.count("telemetry ok 0") == 9);
  }
}

TEST_CASE("Both drivers report a refused login alike") {
  mosquitto broker{"allow_anonymous false\n"};
  for (const auto level : {mqtt::version::v3_1_1, mqtt::version::v5}) {
    for (const auto which : {kind::native, kind::paho}) {
      INFO("version " << static_cast<int>(level) << " kind " << static_cast<int>(which));
      real_world w{which, {.address = broker.address(), .level = level}};
      w.open();
      w.until([&] { return !w.client.observed.empty(); });
      CHECK(w.client.observed == std::multiset<std::string>{level == mqtt::version::v5
                                                                ? "connect refused 135"
                                                                : "connect refused 5"});
    }
  }
}

TEST_CASE("Both drivers report alike that nobody listens, and that the broker has died") {
  for (const auto which : {kind::native, kind::paho}) {
    INFO("kind " << static_cast<int>(which));
    mosquitto broker;
    real_world w{which, {.address = broker.address()}};
    w.open();
    w.await_up();
    broker.stop();
    w.until([&] { return w.client.now_is == connection_state::down; });
    CHECK(w.client.observed == std::multiset<std::string>{"connect ok 0", "disconnect broken_link 0"});
    w.client.observed.clear();
    w.open();
    w.until([&] { return !w.client.observed.empty(); });
    CHECK(w.client.observed == std::multiset<std::string>{"reconnect unreachable 0"});
  }
}

TEST_CASE("A resumed session delivers through either driver what was published while it was away") {
  mosquitto broker;
  for (const auto which : {kind::native, kind::paho}) {
    INFO("kind " << static_cast<int>(which));
    const mqtt_endpoint kept{.address = broker.address(), .clean_start = false, .session_expiry = 60};
    real_world sleeper{which, kept};
    sleeper.client.who.subscriptions = {{"missed", 1, 9, false}};
    sleeper.open();
    sleeper.await_up();
    sleeper.close();
    real_world writer{kind::native, {.address = broker.address()}};
    writer.client.who.client_id = "writer";
    writer.open();
    writer.await_up();
    writer.send("missed", "while away", 1);
    writer.until([&] { return writer.client.observed.count("telemetry ok 0") == 1; });
    sleeper.open();
    sleeper.until([&] {
      return !sleeper.client.arrived.empty() && sleeper.client.observed.count("reconnect ok 0") == 1;
    });
    CHECK(sleeper.client.arrived == std::multiset<std::string>{"missed=while away qos 1 tag 9 /"});
  }
}

TEST_CASE("Either driver opens a kept session again at once after it was closed") {
  mosquitto broker;
  for (const auto which : {kind::native, kind::paho}) {
    INFO("kind " << static_cast<int>(which));
    real_world w{which, {.address = broker.address(), .clean_start = false, .session_expiry = 60}};
    w.open();
    w.await_up();
    for (int again = 1; again <= 3; ++again) {
      w.under_test->close({&w.connection, 1}, closing::clean, steady());
      w.open();
      w.until([&] { return w.client.observed.count("reconnect ok 0") == static_cast<std::size_t>(again); });
    }
    CHECK(w.client.observed.count("disconnect ok 0") == 3);
  }
}

TEST_CASE("Either driver calls cut off what a broker has not answered when we close") {
  for (const auto which : {kind::native, kind::paho}) {
    for (const auto how : {closing::clean, closing::abrupt}) {
      for (const bool kept : {false, true}) {
        INFO("kind " << static_cast<int>(which) << " how " << static_cast<int>(how) << " kept " << kept);
        hand_played_broker broker;
        real_world w{which,
                     {.address = broker.address(), .level = mqtt::version::v3_1_1, .clean_start = !kept}};
        w.open();
        broker.take(w);
        broker.hear(w);
        broker.say({std::byte{0x20}, std::byte{2}, std::byte{0}, std::byte{0}});  // CONNACK
        w.await_up();
        w.send("t", "never answered", 1);
        broker.hear(w);
        w.under_test->close({&w.connection, 1}, how, steady());
        // The operation of a kept session goes on until the run ends, or Paho gives it up.
        w.under_test->abandon(outcome::timed_out, steady());
        CHECK(w.client.observed ==
              std::multiset<std::string>{"connect ok 0", "disconnect ok 0", "telemetry cut_off 0"});
      }
    }
  }
}

TEST_CASE("Either driver says in its CONNECT what the endpoint asks for") {
  for (const auto which : {kind::native, kind::paho}) {
    INFO("kind " << static_cast<int>(which));
    hand_played_broker broker;
    mqtt_endpoint target{.address = broker.address()};
    target.keep_alive = 33;
    target.clean_start = false;
    target.session_expiry = 77;
    target.receive_maximum = 11;
    target.packet_size_max = 5000;
    real_world w{which, target};
    w.client.who.has_user = w.client.who.has_password = true;
    w.client.who.user = "u";
    w.client.who.password = "p";
    w.client.who.will_topic = "gone";
    w.client.who.will_qos = 1;
    w.open();
    broker.take(w);
    const auto raw = broker.hear(w);
    const auto what = mqtt::decode(raw, mqtt::version::v5, mqtt::role::client);
    REQUIRE(what);
    const auto& hello = std::get<mqtt::connect>(*what);
    CHECK(hello.keep_alive == 33);
    CHECK_FALSE(hello.clean_start);
    CHECK(hello.properties.number(mqtt::property_id::session_expiry_interval) == 77U);
    CHECK(hello.properties.number(mqtt::property_id::receive_maximum) == 11U);
    CHECK(hello.properties.number(mqtt::property_id::maximum_packet_size) == 5000U);
    CHECK(hello.user == "u");
    CHECK(as_text(hello.password.value()) == "p");
    CHECK(hello.last_will.value().topic == "gone");
    broker.leave();
    w.until([&] { return !w.client.observed.empty(); });
  }
}
