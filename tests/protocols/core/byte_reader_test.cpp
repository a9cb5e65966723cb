#include "protocols/core/byte_reader.hpp"

#include <catch2/catch.hpp>

#include "protocols/core/byte_writer.hpp"
#include "protocols/core/hex.hpp"

using namespace wanwu;

TEST_CASE("A reader takes big-endian fields in order and ends clean") {
  constexpr auto raw = "01 0203 04050607 aabb"_hex;
  byte_reader in{raw};
  CHECK(in.u8() == 0x01);
  CHECK(in.u16() == 0x0203);
  CHECK(in.u32() == 0x04050607);
  CHECK(in.rest().size() == 2);
  in.expect_end();
  CHECK(in.ok());
}

TEST_CASE("A reader keeps the first failure and consumes nothing after it") {
  constexpr auto raw = "01 02"_hex;
  byte_reader in{raw, 5};
  in.require(false, "FIRST");
  CHECK(in.u8() == 0);
  in.require(false, "SECOND", wire_errc::too_large);
  CHECK(in.rest().empty());
  REQUIRE(in.error());
  CHECK(*in.error() == wire_error{wire_errc::malformed, 5, "FIRST"});
}

TEST_CASE("Reading past the end is truncated, at the end of what was given") {
  constexpr auto raw = "01 02 03"_hex;
  byte_reader in{raw, 2};
  (void)in.u16();
  CHECK(in.u32() == 0);
  REQUIRE(in.error());
  CHECK(in.error()->code == wire_errc::truncated);
  CHECK(in.error()->offset == 5);
}

TEST_CASE("A writer writes what a reader reads, keeps its memory when cleared, and patches") {
  byte_writer out;
  out.u8(1);
  out.u16(0x0203);
  out.u32(0x04050607);
  out.append("ab");
  CHECK(to_hex(out.view()) == "01 02 03 04 05 06 07 61 62");
  out.patch_u16(1, 0xBEEF);
  CHECK(to_hex(out.view_from(1).first(2)) == "be ef");
  const auto* before = out.view().data();
  out.clear();
  out.u8(9);
  CHECK(out.view().data() == before);
  CHECK(out.size() == 1);
}
