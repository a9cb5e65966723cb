#include "protocols/coap/fields.hpp"

#include <catch2/catch.hpp>

#include "protocols/coap/decode.hpp"
#include "protocols/core/hex.hpp"

using namespace wanwu;
using namespace wanwu::coap;
using namespace std::string_literals;

TEST_CASE("A message built field by field is read back field by field") {
  message_draft draft;
  for (const auto& [name, value] : std::initializer_list<std::pair<const char*, field_value>>{
           {"type", "NON"s},
           {"code", "POST"s},
           {"id", std::uint64_t{0x1234}},
           {"token", bytes{std::byte{1}, std::byte{2}}},
           {"reference", "/a/b?x=1&y=2"s},
           {"content_format", std::uint64_t{50}},
           {"etag", bytes{std::byte{9}}},
           {"if_none_match", std::uint64_t{1}},
           {"block1", std::uint64_t{0x2E}},
           {"option_65000", "hi"s},
           {"payload", "{}"s}}) {
    CAPTURE(name);
    CHECK(set_field(draft, name, value));
  }
  const auto raw = encoded(draft);
  const auto m = decode(raw);
  REQUIRE(m);
  CHECK(field_of(*m, "type") == field_value{"NON"s});
  CHECK(field_of(*m, "code") == field_value{"0.02"s});
  CHECK(field_of(*m, "code_name") == field_value{"POST"s});
  CHECK(field_of(*m, "id") == field_value{std::uint64_t{0x1234}});
  CHECK(field_of(*m, "token_length") == field_value{std::uint64_t{2}});
  CHECK(field_of(*m, "uri_path") == field_value{"a/b"s});
  CHECK(field_of(*m, "uri_path_count") == field_value{std::uint64_t{2}});
  CHECK(field_of(*m, "uri_query") == field_value{"x=1&y=2"s});
  CHECK(field_of(*m, "reference") == field_value{"/a/b?x=1&y=2"s});
  CHECK(field_of(*m, "content_format") == field_value{std::uint64_t{50}});
  CHECK(field_of(*m, "if_none_match") == field_value{std::uint64_t{1}});
  CHECK(field_of(*m, "block1_number") == field_value{std::uint64_t{2}});
  CHECK(field_of(*m, "block1_more") == field_value{std::uint64_t{1}});
  CHECK(field_of(*m, "block1_size") == field_value{std::uint64_t{1024}});
  CHECK(field_of(*m, "option_65000") == field_value{bytes{std::byte{'h'}, std::byte{'i'}}});
  CHECK(field_of(*m, "payload_text") == field_value{"{}"s});
  CHECK_FALSE(field_of(*m, "max_age"));
  CHECK_FALSE(field_of(*m, "nonsense"));
}

TEST_CASE("Wrong fields make the bytes they say") {
  message_draft draft;
  CHECK(set_field(draft, "version", std::uint64_t{3}));
  CHECK(set_field(draft, "token_length", std::uint64_t{9}));
  CHECK(set_field(draft, "code", std::uint64_t{0xE1}));
  CHECK(set_field(draft, "marker", std::uint64_t{1}));
  CHECK(set_field(draft, "raw_options", bytes{std::byte{0xF0}}));
  CHECK(to_hex(encoded(draft)) == "c9 e1 00 00 f0 ff");
  CHECK(set_field(draft, "cut_to", std::uint64_t{3}));
  CHECK(to_hex(encoded(draft)) == "c9 e1 00");
}

TEST_CASE(
    "Unknown names, fields that follow from others and values of the wrong kind are refused with a "
    "sentence") {
  message_draft draft;
  const auto said = [&](std::string_view name, const field_value& value) {
    const auto got = set_field(draft, name, value);
    return got ? std::string{} : got.error();
  };
  CHECK(said("colour", "red"s) == "CoAP field colour is not known");
  CHECK(said("code_class", std::uint64_t{2}) ==
        "CoAP field code_class follows from others and cannot be set");
  CHECK(said("id", std::uint64_t{70'000}) == "CoAP field id does not take this value");
  CHECK(said("type", "CONN"s) == "CoAP field type does not take this value");
  CHECK(said("reference", "/%"s) == "CoAP field reference does not take this value");
  for (const auto& field : field_table()) CHECK(is_field(field.name));
}
