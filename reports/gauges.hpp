// What the engine tells once a second besides observations: levels of this moment and its own health.
#pragma once

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

namespace wanwu::report {

/// Totals of all drivers of one protocol since the start.
struct wire_totals {
  std::uint64_t bytes_out{}, bytes_in{};
  std::uint64_t messages_out{}, messages_in{};
  std::uint64_t retransmissions{};
  std::uint64_t wire_errors{};  ///< What our decoder refused of the target's bytes.
};

/// What the generator knows of itself and of the machine under it. Counts are since the start of the run;
/// those of the network are of the whole machine, as the kernel counts them.
struct self_gauges {
  /// Starts by how late they were: {at most so many microseconds, how many}, ascending, without empty ones.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> lateness;
  std::uint64_t drift_us{};     ///< How late a worker's loop came round at worst in the last second.
  std::uint64_t away_us{};      ///< Sum of what it came more than 10 ms late, of the worst worker.
  std::uint64_t descriptors{};  ///< Open in the fullest worker; 0 where the kernel tells none.
  std::uint64_t tcp_sockets{}, tcp_time_wait{};  ///< Each holds a port.
  std::uint64_t udp_drops{};                     ///< Datagrams for which a buffer was full.
  std::uint64_t queue_drops{};  ///< Packets for which a processor's queue of arrivals was full.
  std::uint64_t tcp_sent{}, tcp_sent_again{};  ///< Segments.
  std::uint64_t tcp_loss_probes{};             ///< Of those sent again, what was sent to find out.
  std::uint64_t link_samples{}, link_sent{},
      link_sent_again{};          ///< Of this program's own connections, sampled.
  std::uint64_t round_trip_us{};  ///< Longest smoothed round trip among them.
  std::uint64_t clock_jump_us{};  ///< By how much the wall clock was set in the last second.
};

/// Sum over all workers. Levels are of this moment, totals since the start of the run.
struct gauges {
  std::uint64_t things_target{};  ///< How many should be connected now.
  std::uint64_t things_connected{};
  std::uint64_t things_dark{};  ///< Silenced by a storm, on purpose.
  std::uint64_t things_reconnecting{};
  std::uint64_t connections_up{};  ///< Sockets or endpoints; fewer than things behind gateways.
  std::uint64_t owed{};            ///< Operations that wait for an answer.
  std::uint64_t due{};             ///< Total: operations the schedule wanted started so far.
  std::uint64_t late{};            ///< Total: of those, the ones the generator itself started late or never.
  std::uint64_t openings{};        ///< Total: connections begun, first ones and returns.
  std::uint64_t openings_late{};   ///< Total: of those, what the generator itself held back.
  std::uint64_t lag_us{};          ///< Worst lag of a worker's loop in the last second.
  std::uint64_t script_errors{};   ///< Total.
  std::uint64_t memory_bytes{};    ///< Resident memory of the generator.
  self_gauges self;
  double cpu{};       ///< Of the busiest worker, share of its processor in the last second, 0 to 1.
  double cpu_wait{};  ///< Share of it in which a worker, the worst, was ready to run and others had the
                      ///< processor.
  std::array<wire_totals, 3> wire{};                   ///< By protocol.
  std::vector<std::uint64_t> connected_by_population;  ///< Empty when not known.
};

}  // namespace wanwu::report
