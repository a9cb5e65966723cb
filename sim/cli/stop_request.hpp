// Why a run is to end before its time: a signal, or its time is over.
#pragma once

#include <atomic>
#include <optional>

#include "protocols/core/time.hpp"

namespace wanwu::cli {

/// While it lives, SIGINT, SIGTERM and the end of the time allowed set a number instead of ending the
/// process. A second SIGINT or SIGTERM ends it at once. One at a time.
class stop_request {
 public:
  explicit stop_request(std::optional<duration> within);
  stop_request(const stop_request&) = delete;
  stop_request& operator=(const stop_request&) = delete;
  ~stop_request();

  /// 0 = go on; SIGINT, SIGTERM, SIGALRM when the time is over, or what set() gave.
  const std::atomic<int>& reason() const noexcept;
  void set(int reason) noexcept;
};

}  // namespace wanwu::cli
