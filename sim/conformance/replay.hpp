// Sends again what our side sent in a case that was played before: same links, order and pauses.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "protocols/core/time.hpp"
#include "protocols/transport/address.hpp"
#include "scenarios/conformance/case_result.hpp"

namespace wanwu::conform {

struct replay_options {
  socket_address target;
  duration pause_max = std::chrono::seconds{2};  ///< Longer pauses of the recording are cut to this.
  duration patience = std::chrono::seconds{2};   ///< For what the target did in the recording.
  /// As it happens, both directions, decoded.
  std::function<void(const wire_event&)> happened;
};

/// Why a recording cannot be sent again; "" when it can.
std::string replay_problem(const std::vector<wire_event>& recorded);
/// Before each thing our side did, keeps the recording's pause and waits until the target has done on every
/// link what it had done before it there, or closed it, or patience is over; in the end, for what came last.
void replay(const std::vector<wire_event>& recorded, const replay_options& options);

}  // namespace wanwu::conform
