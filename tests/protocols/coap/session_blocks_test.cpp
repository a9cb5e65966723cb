#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "tests/protocols/coap/conversation.hpp"

using namespace wanwu;
using namespace wanwu::coap;

namespace {

std::optional<std::uint32_t> put(conversation& c, std::string_view body) {
  return c.subject.start(0,
                         request{.method = code::put,
                                 .content_format = 42,
                                 .accept = {},
                                 .reference = "/b?x",
                                 .payload = as_bytes(body)},
                         c.now);
}

std::string numbered(std::size_t size) {
  std::string out;
  while (out.size() < size) out += std::to_string(out.size()) + ' ';
  out.resize(size);
  return out;
}

}  // namespace

TEST_CASE("A body longer than a block leaves block by block, each with an id and token of its own") {
  auto s = fixed_settings();
  s.block_bytes = 64;
  conversation c{s};
  const auto body = numbered(150);
  put(c, body);
  std::string arrived;
  for (std::uint32_t number = 0; number < 3; ++number) {
    const auto out = c.sent();
    REQUIRE(out.size() == 1);
    const auto raw = encoded(out[0]);
    const auto m = decode(raw);
    const auto b = decode_block(m->options.find(option_number::block1)->value);
    CHECK(b == block{number, number < 2, 2});
    CHECK(m->options.has(option_number::size1) == (number == 0));
    CHECK(m->options.find_uint(option_number::content_format) == 42);
    arrived += as_text(m->payload);
    c.deliver(c.answer(message_type::acknowledgement, number < 2 ? code::continue_ : code::changed)
                  .add_uint(option_number::block1, encode_block(*b)));
  }
  CHECK(arrived == body);
  CHECK(c.heard() == texts{"answered 2.04"});
  CHECK(c.subject.in_flight() == 0);
}

TEST_CASE("A server that asks for smaller blocks gets them, from where it stands or from the start") {
  auto s = fixed_settings();
  s.block_bytes = 64;
  conversation c{s};
  put(c, numbered(150));
  c.said();
  SECTION("on the way") {
    c.deliver(c.answer(message_type::acknowledgement, code::continue_)
                  .add_uint(option_number::block1, encode_block({0, true, 1})));
    CHECK(c.said() ==
          texts{"CON 0.03 PUT Uri-Path:b Content-Format:42 Uri-Query:x Block1:2/more/32 payload=32 B"});
  }
  SECTION("by refusing the first") {
    c.deliver(c.answer(message_type::acknowledgement, code::request_entity_too_large)
                  .add_uint(option_number::block1, encode_block({0, true, 0})));
    CHECK(c.said() ==
          texts{"CON 0.03 PUT Uri-Path:b Content-Format:42 Uri-Query:x Block1:0/more/16 payload=16 B"});
  }
}

TEST_CASE("A refusal in the middle of a body is the answer; a 2.31 for another block is malformed") {
  auto s = fixed_settings();
  s.block_bytes = 64;
  conversation c{s};
  put(c, numbered(150));
  c.said();
  SECTION("4.08") {
    c.deliver(c.answer(message_type::acknowledgement, code::request_entity_incomplete));
    CHECK(c.heard() == texts{"answered 4.08"});
  }
  SECTION("4.13 without a smaller size") {
    c.deliver(c.answer(message_type::acknowledgement, code::request_entity_too_large));
    CHECK(c.heard() == texts{"answered 4.13"});
  }
  SECTION("2.31 for block 5") {
    c.deliver(c.answer(message_type::acknowledgement, code::continue_)
                  .add_uint(option_number::block1, encode_block({5, true, 2})));
    CHECK(c.heard() == texts{"malformed RFC7959-2.3-4"});
  }
  CHECK(c.subject.in_flight() == 0);
}

TEST_CASE("A lost block is repeated like any confirmable request") {
  auto s = fixed_settings();
  s.block_bytes = 64;
  conversation c{s};
  put(c, numbered(100));
  c.said();
  c.deliver(c.answer(message_type::acknowledgement, code::continue_)
                .add_uint(option_number::block1, encode_block({0, true, 2})));
  const auto first = c.sent();
  c.advance_by(2s);
  CHECK(encoded(c.sent().at(0)) == encoded(first.at(0)));
}

TEST_CASE("An answer in blocks is put together; its bound, order and entity tag are kept") {
  auto s = fixed_settings();
  s.answer_bytes_max = 200;
  conversation c{s};
  const auto body = numbered(150);
  c.get("/b");
  c.said();
  const auto part = [&](std::uint32_t number, bool more, const char* etag = "e") {
    c.deliver(c.answer(message_type::acknowledgement, code::content, body.substr(number * 64, 64))
                  .add(option_number::etag, etag)
                  .add_uint(option_number::block2, encode_block({number, more, 2})));
  };
  SECTION("whole") {
    part(0, true);
    CHECK(c.said() == texts{"CON 0.01 GET Uri-Path:b Block2:1/last/64"});
    part(1, true);
    c.said();
    part(2, false);
    c.heard();
    CHECK(as_text(c.bodies.at(0)) == body);
  }
  SECTION("changed under way: from the start again") {
    part(0, true);
    c.said();
    part(1, true, "f");
    CHECK(c.said() == texts{"CON 0.01 GET Uri-Path:b Block2:0/last/64"});
    part(0, true, "f");
    c.said();
    part(1, true, "f");
    c.said();
    part(2, false, "f");
    c.heard();
    CHECK(as_text(c.bodies.at(0)) == body);
  }
  SECTION("always changing") {
    part(0, true);
    for (int i = 0; i < 4; ++i) {
      c.said();
      part(1, true, i % 2 == 0 ? "f" : "g");
      if (c.subject.in_flight() == 0) break;
      c.said();
      part(0, true);
    }
    CHECK(c.heard() == texts{"malformed RFC7959-2.4-4"});
  }
  SECTION("a gap") {
    part(0, true);
    c.said();
    part(2, false);
    CHECK(c.heard() == texts{"malformed RFC7959-2.4-4"});
  }
  SECTION("too large") {
    for (std::uint32_t number = 0; number < 4 && c.subject.in_flight() != 0; ++number) {
      c.deliver(c.answer(message_type::acknowledgement, code::content, std::string(64, 'x'))
                    .add_uint(option_number::block2, encode_block({number, true, 2})));
      c.said();
    }
    CHECK(c.heard() == texts{"too_large 2.05"});
  }
  SECTION("a block shorter than its size") {
    c.deliver(c.answer(message_type::acknowledgement, code::content, "short")
                  .add_uint(option_number::block2, encode_block({0, true, 2})));
    CHECK(c.heard() == texts{"malformed RFC7959-2.3-1"});
  }
  CHECK(c.subject.in_flight() == 0);
}

TEST_CASE("A body cut into slices and taken by a server is the same body, whatever the sizes") {
  CHECK(rc::check([] {
    const auto size = *rc::gen::inRange<std::size_t>(1, 3000);
    const auto szx = static_cast<std::uint8_t>(*rc::gen::inRange(0, 7));
    const auto body = numbered(size);
    block1_receiver server;
    const time_point now{};
    for (std::uint32_t number = 0;; ++number) {
      const auto part = slice_of(as_bytes(body), block{number, false, szx});
      RC_ASSERT(part.has_value());
      const auto step = server.take(peer_key{1}, "put /b", 42U, part->block, part->payload, now);
      if (part->block.more) {
        RC_ASSERT(step.step == assembly_step::more);
        continue;
      }
      RC_ASSERT(step.step == assembly_step::complete);
      RC_ASSERT(as_text(step.body) == body);
      break;
    }
    RC_ASSERT(server.size() == 0U);
  }));
}

TEST_CASE(
    "A server refuses gaps, blocks out of nowhere, changed formats and bodies past its bound, and keeps "
    "peers apart") {
  block1_receiver server{{.body_bytes_max = 100, .transfers_max = 2}};
  const time_point now{};
  const std::string full(32, 'x');
  const auto take = [&](std::uint64_t peer, std::uint32_t number, bool more,
                        std::optional<std::uint32_t> format = 0U) {
    return server.take(peer_key{peer}, "op", format, block{number, more, 1}, as_bytes(full), now).step;
  };
  CHECK(take(1, 1, true) == assembly_step::incomplete);
  CHECK(take(1, 0, true) == assembly_step::more);
  CHECK(take(2, 1, true) == assembly_step::incomplete);
  CHECK(take(1, 2, true) == assembly_step::incomplete);
  CHECK(take(1, 1, true) == assembly_step::more);
  CHECK(take(1, 1, true) == assembly_step::more);
  CHECK(take(1, 2, true, 50U) == assembly_step::incomplete);
  CHECK(take(1, 0, true) == assembly_step::more);
  CHECK(take(1, 1, true) == assembly_step::more);
  CHECK(take(1, 2, true) == assembly_step::more);
  CHECK(take(1, 3, true) == assembly_step::too_large);
  for (std::uint64_t peer = 10; peer < 20; ++peer) CHECK(take(peer, 0, true) == assembly_step::more);
  CHECK(server.size() <= 2);
}
