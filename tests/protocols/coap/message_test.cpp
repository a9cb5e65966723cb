#include "protocols/coap/message.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "protocols/coap/decode.hpp"
#include "protocols/coap/encode.hpp"
#include "tests/protocols/coap/vectors.hpp"

using namespace wanwu;
using namespace wanwu::coap;

namespace {

std::string outcome_of(bytes_view datagram) {
  const auto got = decode(datagram);
  return got ? describe(*got) : refusal_text(got.error());
}

rc::Gen<bytes> some_bytes(std::size_t longest) {
  return rc::gen::map(
      rc::gen::resize(static_cast<int>(longest),
                      rc::gen::container<std::vector<std::uint8_t>>(rc::gen::arbitrary<std::uint8_t>())),
      [longest](const std::vector<std::uint8_t>& raw) {
        bytes out;
        for (const auto b : raw) {
          if (out.size() < longest) out.push_back(std::byte{b});
        }
        return out;
      });
}

message_draft any_draft() {
  message_draft draft;
  draft.type = *rc::gen::element(message_type::confirmable, message_type::non_confirmable);
  draft.code = *rc::gen::element(code::get, code::post, code::content, code::not_found, code::ipatch);
  draft.id = message_id{*rc::gen::arbitrary<std::uint16_t>()};
  draft.token = *some_bytes(8);
  const auto count = *rc::gen::inRange(0, 6);
  for (int i = 0; i < count; ++i) {
    const auto number =
        *rc::gen::oneOf(rc::gen::inRange<std::uint16_t>(0, 40), rc::gen::arbitrary<std::uint16_t>());
    draft.add(option_number{number}, *some_bytes(20));
  }
  if (*rc::gen::arbitrary<bool>()) draft.add(option_number::uri_path, std::string(300, 'x'));
  draft.payload = *some_bytes(40);
  return draft;
}

}  // namespace

TEST_CASE(
    "Golden datagrams decode to what is written beside them, or are refused at the byte and clause named") {
  const auto rows = read_vectors("messages.txt");
  REQUIRE(rows.size() > 40);
  for (const auto& [name, datagram, expected] : rows) {
    CAPTURE(name, to_hex(datagram));
    REQUIRE_FALSE(name.empty());
    CHECK(outcome_of(datagram) == expected);
  }
}

TEST_CASE(
    "What decodes is encoded again to the same message, and to the same bytes where no integer was padded") {
  for (const auto& row : read_vectors("messages.txt")) {
    const auto got = decode(row.input);
    if (!got) continue;
    CAPTURE(row.name);
    CHECK(encoded(draft_of(*got)) == row.input);
  }
}

TEST_CASE("Any draft that is left correct survives encoding and decoding") {
  CHECK(rc::check([] {
    auto draft = any_draft();
    const auto raw = encoded(draft);
    const auto got = decode(raw);
    RC_ASSERT(got.has_value());
    std::stable_sort(draft.options.begin(), draft.options.end(),
                     [](const draft_option& a, const draft_option& b) { return a.number < b.number; });
    std::size_t i = 0;
    for (const auto& o : got->options) {
      RC_ASSERT(i < draft.options.size());
      RC_ASSERT(o.number == draft.options[i].number);
      RC_ASSERT(bytes(o.value.begin(), o.value.end()) == draft.options[i].value);
      ++i;
    }
    RC_ASSERT(i == draft.options.size());
    RC_ASSERT(bytes(got->payload.begin(), got->payload.end()) == draft.payload);
    RC_ASSERT(encoded(draft_of(*got)) == raw);
  }));
}

TEST_CASE(
    "A datagram cut anywhere is truncated, or a shorter message: never malformed, never read past its end") {
  CHECK(rc::check([] {
    const auto raw = encoded(any_draft());
    for (std::size_t n = 0; n < raw.size(); ++n) {
      const bytes cut(raw.begin(), raw.begin() + static_cast<std::ptrdiff_t>(n));
      const auto got = decode(cut);
      if (got) continue;
      RC_ASSERT(got.error().code == wire_errc::truncated);
      RC_ASSERT(got.error().offset == n);
    }
  }));
}

TEST_CASE("Random bytes decode or are refused inside the datagram, and option iteration stays inside too") {
  CHECK(rc::check([] {
    auto raw = *some_bytes(60);
    if (!raw.empty()) raw[0] = (raw[0] & std::byte{0x3F}) | std::byte{0x40};
    const auto got = decode(raw);
    if (!got) RC_ASSERT(got.error().offset <= raw.size());
    std::size_t walked = 0;
    for (const auto& o : options_view{raw}) walked += o.value.size() + 1;
    RC_ASSERT(walked <= raw.size());
  }));
}

TEST_CASE("The fast writer and the draft write the same bytes") {
  byte_writer out;
  const auto name = "0102"_hex;
  message_writer{out, message_type::confirmable, code::post, message_id{0x1234}, name}
      .add(option_number::uri_path, "t")
      .add_uint(option_number::content_format, 50)
      .add(option_number::uri_query, std::string_view{"some-long-query=17"})
      .add_uint(option_number::size1, 70'000)
      .add_uint(option_number::no_response, 26)
      .payload(as_bytes("{}"));
  const auto got = decode(out.view());
  REQUIRE(got);
  CHECK(describe(*got) ==
        "CON 0.02 POST id=0x1234 token=[01 02] Uri-Path:t Content-Format:50 Uri-Query:some-long-query=17 "
        "Size1:70000 No-Response:26 payload=2 B");
  const auto again = encoded(draft_of(*got));
  CHECK(again == bytes(out.view().begin(), out.view().end()));
}

TEST_CASE("A draft can be wrong in every field") {
  message_draft draft;
  draft.code = code::get;
  draft.id = message_id{0x1234};
  SECTION("version") {
    draft.version = 3;
    CHECK(outcome_of(encoded(draft)) == "refused malformed 0 RFC7252-3-2");
  }
  SECTION("token length") {
    draft.token_nibble = 9;
    CHECK(outcome_of(encoded(draft)) == "refused malformed 0 RFC7252-3-3");
  }
  SECTION("marker without payload") {
    draft.marker = true;
    CHECK(outcome_of(encoded(draft)) == "refused truncated 5 RFC7252-3-5");
  }
  SECTION("option nibbles") {
    draft.add(option_number::uri_path, "a");
    draft.options[0].delta_nibble = 15;
    CHECK(outcome_of(encoded(draft)) == "refused malformed 4 RFC7252-3.1-1");
    draft.options[0].delta_nibble.reset();
    draft.options[0].length_nibble = 15;
    CHECK(outcome_of(encoded(draft)) == "refused malformed 4 RFC7252-3.1-2");
  }
  SECTION("raw option bytes") {
    draft.raw_options = {std::byte{0xD0}};
    CHECK(outcome_of(encoded(draft)) == "refused truncated 5 RFC7252-3.1-4");
  }
  SECTION("length") {
    draft.add(option_number::uri_path, "abc");
    draft.cut_to = 6;
    CHECK(outcome_of(encoded(draft)) == "refused truncated 6 RFC7252-3.1-3");
  }
}

TEST_CASE("Only a confirmable datagram of version 1 is reset, with its own id") {
  const auto reset = rejection_of("49 01 1234 00"_hex);
  REQUIRE(reset);
  CHECK(to_hex(*reset) == "70 00 12 34");
  CHECK_FALSE(rejection_of("59 01 1234"_hex));
  CHECK_FALSE(rejection_of("60 01 1234"_hex));
  CHECK_FALSE(rejection_of("c0 00 1234"_hex));
  CHECK_FALSE(rejection_of("40 01 12"_hex));
}
