#include "sim/machine_counters.hpp"

#include <charconv>
#include <chrono>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include <unistd.h>

namespace wanwu::sim {

namespace {

std::string text_of(const char* path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

/// The words of the first line at or after `from` that begins with `group` and a colon; `from` goes past it.
std::vector<std::string_view> words_of(std::string_view text, std::string_view group, std::size_t& from) {
  std::vector<std::string_view> out;
  while (from < text.size()) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    std::string_view line = text.substr(from, end - from);
    from = end + 1;
    if (!line.starts_with(group) || line.size() <= group.size() || line[group.size()] != ':') continue;
    line.remove_prefix(group.size() + 1);
    while (!line.empty()) {
      const std::size_t word = line.find_first_not_of(' ');
      if (word == std::string_view::npos) break;
      const std::size_t after = std::min(line.find(' ', word), line.size());
      out.push_back(line.substr(word, after - word));
      line.remove_prefix(after);
    }
    return out;
  }
  return out;
}

std::uint64_t number_of(std::string_view word) {
  std::uint64_t value = 0;
  const auto end = std::from_chars(word.data(), word.data() + word.size(), value);
  return end.ec == std::errc{} ? value : 0;
}

}  // namespace

std::uint64_t resident_bytes() {
  std::ifstream statm{"/proc/self/statm"};
  std::uint64_t total = 0, resident = 0;
  statm >> total >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

std::uint64_t number_in_snmp(std::string_view text, std::string_view group, std::string_view name) {
  std::size_t from = 0;
  const auto names = words_of(text, group, from), numbers = words_of(text, group, from);
  for (std::size_t i = 0; i < names.size() && i < numbers.size(); ++i) {
    if (names[i] == name) return number_of(numbers[i]);
  }
  return 0;
}

std::uint64_t number_in_sockstat(std::string_view text, std::string_view group, std::string_view name) {
  std::size_t from = 0;
  const auto words = words_of(text, group, from);
  for (std::size_t i = 0; i + 1 < words.size(); i += 2) {
    if (words[i] == name) return number_of(words[i + 1]);
  }
  return 0;
}

std::uint64_t sum_of_column(std::string_view text, std::size_t column) {
  std::uint64_t sum = 0;
  std::istringstream lines{std::string{text}};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words{line};
    std::string word;
    for (std::size_t at = 0; at <= column && words; ++at) words >> word;
    std::uint64_t value = 0;
    if (words && std::from_chars(word.data(), word.data() + word.size(), value, 16).ec == std::errc{})
      sum += value;
  }
  return sum;
}

machine_counters read_counters() {
  machine_counters out;
  constexpr std::size_t dropped = 1;
  out.queue_drops = sum_of_column(text_of("/proc/net/softnet_stat"), dropped);
  const std::string snmp = text_of("/proc/net/snmp"), sockets = text_of("/proc/net/sockstat");
  out.udp_drops = number_in_snmp(snmp, "Udp", "RcvbufErrors") + number_in_snmp(snmp, "Udp", "SndbufErrors");
  out.tcp_sent = number_in_snmp(snmp, "Tcp", "OutSegs");
  out.tcp_sent_again = number_in_snmp(snmp, "Tcp", "RetransSegs");
  out.tcp_loss_probes = number_in_snmp(text_of("/proc/net/netstat"), "TcpExt", "TCPLossProbes");
  out.tcp_sockets = number_in_sockstat(sockets, "TCP", "inuse");
  out.tcp_time_wait = number_in_sockstat(sockets, "TCP", "tw");
  // The monotonic clock is read on both sides, so that being interrupted between the two does not look like a
  // jump.
  const auto before = std::chrono::steady_clock::now();
  const auto wall = std::chrono::system_clock::now();
  const auto after = std::chrono::steady_clock::now();
  const auto middle = before.time_since_epoch() + (after - before) / 2;
  out.clock_offset_ns =
      std::chrono::duration_cast<std::chrono::nanoseconds>(wall.time_since_epoch() - middle).count();
  return out;
}

}  // namespace wanwu::sim
