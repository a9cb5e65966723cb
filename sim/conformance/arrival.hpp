// What a link brings to the steps of a case: packets, its end, and bytes that are neither.
#pragma once

#include <cstdint>
#include <string>

#include "sim/conformance/dialect.hpp"

namespace wanwu::conform {

struct arrival {
  enum class kind : std::uint8_t { packet, closed, garbage } what{};
  message_ptr packet;     ///< Of a packet.
  std::string text;       ///< closed: how. garbage: what is wrong.
  bytes raw;              ///< garbage: its first bytes.
  time_point at;          ///< When the socket gave it.
  duration elapsed{};     ///< Since the last thing sent on this link, or its opening.
  std::uint64_t order{};  ///< Over all links of the case.
  bool made_up = false;   ///< By an edit: the target knows nothing of it.
  bytes answered;         ///< What a well-behaved link said to it, not yet told to the monitors.
  bool judged = false;    ///< The monitors have seen it.
};

}  // namespace wanwu::conform
