// The socket calls behind udp_transport: sendmmsg, recvmmsg, IP_PKTINFO, and the error queue.

#include "protocols/transport/udp.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <cstring>

#include <linux/errqueue.h>
#include <unistd.h>

namespace wanwu {

namespace {

constexpr std::size_t send_arena_bytes = std::size_t{256} * 1024;

struct alignas(cmsghdr) pktinfo_space {
  std::array<std::byte, CMSG_SPACE(sizeof(in_pktinfo)) + CMSG_SPACE(sizeof(in6_pktinfo))> raw;
};

void set_option(int fd, int level, int name, int value) noexcept {
  ::setsockopt(fd, level, name, &value, sizeof value);
}

void ask_for_buffers(int fd, int size) noexcept {
  set_option(fd, SOL_SOCKET, SO_RCVBUF, size);
  set_option(fd, SOL_SOCKET, SO_SNDBUF, size);
  set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, size);  // needs CAP_NET_ADMIN; without it the above holds
  set_option(fd, SOL_SOCKET, SO_SNDBUFFORCE, size);
}

// The local address a datagram came to, host byte order; 0 when the kernel did not say or it is IPv6.
std::uint32_t local_address_of(msghdr& message) noexcept {
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != IPPROTO_IP || part->cmsg_type != IP_PKTINFO) continue;
    in_pktinfo info{};
    std::memcpy(&info, CMSG_DATA(part), sizeof info);
    // With an ICMP error only ipi_addr is filled: the address the error came to, which is where we sent from.
    return ntohl((info.ipi_spec_dst.s_addr != 0 ? info.ipi_spec_dst : info.ipi_addr).s_addr);
  }
  return 0;
}

bool is_ours_to_keep(int error) noexcept {
  return error == EAGAIN || error == ENOBUFS || error == ENOMEM;
}

}  // namespace

struct udp_transport::inbox {
  std::array<mmsghdr, batch_max> headers{};
  std::array<iovec, batch_max> pieces{};
  std::array<sockaddr_in6, batch_max> names{};
  std::array<pktinfo_space, batch_max> controls{};
  std::unique_ptr<std::byte[]> arena =
      std::make_unique_for_overwrite<std::byte[]>(batch_max * received_bytes_max);

  inbox() {
    for (std::size_t i = 0; i < batch_max; ++i) {
      pieces[i] = {arena.get() + i * received_bytes_max, received_bytes_max};
      auto& message = headers[i].msg_hdr;
      message.msg_iov = &pieces[i];
      message.msg_iovlen = 1;
      message.msg_name = &names[i];
      message.msg_control = &controls[i];
      rearm(i);
    }
  }
  void rearm(std::size_t i) noexcept {
    headers[i].msg_hdr.msg_namelen = sizeof names[i];
    headers[i].msg_hdr.msg_controllen = sizeof controls[i];
  }
};

struct udp_transport::lane {
  int fd = -1;
  bool blocked = false;  // the kernel's buffer is full: waiting for EPOLLOUT
  socket_address bound;
  std::size_t first = 0, count = 0;  // queued and not yet sent: [first, count)
  std::size_t arena_used = 0;
  std::array<mmsghdr, batch_max> headers{};
  std::array<iovec, batch_max> pieces{};
  std::array<socket_address, batch_max> peers{};
  std::array<endpoint_id, batch_max> locals{};
  std::array<pktinfo_space, batch_max> controls{};
  std::unique_ptr<std::byte[]> arena = std::make_unique_for_overwrite<std::byte[]>(send_arena_bytes);

  lane() {
    for (std::size_t i = 0; i < batch_max; ++i) {
      auto& message = headers[i].msg_hdr;
      message.msg_iov = &pieces[i];
      message.msg_iovlen = 1;
      auto* const part = reinterpret_cast<cmsghdr*>(controls[i].raw.data());
      part->cmsg_level = IPPROTO_IP;
      part->cmsg_type = IP_PKTINFO;
      part->cmsg_len = CMSG_LEN(sizeof(in_pktinfo));
    }
  }
  lane(const lane&) = delete;
  lane& operator=(const lane&) = delete;
  ~lane() {
    if (fd >= 0) ::close(fd);
  }

  bool has_room(std::size_t size) const noexcept {
    return count < batch_max && send_arena_bytes - arena_used >= size;
  }

  void queue(endpoint_id local, std::uint32_t source, const socket_address& peer, bytes_view raw) noexcept {
    std::byte* const copy = arena.get() + arena_used;
    if (!raw.empty()) std::memcpy(copy, raw.data(), raw.size());
    arena_used += raw.size();
    pieces[count] = {copy, raw.size()};
    peers[count] = peer;
    locals[count] = local;
    auto& message = headers[count].msg_hdr;
    message.msg_name = const_cast<sockaddr*>(peers[count].native());  // read only by sendmmsg
    message.msg_namelen = peer.native_size();
    message.msg_control = nullptr;
    message.msg_controllen = 0;
    if (source != 0) {
      in_pktinfo info{};
      info.ipi_spec_dst.s_addr = htonl(source);
      auto* const part = reinterpret_cast<cmsghdr*>(controls[count].raw.data());
      std::memcpy(CMSG_DATA(part), &info, sizeof info);
      message.msg_control = part;
      message.msg_controllen = CMSG_SPACE(sizeof info);
    }
    ++count;
  }
  void forget_sent() noexcept {
    if (first != count) return;
    first = count = 0;
    arena_used = 0;
  }
};

udp_transport::udp_transport(reactor& events, udp_settings settings)
    : reactor_{events}, settings_{settings}, inbox_{std::make_unique<inbox>()} {
  seen_.reserve(batch_max);
}

udp_transport::~udp_transport() {
  if (attached_) reactor_.forget(listener_);
}

void udp_transport::attach(readiness_listener& owner) {
  listener_ = reactor_.enlist(owner);
  attached_ = true;
}

std::error_code udp_transport::add_lane(const socket_address& local, bool shared_port) {
  assert(attached_);
  auto made = std::make_unique<lane>();
  made->fd = ::socket(local.family(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (made->fd < 0) return {errno, std::system_category()};
  ask_for_buffers(made->fd, settings_.buffer_bytes);
  if (shared_port) set_option(made->fd, SOL_SOCKET, SO_REUSEPORT, 1);
  if (local.is_v4()) {
    set_option(made->fd, IPPROTO_IP, IP_PKTINFO, 1);
    set_option(made->fd, IPPROTO_IP, IP_RECVERR, 1);
  } else {
    set_option(made->fd, IPPROTO_IPV6, IPV6_RECVERR, 1);
  }
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  auto* const raw = reinterpret_cast<sockaddr*>(&bound);
  if (::bind(made->fd, local.native(), local.native_size()) != 0 ||
      ::getsockname(made->fd, raw, &size) != 0) {
    return {errno, std::system_category()};
  }
  made->bound = socket_address::from_native(raw);
  const auto index = static_cast<std::uint32_t>(lanes_.size());
  if (const auto why = reactor_.add(made->fd, listener_, index, 0, reactor::trigger::level)) return why;
  lanes_.push_back(std::move(made));
  return {};
}

std::error_code udp_transport::open() {
  socket_address any = socket_address::from_v4(0, 0);
  if (settings_.family == AF_INET6) {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    any = socket_address::from_native(reinterpret_cast<const sockaddr*>(&v6));
  }
  const std::uint32_t wanted = std::max(settings_.sockets, 1U);
  while (lanes_.size() < wanted) {
    if (const auto why = add_lane(any, false)) return why;
  }
  return {};
}

tl::expected<socket_address, std::error_code> udp_transport::listen(const socket_address& address,
                                                                    bool shared_port) {
  serving_ = true;
  if (const auto why = add_lane(address, shared_port)) return tl::unexpected{why};
  return lanes_.back()->bound;
}

std::uint32_t udp_transport::endpoint_count() const noexcept {
  return std::max(settings_.sockets, 1U) * sources_a_lane();
}

// The server's side has no table of endpoints: an endpoint is the IPv4 address itself.
std::uint32_t udp_transport::source_of(endpoint_id local) const noexcept {
  const auto index = static_cast<std::uint32_t>(local);
  if (serving_) return index;
  return settings_.sources.empty() ? 0 : settings_.sources.at(index % sources_a_lane());
}

std::uint32_t udp_transport::lane_of(endpoint_id local) const noexcept {
  return serving_ ? 0 : static_cast<std::uint32_t>(local) / sources_a_lane();
}

endpoint_id udp_transport::endpoint_of(std::uint32_t lane_index, std::uint32_t local_v4) const noexcept {
  if (serving_) return endpoint_id{local_v4};
  const auto source = settings_.sources.empty() ? 0 : settings_.sources.index_of(local_v4);
  if (source >= sources_a_lane()) return endpoint_id{endpoint_count()};
  return endpoint_id{lane_index * sources_a_lane() + source};
}

socket_address udp_transport::endpoint_address(endpoint_id local) const noexcept {
  const auto& from = *lanes_[lane_of(local)];
  const auto source = source_of(local);
  return source == 0 ? from.bound : socket_address::from_v4(source, from.bound.port());
}

bool udp_transport::send_to(endpoint_id local, const socket_address& peer, bytes_view raw, time_point) {
  const std::uint32_t index = lane_of(local);
  if (raw.size() > sent_bytes_max) {
    refusals_.push_back({local, peer, EMSGSIZE});
    reactor_.post(listener_, {index, 0, 0});
    return true;
  }
  auto& out = *lanes_[index];
  if (!out.has_room(raw.size())) {
    flush_lane(index);
    if (!out.has_room(raw.size())) return false;
  }
  out.queue(local, source_of(local), peer, raw);
  return true;
}

void udp_transport::flush(time_point) {
  for (std::uint32_t i = 0; i < lanes_.size(); ++i) {
    if (lanes_[i]->count != 0) flush_lane(i);
  }
}

void udp_transport::flush_lane(std::uint32_t index) {
  auto& out = *lanes_[index];
  const auto wait_for_room = [&](bool full) {
    if (out.blocked == full) return;
    out.blocked = full;
    const auto how = full ? reactor::trigger::level_output : reactor::trigger::level;
    reactor_.modify(out.fd, listener_, index, 0, how);
  };
  while (out.first < out.count) {
    const auto left = static_cast<unsigned>(out.count - out.first);
    const int sent = ::sendmmsg(out.fd, &out.headers[out.first], left, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0) {
      out.first += static_cast<std::size_t>(sent);
    } else if (is_ours_to_keep(errno)) {
      return wait_for_room(true);
    } else if (errno != EINTR && skip_unsendable(index, errno)) {
      ++out.first;
    }
  }
  out.forget_sent();
  wait_for_room(false);
}

// An ICMP error about an earlier datagram is reported by the next send, which then sends nothing: that one is
// tried again once the error queue has been read. True when the datagram itself cannot be sent.
bool udp_transport::skip_unsendable(std::uint32_t index, int error) {
  const auto before = refusals_.size();
  read_refusals(index);
  reactor_.post(listener_, {index, 0, 0});  // reported by the next dispatch
  if (refusals_.size() != before) return false;
  auto& out = *lanes_[index];
  refusals_.push_back({out.locals[out.first], out.peers[out.first], error});
  return true;
}

bool udp_transport::has_queued() const noexcept {
  return std::any_of(lanes_.begin(), lanes_.end(), [](const auto& one) { return one->count != 0; });
}

std::span<const datagram> udp_transport::receive(std::uint32_t lane_index) {
  seen_.clear();
  if (lane_index >= lanes_.size()) return {};
  auto& in = *inbox_;
  const int count = ::recvmmsg(lanes_[lane_index]->fd, in.headers.data(), batch_max, MSG_DONTWAIT, nullptr);
  for (std::size_t i = 0; count > 0 && i < static_cast<std::size_t>(count); ++i) {
    auto& message = in.headers[i].msg_hdr;
    const auto peer = socket_address::from_native(reinterpret_cast<const sockaddr*>(&in.names[i]));
    const auto local = endpoint_of(lane_index, local_address_of(message));
    if ((message.msg_flags & MSG_TRUNC) != 0) {
      refusals_.push_back({local, peer, EBADMSG});
    } else if (serving_ || static_cast<std::uint32_t>(local) < endpoint_count()) {
      seen_.push_back(
          {bytes_view{in.arena.get() + i * received_bytes_max, in.headers[i].msg_len}, peer, local});
    }
    in.rearm(i);
  }
  return seen_;
}

// The error queue gives back the destination of the datagram that failed, and the address the error came to.
void udp_transport::read_refusals(std::uint32_t lane_index) {
  if (lane_index >= lanes_.size()) return;
  for (std::size_t i = 0; i < batch_max; ++i) {
    sockaddr_in6 name{};
    std::array<std::byte, 512> control{};
    std::array<std::byte, 64> payload{};
    iovec piece{payload.data(), payload.size()};
    msghdr message{};
    message.msg_name = &name;
    message.msg_namelen = sizeof name;
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    if (::recvmsg(lanes_[lane_index]->fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) break;
    int error = EIO;
    for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
      const bool is_error = (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_RECVERR) ||
                            (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_RECVERR);
      if (!is_error) continue;
      sock_extended_err detail{};
      std::memcpy(&detail, CMSG_DATA(part), sizeof detail);
      error = static_cast<int>(detail.ee_errno);
    }
    const auto local = endpoint_of(lane_index, local_address_of(message));
    refusals_.push_back(
        {local, socket_address::from_native(reinterpret_cast<const sockaddr*>(&name)), error});
  }
}

std::span<const udp_transport::refusal> udp_transport::take_refusals() noexcept {
  reporting_.clear();
  reporting_.swap(refusals_);
  return reporting_;
}

}  // namespace wanwu
