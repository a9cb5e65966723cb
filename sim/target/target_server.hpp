// The target on sockets: threads, listeners, start and graceful stop.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "sim/target/shard.hpp"
#include "sim/target/target_settings.hpp"

namespace wanwu::target {

struct server_settings {
  target_settings target;
  listen_addresses where;              ///< Port 0: the kernel chooses.
  std::uint64_t connections = 20'000;  ///< How many stream connections must fit.
  std::uint32_t shards = 0;            ///< 0 = as many as cores and descriptors ask for.
  std::string journal;                 ///< SQLite file, "" = none.
};

/// So many threads for `connections`, when each may hold `descriptors`: at least min(cores, 2).
std::uint32_t shards_for(std::uint64_t connections, std::uint64_t descriptors, std::uint32_t cores) noexcept;

/// A running target. Thread-safe.
class target_server {
 public:
  /// Starts all threads. The error is a sentence for the user.
  static tl::expected<std::unique_ptr<target_server>, std::string> start(server_settings settings);
  /// As stop().
  ~target_server();
  target_server(const target_server&) = delete;
  target_server& operator=(const target_server&) = delete;

  /// Addresses with their ports.
  const listen_addresses& where() const noexcept;
  std::uint32_t shard_count() const noexcept;
  target_totals totals();
  /// Says goodbye to all peers, waits at most 2 s for their last bytes to leave, ends the threads.
  void stop();

 private:
  struct parts;
  explicit target_server(std::unique_ptr<parts> made);
  std::unique_ptr<parts> parts_;
};

}  // namespace wanwu::target
