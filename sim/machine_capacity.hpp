// What a machine can carry: facts read from the kernel, and the arithmetic from facts to connections.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace wanwu::sim {

/// As the kernel tells them; 0 = unknown or without limit.
struct machine_facts {
  std::uint64_t descriptors_soft{}, descriptors_hard{};  ///< RLIMIT_NOFILE; counts per worker here.
  std::uint64_t direct_sockets{};        ///< A worker holds so many outside its descriptor table; 0 = none.
  std::uint64_t descriptors_hard_max{};  ///< fs.nr_open: what root may raise the hard limit to.
  std::uint64_t files_max{}, files_used{};  ///< fs.file-max, whole system.
  std::uint64_t port_first{}, port_last{};  ///< net.ipv4.ip_local_port_range.
  std::uint64_t memory_bytes{}, memory_available_bytes{};
  std::uint64_t tcp_memory_bytes{};         ///< net.ipv4.tcp_mem, third number.
  std::uint64_t listen_backlog{};           ///< net.core.somaxconn.
  std::uint64_t tracked_connections_max{};  ///< nf_conntrack_max where connections are tracked.
  std::uint64_t threads_max{};
  std::uint32_t cores{};
  std::string clock_source, clock_sources;  ///< In use, and available.
  double clock_read_ns{};                   ///< Measured: one reading of the monotonic clock.
  std::uint64_t wake_late_us{};             ///< Measured: worst of some one-millisecond sleeps.
};
/// Reads /proc and /sys and measures the clock; takes about 30 ms.
machine_facts read_machine();

/// Where the target is decides how many source addresses there are and who pays for its sockets.
struct capacity_question {
  std::uint64_t connections{};        ///< 0 = none asked for.
  bool remote{};                      ///< The target runs on another machine.
  std::uint32_t source_addresses{1};  ///< Of this machine towards a remote target. Loopback has millions.
  std::uint64_t memory_bytes{};       ///< What a plan takes here; 0 = as many connections usually take.
  double processors{};                ///< What a plan keeps busy here; 0 = not known.
};

/// One thing that bounds the number of connections, or disturbs measuring.
struct capacity_check {
  enum class state : std::uint8_t { good, tight, bad };
  std::string name;
  std::string found;               ///< What the machine has, with units.
  std::uint64_t carries{};         ///< Connections; 0 = this does not bound them.
  double used{};                   ///< Share of it that what was asked for takes; 0 = none, or not known.
  state how{};                     ///< bad: below what was asked. tight: does not bound, but will disturb.
  std::vector<std::string> raise;  ///< Commands, in order; empty when nothing needs raising.
};

struct capacity {
  std::vector<capacity_check> checks;
  std::uint64_t connections{};  ///< The smallest of the bounds.
  std::string bound_by;         ///< Its name.
  std::string
      breaks_first;  ///< Of what was asked for, the check with the largest share; "" when nothing was.
  double used{};     ///< That share.
  bool enough{};     ///< For what was asked; true when nothing was.
};
capacity estimate_capacity(const machine_facts& machine, const capacity_question& asked);

/// Measured on a 2-core, 24 GiB machine with 1,004,700 live TCP connections: 7.7 GB of kernel memory for both
/// ends.
inline constexpr std::uint64_t kernel_bytes_per_connection = 3'850;
/// Upper bound of what this program keeps for an idle MQTT connection and its thing.
inline constexpr std::uint64_t user_bytes_per_connection = 460;

}  // namespace wanwu::sim
