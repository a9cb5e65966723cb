// As many bare TCP connections as asked for, both ends in this process: connect() on one side, accept4() on
// the other, and nothing else. Each thread has a descriptor table of its own, as the engine's workers have.
//   bench_floor_million connect --connections N     prints operations=N cpu=… wall=…
#include <atomic>
#include <cerrno>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/measurement.hpp"

namespace wanwu::bench {

namespace {

constexpr std::uint32_t descriptors_spared = 128;
/// Of each source address, so that connect() finds a free one at once.
constexpr std::uint32_t ports_a_source = 8'000;
constexpr std::uint32_t first_source = 0x7F200001;
constexpr double uneven = 1.1;  ///< The kernel spreads connections over listeners by hash.

std::atomic<std::uint32_t> accepted{0};
std::atomic<bool> ending{false};

sockaddr_in place(std::uint32_t address, std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_addr.s_addr = htonl(address);
  out.sin_port = htons(port);
  return out;
}

void own_table() {
  if (::unshare(CLONE_FILES) != 0) give_up("unshare");
}

int listener_on(std::uint16_t& port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  auto at = place(INADDR_LOOPBACK, port);
  socklen_t size = sizeof at;
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&at), size) != 0 || ::listen(fd, 4096) != 0)
    give_up("listen");
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size);
  port = ntohs(at.sin_port);
  return fd;
}

void accept_all(int listener) {
  const int epoll = ::epoll_create1(0);
  epoll_event wanted{};
  wanted.events = EPOLLIN;
  if (::epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &wanted) != 0) give_up("epoll_ctl");
  while (!ending.load()) {
    epoll_event seen{};
    if (::epoll_wait(epoll, &seen, 1, 50) <= 0) continue;
    while (::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK) >= 0) ++accepted;
    if (errno != EAGAIN) give_up("accept4");
  }
}

void connect_some(std::uint32_t first, std::uint32_t count, std::uint16_t port) {
  const auto target = place(INADDR_LOOPBACK, port);
  for (std::uint32_t i = first; i < first + count; ++i) {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0), on = 1;
    if (fd < 0) give_up("socket");
    ::setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    const auto source = place(first_source + i / ports_a_source, 0);
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&source), sizeof source) != 0) give_up("bind");
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&target), sizeof target) != 0) give_up("connect");
  }
}

void run(const job& work) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  const auto room = static_cast<std::uint32_t>(limit.rlim_cur) - descriptors_spared;
  const std::uint32_t servers = static_cast<std::uint32_t>(work.connections * uneven / room) + 1;
  const std::uint32_t clients = (work.connections + room - 1) / room;
  std::uint16_t port = 0;
  std::vector<std::thread> threads;
  std::atomic<std::uint32_t> listening{0};
  for (std::uint32_t i = 0; i < servers; ++i) {
    threads.emplace_back([&port, &listening] {
      own_table();
      const int listener = listener_on(port);
      ++listening;
      accept_all(listener);
    });
    while (listening.load() <= i) std::this_thread::yield();  // the first one finds the port
  }
  const stopwatch whole;
  std::vector<std::thread> connecting;
  std::atomic<bool> leave{false};
  std::atomic<std::uint32_t> stands{0};
  for (std::uint32_t i = 0; i < clients; ++i) {
    const std::uint32_t first = work.connections / clients * i;
    const std::uint32_t last = i + 1 == clients ? work.connections : first + work.connections / clients;
    connecting.emplace_back([first, last, port, &leave, &stands] {
      own_table();
      connect_some(first, last - first, port);
      ++stands;
      stands.notify_one();
      leave.wait(false);
    });
  }
  for (auto seen = stands.load(); seen < clients; seen = stands.load()) stands.wait(seen);
  while (accepted.load() < work.connections)
    std::this_thread::yield();  // the last few are in the queues already
  whole.print(work.connections);
  ::_exit(0);  // closing a million sockets one by one is no part of this
}

}  // namespace

}  // namespace wanwu::bench

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "bench_floor_million connect --connections N\n");
    return 2;
  }
  wanwu::bench::run(wanwu::bench::read_job(argc, argv));
}
