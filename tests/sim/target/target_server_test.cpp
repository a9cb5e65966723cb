// The target on real sockets: what its threads owe each other.
#include "sim/target/target_server.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <vector>

#include <catch2/catch.hpp>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "protocols/core/bytes.hpp"
#include "protocols/transport/address.hpp"
#include "protocols/websocket/client.hpp"

using namespace wanwu;
using namespace wanwu::target;
using namespace std::chrono_literals;
using namespace std::string_literals;
using namespace std::string_view_literals;

namespace {

/// An MQTT 3.1.1 client on a blocking socket.
class plain_client {
 public:
  plain_client(const socket_address& target, char name) : socket_{::socket(AF_INET, SOCK_STREAM, 0)} {
    REQUIRE(::connect(socket_, target.native(), target.native_size()) == 0);
    std::string hello{"\x10\x0d\0\x04MQTT\x04\x02\0\0\0\x01", 14};
    send(hello + name);
    REQUIRE(receive(4) == "\x20\x02\0\0"sv);
  }
  plain_client(const plain_client&) = delete;
  ~plain_client() { ::close(socket_); }

  void send(std::string_view raw) {
    REQUIRE(::send(socket_, raw.data(), raw.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(raw.size()));
  }
  /// "" when it does not all come within 30 s.
  std::string receive(std::size_t size) {
    std::string out;
    while (out.size() < size) {
      pollfd one{socket_, POLLIN, 0};
      std::array<char, 256> some{};
      if (::poll(&one, 1, 30'000) != 1) return {};
      const auto got = ::recv(socket_, some.data(), std::min(some.size(), size - out.size()), 0);
      if (got <= 0) return {};
      out.append(some.data(), static_cast<std::size_t>(got));
    }
    return out;
  }

 private:
  int socket_;
};

/// An MQTT 3.1.1 client over WebSocket on a blocking socket.
class framed_client {
 public:
  explicit framed_client(const socket_address& target, int receive_buffer = 0)
      : socket_{::socket(AF_INET, SOCK_STREAM, 0)} {
    if (receive_buffer != 0)
      ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    REQUIRE(::connect(socket_, target.native(), target.native_size()) == 0);
  }
  framed_client(const framed_client&) = delete;
  ~framed_client() { ::close(socket_); }

  /// The status of the answer.
  std::uint16_t upgrade(std::vector<std::string> offers) {
    byte_writer out;
    side_.open({"a", "/mqtt", "", std::move(offers)}, out);
    write(out);
    until([&] { return side_.now() != websocket::client::state::asking; });
    const auto answer = websocket::read_upgrade_answer(take(), side_.key());
    return answer ? answer->status : std::uint16_t{0};
  }
  void greet(char name, bool with_will = false) {
    REQUIRE(upgrade({"mqtt"}) == 101);
    const std::string plain{"\x10\x0d\0\x04MQTT\x04\x02\0\0\0\x01", 14};
    const std::string willing{"\x10\x13\0\x04MQTT\x04\x06\0\0\0\x01", 14};
    send(with_will ? willing + name + std::string{"\0\x01w\0\x01!", 6} : plain + name);
    REQUIRE(receive(4) == "\x20\x02\0\0"sv);
  }
  void send(std::string_view raw, websocket::opcode code = websocket::opcode::binary) {
    byte_writer out;
    side_.send(code, as_bytes(raw), true, out);
    write(out);
  }
  void leave() {
    byte_writer out;
    side_.end(out);
    write(out);
  }
  /// So many bytes of what is carried; "" when they do not come.
  std::string receive(std::size_t size) {
    until([&] { return carried_.size() >= size; });
    auto all = take();
    if (all.size() < size) return {};
    carried_.append(std::string_view{all}.substr(size));
    all.resize(size);
    return all;
  }
  /// Everything that comes until the target closes, as frames: their codes, and how much data.
  std::pair<std::string, std::size_t> read_to_end() {
    websocket::frame_reader frames{websocket::side::server};
    std::string codes;
    std::size_t size = 0;
    byte_writer data;
    for (auto raw = some(); !raw.empty(); raw = some()) {
      bytes_view in{raw};
      while (true) {
        data.clear();
        const auto found = frames.next(in, data);
        REQUIRE(found);
        if (!*found) break;
        size += data.size();
        if ((*found)->ends_frame) codes += std::to_string(static_cast<int>((*found)->code));
      }
    }
    return {codes, size};
  }
  websocket::client::state now() const { return side_.now(); }
  /// False when the target does not close within 30 s.
  bool closed() {
    for (auto raw = some(); !raw.empty(); raw = some()) {
    }
    return at_end_;
  }

 private:
  void write(const byte_writer& out) {
    REQUIRE(::send(socket_, out.view().data(), out.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(out.size()));
  }
  bytes some() {
    pollfd one{socket_, POLLIN, 0};
    bytes out(65'536);
    if (::poll(&one, 1, 30'000) != 1) return {};
    const auto got = ::recv(socket_, out.data(), out.size(), 0);
    at_end_ = got <= 0;
    out.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return out;
  }
  template <class Holds>
  void until(Holds holds) {
    while (!holds()) {
      const auto raw = some();
      if (raw.empty()) return;
      byte_writer answers;
      side_.receive(raw, carried_, answers);
      if (!answers.empty() && side_.now() != websocket::client::state::ended) write(answers);
    }
  }
  std::string take() {
    std::string out{as_text(carried_.view())};
    carried_.clear();
    return out;
  }

  int socket_;
  bool at_end_ = false;
  websocket::client side_{1};
  byte_writer carried_;
};

std::unique_ptr<target_server> websocket_target(std::uint32_t shards = 2) {
  server_settings settings;
  settings.where.mqtt = socket_address::from_v4(0x7F000001, 0);
  settings.where.websocket = socket_address::from_v4(0x7F000001, 0);
  settings.shards = shards;
  auto started = target_server::start(settings);
  REQUIRE(started);
  return std::move(*started);
}

}  // namespace

TEST_CASE("A message reaches subscribers on idle threads at once, not when those look by themselves") {
  server_settings settings;
  settings.where.mqtt = socket_address::from_v4(0x7F000001, 0);
  settings.shards = 4;
  const auto started = target_server::start(settings);
  REQUIRE(started);
  const auto& where = *(*started)->where().mqtt;

  plain_client publisher{where, 'p'};
  // The kernel spreads connections over the four threads: that all are on one has a chance of 4^-12.
  std::vector<std::unique_ptr<plain_client>> subscribers;
  for (char name = 'a'; name < 'm'; ++name) {
    subscribers.push_back(std::make_unique<plain_client>(where, name));
    subscribers.back()->send("\x82\x06\0\x01\0\x01t\0"sv);
    REQUIRE(subscribers.back()->receive(5) == "\x90\x03\0\x01\0"sv);
  }
  // A thread looks by itself after 500 ms; the machine may hold it up longer, but not each time.
  std::array<std::chrono::steady_clock::duration, 11> took{};
  for (auto& each_took : took) {
    const auto began = std::chrono::steady_clock::now();
    publisher.send("\x30\x04\0\x01tx"sv);
    for (const auto& each : subscribers) REQUIRE(each->receive(6) == "\x30\x04\0\x01tx"sv);
    each_took = std::chrono::steady_clock::now() - began;
  }
  std::sort(took.begin(), took.end());
  CHECK(took[took.size() / 2] < 250ms);
}

TEST_CASE("MQTT over WebSocket: packets may be cut and joined anywhere, and reach who speaks plain TCP") {
  const auto server = websocket_target();
  framed_client framed{*server->where().websocket};
  REQUIRE(framed.upgrade({"chat", "mqtt"}) == 101);
  const std::string hello{
      "\x10\x0d\0\x04MQTT\x04\x02\0\0\0\x01"
      "f",
      15};
  for (const char c : hello) framed.send({&c, 1});
  CHECK(framed.receive(4) == "\x20\x02\0\0"sv);
  // A SUBSCRIBE, a PINGREQ and the beginning of another in one frame.
  framed.send("\x82\x06\0\x01\0\x01t\0\xc0\0\xc0"sv);
  CHECK(framed.receive(7) == "\x90\x03\0\x01\0\xd0\0"sv);
  framed.send("\0"sv);
  CHECK(framed.receive(2) == "\xd0\0"sv);

  plain_client plain{*server->where().mqtt, 'p'};
  plain.send("\x30\x04\0\x01tx"sv);
  CHECK(framed.receive(6) == "\x30\x04\0\x01tx"sv);
  plain.send("\x82\x06\0\x01\0\x01u\0"sv);
  CHECK(plain.receive(5) == "\x90\x03\0\x01\0"sv);
  framed.send("\x30\x04\0\x01uy"sv);
  CHECK(plain.receive(6) == "\x30\x04\0\x01uy"sv);
  server->stop();
  CHECK(framed.closed());
}

TEST_CASE("Whoever does not offer mqtt is refused and closed") {
  const auto server = websocket_target();
  for (const std::vector<std::string>& offers : {std::vector<std::string>{}, {"mqttv3.1"}, {"chat"}}) {
    framed_client other{*server->where().websocket};
    CHECK(other.upgrade(offers) == 400);
    CHECK(other.closed());
  }
  plain_client still{*server->where().mqtt, 's'};
  CHECK(server->totals().mqtt_connections == 1);
}

TEST_CASE("The will of a WebSocket is sent when it ends, not when its bytes have left") {
  const auto server = websocket_target();
  plain_client heir{*server->where().mqtt, 'h'};
  heir.send("\x82\x06\0\x01\0\x01w\0"sv);
  REQUIRE(heir.receive(5) == "\x90\x03\0\x01\0"sv);
  std::array<std::chrono::steady_clock::duration, 3> quickest{1h, 1h, 1h};
  for (std::size_t n = 0; n < 9; ++n) {
    framed_client mortal{*server->where().websocket};
    mortal.greet('m', true);
    const auto began = std::chrono::steady_clock::now();
    if (n % 3 == 0) mortal.leave();
    if (n % 3 == 1) mortal.send("\xc0\0"sv, websocket::opcode::text);
    if (n % 3 == 2) mortal.send("no code", websocket::opcode::continuation);
    CHECK(heir.receive(6) == "\x30\x04\0\x01w!"sv);
    CHECK(mortal.closed());
    quickest[n % 3] = std::min(quickest[n % 3], std::chrono::steady_clock::now() - began);
  }
  // A thread looks by itself after 500 ms; the machine may hold it up longer, but not each time.
  for (const auto took : quickest) CHECK(took < 250ms);
}

TEST_CASE(
    "What was on its way when a client closes its WebSocket is still sent, and the answer to the close "
    "last") {
  const auto server =
      websocket_target(1);  // one thread: what was acknowledged has been handed to the other link
  framed_client slow{*server->where().websocket, 4096};
  slow.greet('s');
  slow.send("\x82\x06\0\x01\0\x01t\0"sv);
  REQUIRE(slow.receive(5) == "\x90\x03\0\x01\0"sv);
  plain_client publisher{*server->where().mqtt, 'p'};
  constexpr std::size_t payload = 900'000, count = 12;
  // Fixed header, topic "t", packet id 1, QoS 1; acknowledged once the deliveries are decided.
  const std::string head = "\x32\xa5\xf7\x36\0\x01t\0\x01"s;
  for (std::size_t n = 0; n < count; ++n) {
    publisher.send(head + std::string(payload, 'x'));
    REQUIRE(publisher.receive(4) == "\x40\x02\0\x01"sv);
  }
  slow.leave();
  const auto [codes, size] = slow.read_to_end();
  CHECK(size == count * (payload + 7));
  CHECK(codes.find_first_not_of('2') == codes.size() - 1);
  CHECK(codes.ends_with('8'));
}
