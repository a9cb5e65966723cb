// The discarding sink of mqtt-sink: accepts, answers CONNECT, SUBSCRIBE and PINGREQ, and receives and throws
// away all else, counting PUBLISH packets. Knows no topic and passes nothing on, so that a generator is
// measured and not a broker. A connection whose first byte is 'c' asks for the count instead.
#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/measurement.hpp"

using namespace wanwu::bench;

namespace {

constexpr int backlog = 4096;
constexpr timespec nap{0, 200'000};
constexpr int idle_rounds_max = 5000;  // a second or so

/// Where in its stream a connection is. A packet is its first byte, up to four bytes of length, a body.
struct stream {
  enum class at : std::uint8_t { first, length, body };
  at next = at::first;
  unsigned char kind{};
  std::uint8_t length_bytes{};
  std::array<unsigned char, 2> begin{};  // of the body: a SUBSCRIBE's packet identifier
  std::uint32_t left{}, length{};
  bool open{}, asks{};
};

class sink {
 public:
  explicit sink(std::uint16_t port);
  void serve();

 private:
  void accept_all();
  void read(int fd);
  void take(int fd, stream& from, const unsigned char* raw, std::size_t count);
  void whole(int fd, stream& from);
  void close(int fd);
  void say(int fd, const void* raw, std::size_t count);

  int listener_, epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  std::vector<stream> streams_;  // by descriptor
  std::array<unsigned char, 256 * 1024> arena_{};
  std::array<epoll_event, 1024> events_{};
  std::uint64_t messages_ = 0, open_ = 0;
};

sink::sink(std::uint16_t port) : listener_{::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)} {
  const int on = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_port = htons(port);
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(listener_, reinterpret_cast<const sockaddr*>(&here), sizeof here) != 0) give_up("bind");
  if (::listen(listener_, backlog) != 0) give_up("listen");
  epoll_event wanted{};
  wanted.events = EPOLLIN;
  wanted.data.fd = listener_;
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_, &wanted) != 0) give_up("epoll_ctl");
}

void sink::accept_all() {
  while (true) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    if (streams_.size() <= static_cast<std::size_t>(fd)) streams_.resize(static_cast<std::size_t>(fd) + 1);
    streams_[static_cast<std::size_t>(fd)] = stream{.open = true};
    epoll_event wanted{};
    wanted.events = EPOLLIN;
    wanted.data.fd = fd;
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &wanted) != 0) give_up("epoll_ctl");
    ++open_;
  }
}

void sink::close(int fd) {
  stream& from = streams_[static_cast<std::size_t>(fd)];
  if (!from.open) return;
  if (!from.asks) --open_;
  from.open = false;
  ::close(fd);
}

void sink::say(int fd, const void* raw, std::size_t count) {
  if (::send(fd, raw, count, MSG_NOSIGNAL) != static_cast<ssize_t>(count)) close(fd);
}

void sink::whole(int fd, stream& from) {
  from.next = stream::at::first;
  const unsigned kind = from.kind >> 4;
  if (kind == 3) ++messages_;
  constexpr std::array<unsigned char, 5> accepted{0x20, 3, 0, 0, 0};  // MQTT 5.0, no properties
  if (kind == 1) say(fd, accepted.data(), accepted.size());
  // One filter a SUBSCRIBE, as the program sends it: granted with QoS 0.
  const std::array<unsigned char, 6> granted{0x90, 4, from.begin[0], from.begin[1], 0, 0};
  if (kind == 8) say(fd, granted.data(), granted.size());
  constexpr std::array<unsigned char, 2> alive{0xD0, 0};
  if (kind == 12) say(fd, alive.data(), alive.size());
}

void sink::take(int fd, stream& from, const unsigned char* raw, std::size_t count) {
  for (std::size_t i = 0; i < count && from.open;) {
    if (from.next == stream::at::first) {
      from.kind = raw[i++];
      from.left = 0;
      from.length_bytes = 0;
      from.next = stream::at::length;
    } else if (from.next == stream::at::length) {
      const std::uint32_t byte = raw[i++];
      from.left |= (byte & 0x7FU) << (7 * from.length_bytes++);
      if ((byte & 0x80U) != 0 && from.length_bytes < 4) continue;
      from.next = stream::at::body;
      from.length = from.left;
      if (from.left == 0) whole(fd, from);
    } else {
      const auto part = static_cast<std::uint32_t>(std::min<std::size_t>(from.left, count - i));
      for (std::uint32_t n = from.length - from.left; n < 2 && n < from.length - from.left + part; ++n)
        from.begin[n] = raw[i + n - (from.length - from.left)];
      from.left -= part;
      i += part;
      if (from.left == 0) whole(fd, from);
    }
  }
}

void sink::read(int fd) {
  stream& from = streams_[static_cast<std::size_t>(fd)];
  const auto count = ::recv(fd, arena_.data(), arena_.size(), 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) return close(fd);
  if (from.next == stream::at::first && from.kind == 0 && arena_[0] == 'c') {
    from.asks = true;
    --open_;
    const std::string seen =
        "messages=" + std::to_string(messages_) + " open=" + std::to_string(open_) + "\n";
    say(fd, seen.data(), seen.size());
    return close(fd);
  }
  take(fd, from, arena_.data(), static_cast<std::size_t>(count));
}

// Sleeps on the clock and not in epoll_wait() while anything comes: a receiver asleep there must be woken by
// the sender, at several times the cost of the send. A broker that is kept busy is never asleep there either.
void sink::serve() {
  int idle_rounds = 0;
  while (true) {
    const int wait_ms = idle_rounds < idle_rounds_max ? 0 : -1;
    const int count = ::epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), wait_ms);
    idle_rounds = count > 0 ? 0 : idle_rounds + 1;
    if (count < static_cast<int>(events_.size())) ::nanosleep(&nap, nullptr);
    for (int i = 0; i < count; ++i) {
      const int fd = events_[static_cast<std::size_t>(i)].data.fd;
      if (fd == listener_) {
        accept_all();
      } else {
        read(fd);
      }
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  sink{read_job(argc, argv).port}.serve();
}
