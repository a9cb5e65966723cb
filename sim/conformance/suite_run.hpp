// From a suite and a target to results: many cases side by side on one thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "protocols/transport/address.hpp"
#include "scenarios/conformance/case_result.hpp"
#include "scenarios/conformance/suite.hpp"

namespace wanwu::conform {

/// Where the target speaks MQTT over WebSocket.
struct websocket_place {
  socket_address at;
  std::string host, path;  ///< As the request to upgrade says them.
};

/// One configuration of the target that the cases run against.
struct target_access {
  socket_address mqtt;
  std::optional<websocket_place> websocket;  ///< None: cases that want one are not applicable.
  std::string user, password;
  std::string profile = "default";
  /// By name, for expressions. Texts live in storage owned elsewhere for the whole run.
  std::vector<std::pair<std::string, lang::value>> capabilities;
};

struct suite_run_options {
  std::vector<std::size_t> selected;              ///< Indices into suite::cases, in order.
  unsigned jobs = 64;                             ///< Cases side by side.
  bool strict = false;                            ///< An unmet `should` fails.
  std::uint64_t seed = 0;                         ///< Of `unique`.
  const std::atomic<int>* stop = nullptr;         ///< Not 0: finish what runs, give the rest back as not_run.
  std::function<void(const case_result&)> ended;  ///< As each case ends, on the calling thread.
  /// Brings a dead target back; empty = cannot. True: it is up again, at the same address.
  std::function<bool()> restart;
  /// What is to be said of the run as a whole ("the target died and was started again"); may be null.
  std::vector<std::string>* notes = nullptr;
};

/// Runs the selected cases; results in the order of `selected`.
std::vector<case_result> run_cases(const suite& what, const target_access& target,
                                   const suite_run_options& options);

}  // namespace wanwu::conform
