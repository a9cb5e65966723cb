// What the Paho driver knows of one connection, and of one action under way on it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "protocols/drivers/mqtt_paho_client.hpp"

namespace wanwu {

/// What we wait for: a connect, a subscribe or a publish.
struct pending_action {
  time_point intended_at, sent_at, deadline;
  const request_shape* shape{};
  operation op{};
  std::uint32_t connection{};
  thing_id thing{};
  std::uint32_t bytes{};
  std::uint16_t population{};
};

struct paho_connection {
  enum class stage : std::uint8_t { down, opening, subscribing, up };
  std::unique_ptr<paho_client> client;
  std::string client_id;
  std::vector<subscription> subscriptions;
  time_point opened_at, intended_at;
  std::uint64_t opening{};  ///< Number of the connect under way.
  std::uint32_t life{};
  std::uint32_t subscribes_open{};
  thing_id thing{};
  std::uint16_t population{}, farewell{};
  stage now{};
  bool was_up{}, lost{};
  bool awaits{};  ///< To be connected as soon as its client has said goodbye.
};

}  // namespace wanwu
