// The embedded target as a child process, so that generator and target are measured apart.
#pragma once

#include <memory>
#include <span>
#include <string>

#include <sys/types.h>
#include <tl/expected.hpp>

#include "scenarios/language/target_file.hpp"

namespace wanwu::cli {

/// Runs `/proc/self/exe target` on free loopback ports until destroyed. Ends with its parent whatever
/// happens.
class embedded_process {
 public:
  /// Starts it and waits (at most ten seconds) until it listens. The error is a sentence. Call before any
  /// thread is made. `more`: further arguments of `wanwu target`.
  static tl::expected<embedded_process, std::string> start(std::uint64_t connections,
                                                           std::span<const std::string> more = {},
                                                           const std::string& mqtt_at = "127.0.0.1:0");
  embedded_process(embedded_process&& other) noexcept;
  embedded_process& operator=(embedded_process&& other) noexcept;
  ~embedded_process();

  /// "mqtt", "coap", "http" or "websocket" -> "127.0.0.1:12345"; "" when it does not listen for it.
  std::string address(const std::string& protocol_name) const;
  pid_t pid() const { return pid_; }

 private:
  embedded_process(pid_t pid, std::string ready) : pid_{pid}, ready_{std::move(ready)} {}
  pid_t pid_;
  std::string ready_;  ///< Its line of JSON.
};

/// The description of the embedded target with this process's addresses.
std::shared_ptr<const lang::target_file> target_of(const embedded_process& process, int mqtt_version);

}  // namespace wanwu::cli
