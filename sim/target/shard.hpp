// One thread of the target: a descriptor table, a reactor and listening sockets of its own, over the shared
// core.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "protocols/transport/waker.hpp"
#include "sim/target/datagram_port.hpp"
#include "sim/target/stream_port.hpp"

namespace wanwu::target {

struct listen_addresses {
  std::optional<socket_address> mqtt, coap, http;  ///< Nothing = that service is off.
  std::optional<socket_address> websocket;         ///< MQTT over WebSocket; nothing = off.
};

class shard;

/// What all shards of one target share. `lock` guards `core`.
struct shared_state {
  std::mutex lock;
  target_core* core{};
  std::vector<shard*> shards;
  std::atomic<bool> stopping{false};
};

/// Lanes of a shard, one for each of its listening sockets: MQTT, HTTP, MQTT over WebSocket.
constexpr std::uint32_t lanes_per_shard = 3;

class shard {
 public:
  /// `bell` is made before any shard's thread has a descriptor table of its own: all of them ring it.
  shard(shared_state& shared, std::uint32_t index, std::unique_ptr<waker> bell)
      : shared_{shared}, index_{index}, bell_{std::move(bell)} {}

  /// On the shard's own thread, before run(): opens reactor and sockets. The addresses come back with their
  /// ports.
  std::error_code open(listen_addresses& where);
  /// Serves until shared_state::stopping and all output has left, or `grace` has passed. Sleeps at least
  /// `pause` between two turns: 0, or what keeps many shards a core from spending it on being woken.
  void run(duration grace, duration pause);
  /// After run(), on the same thread: what is still open is closed, by the numbers that only this thread
  /// knows it by.
  void close() noexcept;
  /// From any thread: something waits in this shard's lanes, or stopping was set.
  void wake() noexcept;
  std::size_t connections() const noexcept { return connections_.load(std::memory_order_relaxed); }

 private:
  static constexpr duration longest_wait = std::chrono::milliseconds{500};

  void take_turn(time_point now);
  void wake_others();
  bool is_drained() const;

  shared_state& shared_;
  std::uint32_t index_;
  std::unique_ptr<waker> bell_;
  std::unique_ptr<reactor> reactor_;
  std::vector<std::unique_ptr<stream_port>> streams_;
  std::unique_ptr<datagram_port> datagrams_;
  std::optional<time_point> next_;
  std::atomic<bool> woken_{false};
  std::atomic<std::size_t> connections_{0};
};

}  // namespace wanwu::target
