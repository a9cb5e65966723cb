// Datagrams over few UDP sockets for many local endpoints, in batches both ways.
#pragma once

#include <memory>
#include <vector>

#include "protocols/transport/link.hpp"

namespace wanwu {

struct udp_settings {
  /// Local IPv4 addresses, one endpoint each and socket: a million endpoints on one socket. Empty: one
  /// endpoint a socket, on the address the kernel chooses.
  source_pool sources;
  std::uint32_t sockets = 1;           ///< 1..1024; endpoint_count() = sockets × max(1, sources.size()).
  int buffer_bytes = 8 * 1024 * 1024;  ///< Asked for each way; the kernel may give less (net.core.rmem_max).
  sa_family_t family = AF_INET;
};

/// Datagrams of one driver or server shard on one worker. The source address of each datagram is set with
/// IP_PKTINFO, so an endpoint costs no socket; its index is found again from the address a reply came to.
class udp_transport {
 public:
  static constexpr std::size_t batch_max = 128;            ///< Datagrams a sendmmsg or recvmmsg.
  static constexpr std::size_t received_bytes_max = 2048;  ///< Longer ones are dropped as refused (EBADMSG).
  static constexpr std::size_t sent_bytes_max = 65507;     ///< The most that UDP over IPv4 carries.

  explicit udp_transport(reactor& events, udp_settings settings = {});
  udp_transport(const udp_transport&) = delete;
  udp_transport& operator=(const udp_transport&) = delete;
  ~udp_transport();

  void attach(readiness_listener& owner);
  /// Client's side: opens the sockets on ports the kernel chooses. After attach().
  std::error_code open();
  /// Server's side: one socket on `address` (SO_REUSEPORT when `shared_port`); returns the address with its
  /// port. Replies leave from the address they were asked at: a listener gets the endpoint of each datagram
  /// and gives it back.
  tl::expected<socket_address, std::error_code> listen(const socket_address& address,
                                                       bool shared_port = true);

  std::uint32_t endpoint_count() const noexcept;
  /// Where the endpoint sends from: its address, and its socket's port.
  socket_address endpoint_address(endpoint_id local) const noexcept;

  bool send_to(endpoint_id local, const socket_address& peer, bytes_view raw, time_point now);
  void flush(time_point now);
  bool has_queued() const noexcept;  ///< The kernel did not take all: flush() again after the next dispatch.

  template <datagram_listener L>
  void dispatch(std::span<const readiness> events, L& listener, time_point now);

 private:
  struct inbox;  // headers and arena of recvmmsg, defined in the .cpp
  struct lane;   // a socket and its queue of datagrams to send, defined in the .cpp
  struct refusal {
    endpoint_id local{};
    socket_address peer;
    int error{};
  };

  std::error_code add_lane(const socket_address& local, bool shared_port);
  void flush_lane(std::uint32_t index);
  bool skip_unsendable(std::uint32_t index, int error);
  endpoint_id endpoint_of(std::uint32_t lane_index, std::uint32_t local_v4) const noexcept;
  std::uint32_t source_of(endpoint_id local) const noexcept;
  std::uint32_t lane_of(endpoint_id local) const noexcept;
  std::uint32_t sources_a_lane() const noexcept {
    return settings_.sources.empty() ? 1 : settings_.sources.size();
  }
  /// One recvmmsg into the arena; the datagrams live until the next call. Empty: nothing more now.
  std::span<const datagram> receive(std::uint32_t lane_index);
  void read_refusals(std::uint32_t lane_index);
  std::span<const refusal> take_refusals() noexcept;

  reactor& reactor_;
  udp_settings settings_;
  reactor::listener_id listener_{};
  bool attached_ = false, serving_ = false;
  std::vector<std::unique_ptr<lane>> lanes_;
  std::unique_ptr<inbox> inbox_;
  std::vector<datagram> seen_;
  std::vector<refusal> refusals_, reporting_;
};

template <datagram_listener L>
void udp_transport::dispatch(std::span<const readiness> events, L& listener, time_point now) {
  for (const readiness& event : events) {
    if ((event.events & EPOLLERR) != 0) read_refusals(event.key);
    const auto batch = receive(event.key);  // level-triggered: what is left comes with the next wait
    if (!batch.empty()) listener.datagrams_received(batch, now);
  }
  for (const refusal& r : take_refusals()) {
    listener.datagram_refused(r.local, r.peer, std::error_code{r.error, std::system_category()}, now);
  }
  flush(now);
}

}  // namespace wanwu
