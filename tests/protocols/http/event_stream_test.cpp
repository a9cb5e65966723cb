// Server-sent events from golden vectors, and round trips through the writer.
#include "protocols/http/event_stream.hpp"

#include <algorithm>
#include <string>

#include <catch2/catch.hpp>

#include "protocols/http/response_writer.hpp"
#include "tests/protocols/http/vector_file.hpp"

using namespace wanwu;
using http::event_stream_parser;

namespace {

std::string all_events(event_stream_parser& parser) {
  std::string out;
  while (true) {
    auto got = parser.next();
    if (!got) return out + "!" + std::string{name_of(got.error().code)};
    if (!*got) return out;
    std::replace((*got)->payload.begin(), (*got)->payload.end(), '\n', '_');
    if (!out.empty()) out += ' ';
    out += (*got)->name + "/" + (*got)->id + "/" + (*got)->payload;
  }
}

}  // namespace

TEST_CASE("Events come out as the vectors say, wherever the bytes are split") {
  for (const auto& [name, raw, expected] : http::testing::read_vectors("events.txt")) {
    INFO(name);
    for (std::size_t at = 0; at <= raw.size(); ++at) {
      event_stream_parser parser;
      parser.receive(bytes_view{raw}.first(at));
      auto seen = all_events(parser);
      parser.receive(bytes_view{raw}.subspan(at));
      const auto rest = all_events(parser);
      if (!seen.empty() && !rest.empty()) seen += ' ';
      CHECK(seen + rest == expected);
    }
  }
}

TEST_CASE("What write_event writes, the parser reads back") {
  byte_writer out;
  http::write_event(out, "reading", "9", "{\"a\":1}\nsecond\r\nthird");
  http::write_event(out, "", "", "");
  event_stream_parser parser;
  parser.receive(out.view());
  CHECK(all_events(parser) == "reading/9/{\"a\":1}_second_third message/9/");
}

TEST_CASE("A line or event without end is refused at the bound") {
  event_stream_parser line;
  line.receive(as_bytes("data: " + std::string(event_stream_parser::event_bytes_max, 'x')));
  CHECK(all_events(line) == "!too_large");

  event_stream_parser event;
  std::string outcome;
  for (int i = 0; i < 20 && outcome.empty(); ++i) {
    event.receive(as_bytes("data: " + std::string(100'000, 'x') + "\n"));
    outcome = all_events(event);
  }
  CHECK(outcome == "!too_large");
}

TEST_CASE("A response is written with exactly the fields its status allows") {
  const auto written = [](http::response what) {
    byte_writer out;
    http::write_response(out, what);
    return std::string{as_text(out.view())};
  };
  http::response what;
  what.content_type = "text/plain";
  what.body = as_bytes("hi");
  CHECK(written(what) == "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi");
  what.to_head = true;
  CHECK(written(what) == "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n");
  CHECK(written({204, {}, {}, {}, false, false}) == "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
  CHECK(written({299, {}, "A: b\r\n", {}, true, false}) ==
        "HTTP/1.1 299 \r\nContent-Length: 0\r\nA: b\r\n\r\n");
}
