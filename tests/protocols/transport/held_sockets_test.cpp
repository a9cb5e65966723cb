// Sockets beyond the descriptor table: what is said through them, their numbers, their end.
#include "protocols/transport/held_sockets.hpp"

#include <array>
#include <cerrno>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/protocols/transport/few_descriptors.hpp"

using namespace wanwu;
using namespace wanwu::testing;

namespace {

/// Two ends of a stream; ours is about to be held.
struct ends {
  int ours = -1, theirs = -1;
  ends() {
    std::array<int, 2> both{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, both.data()) == 0);
    ours = both[0];
    theirs = both[1];
  }
  ~ends() { ::close(theirs); }
  ends(const ends&) = delete;
  ends& operator=(const ends&) = delete;
};

std::string read_from(int fd) {
  std::array<char, 256> into{};
  const auto count = ::read(fd, into.data(), into.size());
  return count < 0 ? "errno " + std::to_string(errno)
                   : std::string{into.data(), static_cast<std::size_t>(count)};
}

std::string receive(held_sockets& held, int socket) {
  std::array<std::byte, 256> into{};
  const auto count = held.receive(socket, into.data(), into.size());
  return count < 0 ? "errno " + std::to_string(errno)
                   : std::string{as_text({into.data(), static_cast<std::size_t>(count)})};
}

bool is_open(int fd) {
  return ::fcntl(fd, F_GETFD) >= 0;
}

const std::string nothing_yet = "errno " + std::to_string(EAGAIN);

/// Where the kernel has no direct descriptors the rest of a test would say nothing.
bool cannot() {
  if (!held_sockets::direct_available()) WARN("not tested: this kernel gives no direct descriptors");
  return !held_sockets::direct_available();
}

}  // namespace

TEST_CASE("A socket below the bound keeps its descriptor") {
  ends e;
  held_sockets held{held_sockets::first_direct};
  const int socket = held.hold(e.ours);
  CHECK(socket == e.ours);
  CHECK(held.direct_count() == 0);
  CHECK(held.send(socket, as_bytes("as ever")) == 7);
  CHECK(read_from(e.theirs) == "as ever");
  held.close(socket);
  CHECK_FALSE(is_open(e.ours));
}

TEST_CASE("A direct socket frees its descriptor, and sends and receives as system calls do") {
  if (cannot()) return;
  ends e;
  held_sockets held{0};
  const int socket = held.hold(e.ours);
  REQUIRE(held_sockets::is_direct(socket));
  CHECK_FALSE(is_open(e.ours));
  CHECK(held.direct_count() == 1);

  CHECK(receive(held, socket) == nothing_yet);
  CHECK(held.send(socket, as_bytes("hello")) == 5);
  CHECK(read_from(e.theirs) == "hello");
  std::string parts[] = {"wide ", "world"};
  std::array<iovec, 2> pieces{{{parts[0].data(), 5}, {parts[1].data(), 5}}};
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = pieces.size();
  CHECK(held.send(socket, message) == 10);
  CHECK(read_from(e.theirs) == "wide world");
  REQUIRE(::write(e.theirs, "back", 4) == 4);
  CHECK(receive(held, socket) == "back");

  const std::string block(65'536, 'z');
  std::ptrdiff_t taken = 0;
  while ((taken = held.send(socket, as_bytes(block))) > 0) continue;
  CHECK(taken == -1);
  CHECK(errno == EAGAIN);

  held.close(socket);
  CHECK(held.direct_count() == 0);
  while (read_from(e.theirs).starts_with("z")) continue;
  CHECK(read_from(e.theirs).empty());
}

TEST_CASE("Epoll goes on watching a socket that has left the table") {
  if (cannot()) return;
  ends e;
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  epoll_event wanted{.events = EPOLLIN | EPOLLET, .data = {.u64 = 77}};
  REQUIRE(::epoll_ctl(epoll, EPOLL_CTL_ADD, e.ours, &wanted) == 0);
  held_sockets held{0};
  const int socket = held.hold(e.ours);
  epoll_event seen{};
  CHECK(::epoll_wait(epoll, &seen, 1, 0) == 0);
  REQUIRE(::write(e.theirs, "x", 1) == 1);
  REQUIRE(::epoll_wait(epoll, &seen, 1, 1'000) == 1);
  const std::uint64_t key = seen.data.u64;  // the kernel packs it: nothing may refer to it there
  CHECK(key == 77);
  held.close(socket);
  ::close(epoll);
}

TEST_CASE("A direct socket can have a descriptor again") {
  if (cannot()) return;
  ends e;
  held_sockets held{0};
  const int socket = held.hold(e.ours);
  const auto fd = held.give_back(socket);
  if (!fd) {
    WARN("not tested: before Linux 6.8 none comes back");
    held.close(socket);
    return;
  }
  CHECK(held.direct_count() == 0);
  REQUIRE(::write(*fd, "here", 4) == 4);
  CHECK(read_from(e.theirs) == "here");
  ::close(*fd);
  CHECK(read_from(e.theirs).empty());
}

TEST_CASE("One thread holds more sockets than its table takes, and each place is used again") {
  if (cannot()) return;
  with_descriptors_left(61, [] {
    held_sockets held{0};
    std::vector<int> sockets;
    for (int life = 0; life < 3; ++life) {
      for (int i = 0; i < 500; ++i) {
        std::array<int, 2> both{};
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, both.data()) == 0);
        sockets.push_back(held.hold(both[0]));
        sockets.push_back(held.hold(both[1]));
      }
      CHECK(held.direct_count() == 1'000);
      for (std::size_t i = 0; i < sockets.size(); i += 2) {
        const std::string mine = std::to_string(i);
        REQUIRE(held.send(sockets[i], as_bytes(mine)) > 0);
        REQUIRE(receive(held, sockets[i + 1]) == mine);
      }
      for (const int socket : sockets) held.close(socket);
      sockets.clear();
      CHECK(held.direct_count() == 0);
    }
  });
}

TEST_CASE("When all rings are full sockets stay in the table") {
  if (cannot()) return;
  // A ring takes as many files as the limit says, and is a descriptor itself.
  with_descriptors_left(held_sockets::rings_max + 2, [] {
    held_sockets held{0};
    std::size_t direct = 0;
    std::vector<int> sockets;
    while (sockets.size() < 100'000) {
      const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
      if (fd < 0) break;
      sockets.push_back(held.hold(fd));
      direct += held_sockets::is_direct(sockets.back()) ? 1U : 0U;
    }
    CHECK(errno == EMFILE);
    CHECK(direct == held.direct_count());
    CHECK(direct > 1'000);
    CHECK_FALSE(held_sockets::is_direct(sockets.back()));
    for (const int socket : sockets) held.close(socket);
    CHECK(held.direct_count() == 0);
  });
}

TEST_CASE("Under a low limit no thread counts on direct sockets") {
  with_descriptors_left(1'021, [] {
    CHECK(held_sockets::direct_capacity(1'024) == 0);
    CHECK(held_sockets::direct_from_here() == held_sockets::first_direct);
  });
}
