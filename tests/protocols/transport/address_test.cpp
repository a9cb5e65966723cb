// Addresses, networks and URLs: what is understood, and how clearly the rest is refused.
#include "protocols/transport/address.hpp"

#include <array>

#include <catch2/catch.hpp>

using namespace wanwu;

TEST_CASE("An address prints as it was written") {
  for (const char* text :
       {"127.0.0.1:1883", "0.0.0.0:0", "255.255.255.255:65535", "[::1]:5683", "[2001:db8::1]:80"}) {
    INFO(text);
    const auto got = parse_address(text);
    REQUIRE(got);
    CHECK(got->text() == text);
  }
  CHECK(parse_address("[::ffff:127.0.0.1]:80")->text() == "127.0.0.1:80");
}

TEST_CASE("What is no address is refused") {
  for (const char* text :
       {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "::1:80", "[::1]", "[::1]80",
        "[127.0.0.1]:80", "[::1:80", "localhost:80", "1.2.3:80", "127.0.0.1:80 ", "1.2.3.4:8:0"}) {
    INFO(text);
    CHECK_FALSE(parse_address(text));
  }
}

TEST_CASE("A network contains its own addresses only") {
  struct row {
    const char* block;
    const char* address;
    bool inside;
  };
  const auto table = std::to_array<row>({
      {"127.0.0.0/8", "127.255.0.1:1", true},
      {"127.0.0.0/8", "128.0.0.1:1", false},
      {"10.1.2.3", "10.1.2.3:9", true},
      {"10.1.2.3", "10.1.2.4:9", false},
      {"0.0.0.0/0", "8.8.8.8:53", true},
      {"0.0.0.0/0", "[::1]:53", false},
      {"::1", "[::1]:1", true},
      {"fd00::/8", "[fdff::1]:1", true},
      {"fd00::/9", "[fdff::1]:1", false},
      {"127.0.0.0/8", "[::ffff:127.0.0.1]:1", true},
  });
  for (const auto& [block, address, inside] : table) {
    INFO(block << " " << address);
    CHECK(parse_network(block)->contains(*parse_address(address)) == inside);
  }
  for (const char* text : {"", "10.0.0.0/33", "10.0.0.0/", "::/129", "10.0.0.0/-1", "ten/8"})
    CHECK_FALSE(parse_network(text));
}

TEST_CASE("A target's URL gives scheme, host, port and path") {
  struct row {
    const char* url;
    protocol scheme;
    const char* host;
    std::uint16_t port;
    const char* path;
  };
  const auto table = std::to_array<row>({
      {"mqtt://127.0.0.1", protocol::mqtt, "127.0.0.1", 1883, ""},
      {"MQTT://broker.example:18830/", protocol::mqtt, "broker.example", 18830, ""},
      {"coap://[::1]", protocol::coap, "::1", 5683, ""},
      {"coap://[::1]:5/a", protocol::coap, "::1", 5, "/a"},
      {"http://localhost:8080/api/v1/", protocol::http, "localhost", 8080, "/api/v1"},
      {"http://my_host", protocol::http, "my_host", 80, ""},
  });
  for (const auto& [url, scheme, host, port, path] : table) {
    INFO(url);
    const auto got = parse_target_url(url);
    REQUIRE(got);
    CHECK(got->scheme == scheme);
    CHECK(got->host == host);
    CHECK(got->port == port);
    CHECK(got->path == path);
  }
}

TEST_CASE("A URL that cannot be used is refused with what is wrong and where") {
  struct row {
    const char* url;
    const char* part_of_text;
    std::size_t offset;
  };
  const auto table = std::to_array<row>({
      {"mqtts://h", "mqtts:// is not supported yet", 0},
      {"coaps://h", "not supported yet", 0},
      {"https://h", "not supported yet", 0},
      {"ws://h", "not supported yet", 0},
      {"ftp://h", "unknown scheme 'ftp'", 0},
      {"127.0.0.1:1883", "begins with mqtt://", 0},
      {"mqtt://", "host is missing", 7},
      {"mqtt://:1883", "host is missing", 7},
      {"mqtt://h:0", "1 to 65535", 9},
      {"mqtt://h:99999", "1 to 65535", 9},
      {"mqtt://u:p@h", "do not belong in a URL", 7},
      {"mqtt://h/topic", "no path", 8},
      {"http://h/a?b", "query", 10},
      {"http://h/a b", "percent-encoded", 10},
      {"http://h\r\n/x", "cannot hold this character", 8},
      {"http://::1/", "needs brackets", 7},
      {"http://[h]/", "not an IPv6", 8},
      {"http://[::1", "without ']'", 7},
  });
  for (const auto& [url, text, offset] : table) {
    INFO(url);
    const auto got = parse_target_url(url);
    REQUIRE_FALSE(got);
    CHECK_THAT(got.error().text, Catch::Contains(text));
    CHECK(got.error().offset == offset);
  }
}

TEST_CASE("Numbers resolve without asking, names IPv4 first") {
  CHECK(resolve("127.0.0.1", 5)->front().text() == "127.0.0.1:5");
  CHECK(resolve("::1", 5)->front().text() == "[::1]:5");
  CHECK(resolve("localhost", 7)->front().text() == "127.0.0.1:7");
}

TEST_CASE("A source pool counts through its addresses and finds them again") {
  const source_pool pool{0x7F000002, 300};
  CHECK(pool.at(0) == 0x7F000002);
  CHECK(pool.at(301) == 0x7F000003);
  CHECK(pool.index_of(pool.at(299)) == 299);
  CHECK(pool.index_of(0x7F000001) == pool.size());
  CHECK(source_pool{}.empty());
}
