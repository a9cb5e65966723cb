// Byte streams over TCP sockets on the worker's reactor: connecting, accepting, sending, receiving, closing.
#pragma once

#include <memory>
#include <vector>

#include "protocols/transport/held_sockets.hpp"
#include "protocols/transport/link.hpp"

namespace wanwu {

struct tcp_settings {
  source_pool sources;  ///< Local IPv4 addresses to connect from, in turn; empty: the kernel chooses.
  std::size_t arena_bytes = std::size_t{64} * 1024;    ///< Receive arena, shared by all links.
  int direct_from = held_sockets::direct_from_here();  ///< See held_sockets.
};

/// How the server's side listens.
struct listen_settings {
  int backlog = 4096;       ///< Cut by the kernel to net.core.somaxconn.
  bool shared_port = true;  ///< SO_REUSEPORT: one listening socket a worker on the same port.
};

/// Streams of one driver or server shard on one worker. 8 bytes a link in user space; an idle link owns no
/// buffer. Failures of our own (EMFILE, EADDRNOTAVAIL) arrive as link_failed with that errno.
class tcp_transport {
 public:
  static constexpr std::size_t lingering_max = 1024;  ///< Cleanly closed sockets awaiting the peer's FIN.
  static constexpr duration linger_time = std::chrono::seconds{2};
  static constexpr std::size_t parked_max = 1024;
  static constexpr int accept_batch_max = 256;
  static constexpr int read_rounds_max = 16;  ///< Arenas read from one link before the others get their turn.
  static constexpr std::uint32_t connect_tries_max =
      8;  ///< Source addresses tried when one has no free port.

  explicit tcp_transport(reactor& events, tcp_settings settings = {});
  tcp_transport(const tcp_transport&) = delete;
  tcp_transport& operator=(const tcp_transport&) = delete;
  ~tcp_transport();  ///< Closes all links abruptly.

  void attach(readiness_listener& owner);
  void prepare(std::uint32_t count);
  void open(link_id link, const socket_address& address, time_point now);
  std::size_t send(link_id link, bytes_view raw, time_point now);
  /// The parts one after the other in one system call; at most 16 parts.
  std::size_t send(link_id link, std::span<const bytes_view> parts, time_point now);
  void close(link_id link, closing how, time_point now);
  bool is_up(link_id link) const noexcept;
  /// Of a link that is being opened, or just was.
  bool needed_second_syn(link_id link) const noexcept;
  /// Sockets held outside the descriptor table.
  std::uint32_t direct_count() const noexcept { return sockets_.direct_count(); }

  // For faults of the way (impaired_streams).
  /// Sockets opened from now on have a receive buffer of about so many bytes; 0 = the kernel's own choice.
  void limit_receiving(int buffer_bytes) noexcept { receive_buffer_bytes_ = buffer_bytes; }
  /// While it is held, nothing is read: what the peer sends fills the buffers of both ends, then it must
  /// wait.
  bool hold_reading(link_id link, bool held);
  /// The link is closed without a word to the peer: its descriptor stays, unread and unwritten, until this
  /// transport ends or parked_max later ones have been parked.
  void park(link_id link);

  /// Begins to accept; returns the address listened on (its port found when 0 was asked). Links are numbered
  /// by the transport, lowest free number first come, and open() must not be used beside it.
  tl::expected<socket_address, std::error_code> listen(const socket_address& address,
                                                       listen_settings how = {});
  /// Stops accepting; links stay.
  void stop_listening() noexcept;

  template <stream_listener L>
  void dispatch(std::span<const readiness> events, L& listener, time_point now);

 private:
  enum class state : std::uint8_t { closed, opening, up, broken };
  struct link_row {
    std::int32_t fd = -1;  ///< As held_sockets knows it.
    std::uint16_t generation{};
    state now{};
    bool blocked : 1 = false;  ///< send() took less than it was given: link_writable is owed.
    bool unread : 1 = false;   ///< hold_reading().
  };
  static_assert(sizeof(link_row) == 8);
  struct lingerer {
    std::int32_t fd = -1;
    time_point since;
  };
  struct failure {
    std::uint32_t link{};
    std::uint16_t generation{};
    int error{};
  };
  static constexpr std::uint32_t listening_key = 0xFFFF'FFFF;
  static constexpr std::uint32_t lingering_bit = 0x8000'0000;

  template <stream_listener L>
  void dispatch_link(const readiness& event, L& listener, time_point now);
  template <stream_listener L>
  bool read_all(std::uint32_t at, std::uint16_t generation, bool ending, L& listener, time_point now);
  template <accepting_listener L>
  void accept_batch(L& listener, time_point now);
  template <stream_listener L>
  void report_failures(L& listener, time_point now);

  int connect_from_pool(const socket_address& address, int& error) noexcept;
  int new_socket(const socket_address& address, int& error) noexcept;
  std::size_t note_send_result(std::uint32_t at, std::size_t wanted, std::ptrdiff_t sent);
  void fail_later(std::uint32_t at, int error);
  void release(std::uint32_t at) noexcept;  ///< Closes the socket; FIN, or RST when input is unread.
  void linger(std::uint32_t at, time_point now);
  void drain_lingerer(const readiness& event) noexcept;
  bool drain(int fd) noexcept;  ///< Reads what there is; false when the peer may still say more.
  void end_lingering(time_point now) noexcept;
  void pause_accepting() noexcept;
  void resume_accepting() noexcept;

  std::ptrdiff_t receive(int fd) noexcept;        ///< Into the arena; -1 and errno as recv().
  int pending_error(int fd) const noexcept;       ///< SO_ERROR.
  int accept_one(socket_address& peer) noexcept;  ///< -1 and errno as accept4().
  std::uint32_t adopt(int fd);                    ///< Gives an accepted socket a link; closes it on failure.
  bytes_view received(std::ptrdiff_t count) const noexcept {
    return {arena_.get(), static_cast<std::size_t>(count)};
  }

  reactor& reactor_;
  tcp_settings settings_;
  held_sockets sockets_;
  std::unique_ptr<std::byte[]> arena_;
  reactor::listener_id listener_{};
  bool attached_ = false, accepting_paused_ = false;
  int listening_fd_ = -1;
  int receive_buffer_bytes_ = 0;
  std::uint32_t next_source_ = 0;
  std::vector<link_row> links_;
  std::vector<std::uint32_t> free_links_;  ///< Server's side only.
  std::vector<failure> failures_, reporting_;
  std::vector<int> parked_;          ///< Oldest first.
  std::vector<lingerer> lingering_;  ///< A ring of lingering_max, made at the first clean close.
  std::uint32_t oldest_lingerer_ = 0,
                next_lingerer_ = 0;  ///< Count up; modulo lingering_max they are ring places.
};

}  // namespace wanwu

#include "protocols/transport/tcp_dispatch.hpp"
