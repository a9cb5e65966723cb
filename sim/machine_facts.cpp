// Reads what the kernel tells of this machine.
#include <algorithm>
#include <chrono>
#include <fstream>
#include <sstream>

#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "protocols/core/processors.hpp"
#include "protocols/transport/held_sockets.hpp"
#include "sim/machine_capacity.hpp"

namespace wanwu::sim {

namespace {

/// The n-th number of a file, from 0; 0 when there is none.
std::uint64_t number_in(const char* path, int n = 0) {
  std::ifstream file{path};
  std::uint64_t value = 0;
  for (int i = 0; i <= n; ++i) {
    if (!(file >> value)) return 0;
  }
  return value;
}

std::string line_of(const char* path) {
  std::ifstream file{path};
  std::string line;
  std::getline(file, line);
  return line;
}

std::uint64_t memory_kb(std::string_view name) {
  std::ifstream file{"/proc/meminfo"};
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(name)) continue;
    std::istringstream rest{line.substr(name.size())};
    std::uint64_t kb = 0;
    rest >> kb;
    return kb;
  }
  return 0;
}

/// A container's own bound is what counts inside it.
void apply_container_limit(machine_facts& to) {
  const std::uint64_t limit = number_in("/sys/fs/cgroup/memory.max"),
                      used = number_in("/sys/fs/cgroup/memory.current");
  if (limit == 0 || limit >= to.memory_bytes) return;
  to.memory_bytes = limit;
  to.memory_available_bytes = std::min(to.memory_available_bytes, limit > used ? limit - used : 0);
}

void measure_clock(machine_facts& to) {
  using clock = std::chrono::steady_clock;
  constexpr int readings = 20'000, sleeps = 15;
  const auto began = clock::now();
  auto last = began;
  for (int i = 0; i < readings; ++i) last = clock::now();
  to.clock_read_ns = static_cast<double>((last - began).count()) / readings;
  for (int i = 0; i < sleeps; ++i) {
    const auto from = clock::now();
    ::poll(nullptr, 0, 1);
    const auto late =
        std::chrono::duration_cast<std::chrono::microseconds>(clock::now() - from).count() - 1000;
    if (late > 0) to.wake_late_us = std::max(to.wake_late_us, static_cast<std::uint64_t>(late));
  }
}

}  // namespace

machine_facts read_machine() {
  machine_facts out;
  rlimit descriptors{};
  getrlimit(RLIMIT_NOFILE, &descriptors);
  out.descriptors_soft = descriptors.rlim_cur;
  out.descriptors_hard = descriptors.rlim_max;
  out.descriptors_hard_max = number_in("/proc/sys/fs/nr_open");
  if (out.descriptors_hard == RLIM_INFINITY) out.descriptors_hard = out.descriptors_hard_max;
  out.direct_sockets = held_sockets::direct_capacity(out.descriptors_hard);
  out.files_max = number_in("/proc/sys/fs/file-max");
  out.files_used = number_in("/proc/sys/fs/file-nr");
  out.port_first = number_in("/proc/sys/net/ipv4/ip_local_port_range", 0);
  out.port_last = number_in("/proc/sys/net/ipv4/ip_local_port_range", 1);
  out.memory_bytes = memory_kb("MemTotal:") * 1024;
  out.memory_available_bytes = memory_kb("MemAvailable:") * 1024;
  apply_container_limit(out);
  out.tcp_memory_bytes =
      number_in("/proc/sys/net/ipv4/tcp_mem", 2) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  out.listen_backlog = number_in("/proc/sys/net/core/somaxconn");
  out.tracked_connections_max = number_in("/proc/sys/net/netfilter/nf_conntrack_max");
  out.threads_max = number_in("/proc/sys/kernel/threads-max");
  out.cores = processors();
  out.clock_source = line_of("/sys/devices/system/clocksource/clocksource0/current_clocksource");
  out.clock_sources = line_of("/sys/devices/system/clocksource/clocksource0/available_clocksource");
  measure_clock(out);
  return out;
}

}  // namespace wanwu::sim
