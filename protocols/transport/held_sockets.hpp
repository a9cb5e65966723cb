// Sockets of one thread: in its descriptor table as long as that has room, beyond it as direct descriptors of
// io_uring.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "protocols/core/bytes.hpp"

namespace wanwu {

/// RLIMIT_NOFILE counts what is in a thread's descriptor table. A file that is registered with an io_uring
/// stays open without a place there, and that table of files is counted for itself; so one thread holds
/// hundreds of thousands of sockets, where it would take fifty threads with a table each, which two cores
/// spend half their time to switch between. Readiness goes on coming from epoll, which watches the file and
/// not its number; calls on such a socket go through the ring and return as the system calls do, with -1 and
/// errno. Nothing of it is needed: without io_uring all sockets stay in the table.
/// Belongs to one thread.
class held_sockets {
 public:
  /// A socket: a descriptor of the table below this, a direct one from here on.
  static constexpr int first_direct = 1 << 30;
  static constexpr std::uint32_t ring_sockets_max = 16'384;  ///< One ring holds; less under a lower limit.
  static constexpr std::uint32_t rings_max = 64;
  /// Descriptors kept free in the table: for connections being opened and those that linger. A table that is
  /// not twice as large is used whole, without direct ones.
  static constexpr std::uint32_t table_spared = 4'096;

  /// Whether this kernel lets this process have direct descriptors. Asked of the kernel once; any thread.
  static bool direct_available() noexcept;
  /// How many direct sockets a thread may have under a limit of so many descriptors; 0 when none.
  static std::uint64_t direct_capacity(std::uint64_t descriptor_limit) noexcept;
  /// The first descriptor that does not stay in a table under this process's limit.
  static int direct_from_here() noexcept;
  /// Descriptors from `direct_from` on are moved out of the table.
  explicit held_sockets(int direct_from = direct_from_here()) noexcept;
  held_sockets(const held_sockets&) = delete;
  held_sockets& operator=(const held_sockets&) = delete;
  ~held_sockets();

  /// The socket by which `fd` is known from now on: itself, or a direct one, and then `fd` is closed. What
  /// asks for a descriptor (options, epoll_ctl) must have been done.
  int hold(int fd) noexcept { return fd < direct_from_ ? fd : move_out(fd); }
  static bool is_direct(int socket) noexcept { return socket >= first_direct; }
  std::uint32_t direct_count() const noexcept { return direct_count_; }

  /// Not by the C library's send(), at which a thread may be cancelled: with more threads than one that costs
  /// a few atomic operations each time.
  std::ptrdiff_t send(int socket, bytes_view raw) noexcept {
    return is_direct(socket)
               ? send_direct(socket, raw)
               : ::syscall(SYS_sendto, socket, raw.data(), raw.size(), MSG_NOSIGNAL, nullptr, 0);
  }
  std::ptrdiff_t send(int socket, const msghdr& message) noexcept {
    return is_direct(socket) ? send_direct(socket, message) : ::sendmsg(socket, &message, MSG_NOSIGNAL);
  }
  std::ptrdiff_t receive(int socket, std::byte* into, std::size_t size) noexcept {
    return is_direct(socket) ? receive_direct(socket, into, size) : ::recv(socket, into, size, 0);
  }
  /// A descriptor of the table for this socket, which is forgotten here: for what needs one. Nothing before
  /// Linux 6.8, or when the table is full; then the socket is still held.
  std::optional<int> give_back(int socket) noexcept;
  void close(int socket) noexcept;
  /// RST, and what is unsent is forgotten.
  void abort(int socket) noexcept;

 private:
  struct ring;

  int move_out(int fd) noexcept;
  ring* ring_with_room() noexcept;
  /// Frees a direct descriptor whose connection is ended, or has another.
  void forget(int direct) noexcept;
  std::ptrdiff_t send_direct(int socket, bytes_view raw) noexcept;
  std::ptrdiff_t send_direct(int socket, const msghdr& message) noexcept;
  std::ptrdiff_t receive_direct(int socket, std::byte* into, std::size_t size) noexcept;

  int direct_from_;
  std::uint32_t direct_count_ = 0;
  std::uint32_t filling_ = 0;  ///< The ring that had room last.
  std::vector<std::unique_ptr<ring>> rings_;
};

}  // namespace wanwu
