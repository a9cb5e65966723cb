// The target on real sockets: what its threads owe each other.
#include "sim/target/target_server.hpp"

#include <array>
#include <chrono>
#include <vector>

#include <catch2/catch.hpp>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "protocols/core/bytes.hpp"
#include "protocols/transport/address.hpp"

using namespace wanwu;
using namespace wanwu::target;
using namespace std::chrono_literals;
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
  /// "" when it does not all come within 10 s.
  std::string receive(std::size_t size) {
    std::string out;
    while (out.size() < size) {
      pollfd one{socket_, POLLIN, 0};
      std::array<char, 256> some{};
      if (::poll(&one, 1, 10'000) != 1) return {};
      const auto got = ::recv(socket_, some.data(), std::min(some.size(), size - out.size()), 0);
      if (got <= 0) return {};
      out.append(some.data(), static_cast<std::size_t>(got));
    }
    return out;
  }

 private:
  int socket_;
};

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
  // A thread looks by itself after 500 ms: ten times nearly that if nobody wakes it.
  const auto began = std::chrono::steady_clock::now();
  for (int n = 0; n < 10; ++n) {
    publisher.send("\x30\x04\0\x01tx"sv);
    for (const auto& each : subscribers) REQUIRE(each->receive(6) == "\x30\x04\0\x01tx"sv);
  }
  CHECK(std::chrono::steady_clock::now() - began < 2500ms);
}
