#include "protocols/core/hex.hpp"

#include <catch2/catch.hpp>

using namespace wanwu;

TEST_CASE("Hex notation mixes pairs, spaces and quoted ASCII") {
  const auto got = parse_hex("1f 12 0004 'MQTT' 05");
  REQUIRE(got);
  CHECK(to_hex(*got) == "1f 12 00 04 4d 51 54 54 05");
  CHECK(parse_hex("")->empty());
}

TEST_CASE("Broken hex notation is refused, not guessed") {
  for (const auto* text : {"1", "0g", "1 2", "'open", "00 'a"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_hex(text));
  }
}
