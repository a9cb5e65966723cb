// The socket calls behind tcp_transport.

#include "protocols/transport/tcp.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

#include <netinet/tcp.h>
#include <sys/uio.h>
#include <unistd.h>

namespace wanwu {

namespace {

constexpr std::size_t parts_max = 16;

void set_option(int fd, int level, int name, int value) noexcept {
  ::setsockopt(fd, level, name, &value, sizeof value);
}

// Where nobody listens on a loopback port of the ephemeral range, the kernel may choose that very port as the
// source, and TCP's simultaneous open then connects the socket to itself.
bool is_connected_to_itself(int fd, const socket_address& address) noexcept {
  constexpr std::uint16_t ephemeral_first = 1024;
  if (!address.is_loopback() || address.port() < ephemeral_first) return false;
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  auto* const raw = reinterpret_cast<sockaddr*>(&bound);
  return ::getsockname(fd, raw, &size) == 0 && socket_address::from_native(raw) == address;
}

bool is_final(int error) noexcept {
  return error != EAGAIN && error != EINTR && error != ENOBUFS;
}

}  // namespace

tcp_transport::tcp_transport(reactor& events, tcp_settings settings)
    : reactor_{events},
      settings_{settings},
      sockets_{settings.direct_from},
      arena_{std::make_unique_for_overwrite<std::byte[]>(settings.arena_bytes)} {}

tcp_transport::~tcp_transport() {
  for (const auto& row : links_) {
    if (row.fd >= 0) sockets_.abort(row.fd);
  }
  for (const auto& old : lingering_) {
    if (old.fd >= 0) ::close(old.fd);
  }
  for (const int fd : parked_) sockets_.abort(fd);
  stop_listening();
  if (attached_) reactor_.forget(listener_);
}

void tcp_transport::attach(readiness_listener& owner) {
  listener_ = reactor_.enlist(owner);
  attached_ = true;
}

void tcp_transport::prepare(std::uint32_t count) {
  assert(count < lingering_bit);
  links_.resize(std::max<std::size_t>(links_.size(), count));
}

bool tcp_transport::is_up(link_id link) const noexcept {
  return links_[static_cast<std::uint32_t>(link)].now == state::up;
}

bool tcp_transport::needed_second_syn(link_id link) const noexcept {
  tcp_info seen{};
  socklen_t size = sizeof seen;
  const int fd = links_[static_cast<std::uint32_t>(link)].fd;
  return fd >= 0 && ::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &seen, &size) == 0 && seen.tcpi_total_retrans > 0;
}

void tcp_transport::open(link_id link, const socket_address& address, time_point now) {
  const auto at = static_cast<std::uint32_t>(link);
  auto& row = links_[at];
  assert(row.now == state::closed && attached_);
  end_lingering(now);
  ++row.generation;
  row.now = state::opening;
  row.blocked = false;
  int error = 0;
  row.fd = connect_from_pool(address, error);
  if (row.fd >= 0) {
    if (const auto why = reactor_.add(row.fd, listener_, at, row.generation)) error = why.value();
  }
  if (error != 0) fail_later(at, error);
}

int tcp_transport::new_socket(const socket_address& address, int& error) noexcept {
  const int fd = ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    error = errno;
    return -1;
  }
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  if (receive_buffer_bytes_ > 0) set_option(fd, SOL_SOCKET, SO_RCVBUF, receive_buffer_bytes_);
  return fd;
}

// A source address has some 28,000 free ports towards one target; when one is exhausted the next is tried.
int tcp_transport::connect_from_pool(const socket_address& address, int& error) noexcept {
  const bool pooled = address.is_v4() && !settings_.sources.empty();
  const std::uint32_t tries = pooled ? std::min(settings_.sources.size(), connect_tries_max) : 1;
  for (std::uint32_t i = 0; i < tries; ++i) {
    error = 0;
    const int fd = new_socket(address, error);
    if (fd < 0) return -1;
    bool may_meet_itself = true;
    if (pooled) {
      const auto source = socket_address::from_v4(settings_.sources.at(next_source_++), 0);
      may_meet_itself = socket_address::from_v4(address.v4(), 0) == source;
      set_option(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
      if (::bind(fd, source.native(), source.native_size()) != 0) error = errno;
    }
    if (error == 0 && ::connect(fd, address.native(), address.native_size()) != 0 && errno != EINPROGRESS)
      error = errno;
    if (error == 0 && may_meet_itself && is_connected_to_itself(fd, address)) error = ECONNREFUSED;
    if (error == 0) return fd;
    ::close(fd);
    if (error != EADDRNOTAVAIL && error != EADDRINUSE && error != EAGAIN) return -1;
  }
  return -1;
}

void tcp_transport::fail_later(std::uint32_t at, int error) {
  auto& row = links_[at];
  failures_.push_back({at, row.generation, error});
  reactor_.post(listener_, {at, row.generation, 0});
}

std::size_t tcp_transport::send(link_id link, bytes_view raw, time_point) {
  const auto at = static_cast<std::uint32_t>(link);
  if (links_[at].now != state::up || raw.empty()) return 0;
  return note_send_result(at, raw.size(), sockets_.send(links_[at].fd, raw));
}

std::size_t tcp_transport::send(link_id link, std::span<const bytes_view> parts, time_point) {
  const auto at = static_cast<std::uint32_t>(link);
  assert(parts.size() <= parts_max);
  if (links_[at].now != state::up || parts.empty()) return 0;
  std::array<iovec, parts_max> pieces{};
  std::size_t wanted = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    // The kernel only reads, but iovec serves both ways and knows no const.
    pieces[i] = {const_cast<std::byte*>(parts[i].data()), parts[i].size()};
    wanted += parts[i].size();
  }
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = parts.size();
  return note_send_result(at, wanted, sockets_.send(links_[at].fd, message));
}

// A broken link swallows what it is given: its owner is told by link_failed, in the next dispatch.
std::size_t tcp_transport::note_send_result(std::uint32_t at, std::size_t wanted, std::ptrdiff_t sent) {
  auto& row = links_[at];
  if (sent < 0 && is_final(errno)) {
    row.now = state::broken;
    fail_later(at, errno);
    return wanted;
  }
  const std::size_t taken = sent < 0 ? 0 : static_cast<std::size_t>(sent);
  if (taken < wanted) row.blocked = true;
  return taken;
}

void tcp_transport::close(link_id link, closing how, time_point now) {
  const auto at = static_cast<std::uint32_t>(link);
  auto& row = links_[at];
  if (row.now == state::closed) return;
  if (row.fd >= 0 && how == closing::abrupt) {
    sockets_.abort(std::exchange(row.fd, -1));
  } else if (row.fd >= 0 && row.now == state::up) {
    linger(at, now);
  }
  release(at);
}

bool tcp_transport::hold_reading(link_id link, bool held) {
  const auto at = static_cast<std::uint32_t>(link);
  auto& row = links_[at];
  if (row.fd < 0) return false;
  if (row.unread && !held) {  // what came meanwhile, or the end, is not told again
    reactor_.post(listener_, {at, row.generation, EPOLLIN | EPOLLRDHUP});
  }
  row.unread = held;
  return true;
}

void tcp_transport::park(link_id link) {
  const auto at = static_cast<std::uint32_t>(link);
  auto& row = links_[at];
  if (row.fd < 0) return;
  if (parked_.size() == parked_max) {
    sockets_.abort(parked_.front());
    parked_.erase(parked_.begin());
  }
  parked_.push_back(std::exchange(row.fd, -1));
  release(at);  // what epoll tells of it from now on is of an earlier generation
}

void tcp_transport::release(std::uint32_t at) noexcept {
  auto& row = links_[at];
  if (row.fd >= 0) sockets_.close(row.fd);
  row.fd = -1;
  row.now = state::closed;
  row.blocked = row.unread = false;
  ++row.generation;
  if (listening_fd_ >= 0 || accepting_paused_) {
    free_links_.push_back(at);
    resume_accepting();
  }
}

// close() with input unread or still to come sends RST, which may destroy our last bytes at the peer. So: FIN
// now, and the descriptor stays until the peer's FIN, a while, or a thousand later ones.
void tcp_transport::linger(std::uint32_t at, time_point now) {
  auto& row = links_[at];
  const bool was_direct = held_sockets::is_direct(row.fd);
  const auto fd = sockets_.give_back(row.fd);
  if (!fd) {
    drain(row.fd);
    return;
  }
  row.fd = *fd;
  if (::shutdown(row.fd, SHUT_WR) != 0) return;
  if (lingering_.empty()) lingering_.resize(lingering_max);
  const std::uint32_t place = next_lingerer_ % lingering_max;
  const auto lap = static_cast<std::uint16_t>(next_lingerer_ / lingering_max);
  // Epoll knows a socket by the number it had when it was added: this may be another.
  std::error_code why = was_direct ? reactor_.add(row.fd, listener_, place | lingering_bit, lap)
                                   : std::make_error_code(std::errc::file_exists);
  if (why == std::errc::file_exists) why = reactor_.modify(row.fd, listener_, place | lingering_bit, lap);
  if (why) return;
  if (next_lingerer_ - oldest_lingerer_ == lingering_max) {
    if (lingering_[place].fd >= 0) ::close(lingering_[place].fd);
    ++oldest_lingerer_;
  }
  lingering_[place] = {std::exchange(row.fd, -1), now};
  ++next_lingerer_;
}

void tcp_transport::drain_lingerer(const readiness& event) noexcept {
  const std::uint32_t place = event.key & ~lingering_bit;
  if (place >= lingering_.size() || lingering_[place].fd < 0) return;
  const std::uint32_t current = oldest_lingerer_ + (place - oldest_lingerer_) % lingering_max;
  if (static_cast<std::uint16_t>(current / lingering_max) != event.generation) return;
  if (!drain(lingering_[place].fd)) return;
  ::close(lingering_[place].fd);
  lingering_[place].fd = -1;
}

bool tcp_transport::drain(int fd) noexcept {
  for (int round = 0; round < read_rounds_max; ++round) {
    const auto count = receive(fd);
    if (count > 0 || (count < 0 && errno == EINTR)) continue;
    return count == 0 || errno != EAGAIN;
  }
  return true;
}

void tcp_transport::end_lingering(time_point now) noexcept {
  while (oldest_lingerer_ != next_lingerer_) {
    auto& oldest = lingering_[oldest_lingerer_ % lingering_max];
    if (oldest.fd >= 0 && oldest.since + linger_time > now) return;
    if (oldest.fd >= 0) ::close(oldest.fd);
    oldest.fd = -1;
    ++oldest_lingerer_;
  }
}

tl::expected<socket_address, std::error_code> tcp_transport::listen(const socket_address& address,
                                                                    listen_settings how) {
  assert(attached_ && listening_fd_ < 0);
  const auto failed = [](int fd) {
    const std::error_code why{errno, std::system_category()};
    if (fd >= 0) ::close(fd);
    return tl::unexpected{why};
  };
  const int fd = ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return failed(fd);
  set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);  // those accepted have it too
  if (how.shared_port) set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  auto* const raw = reinterpret_cast<sockaddr*>(&bound);
  if (::bind(fd, address.native(), address.native_size()) != 0 || ::listen(fd, how.backlog) != 0 ||
      ::getsockname(fd, raw, &size) != 0) {
    return failed(fd);
  }
  if (const auto why = reactor_.add(fd, listener_, listening_key, 0, reactor::trigger::level)) {
    ::close(fd);
    return tl::unexpected{why};
  }
  listening_fd_ = fd;
  for (auto at = static_cast<std::uint32_t>(links_.size()); at-- > 0;) free_links_.push_back(at);
  return socket_address::from_native(raw);
}

void tcp_transport::stop_listening() noexcept {
  if (listening_fd_ >= 0) ::close(listening_fd_);
  listening_fd_ = -1;
  accepting_paused_ = false;
}

int tcp_transport::accept_one(socket_address& peer) noexcept {
  if (listening_fd_ < 0) {
    errno = EAGAIN;
    return -1;
  }
  sockaddr_storage from{};
  socklen_t size = sizeof from;
  auto* const raw = reinterpret_cast<sockaddr*>(&from);
  const int fd = ::accept4(listening_fd_, raw, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0) peer = socket_address::from_native(raw);
  return fd;
}

std::uint32_t tcp_transport::adopt(int fd) {
  if (free_links_.empty()) {
    free_links_.push_back(static_cast<std::uint32_t>(links_.size()));
    links_.emplace_back();
  }
  const std::uint32_t at = free_links_.back();
  auto& row = links_[at];
  if (reactor_.add(fd, listener_, at, static_cast<std::uint16_t>(row.generation + 1))) {
    ::close(fd);
    return listening_key;
  }
  free_links_.pop_back();
  ++row.generation;
  row.fd = sockets_.hold(fd);
  row.now = state::up;
  row.blocked = false;
  return at;
}

void tcp_transport::pause_accepting() noexcept {
  reactor_.remove(listening_fd_);
  accepting_paused_ = true;
}

void tcp_transport::resume_accepting() noexcept {
  if (!accepting_paused_ || listening_fd_ < 0) return;
  if (!reactor_.add(listening_fd_, listener_, listening_key, 0, reactor::trigger::level))
    accepting_paused_ = false;
}

std::ptrdiff_t tcp_transport::receive(int fd) noexcept {
  return sockets_.receive(fd, arena_.get(), settings_.arena_bytes);
}

int tcp_transport::pending_error(int fd) const noexcept {
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

}  // namespace wanwu
