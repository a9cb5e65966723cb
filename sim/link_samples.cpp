#include "sim/link_samples.hpp"

#include <algorithm>
#include <cerrno>

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace wanwu::sim {

namespace {

constexpr int looks_at_once = 8;
/// After so many numbers without a descriptor it begins again: tables are filled from below.
constexpr int gap_max = 64;

}  // namespace

void link_samples::look() {
  for (int i = 0; i < looks_at_once; ++i) {
    tcp_info got{};
    socklen_t size = sizeof got;
    errno = 0;
    if (getsockopt(next_++, IPPROTO_TCP, TCP_INFO, &got, &size) != 0) {
      unknown_in_a_row_ = errno == EBADF ? unknown_in_a_row_ + 1 : 0;
      if (unknown_in_a_row_ > gap_max) next_ = unknown_in_a_row_ = 0;
      continue;
    }
    unknown_in_a_row_ = 0;
    if (got.tcpi_state != 1) continue;  // TCP_ESTABLISHED; of one being opened nothing is known yet
    const auto add = [](std::atomic<std::uint64_t>& to, std::uint64_t more) {
      to.store(to.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
    };
    add(samples_, 1);
    add(sent_, got.tcpi_data_segs_out);
    add(sent_again_, got.tcpi_total_retrans);
    round_trip_us_max_.store(
        std::max<std::uint64_t>(round_trip_us_max_.load(std::memory_order_relaxed), got.tcpi_rtt),
        std::memory_order_relaxed);
  }
}

link_numbers link_samples::numbers() const noexcept {
  return {samples_.load(std::memory_order_relaxed), sent_.load(std::memory_order_relaxed),
          sent_again_.load(std::memory_order_relaxed), round_trip_us_max_.load(std::memory_order_relaxed)};
}

}  // namespace wanwu::sim
