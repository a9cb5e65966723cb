#include "protocols/coap/options.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

#include "protocols/coap/content_format.hpp"
#include "protocols/coap/decode.hpp"
#include "protocols/coap/encode.hpp"

using namespace wanwu;
using namespace wanwu::coap;

namespace {

std::string complaint(message_draft draft, message_side side) {
  const auto raw = encoded(draft);
  const auto got = decode(raw);
  const auto found = check_options(got->options, side);
  return found ? std::to_string(value_of(found->number)) + " " + std::string{found->clause} : "";
}

message_draft get() {
  message_draft draft;
  draft.code = code::get;
  return draft;
}

}  // namespace

TEST_CASE("The option table is ascending, and what follows from a number follows from the number") {
  const auto table = option_table();
  CHECK(std::is_sorted(table.begin(), table.end(),
                       [](const auto& a, const auto& b) { return a.number < b.number; }));
  for (const auto& row : table) CHECK(find_option_by_field(row.field) == find_option(row.number));
  CHECK(is_critical(option_number::uri_path));
  CHECK_FALSE(is_critical(option_number::observe));
  CHECK(is_unsafe(option_number::max_age));
  CHECK_FALSE(is_unsafe(option_number::etag));
  CHECK(is_no_cache_key(option_number::size1));
  CHECK_FALSE(is_no_cache_key(option_number::etag));
}

TEST_CASE(
    "A critical option that is unknown, of illegal length or repeated is complained of; elective ones are "
    "not") {
  CHECK(complaint(get().add(option_number::uri_path, "a").add(option_number::uri_path, "b"),
                  message_side::request)
            .empty());
  CHECK(complaint(get().add(option_number{9999}, "x"), message_side::request) == "9999 RFC7252-5.4.1-2");
  CHECK(complaint(get().add(option_number{65000}, "x"), message_side::request).empty());
  CHECK(complaint(get().add(option_number::uri_port, "abc"), message_side::request) == "7 RFC7252-5.4.3-1");
  CHECK(complaint(get().add(option_number::max_age, "abcdefg"), message_side::request).empty());
  CHECK(complaint(get().add_uint(option_number::accept, 0).add_uint(option_number::accept, 50),
                  message_side::request) == "17 RFC7252-5.4.5-1");
  CHECK(complaint(get().add_uint(option_number::block2, 0).add_uint(option_number::block2, 6),
                  message_side::response) == "23 RFC7252-5.4.5-1");
}

TEST_CASE("Media types find their numbers, with or without the charset") {
  CHECK(content_format_of("application/json") == 50);
  CHECK(content_format_of("application/senml+json") == 110);
  CHECK(content_format_of("application/senml+cbor") == 112);
  CHECK(content_format_of("Application/CBOR") == 60);
  CHECK(content_format_of("application/link-format") == 40);
  CHECK(content_format_of("application/td+json") == 432);
  CHECK(content_format_of("application/octet-stream") == 42);
  CHECK(content_format_of("text/plain") == 0);
  CHECK(content_format_of("text/plain; charset=utf-8") == 0);
  CHECK(content_format_of("application/json;charset=utf-8") == 50);
  CHECK(content_format_of("application/merge-patch+json") == 52);
  CHECK(content_format_of("application/json-patch+json") == 51);
  CHECK(content_format_of("12345") == 12345);
  CHECK_FALSE(content_format_of(""));
  CHECK_FALSE(content_format_of("70000"));
  CHECK_FALSE(content_format_of("application/jso"));
  CHECK(media_type_of(50) == "application/json");
  CHECK(media_type_of(9999).empty());
}

TEST_CASE("Codes have names and dotted numbers, both ways") {
  CHECK(dotted(code::content) == "2.05");
  CHECK(name_of(code::content) == "Content");
  CHECK(method_named("iPATCH") == code::ipatch);
  CHECK_FALSE(method_named("Content"));
  CHECK(parse_dotted("4.04") == code::not_found);
  for (const auto* wrong : {"8.00", "2.32", "2.5", "2-05", "", "2.05 "}) CHECK_FALSE(parse_dotted(wrong));
  for (int byte = 0; byte < 256; ++byte)
    CHECK(parse_dotted(dotted(code{static_cast<std::uint8_t>(byte)})) ==
          code{static_cast<std::uint8_t>(byte)});
}
