// The kernel's counters, from its own text and from this machine.
#include "sim/machine_counters.hpp"

#include <array>
#include <cstdlib>

#include <arpa/inet.h>
#include <catch2/catch.hpp>
#include <sys/socket.h>
#include <unistd.h>

using namespace wanwu::sim;

namespace {

constexpr std::string_view snmp =
    "Tcp: RtoAlgorithm OutSegs RetransSegs InErrs\nTcp: 1 4608133 4615 0\n"
    "Udp: InDatagrams NoPorts RcvbufErrors SndbufErrors\nUdp: 1243554 7825 20269 12\n"
    "UdpLite: InDatagrams RcvbufErrors\nUdpLite: 5 6\n";
constexpr std::string_view sockstat =
    "sockets: used 16\nTCP: inuse 2 orphan 0 tw 2096 alloc 2 mem 246\nUDP: inuse 7 mem 226\n";

}  // namespace

TEST_CASE("A counter is found under its name in the lines of its group") {
  CHECK(number_in_snmp(snmp, "Tcp", "RetransSegs") == 4615);
  CHECK(number_in_snmp(snmp, "Udp", "RcvbufErrors") == 20269);
  CHECK(number_in_snmp(snmp, "UdpLite", "RcvbufErrors") == 6);
  CHECK(number_in_sockstat(sockstat, "TCP", "tw") == 2096);
  CHECK(number_in_sockstat(sockstat, "UDP", "inuse") == 7);
}

TEST_CASE("A column of hexadecimal numbers is summed over the processors") {
  CHECK(sum_of_column("44982c82 0000eb21 00000049\n3daa60e6 000000ff 00000053\n", 1) == 0xeb21 + 0xff);
  CHECK(sum_of_column("0000000a\n\n00000001 zz\n", 1) == 0);
  CHECK(sum_of_column("", 0) == 0);
}

TEST_CASE("What the kernel does not tell is 0, also in torn or foreign text") {
  CHECK(number_in_snmp(snmp, "Udp", "MemErrors") == 0);
  CHECK(number_in_snmp(snmp, "Ip", "RcvbufErrors") == 0);
  CHECK(number_in_snmp("Udp: A B C\nUdp: 1", "Udp", "C") == 0);
  CHECK(number_in_snmp("Udp: A", "Udp", "A") == 0);
  CHECK(number_in_snmp("Udp: A\nUdp: minus", "Udp", "A") == 0);
  CHECK(number_in_snmp("", "Udp", "A") == 0);
  CHECK(number_in_sockstat("TCP: inuse", "TCP", "inuse") == 0);
}

TEST_CASE("Datagrams that do not fit a socket's buffer are seen as drops of this machine") {
  const auto before = read_counters();
  const int receiver = socket(AF_INET, SOCK_DGRAM, 0), sender = socket(AF_INET, SOCK_DGRAM, 0);
  const int small = 1;
  setsockopt(receiver, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  REQUIRE(bind(receiver, reinterpret_cast<sockaddr*>(&at), size) == 0);
  REQUIRE(getsockname(receiver, reinterpret_cast<sockaddr*>(&at), &size) == 0);
  std::array<char, 1000> payload{};
  for (int i = 0; i < 500; ++i) {
    sendto(sender, payload.data(), payload.size(), 0, reinterpret_cast<sockaddr*>(&at), size);
  }
  close(receiver);
  close(sender);
  CHECK(read_counters().udp_drops >= before.udp_drops + 400);
}

TEST_CASE("This machine's counters are read, and its clocks stand still towards each other") {
  const auto first = read_counters(), second = read_counters();
  CHECK(resident_bytes() > 100'000);
  CHECK(second.tcp_sent >= first.tcp_sent);
  CHECK(std::abs(second.clock_offset_ns - first.clock_offset_ns) < 5'000'000);
}
