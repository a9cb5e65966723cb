// Responses from golden vectors, split anywhere, one after the other, and beyond the bounds.
#include "protocols/http/response_parser.hpp"

#include <string>

#include <catch2/catch.hpp>

#include "tests/protocols/http/vector_file.hpp"

using namespace wanwu;
using http::body_use;
using http::response_parser;

namespace {

std::string described(const response_parser& p, std::string_view how) {
  return std::string{how} + " " + std::to_string(p.status()) + " " + std::to_string(p.body_bytes()) +
         " bytes " + (p.keep_alive() ? "keep" : "close");
}

// Feeds the pieces, then the end of the connection when the response still wants it.
std::string what_comes_of(response_parser& parser, std::initializer_list<bytes_view> pieces) {
  for (const auto piece : pieces) {
    const auto used = parser.receive(piece);
    if (!used) return std::string{name_of(used.error().code)};
  }
  if (parser.complete()) return described(parser, "ok");
  const auto ended = parser.receive_end();
  return ended ? described(parser, "eof") : std::string{name_of(ended.error().code)};
}

}  // namespace

TEST_CASE("Responses parse as the vectors say, whole, byte by byte and in every two parts") {
  response_parser parser;  // one for all: start() must leave nothing behind
  for (const auto& [name, raw, expected] : http::testing::read_vectors("responses.txt")) {
    INFO(name);
    parser.start({});
    CHECK(what_comes_of(parser, {raw}) == expected);

    parser.start({});
    std::string outcome;
    for (std::size_t i = 0; i < raw.size() && outcome.empty(); ++i) {
      const auto used = parser.receive(bytes_view{raw}.subspan(i, 1));
      if (!used) outcome = name_of(used.error().code);
    }
    CHECK((outcome.empty() ? what_comes_of(parser, {}) : outcome) == expected);

    for (std::size_t at = 0; at <= raw.size(); ++at) {
      parser.start({});
      CHECK(what_comes_of(parser, {bytes_view{raw}.first(at), bytes_view{raw}.subspan(at)}) == expected);
    }
  }
}

TEST_CASE("Every strict prefix of a response with a known end is truncated when the connection ends there") {
  response_parser parser;
  for (const auto& [name, raw, expected] : http::testing::read_vectors("responses.txt")) {
    if (!expected.starts_with("ok")) continue;
    INFO(name);
    for (std::size_t size = 0; size < raw.size(); ++size) {
      parser.start({});
      CHECK(what_comes_of(parser, {bytes_view{raw}.first(size)}) == "truncated");
    }
  }
}

TEST_CASE("What follows a complete response is left alone") {
  response_parser parser;
  for (const auto& [name, raw, expected] : http::testing::read_vectors("responses.txt")) {
    if (!expected.starts_with("ok")) continue;
    INFO(name);
    auto with_more = raw;
    with_more.push_back(std::byte{'H'});
    parser.start({});
    const auto used = parser.receive(with_more);
    REQUIRE(used);
    CHECK(*used == raw.size());
  }
}

TEST_CASE("A response to HEAD has no body whatever its length says") {
  response_parser parser;
  parser.start({body_use::count, true});
  CHECK(what_comes_of(parser, {as_bytes("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")}) ==
        "ok 200 0 bytes keep");
}

TEST_CASE("A body is kept, counted or handed on in pieces, as asked") {
  constexpr std::string_view raw =
      "HTTP/1.1 200 OK\r\nContent-Type: Text/Event-Stream;x\r\nContent-Length: 6\r\n\r\nabc";
  response_parser parser;
  parser.start({body_use::keep, false});
  REQUIRE(parser.receive(as_bytes(raw)));
  REQUIRE(parser.receive(as_bytes("def")));
  CHECK(as_text(parser.body()) == "abcdef");

  parser.start({body_use::stream, false});
  REQUIRE(parser.receive(as_bytes(raw)));
  CHECK(parser.is_event_stream());
  CHECK(as_text(parser.body()) == "abc");
  parser.drop_body();
  REQUIRE(parser.receive(as_bytes("def")));
  CHECK(as_text(parser.body()) == "def");

  parser.start({body_use::count, false});
  REQUIRE(parser.receive(as_bytes(raw)));
  CHECK(parser.body().empty());
  CHECK(parser.body_bytes() == 3);
}

TEST_CASE("Endless headers, interim responses and bodies are refused at their bounds") {
  const http::message_limits limits{1024, 10};
  const auto feed = [&](std::string_view first, const std::string& again, body_use use) {
    response_parser parser{limits};
    parser.start({use, false});
    std::string outcome = "none";
    auto used = parser.receive(as_bytes(first));
    for (int i = 0; i < 2000 && used; ++i) used = parser.receive(as_bytes(again));
    return used ? outcome : std::string{name_of(used.error().code)};
  };
  CHECK(feed("HTTP/1.1 200 OK\r\n", "A: b\r\n", body_use::count) == "too_large");
  CHECK(feed("HTTP/1.1 200 OK\r\nA: ", "bbbbbbbb", body_use::count) == "too_large");
  CHECK(feed("HTTP/1.1 200 OK\r\n\r\n", "bbbbbbbb", body_use::count) == "too_large");
  CHECK(feed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "4\r\nabcd\r\n", body_use::keep) ==
        "too_large");
  CHECK(feed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1", ";aaaa", body_use::count) ==
        "too_large");
  CHECK(feed("", "HTTP/1.1 100 Continue\r\n\r\n", body_use::count) == "protocol_error");
}
