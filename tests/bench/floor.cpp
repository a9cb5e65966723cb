// The floor: the system calls that the work needs and nothing else, with bytes rendered beforehand. What a
// generator costs above this is its own.
#include <algorithm>
#include <array>
#include <cerrno>
#include <initializer_list>
#include <string_view>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/floor_coap.hpp"
#include "tests/bench/measurement.hpp"

using namespace wanwu::bench;

namespace {

using packet = std::vector<unsigned char>;

struct bare_link {
  int fd = -1;
  bool blocked = false;
  std::uint32_t received = 0;  // bytes of an answer that is not whole yet
};

std::array<unsigned char, 65536> arena;

sockaddr_in address_of(std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return out;
}

int connect_to(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const auto to = address_of(port);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) give_up("connect");
  return fd;
}

void put(packet& out, std::initializer_list<unsigned> raw) {
  for (const unsigned byte : raw) out.push_back(static_cast<unsigned char>(byte));
}

void put_text(packet& out, std::string_view text) {
  put(out, {static_cast<unsigned>(text.size() >> 8), static_cast<unsigned>(text.size() & 0xFF)});
  out.insert(out.end(), text.begin(), text.end());
}

// A fixed header before what is in `body`.
packet framed(unsigned first, const packet& body) {
  packet out{static_cast<unsigned char>(first)};
  if (body.size() >= 128) put(out, {static_cast<unsigned>(body.size() % 128 | 0x80)});
  put(out, {static_cast<unsigned>(body.size() >= 128 ? body.size() / 128 : body.size())});
  out.insert(out.end(), body.begin(), body.end());
  return out;
}

// MQTT 5.0, as the program speaks it: a keep alive of 60 s, no properties.
packet mqtt_connect(std::uint32_t n) {
  packet body;
  put_text(body, "MQTT");
  put(body, {5, 2, 0, 60, 0});
  put_text(body, "floor-" + std::to_string(n));
  return framed(0x10, body);
}

// With a content type, as the program sends it. Packet identifier 1 for QoS 1: one is in flight on a
// connection at a time.
packet mqtt_publish(std::uint32_t n, std::uint32_t payload, unsigned qos) {
  packet body;
  put_text(body, topic_of(n));
  if (qos != 0) put(body, {0, 1});
  put(body, {19, 3});
  put_text(body, "application/json");
  body.insert(body.end(), payload, 'x');
  return framed(0x30 | qos << 1, body);
}

packet mqtt_subscribe(std::uint32_t n) {
  packet body;
  put(body, {0, 1, 0});
  put_text(body, topic_of(n));
  put(body, {0});
  return framed(0x82, body);
}

packet http_post(std::uint32_t n, std::uint32_t payload) {
  const std::string out = "POST /" + topic_of(n) +
                          " HTTP/1.1\r\nHost: 127.0.0.1:80\r\nContent-Type: application/json\r\n"
                          "Content-Length: " +
                          std::to_string(payload) + "\r\n\r\n" + std::string(payload, 'x');
  return {out.begin(), out.end()};
}

// Sends and waits for one short MQTT packet: the set-up, not the work.
void ask(int fd, const packet& what) {
  if (::send(fd, what.data(), what.size(), MSG_NOSIGNAL) < 0) give_up("send");
  std::size_t answer = 2;
  for (std::size_t got = 0; got < answer;) {
    const auto count = ::recv(fd, arena.data() + got, answer - got, 0);
    if (count <= 0) give_up("recv");
    got += static_cast<std::size_t>(count);
    if (got == 2) answer = 2U + arena[1];
  }
}

struct bare_loop {
  int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  std::vector<bare_link> links;
  std::vector<packet> packets;
  std::array<epoll_event, 1024> events;

  void add(int fd) {
    ::fcntl(fd, F_SETFL, O_NONBLOCK);
    epoll_event wanted{};
    wanted.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | static_cast<std::uint32_t>(EPOLLET);
    wanted.data.u32 = static_cast<std::uint32_t>(links.size());
    if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &wanted) != 0) give_up("epoll_ctl");
    links.push_back({fd});
  }
  // False when the kernel takes nothing: a small packet is taken whole or not at all but for a hair, which
  // counts as sent.
  bool send(std::uint32_t n, std::uint32_t as) {
    if (::send(links[n].fd, packets[as].data(), packets[as].size(), MSG_NOSIGNAL) >= 0) return true;
    if (errno != EAGAIN) give_up("send");
    links[n].blocked = true;
    return false;
  }
  template <class OnEvent>
  void wait(const timespec* timeout, OnEvent&& on_event) {
    const int count = ::epoll_pwait2(epoll, events.data(), 1024, timeout, nullptr);
    for (int i = 0; i < count; ++i)
      on_event(events[static_cast<std::size_t>(i)].data.u32, events[static_cast<std::size_t>(i)].events);
  }
};

void open_mqtt(bare_loop& loop, const job& work, unsigned qos) {
  for (std::uint32_t n = 0; n < work.connections; ++n) {
    const int fd = connect_to(work.port);
    ask(fd, mqtt_connect(n));
    loop.add(fd);
    const packet one = mqtt_publish(n, work.payload, qos);
    packet& all = loop.packets.emplace_back(one);
    for (std::uint32_t more = 1; more < work.batch; ++more) all.insert(all.end(), one.begin(), one.end());
  }
}

void flood(const job& work) {
  bare_loop loop;
  open_mqtt(loop, work, 0);
  const stopwatch clock;
  std::uint64_t sent = 0;
  while (sent < work.operations) {
    std::uint32_t open = 0;
    for (std::uint32_t n = 0; n < work.connections && sent < work.operations; ++n) {
      if (loop.links[n].blocked) continue;
      ++open;
      if (loop.send(n, n)) sent += work.batch;
    }
    const timespec none{0, 0};
    loop.wait(open == 0 ? nullptr : &none, [&](std::uint32_t n, std::uint32_t what) {
      if ((what & EPOLLOUT) != 0) loop.links[n].blocked = false;
    });
  }
  clock.print(sent);
}

// A tick a millisecond; each sends what fell due since the last. With several messages a send() the ticks are
// further apart, as gateways' beats are in the program.
void paced(const job& work) {
  bare_loop loop;
  open_mqtt(loop, work, 0);
  const stopwatch clock;
  std::uint64_t sent = 0;
  const std::uint64_t ticks_a_second = work.batch > 1 ? 50 : 1000;
  double late = 0;
  for (std::uint64_t tick = 0; sent < work.operations; ++tick) {
    const std::uint64_t due = std::min(work.operations, (tick + 1) * work.rate / ticks_a_second);
    for (; sent < due; sent += work.batch) {
      const auto n = static_cast<std::uint32_t>(sent / work.batch % work.connections);
      if (!loop.send(n, n)) give_up("the target does not keep up");
    }
    const double next = static_cast<double>(tick + 1) / static_cast<double>(ticks_a_second);
    late = std::max(late, clock.wall() - next);
    while (clock.wall() < next) {
      const timespec left{0, static_cast<long>((next - clock.wall()) * 1e9)};
      if (left.tv_nsec > 0) loop.wait(&left, [](std::uint32_t, std::uint32_t) {});
    }
  }
  clock.print(sent, ("late_ms=" + std::to_string(late * 1000)).c_str());
}

// One request in flight on each link; all answers have as many bytes as the first.
void ask_and_answer(bare_loop& loop, const job& work) {
  std::size_t answer = 0;
  const stopwatch clock;
  std::uint64_t started = 0, done = 0;
  for (std::uint32_t n = 0; n < work.connections && started < work.operations; ++n, ++started)
    loop.send(n, n);
  while (done < work.operations) {
    loop.wait(nullptr, [&](std::uint32_t n, std::uint32_t what) {
      if ((what & EPOLLIN) == 0) return;
      const auto count = ::recv(loop.links[n].fd, arena.data(), arena.size(), 0);
      if (count <= 0) return;
      loop.links[n].received += static_cast<std::uint32_t>(count);
      if (answer == 0) answer = static_cast<std::size_t>(count);
      if (loop.links[n].received < answer) return;
      loop.links[n].received = 0;
      ++done;
      if (started < work.operations && loop.send(n, n)) ++started;
    });
  }
  clock.print(done);
}

void qos1(const job& work) {
  bare_loop loop;
  open_mqtt(loop, work, 1);
  ask_and_answer(loop, work);
}

void http(const job& work) {
  bare_loop loop;
  for (std::uint32_t n = 0; n < work.connections; ++n) {
    loop.add(connect_to(work.port));
    loop.packets.push_back(http_post(n, work.payload));
  }
  ask_and_answer(loop, work);
}

// Half the links publish, each to one of the other half, one message on the way for each pair: a send() and a
// recv() a message. With more on the way, how many come with one recv() is a matter of chance and not of
// cost.
void end_to_end(const job& work) {
  bare_loop loop;
  const std::uint32_t pairs = work.connections / 2;
  open_mqtt(loop, work, 0);
  for (std::uint32_t n = 0; n < pairs; ++n) {
    ::fcntl(loop.links[pairs + n].fd, F_SETFL, 0);
    ask(loop.links[pairs + n].fd, mqtt_subscribe(n));
    ::fcntl(loop.links[pairs + n].fd, F_SETFL, O_NONBLOCK);
  }
  const stopwatch clock;
  std::uint64_t started = 0, done = 0;
  for (; started < pairs && started < work.operations; ++started)
    loop.send(static_cast<std::uint32_t>(started), static_cast<std::uint32_t>(started));
  const std::uint32_t size = static_cast<std::uint32_t>(loop.packets[0].size());
  while (done < work.operations) {
    loop.wait(nullptr, [&](std::uint32_t at, std::uint32_t what) {
      if (at < pairs || (what & EPOLLIN) == 0) return;
      const auto count = ::recv(loop.links[at].fd, arena.data(), arena.size(), 0);
      if (count <= 0) return;
      loop.links[at].received += static_cast<std::uint32_t>(count);
      if (loop.links[at].received < size) return;
      loop.links[at].received = 0;
      ++done;
      if (started < work.operations && loop.send(at - pairs, at - pairs)) ++started;
    });
  }
  clock.print(done);
}

// What a connection costs that does nothing: its place in the loop's table.
void idle(const job& work) {
  const std::uint64_t before = private_bytes();
  bare_loop loop;
  for (std::uint32_t n = 0; n < work.connections; ++n) {
    const int fd = connect_to(work.port);
    ask(fd, mqtt_connect(n));
    loop.add(fd);
  }
  const stopwatch clock;
  clock.print(work.connections, ("bytes=" + std::to_string(private_bytes() - before)).c_str());
}

// TCP alone, no MQTT: connects, at most 50 waiting to be accepted.
void connects(const job& work) {
  bare_loop loop;
  const auto to = address_of(work.port);
  const stopwatch clock;
  std::uint64_t up = 0;
  while (up < work.operations) {
    while (loop.links.size() < work.operations && loop.links.size() - up < 50) {
      const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      if (fd < 0) give_up("socket");
      const int on = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      ::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to);
      loop.add(fd);
    }
    loop.wait(nullptr, [&](std::uint32_t, std::uint32_t what) { up += (what & EPOLLOUT) != 0 ? 1U : 0U; });
  }
  clock.print(up);
}

}  // namespace

int main(int argc, char** argv) {
  const job work = read_job(argc, argv);
  if (work.row == "mqtt-qos0")
    flood(work);
  else if (work.row == "mqtt-qos0-paced")
    paced(work);
  else if (work.row == "mqtt-qos1")
    qos1(work);
  else if (work.row == "mqtt-e2e")
    end_to_end(work);
  else if (work.row == "mqtt-idle-bytes")
    idle(work);
  else if (work.row == "mqtt-connect")
    connects(work);
  else if (work.row == "http-post")
    http(work);
  else if (work.row == "coap-con")
    coap_floor(work);
  else
    return 2;
  return 0;
}
