// The notation of bytes: rendered, matched, and both agreeing.
#include "scenarios/conformance/byte_pattern.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "protocols/core/hex.hpp"
#include "scenarios/language/slots.hpp"

using namespace wanwu;
using namespace wanwu::conform;

namespace {

/// Names x, y with values, and a context that has them.
struct two_names {
  two_names() {
    x = names.add("x", lang::value_type::any);
    y = names.add("y", lang::value_type::any);
    slots.resize(names.size());
    context.slots = slots;
  }
  void set(std::uint16_t slot, lang::value v) { slots[slot] = v; }

  lang::slot_table names{false};
  std::uint16_t x{}, y{};
  std::vector<lang::value> slots;
  lang::eval_context context;
};

std::string rendered(std::string_view source, two_names& with) {
  const auto pattern = byte_pattern::compile(source, with.names, false);
  if (!pattern) return "does not compile: " + pattern.error().message;
  byte_writer out;
  out.u8(0xEE);  // what stood there before stays
  if (!pattern->render(with.context, out)) return out.size() == 1 ? "no" : "no, but something is left";
  return to_hex(out.view_from(1));
}

bool matches(std::string_view source, std::string_view hex, two_names& with) {
  const auto pattern = byte_pattern::compile(source, with.names, true);
  REQUIRE(pattern);
  return pattern->matches(with.context, *parse_hex(hex));
}

}  // namespace

TEST_CASE("Bytes are written as the notation says") {
  two_names with;
  with.set(with.x, lang::value::of(std::int64_t{258}));
  with.set(with.y, lang::value::of("ab"));
  struct row {
    std::string_view source, expected;
  };
  const auto table = std::to_array<row>({
      {"", ""},
      {"c0 00", "c0 00"},
      {"C000 0a", "c0 00 0a"},
      {"30 {len} 0001 't' 'hello'", "30 08 00 01 74 68 65 6c 6c 6f"},
      {"30 {len}", "30 00"},
      {"'it''s'", "69 74 73"},
      {"${x:16}", "01 02"},
      {"${x:32}", "00 00 01 02"},
      {"${x:8}", "no"},
      {"${x - 256:8}", "02"},
      {"${x:str}", "00 03 32 35 38"},
      {"${y}", "61 62"},
      {"${y:str}", "00 02 61 62"},
      {"${y:hex}", "ab"},
      {"${y:16}", "no"},
      {"${x:hex}", "no"},
      {"${null:8}", "no"},
      {"${null:str}", "no"},
      {"${-1:8}", "no"},
      {"${1.5:8}", "no"},
      {"${1.0:8}", "01"},
      {"${true:8}", "01"},
      {"${x > 3 ? 1 : 2:8}", "01"},
      {"${'}' + y}", "7d 61 62"},
  });
  for (const row& r : table) {
    CAPTURE(r.source);
    CHECK(rendered(r.source, with) == r.expected);
  }
}

TEST_CASE("Mistakes in bytes are shown where they stand") {
  two_names with;
  struct row {
    std::string_view source;
    std::size_t offset;
    std::string_view message;
  };
  const auto table = std::to_array<row>({
      {"30 0", 3, "half a byte: a byte is two hex digits"},
      {"30 'a", 3, "the text does not end"},
      {"30 zz", 3, "`z` means nothing in bytes"},
      {"${x", 0, "`${` has no `}`"},
      {"00 ${z:8}", 5, "there is no `z` here"},
      {"00 ${x +:8}", 8, "something is missing here"},
      {"{len} 00 {len}", 9, "{len} stands twice"},
      {"00 ??", 3, "`??` stands for bytes that come, not for what is sent"},
      {"00 ..", 3, "`..` stands for bytes that come, not for what is sent"},
  });
  for (const row& r : table) {
    CAPTURE(r.source);
    const auto pattern = byte_pattern::compile(r.source, with.names, false);
    REQUIRE_FALSE(pattern);
    CHECK(pattern.error().offset == r.offset);
    CHECK(pattern.error().message == r.message);
  }
}

TEST_CASE("A pattern fits whole packets and nothing else") {
  two_names with;
  with.set(with.x, lang::value::of(std::int64_t{7}));
  with.set(with.y, lang::value::of("ab"));
  CHECK(matches("20 02 00 00", "20 02 00 00", with));
  CHECK_FALSE(matches("20 02 00", "20 02 00 00", with));
  CHECK_FALSE(matches("20 02 00 00", "20 02 00", with));
  CHECK(matches("40 02 ${x:16}", "40 02 00 07", with));
  CHECK_FALSE(matches("40 02 ${x:16}", "40 02 00 08", with));
  CHECK_FALSE(matches("40 02 ${x:8}", "40 02 00 07", with));
  CHECK(matches("?? 02 ?? 07", "40 02 00 07", with));
  CHECK_FALSE(matches("?? 02 ??", "40 02", with));
  CHECK(matches("30 .. 'b'", "30 61 62 62", with));
  CHECK(matches("..", "", with));
  CHECK(matches(".. 'ab' .. 'c' ..", "00 6162 6162 63", with));
  CHECK_FALSE(matches(".. 'ab' .. 'd' ..", "00 6162 6162 63", with));
  CHECK(matches("30 {len} ..", "30 03 01 02 03", with));
  CHECK_FALSE(matches("30 {len} ..", "30 04 01 02 03", with));
  CHECK_FALSE(matches("30 {len} ..", "30 83 00 01 02 03", with));  // not the shortest form
  CHECK(matches("30 {len} ${y:str}", "30 04 00 02 61 62", with));
  CHECK_FALSE(matches("30 ${null:8}", "30 00", with));
}

TEST_CASE("What a pattern writes, it fits, also with any of its bytes unknown") {
  rc::check("written bytes fit their own pattern", [] {
    two_names with;
    const auto raw = *rc::gen::container<std::vector<std::uint8_t>>(rc::gen::arbitrary<std::uint8_t>());
    std::string source = "30 {len}";
    for (const std::uint8_t b : raw) source += " " + to_hex(bytes{std::byte{b}});
    const auto exact = byte_pattern::compile(source, with.names, true);
    RC_ASSERT(exact.has_value());
    byte_writer out;
    RC_ASSERT(exact->render(with.context, out));
    RC_ASSERT(exact->matches(with.context, out.view()));
    bytes changed{out.view().begin(), out.view().end()};
    const auto at = *rc::gen::inRange<std::size_t>(0, changed.size());
    changed[at] ^= std::byte{0x40};
    RC_ASSERT(!exact->matches(with.context, changed));
    if (at < 2 || raw.empty()) return;
    std::string loose = "30 {len}";
    for (std::size_t i = 0; i < raw.size(); ++i)
      loose += i + out.size() - raw.size() == at ? " ??" : " " + to_hex(bytes{std::byte{raw[i]}});
    const auto open = byte_pattern::compile(loose, with.names, true);
    RC_ASSERT(open.has_value());
    if (raw.size() < 128) RC_ASSERT(open->matches(with.context, changed));
  });
}

TEST_CASE("Many wild parts over a long packet take no longer than they must") {
  two_names with;
  std::string source;
  for (int i = 0; i < 200; ++i) source += ".. 00 ";
  const auto pattern = byte_pattern::compile(source + "01", with.names, true);
  REQUIRE(pattern);
  const bytes zeros(20'000, std::byte{0});
  const auto begin = std::chrono::steady_clock::now();
  CHECK_FALSE(pattern->matches(with.context, zeros));
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds{5});
}
