// One Paho client without its headers: actions by number in, events into a queue out.
#pragma once

#include <memory>
#include <string>

#include "protocols/drivers/driver.hpp"
#include "protocols/drivers/mqtt_endpoint.hpp"
#include "protocols/drivers/mqtt_paho_events.hpp"

namespace wanwu {

/// Owned by the worker's thread; Paho's threads only push into the queue, which outlives the client. Each
/// action is answered by one event with its number, unless false was returned: then Paho took nothing.
class paho_client {
 public:
  static constexpr int waiting_messages_max = 1000;  ///< Inside Paho.

  /// `connection` and `life` come back in events that belong to no action.
  paho_client(const mqtt_endpoint& target, const std::string& client_id, std::uint32_t connection,
              std::uint32_t life, paho_event_queue& queue);
  paho_client(const paho_client&) = delete;
  paho_client& operator=(const paho_client&) = delete;
  ~paho_client();  ///< Ends the link; no event comes after it.

  bool connect(const login& who, std::uint64_t action);
  bool publish(const intent& what, std::uint64_t action);
  bool subscribe(const subscription& what, std::uint64_t action);
  bool disconnect();
  bool has_left() const;  ///< After disconnect(): it is done.

 private:
  struct parts;
  const mqtt_endpoint target_;
  std::unique_ptr<parts> parts_;
};

}  // namespace wanwu
