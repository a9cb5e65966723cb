// The last retained message of each topic.
#pragma once

#include <functional>
#include <map>
#include <string_view>

#include "sim/target/message.hpp"

namespace wanwu::target {

/// Sorted by topic, so that a filter without a leading wildcard looks only at topics that share its
/// beginning.
class retained_store {
 public:
  retained_store(std::size_t count_max, std::size_t bytes_max)
      : count_max_{count_max}, bytes_max_{bytes_max} {}

  /// Whether put() would keep a message of this topic and about this size.
  bool has_room(std::string_view topic, std::size_t size) const;
  /// Keeps `m` as its topic's message; an empty payload removes instead [MQTT-3.3.1-6] [MQTT-3.3.1-7].
  /// False when the store is full (the old message, if any, is gone then: it is no longer the last one).
  bool put(const message_ptr& m);

  /// Calls `visit` for each live message whose topic matches. Expired ones are removed as they are met
  /// [MQTT-3.3.2-5].
  void match(std::string_view filter, time_point now, const std::function<void(const message_ptr&)>& visit);

  std::size_t size() const noexcept { return kept_.size(); }
  std::size_t size_bytes() const noexcept { return bytes_; }

 private:
  using kept = std::map<std::string, message_ptr, std::less<>>;
  kept::iterator erase(kept::iterator it);

  kept kept_;
  std::size_t bytes_ = 0;
  std::size_t count_max_;
  std::size_t bytes_max_;
};

}  // namespace wanwu::target
