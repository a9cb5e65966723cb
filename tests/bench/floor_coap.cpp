// epoll, sendmmsg and recvmmsg with datagrams rendered beforehand; for each only the source, the message
// identifier and the token are written.
#include "tests/bench/floor_coap.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace wanwu::bench {

namespace {

constexpr std::size_t batch = 128;
constexpr std::uint32_t first_source = 0x7F100000;

class requests {
 public:
  explicit requests(const job& work) : work_{work} {
    const int on = 1, room = 8 << 20;
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_ANY);
    if (::bind(fd_, reinterpret_cast<const sockaddr*>(&any), sizeof any) != 0) give_up("bind");
    ::setsockopt(fd_, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room);
    epoll_event wanted{};
    wanted.events = EPOLLIN;
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd_, &wanted) != 0) give_up("epoll_ctl");
    to_ = any;
    to_.sin_port = htons(work.port);
    to_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    render();
  }

  std::uint64_t started() const { return started_; }
  std::uint64_t done() const { return done_; }

  /// At most a batch.
  void send(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i, ++started_) {
      in_pktinfo info{};
      info.ipi_spec_dst.s_addr =
          htonl(first_source + static_cast<std::uint32_t>(started_ % work_.connections));
      std::memcpy(CMSG_DATA(reinterpret_cast<cmsghdr*>(controls_[i].data())), &info, sizeof info);
      const auto id = static_cast<std::uint16_t>(started_ / work_.connections);
      requests_[i][2] = requests_[i][4] = static_cast<unsigned char>(id >> 8);
      requests_[i][3] = requests_[i][5] = static_cast<unsigned char>(id & 0xFF);
    }
    for (std::size_t sent = 0; sent < count;) {
      const int taken = ::sendmmsg(fd_, &out_[sent], static_cast<unsigned>(count - sent), 0);
      if (taken < 0) give_up("sendmmsg");
      sent += static_cast<std::size_t>(taken);
    }
  }
  /// Waits until there are answers or the time is up, and takes a batch of them.
  void receive(const timespec* timeout) {
    epoll_event seen{};
    if (::epoll_pwait2(epoll_, &seen, 1, timeout, nullptr) <= 0) return;
    for (std::size_t i = 0; i < batch; ++i) {
      in_[i].msg_hdr = {
          &peers_[i], sizeof peers_[i], &in_pieces_[i], 1, in_controls_[i].data(), in_controls_[i].size(), 0};
    }
    const int count = ::recvmmsg(fd_, in_.data(), batch, MSG_DONTWAIT, nullptr);
    if (count > 0) done_ += static_cast<std::uint64_t>(count);
  }

 private:
  // CON POST /things/meter-000000/telemetry as JSON, six bytes of token, payload
  void render() {
    const std::string path = "\xB6things\x0Cmeter-000000\x09telemetry\x11\x32\xFF";
    std::vector<unsigned char> head{0x46, 0x02, 0, 0, 0, 0, 0, 0, 0, 0};
    head.insert(head.end(), path.begin(), path.end());
    head.insert(head.end(), work_.payload, 'x');
    for (std::size_t i = 0; i < batch; ++i) {
      std::copy_n(head.begin(), std::min(head.size(), requests_[i].size()), requests_[i].begin());
      out_pieces_[i] = {requests_[i].data(), head.size()};
      in_pieces_[i] = {answers_[i].data(), answers_[i].size()};
      out_[i].msg_hdr = {&to_, sizeof to_, &out_pieces_[i], 1, controls_[i].data(), controls_[i].size(), 0};
      auto* part = reinterpret_cast<cmsghdr*>(controls_[i].data());
      *part = {CMSG_LEN(sizeof(in_pktinfo)), IPPROTO_IP, IP_PKTINFO};
    }
  }

  const job& work_;
  int fd_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  sockaddr_in to_{};
  std::uint64_t started_ = 0, done_ = 0;
  std::array<mmsghdr, batch> out_{}, in_{};
  std::array<iovec, batch> out_pieces_{}, in_pieces_{};
  std::array<std::array<unsigned char, CMSG_SPACE(sizeof(in_pktinfo))>, batch> controls_{}, in_controls_{};
  std::array<std::array<unsigned char, 256>, batch> requests_{}, answers_{};
  std::array<sockaddr_in, batch> peers_{};
};

void closed_loop(requests& all, const job& work) {
  const std::uint64_t window = std::max<std::uint64_t>(batch, std::min(work.connections, 1024U));
  while (all.done() < work.operations) {
    while (all.started() < work.operations && all.started() - all.done() + batch <= window) all.send(batch);
    all.receive(nullptr);
  }
}

void paced(requests& all, const job& work, const stopwatch& clock) {
  for (std::uint64_t tick = 0; all.done() < work.operations; ++tick) {
    const std::uint64_t due = std::min(work.operations, (tick + 1) * work.rate / 1000);
    while (all.started() < due) all.send(std::min<std::uint64_t>(batch, due - all.started()));
    const double next = static_cast<double>(tick + 1) / 1000;
    while (clock.wall() < next) {
      const timespec left{0, static_cast<long>((next - clock.wall()) * 1e9)};
      if (left.tv_nsec > 0) all.receive(&left);
    }
    if (clock.wall() > static_cast<double>(work.operations) / work.rate + 10) give_up("answers are missing");
  }
}

}  // namespace

void coap_floor(const job& work) {
  requests all{work};
  const stopwatch clock;
  if (work.rate == 0)
    closed_loop(all, work);
  else
    paced(all, work, clock);
  clock.print(all.done());
}

}  // namespace wanwu::bench
