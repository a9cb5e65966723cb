#include "sim/machine_capacity.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "sim/limits.hpp"

namespace wanwu::sim {

namespace {

using state = capacity_check::state;

constexpr std::uint64_t unbounded = ~std::uint64_t{0};
constexpr double memory_share =
    0.8;                            // of what is available: the rest is for buffers in flight and for others
constexpr double port_share = 0.7;  // beyond it the kernel searches long for a free port

std::string count(std::uint64_t n) {
  std::string digits = std::to_string(n);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, " ");
  return digits;
}

std::string gigabytes(std::uint64_t bytes) {
  return fmt::format("{:.1f} GB", static_cast<double>(bytes) / 1e9);
}

double share_of(std::uint64_t asked, std::uint64_t carries) {
  return static_cast<double>(asked) / static_cast<double>(std::max<std::uint64_t>(carries, 1));
}

/// A tenth below what fits, rounded down to two digits, however small.
std::string scale_down(double share) {
  const double percent = std::clamp(share * 90, 1e-6, 100.0);
  const int places = std::max(0, 1 - static_cast<int>(std::floor(std::log10(percent))));
  const double digit = std::pow(10.0, places);
  return fmt::format("wanwu run FILE --scale {:.{}f}%    # as much of it as fits",
                     std::floor(percent * digit) / digit, places);
}

capacity_check descriptors(const machine_facts& m, const capacity_question& asked) {
  const std::uint64_t usable = m.descriptors_hard > 2 * limits::descriptors_reserved
                                   ? m.descriptors_hard - limits::descriptors_reserved
                                   : 0;
  capacity_check out;
  out.name = "descriptors";
  out.carries = std::max(usable, m.direct_sockets) * limits::workers_max;
  out.found = fmt::format("RLIMIT_NOFILE {} (hard {}) for each worker, at most {} workers",
                          count(m.descriptors_soft), count(m.descriptors_hard), limits::workers_max);
  if (m.direct_sockets > usable)
    out.found += fmt::format("; a worker holds {} more in io_uring", count(m.direct_sockets));
  const std::uint64_t wanted =
      std::max<std::uint64_t>(m.descriptors_hard * 8, (asked.connections / limits::workers_max + 1) * 2);
  const std::uint64_t rounded = std::max<std::uint64_t>(1'048'576, wanted);
  if (asked.connections > out.carries) {
    if (rounded > m.descriptors_hard_max)
      out.raise.push_back(fmt::format("sudo sysctl -w fs.nr_open={}", rounded));
    out.raise.push_back(fmt::format("sudo prlimit --pid $$ --nofile={}:{}", rounded, rounded));
  }
  return out;
}

capacity_check open_files(const machine_facts& m, const capacity_question& asked) {
  capacity_check out;
  out.name = "open files, whole system";
  const std::uint64_t free = m.files_max > m.files_used ? m.files_max - m.files_used : 0;
  const std::uint64_t ends = asked.remote ? 1 : 2;
  out.carries = m.files_max == 0 ? unbounded : std::max<std::uint64_t>(1, free / ends);
  out.found = fmt::format("fs.file-max {}, {} in use", count(m.files_max), count(m.files_used));
  if (asked.connections > out.carries)
    out.raise.push_back(
        fmt::format("sudo sysctl -w fs.file-max={}", m.files_used + asked.connections * ends * 5 / 4));
  return out;
}

capacity_check ports(const machine_facts& m, const capacity_question& asked) {
  capacity_check out;
  out.name = "source ports";
  const std::uint64_t range = m.port_last > m.port_first ? m.port_last - m.port_first + 1 : 0;
  const auto each = static_cast<std::uint64_t>(static_cast<double>(range) * port_share);
  if (!asked.remote) {
    out.carries = unbounded;
    out.found =
        fmt::format("{} to {}, about {} for each of the loopback's source addresses, as many as needed",
                    m.port_first, m.port_last, count(each));
    return out;
  }
  out.carries = std::max<std::uint64_t>(1, each * asked.source_addresses);
  out.found = fmt::format("{} to {}, about {} for each of {} source addresses and each target port",
                          m.port_first, m.port_last, count(each), asked.source_addresses);
  if (asked.connections <= out.carries) return out;
  constexpr auto wide = static_cast<std::uint64_t>((65'535 - 1'024 + 1) * port_share);
  out.raise.emplace_back("sudo sysctl -w net.ipv4.ip_local_port_range=\"1024 65535\"");
  const std::uint64_t addresses = (asked.connections + wide - 1) / wide;
  if (addresses > asked.source_addresses) {
    out.raise.push_back(
        fmt::format("sudo ip address add FREE_ADDRESS/24 dev INTERFACE    # until there are {}; then "
                    "--source-addresses {}, and --source when running",
                    addresses, addresses));
  }
  return out;
}

capacity_check memory(const machine_facts& m, const capacity_question& asked) {
  capacity_check out;
  out.name = "memory";
  const std::uint64_t each = kernel_bytes_per_connection * (asked.remote ? 1 : 2) +
                             user_bytes_per_connection * (asked.remote ? 1 : 2);
  out.carries = std::max<std::uint64_t>(
      1, static_cast<std::uint64_t>(static_cast<double>(m.memory_available_bytes) * memory_share) / each);
  out.found = fmt::format(
      "{} of {} available; a connection takes about {:.1f} kB of kernel and {:.1f} kB of user memory{}",
      gigabytes(m.memory_available_bytes), gigabytes(m.memory_bytes),
      static_cast<double>(kernel_bytes_per_connection) / 1000 * (asked.remote ? 1 : 2),
      static_cast<double>(user_bytes_per_connection) / 1000 * (asked.remote ? 1 : 2),
      asked.remote ? "" : ", both ends together");
  const double free = static_cast<double>(m.memory_available_bytes) * memory_share;
  if (asked.memory_bytes > 0) {
    out.used = static_cast<double>(asked.memory_bytes) / std::max(free, 1.0);
    out.carries = static_cast<std::uint64_t>(static_cast<double>(asked.connections) / out.used);
    out.found = fmt::format("{} of {} available; this takes about {}{}", gigabytes(m.memory_available_bytes),
                            gigabytes(m.memory_bytes), gigabytes(asked.memory_bytes),
                            asked.remote ? "" : ", both ends together");
  }
  if (asked.connections > out.carries || out.used > 1) {
    const double times = std::max(out.used, share_of(asked.connections, out.carries));
    out.raise.push_back(scale_down(1 / times) + "; CoAP or gateways instead of connections take less");
  }
  return out;
}

capacity_check tcp_memory(const machine_facts& m, const capacity_question& asked) {
  capacity_check out;
  out.name = "TCP buffers";
  out.found = fmt::format("net.ipv4.tcp_mem allows {} of data in flight", gigabytes(m.tcp_memory_bytes));
  const std::uint64_t page = 4096;
  const std::uint64_t needed =
      asked.connections * page / 2;  // half of all connections with a page queued is already a storm
  if (m.tcp_memory_bytes == 0 || needed <= m.tcp_memory_bytes) return out;
  out.how = state::tight;
  const std::uint64_t pages = needed / page * 2;
  out.raise.push_back(
      fmt::format("sudo sysctl -w net.ipv4.tcp_mem=\"{} {} {}\"", pages / 2, pages * 3 / 4, pages));
  return out;
}

capacity_check backlog(const machine_facts& m) {
  capacity_check out;
  out.name = "listen backlog";
  out.found = fmt::format("net.core.somaxconn {}", count(m.listen_backlog));
  if (m.listen_backlog >= 4096) return out;
  out.how = state::tight;
  out.raise.emplace_back("sudo sysctl -w net.core.somaxconn=4096");
  return out;
}

capacity_check tracking(const machine_facts& m, const capacity_question& asked) {
  capacity_check out;
  out.name = "connection tracking";
  if (m.tracked_connections_max == 0) {
    out.found = "off";
    return out;
  }
  // The table is there, but only rules of a firewall fill it; so it is a warning and no bound.
  out.found =
      fmt::format("net.netfilter.nf_conntrack_max {}; bounds connections where a firewall tracks them",
                  count(m.tracked_connections_max));
  if (asked.connections == 0 || asked.connections * 5 / 4 <= m.tracked_connections_max) return out;
  out.how = state::tight;
  out.raise.push_back(
      fmt::format("sudo sysctl -w net.netfilter.nf_conntrack_max={}", asked.connections * 3 / 2));
  return out;
}

capacity_check clock(const machine_facts& m) {
  capacity_check out;
  out.name = "clock";
  out.found =
      fmt::format("{}, {:.0f} ns a reading; a sleep of 1 ms ended up to {} us late",
                  m.clock_source.empty() ? "unknown" : m.clock_source, m.clock_read_ns, m.wake_late_us);
  if (m.clock_read_ns <= 200 && m.wake_late_us <= 5'000) return out;
  out.how = state::tight;
  if (m.clock_read_ns > 200 && m.clock_sources.find("tsc") != std::string::npos) {
    out.raise.emplace_back(
        "echo tsc | sudo tee /sys/devices/system/clocksource/clocksource0/current_clocksource");
  }
  if (m.wake_late_us > 5'000)
    out.raise.emplace_back(
        "uptime; top    # something else is using the processors: stop it, or measure elsewhere");
  return out;
}

capacity_check processors(const machine_facts& m, const capacity_question& asked) {
  capacity_check out;
  out.name = "processors";
  out.found = fmt::format("{}", m.cores);
  if (asked.processors > 0) {
    out.used = asked.processors / std::max(m.cores, 1U);
    out.found += fmt::format("; the highest rate keeps about {:.2g} of them busy{}", asked.processors,
                             asked.remote ? "" : ", both ends together");
  }
  if (out.used > 1) {
    out.raise.push_back(scale_down(1 / out.used));
    if (!asked.remote) {
      out.raise.emplace_back(
          "wanwu run FILE --target OTHER_MACHINE.target.yaml    # so that the target has processors of its "
          "own");
    }
    return out;
  }
  if (m.cores >= 2 || asked.remote) return out;
  out.how = state::tight;
  out.raise.emplace_back(
      "wanwu run FILE --target OTHER_MACHINE.target.yaml    # generator and target share one processor here");
  return out;
}

}  // namespace

capacity estimate_capacity(const machine_facts& machine, const capacity_question& asked) {
  capacity out;
  out.checks = {descriptors(machine, asked), open_files(machine, asked), ports(machine, asked),
                memory(machine, asked),      tcp_memory(machine, asked), backlog(machine),
                tracking(machine, asked),    processors(machine, asked), clock(machine)};
  out.connections = unbounded;
  out.enough = true;
  for (auto& check : out.checks) {
    if (check.carries != 0) check.used = std::max(check.used, share_of(asked.connections, check.carries));
    if (check.used > 1) {
      check.how = state::bad;
      out.enough = false;
    }
    if (check.used > out.used) {
      out.used = check.used;
      out.breaks_first = check.name;
    }
    if (check.carries == 0 || check.carries >= out.connections) continue;
    out.connections = check.carries;
    out.bound_by = check.name;
  }
  return out;
}

}  // namespace wanwu::sim
