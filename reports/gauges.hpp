// What the engine tells once a second besides observations: levels of this moment and its own health.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace wanwu::report {

/// Totals of all drivers of one protocol since the start.
struct wire_totals {
  std::uint64_t bytes_out{}, bytes_in{};
  std::uint64_t messages_out{}, messages_in{};
  std::uint64_t retransmissions{};
  std::uint64_t wire_errors{};  ///< What our decoder refused of the target's bytes.
};

/// Sum over all workers. Levels are of this moment, totals since the start of the run.
struct gauges {
  std::uint64_t things_target{};  ///< How many should be connected now.
  std::uint64_t things_connected{};
  std::uint64_t things_dark{};  ///< Silenced by a storm, on purpose.
  std::uint64_t things_reconnecting{};
  std::uint64_t connections_up{};  ///< Sockets or endpoints; fewer than things behind gateways.
  std::uint64_t due{};             ///< Total: operations the schedule wanted started so far.
  std::uint64_t late{};            ///< Total: of those, the ones the generator itself started late or never.
  std::uint64_t lag_us{};          ///< Worst lag of a worker's loop in the last second.
  std::uint64_t script_errors{};   ///< Total.
  std::uint64_t memory_bytes{};    ///< Resident memory of the generator.
  double cpu{};                    ///< Share of the cores it may use, 0 to 1, over the last second.
  std::array<wire_totals, 3> wire{};                   ///< By protocol.
  std::vector<std::uint64_t> connected_by_population;  ///< Empty when not known.
};

}  // namespace wanwu::report
