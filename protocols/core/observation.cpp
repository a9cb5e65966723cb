#include "protocols/core/observation.hpp"

#include <array>

namespace wanwu {

std::string_view name_of(protocol p) noexcept {
  constexpr std::array<std::string_view, 3> names{"mqtt", "coap", "http"};
  return names[static_cast<std::size_t>(p)];
}

std::string_view name_of(operation op) noexcept {
  constexpr std::array<std::string_view, operation_count> names{
      "connect", "reconnect", "disconnect", "register", "telemetry", "event",
      "command", "ack",       "read",       "arrived",  "subscribe"};
  return names[static_cast<std::size_t>(op)];
}

std::string_view name_of(outcome o) noexcept {
  constexpr std::array<std::string_view, outcome_count> names{
      "ok",          "refused", "timed_out", "broken_link", "unreachable", "malformed_answer",
      "not_started", "lost",    "duplicate", "reordered",   "local_error", "cut_off"};
  return names[static_cast<std::size_t>(o)];
}

}  // namespace wanwu
