// What the kernel counts while a run goes on: drops, retransmissions, sockets, memory, and how the clocks
// run.
#pragma once

#include <cstdint>
#include <string_view>

namespace wanwu::sim {

/// The network's numbers are of this machine (its network namespace), not of this process alone: the kernel
/// counts them so. Totals since it started.
struct machine_counters {
  std::uint64_t udp_drops{};    ///< Datagrams for which a socket's buffer was full, either way.
  std::uint64_t queue_drops{};  ///< Packets for which a processor's queue of arrivals was full.
  std::uint64_t tcp_sent{}, tcp_sent_again{};  ///< Segments.
  /// Of those sent again, probes for a loss (RFC 8985 clause 7): the answer was late, whatever became of it.
  std::uint64_t tcp_loss_probes{};
  std::uint64_t tcp_sockets{}, tcp_time_wait{};  ///< Now; both hold a port.
  std::int64_t clock_offset_ns{};                ///< The wall clock minus the monotonic one.
};
/// Memory of this process that is really there.
std::uint64_t resident_bytes();
/// Reads /proc; about 50 us. What cannot be read is 0.
machine_counters read_counters();

/// The number under `name` in /proc/net/snmp's or /proc/net/netstat's pairs of lines ("Udp: NAME …" over
/// "Udp: NUMBER …"), 0 when it is not there.
std::uint64_t number_in_snmp(std::string_view text, std::string_view group, std::string_view name);
/// The sum of one column, from 0, of hexadecimal numbers, as in /proc/net/softnet_stat.
std::uint64_t sum_of_column(std::string_view text, std::size_t column);
/// The number after `name` in the line of /proc/net/sockstat that begins with `group`, 0 when not there.
std::uint64_t number_in_sockstat(std::string_view text, std::string_view group, std::string_view name);

}  // namespace wanwu::sim
