// Requests from golden vectors, split anywhere, pipelined, and beyond the bounds.
#include "protocols/http/request_parser.hpp"

#include <string>

#include <catch2/catch.hpp>

#include "tests/protocols/http/vector_file.hpp"

using namespace wanwu;
using wanwu::http::request_parser;

namespace {

std::string described(const http::request& r) {
  return "ok " + r.method + " " + r.target + " " + std::to_string(r.fields.size()) + " fields " +
         std::to_string(r.body.size()) + " bytes " + (r.keep_alive ? "keep" : "close");
}

std::string what_comes_of(request_parser& parser) {
  const auto got = parser.next();
  if (!got) return std::string{name_of(got.error().code)} + " " + std::to_string(parser.refusal_status());
  return *got ? described(**got) : "";
}

}  // namespace

TEST_CASE("Requests parse as the vectors say, whole, byte by byte, and with a request behind them") {
  for (const auto& [name, raw, expected] : http::testing::read_vectors("requests.txt")) {
    INFO(name);
    request_parser whole;
    whole.receive(raw);
    CHECK(what_comes_of(whole) == expected);

    request_parser slow;
    std::string outcome;
    for (std::size_t i = 0; i < raw.size() && outcome.empty(); ++i) {
      slow.receive(bytes_view{raw}.subspan(i, 1));
      outcome = what_comes_of(slow);
      if (outcome.starts_with("ok")) CHECK(i == raw.size() - 1);
    }
    CHECK(outcome == expected);

    if (!expected.starts_with("ok")) continue;
    request_parser twice;
    auto pair = raw;
    pair.insert(pair.end(), raw.begin(), raw.end());
    twice.receive(pair);
    CHECK(what_comes_of(twice) == expected);
    CHECK(what_comes_of(twice) == expected);
    CHECK(what_comes_of(twice).empty());
    CHECK(twice.held() == 0);
  }
}

TEST_CASE("Every split of a request into two gives the same request") {
  for (const auto& [name, raw, expected] : http::testing::read_vectors("requests.txt")) {
    INFO(name);
    for (std::size_t at = 0; at <= raw.size(); ++at) {
      request_parser parser;
      parser.receive(bytes_view{raw}.first(at));
      std::string outcome = what_comes_of(parser);
      parser.receive(bytes_view{raw}.subspan(at));
      if (outcome.empty()) outcome = what_comes_of(parser);
      CHECK(outcome == expected);
    }
  }
}

TEST_CASE("A header without end is refused at the bound, in one piece and field by field") {
  const http::message_limits limits{1024, 1024};
  request_parser one_line{limits};
  one_line.receive(as_bytes("GET /" + std::string(2000, 'a')));
  CHECK(what_comes_of(one_line) == "too_large 431");

  request_parser many_fields{limits};
  many_fields.receive(as_bytes("GET / HTTP/1.1\r\n"));
  std::string outcome;
  for (int i = 0; i < 1000 && outcome.empty(); ++i) {
    many_fields.receive(as_bytes("A: b\r\n"));
    outcome = what_comes_of(many_fields);
  }
  CHECK(outcome == "too_large 431");
}

TEST_CASE("A body is refused beyond its bound, announced or in chunks") {
  const http::message_limits limits{1024, 10};
  request_parser announced{limits};
  announced.receive(as_bytes("POST / HTTP/1.1\r\nContent-Length: 11\r\n\r\n"));
  CHECK(what_comes_of(announced) == "too_large 413");

  request_parser chunked{limits};
  chunked.receive(
      as_bytes("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n01234567\r\n8\r\n01234567\r\n"));
  CHECK(what_comes_of(chunked) == "too_large 413");
}

TEST_CASE("A wish for 100 Continue is told once, when the head is there and the body is not") {
  request_parser parser;
  parser.receive(as_bytes("POST / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-Continue\r\n"));
  CHECK(what_comes_of(parser).empty());
  CHECK_FALSE(parser.take_continue_wish());
  parser.receive(as_bytes("\r\n"));
  CHECK(what_comes_of(parser).empty());
  CHECK(parser.take_continue_wish());
  CHECK_FALSE(parser.take_continue_wish());
  parser.receive(as_bytes("ok"));
  CHECK(what_comes_of(parser).starts_with("ok POST"));
}

TEST_CASE("Field names are found in any case") {
  request_parser parser;
  parser.receive(as_bytes("GET / HTTP/1.1\r\nCONTENT-type: a/b\r\n\r\n"));
  const auto got = parser.next();
  REQUIRE((got && *got));
  CHECK((*got)->field("Content-Type") == "a/b");
  CHECK((*got)->field("Accept").empty());
}
