// What happened on Paho's threads, on its way to the worker's thread.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "protocols/core/time.hpp"

namespace wanwu {

/// One thing that a Paho callback told.
struct paho_event {
  enum class kind : std::uint8_t {
    succeeded,  ///< The action `action`.
    failed,     ///< Likewise; `code` is the MQTT reason where the target gave one.
    lost,       ///< The connection ended without us.
    dismissed,  ///< The target sent DISCONNECT with `code`; `lost` follows.
    message,
  };
  time_point at;
  std::uint64_t action{};  ///< Number of the connect, publish or subscribe; 0 for none.
  std::uint32_t connection{};
  std::uint32_t life{};  ///< Which opening of the connection.
  std::uint16_t code{};
  kind what{};
  bool resumed{};
  // A message
  std::uint8_t qos{};
  bool retained{}, duplicate{};
  std::string topic, payload, response_topic, correlation;
};

/// Filled by Paho's threads, emptied by the worker's. Messages beyond the bound are dropped and counted;
/// answers are not, since there are never more of them than operations.
class paho_event_queue {
 public:
  static constexpr std::size_t messages_max = 100'000;

  void push(paho_event&& what) {
    const std::lock_guard lock{mutex_};
    if (what.what == paho_event::kind::message && events_.size() >= messages_max) {
      ++dropped_;
      return;
    }
    events_.push_back(std::move(what));
  }
  /// Swaps what has come into `out` (given empty) and returns how many messages were dropped since the last
  /// call.
  std::uint64_t take(std::vector<paho_event>& out) {
    const std::lock_guard lock{mutex_};
    out.swap(events_);
    return std::exchange(dropped_, 0);
  }

 private:
  std::mutex mutex_;
  std::vector<paho_event> events_;
  std::uint64_t dropped_ = 0;
};

}  // namespace wanwu
