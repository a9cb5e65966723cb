// A small target on a loopback port, in a thread of its own: a broker of few words that can be made to
// misbehave.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <thread>

#include "protocols/transport/address.hpp"

namespace wanwu::conform {

/// What a connection does with what it was told. Everything is bytes in hex.
struct reply {
  std::string say;     ///< Sent at once.
  bool close = false;  ///< Then the connection ends.
  bool die = false;    ///< Then the whole target is gone: nothing listens any more.
};

class loopback_target {
 public:
  using behaviour = std::function<reply(const std::string& told)>;
  /// `on_open`: said to each new connection. `endless`: said again and again for as long as it is read.
  struct manners {
    behaviour answers;
    std::string on_open, endless;
    bool byte_by_byte = false;
  };
  explicit loopback_target(manners how);
  loopback_target(const loopback_target&) = delete;
  loopback_target& operator=(const loopback_target&) = delete;
  ~loopback_target();

  const socket_address& address() const noexcept { return address_; }
  bool is_dead() const noexcept { return dead_; }
  /// Listens again on the same port.
  bool restart();
  int most_at_once() const noexcept { return most_; }

  /// CONNACK to CONNECT (of either version), PINGRESP to PINGREQ, the end to DISCONNECT; else nothing.
  static reply polite(const std::string& told);

 private:
  void serve();
  bool listen();

  manners how_;
  socket_address address_;
  int listening_ = -1;
  std::atomic<bool> stop_{false}, dead_{false};
  std::atomic<int> most_{0};
  std::thread thread_;
};

}  // namespace wanwu::conform
