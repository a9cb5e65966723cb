// The rings behind held_sockets: each call is one request, submitted and completed before it returns.

#include "protocols/transport/held_sockets.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <thread>
#include <utility>

#include <liburing.h>
#include <unistd.h>

#include "protocols/transport/descriptors.hpp"

namespace wanwu {

namespace {

constexpr unsigned requests_at_once = 2;
/// IORING_OP_FIXED_FD_INSTALL, which older headers do not know; older kernels answer EINVAL.
constexpr int install_descriptor = 54;
constexpr std::uint32_t slot_bits = 14;
static_assert(held_sockets::ring_sockets_max == 1U << slot_bits);
static_assert(held_sockets::rings_max * held_sockets::ring_sockets_max <= held_sockets::first_direct);

constexpr int socket_of(std::size_t ring, std::uint32_t slot) noexcept {
  return held_sockets::first_direct | static_cast<int>(ring << slot_bits) | static_cast<int>(slot);
}
constexpr std::size_t ring_of(int socket) noexcept {
  return static_cast<std::size_t>(socket & ~held_sockets::first_direct) >> slot_bits;
}
constexpr int slot_of(int socket) noexcept {
  return socket & ((1 << slot_bits) - 1);
}

void set_abrupt(int fd) noexcept {
  // With a zero linger time close() sends RST and forgets what is unsent.
  const linger none{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
}

std::uint32_t sockets_a_ring() noexcept {
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(held_sockets::ring_sockets_max, current_descriptor_limit().soft));
}

/// Opened with room for so many files; nothing where the kernel does not have it or does not allow it.
bool open_ring(io_uring& out, unsigned files) noexcept {
  // The ring is used by its own thread alone (Linux 6.0 can be told so, and saves a little then).
  if (io_uring_queue_init(requests_at_once, &out, IORING_SETUP_SINGLE_ISSUER) != 0 &&
      io_uring_queue_init(requests_at_once, &out, 0) != 0)
    return false;
  if (io_uring_register_files_sparse(&out, files) == 0) return true;
  io_uring_queue_exit(&out);
  return false;
}

bool has_all_requests(io_uring& ring) noexcept {
  io_uring_probe* known = io_uring_get_probe_ring(&ring);
  if (known == nullptr) return false;
  const auto needed = {IORING_OP_SEND,    IORING_OP_SENDMSG, IORING_OP_RECV,
                       IORING_OP_CONNECT, IORING_OP_CLOSE,   IORING_OP_SHUTDOWN};
  const bool all = std::all_of(needed.begin(), needed.end(),
                               [known](int one) { return io_uring_opcode_supported(known, one) != 0; });
  io_uring_free_probe(known);
  return all;
}

/// Whether the peer of a closed direct socket hears of it only later: before Linux 6.4 the kernel lets go of
/// such a file up to a second after it was closed. The ring has room for one.
bool closes_later(io_uring& ring) noexcept {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return true;
  bool at_once = false;
  if (io_uring_register_files_update(&ring, 0, ends.data(), 1) == 1) {
    ::close(std::exchange(ends[0], -1));
    io_uring_prep_close_direct(io_uring_get_sqe(&ring), 0);
    io_uring_cqe* done = nullptr;
    if (io_uring_submit(&ring) == 1 && io_uring_wait_cqe(&ring, &done) == 0) {
      io_uring_cqe_seen(&ring, done);
      char none = 0;
      at_once = ::recv(ends[1], &none, sizeof none, MSG_DONTWAIT) == 0;
    }
  }
  for (const int end : ends)
    if (end >= 0) ::close(end);
  return !at_once;
}

struct kernel_ability {
  bool has_direct = false, closes_later = false;
};

/// Asked of the kernel once; any thread.
const kernel_ability& ability() noexcept {
  static const kernel_ability found = [] {
    kernel_ability out;
    io_uring trial{};
    if (!open_ring(trial, 1)) return out;
    out.has_direct = has_all_requests(trial);
    out.closes_later = out.has_direct && closes_later(trial);
    io_uring_queue_exit(&trial);
    return out;
  }();
  return found;
}

}  // namespace

struct held_sockets::ring {
  io_uring kernel{};
  std::uint32_t size = 0, unused_from = 0;
  bool is_broken = false;  ///< A request may be stuck in it: the next answer would be to that one.
  std::vector<std::uint16_t> free;

  ring() = default;
  ring(const ring&) = delete;
  ring& operator=(const ring&) = delete;
  ~ring() {
    if (size > 0) io_uring_queue_exit(&kernel);
  }

  bool has_room() const noexcept { return unused_from < size || !free.empty(); }

  std::uint32_t take_slot() noexcept {
    if (free.empty()) return unused_from++;
    const std::uint32_t slot = free.back();
    free.pop_back();
    return slot;
  }

  /// The answer to the one request that was prepared: all of them are told not to wait, so it is there when
  /// submit returns.
  int answer() noexcept {
    if (is_broken) return -EIO;
    int submitted = io_uring_submit(&kernel);
    while (submitted == -EAGAIN || submitted == -EBUSY || submitted == -EINTR) {  // short of memory
      std::this_thread::yield();
      submitted = io_uring_submit(&kernel);
    }
    io_uring_cqe* done = nullptr;
    if (submitted == 1 && io_uring_wait_cqe(&kernel, &done) == 0) {
      const int result = done->res;
      io_uring_cqe_seen(&kernel, done);
      return result;
    }
    is_broken = true;
    return -EIO;
  }

  std::ptrdiff_t as_system_call() noexcept {
    const int result = answer();
    if (result >= 0) return result;
    errno = -result;
    return -1;
  }

  io_uring_sqe* request() noexcept { return io_uring_get_sqe(&kernel); }
};

bool held_sockets::direct_available() noexcept {
  return ability().has_direct;
}

std::uint64_t held_sockets::direct_capacity(std::uint64_t descriptor_limit) noexcept {
  if (descriptor_limit < std::uint64_t{2} * table_spared || !direct_available()) return 0;
  return rings_max * std::min<std::uint64_t>(ring_sockets_max, descriptor_limit);
}

int held_sockets::direct_from_here() noexcept {
  const auto limit = std::min<std::uint64_t>(current_descriptor_limit().soft, first_direct);
  return limit < std::uint64_t{2} * table_spared ? first_direct : static_cast<int>(limit - table_spared);
}

held_sockets::held_sockets(int direct_from) noexcept : direct_from_{direct_from} {}

held_sockets::~held_sockets() = default;

held_sockets::ring* held_sockets::ring_with_room() noexcept {
  for (std::size_t tried = 0; tried < rings_.size(); ++tried) {
    if (rings_[filling_]->has_room()) return rings_[filling_].get();
    filling_ = (filling_ + 1) % static_cast<std::uint32_t>(rings_.size());
  }
  if (rings_.size() == rings_max || !direct_available()) return nullptr;
  auto made = std::make_unique<ring>();
  const std::uint32_t size = sockets_a_ring();
  if (!open_ring(made->kernel, size)) return nullptr;
  made->size = size;
  made->free.reserve(size);
  filling_ = static_cast<std::uint32_t>(rings_.size());
  rings_.push_back(std::move(made));
  return rings_.back().get();
}

int held_sockets::move_out(int fd) noexcept {
  ring* const into = ring_with_room();
  if (into == nullptr) {
    direct_from_ = first_direct;  // nor will the next
    return fd;
  }
  const std::uint32_t slot = into->take_slot();
  int moved = fd;
  if (io_uring_register_files_update(&into->kernel, slot, &moved, 1) != 1) {
    into->free.push_back(static_cast<std::uint16_t>(slot));
    return fd;
  }
  ::close(fd);
  ++direct_count_;
  return socket_of(filling_, slot);
}

std::ptrdiff_t held_sockets::send_direct(int socket, bytes_view raw) noexcept {
  ring& by = *rings_[ring_of(socket)];
  io_uring_sqe* const wanted = by.request();
  io_uring_prep_send(wanted, slot_of(socket), raw.data(), raw.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  wanted->flags |= IOSQE_FIXED_FILE;
  return by.as_system_call();
}

std::ptrdiff_t held_sockets::send_direct(int socket, const msghdr& message) noexcept {
  ring& by = *rings_[ring_of(socket)];
  io_uring_sqe* const wanted = by.request();
  io_uring_prep_sendmsg(wanted, slot_of(socket), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  wanted->flags |= IOSQE_FIXED_FILE;
  return by.as_system_call();
}

std::ptrdiff_t held_sockets::receive_direct(int socket, std::byte* into, std::size_t size) noexcept {
  ring& by = *rings_[ring_of(socket)];
  io_uring_sqe* const wanted = by.request();
  io_uring_prep_recv(wanted, slot_of(socket), into, size, MSG_DONTWAIT);
  wanted->flags |= IOSQE_FIXED_FILE;
  return by.as_system_call();
}

std::optional<int> held_sockets::give_back(int socket) noexcept {
  if (!is_direct(socket)) return socket;
  ring& by = *rings_[ring_of(socket)];
  io_uring_sqe* const wanted = by.request();
  io_uring_prep_rw(install_descriptor, wanted, slot_of(socket), nullptr, 0, 0);
  wanted->flags |= IOSQE_FIXED_FILE;
  const int fd = by.answer();
  if (fd < 0) return std::nullopt;
  forget(socket);
  return fd;
}

void held_sockets::close(int socket) noexcept {
  if (!is_direct(socket)) {
    ::close(socket);
    return;
  }
  if (ability().closes_later) {  // FIN now
    ring& by = *rings_[ring_of(socket)];
    io_uring_sqe* const wanted = by.request();
    io_uring_prep_shutdown(wanted, slot_of(socket), SHUT_RDWR);
    wanted->flags |= IOSQE_FIXED_FILE;
    by.answer();
  }
  forget(socket);
}

void held_sockets::abort(int socket) noexcept {
  if (!is_direct(socket)) {
    set_abrupt(socket);
    ::close(socket);
    return;
  }
  // No option can be set without a descriptor; connect() to nowhere does what such a close() does.
  static constexpr sockaddr nowhere{AF_UNSPEC, {}};
  ring& by = *rings_[ring_of(socket)];
  io_uring_sqe* const wanted = by.request();
  io_uring_prep_connect(wanted, slot_of(socket), &nowhere, sizeof nowhere);
  wanted->flags |= IOSQE_FIXED_FILE;
  by.answer();
  forget(socket);
}

void held_sockets::forget(int socket) noexcept {
  ring& by = *rings_[ring_of(socket)];
  const auto slot = static_cast<unsigned>(slot_of(socket));
  io_uring_prep_close_direct(by.request(), slot);
  if (by.answer() < 0) return;
  by.free.push_back(static_cast<std::uint16_t>(slot));
  --direct_count_;
}

}  // namespace wanwu
