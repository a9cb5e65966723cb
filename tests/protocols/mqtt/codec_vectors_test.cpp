#include <catch2/catch.hpp>

#include "protocols/core/byte_writer.hpp"
#include "protocols/mqtt/encode.hpp"
#include "tests/protocols/mqtt/vectors.hpp"

using namespace wanwu;
using namespace wanwu::mqtt;

TEST_CASE(
    "Every golden MQTT packet decodes, or is refused by the clause and at the byte that the file names") {
  for (const auto& row : all_vectors()) {
    INFO(row.where);
    CHECK(verdict_on(row.raw, row.level, row.sender) == row.expected);
  }
}

TEST_CASE("Every golden MQTT packet that decodes is encoded to a packet of the same meaning") {
  for (const auto& row : all_vectors()) {
    const auto got = decode(row.raw, row.level, row.sender);
    if (!got) continue;
    INFO(row.where);
    byte_writer out;
    encode(out, *got, row.level);
    CHECK(out.size() <= row.raw.size());  // optional tails are left out
    CHECK(verdict_on(out.view(), row.level, row.sender) == row.expected);
  }
}

TEST_CASE("Every strict prefix of a packet is more needed, never a packet and never an error") {
  for (const auto& row : all_vectors()) {
    const auto whole = next_frame(row.raw, variable_max);
    if (!whole) continue;
    INFO(row.where);
    for (std::size_t size = 0; size < row.raw.size(); ++size) {
      const auto got = next_frame(bytes_view{row.raw}.first(size), variable_max);
      REQUIRE(got);
      REQUIRE_FALSE(got->has_value());
      CHECK(decode(bytes_view{row.raw}.first(size), row.level, row.sender).error().code ==
            wire_errc::truncated);
    }
  }
}

TEST_CASE("The quick decoders agree with the strict one or say nothing") {
  int quick = 0;
  for (const auto& row : all_vectors()) {
    const auto found = next_frame(row.raw, variable_max);
    if (!found) continue;
    INFO(row.where);
    const auto strict = decode(row.raw, row.level, row.sender);
    if ((*found)->type() == packet_type::publish) {
      if (const auto got = quick_publish(**found, row.level)) {
        REQUIRE(strict);
        CHECK(std::get<publish>(*strict) == *got);
        ++quick;
      }
    } else if (const auto got = quick_ack(**found)) {
      REQUIRE(strict);
      CHECK(std::get<ack>(*strict) == *got);
      ++quick;
    }
  }
  CHECK(quick > 15);
}

TEST_CASE("A packet beyond the limit is refused from its header alone") {
  const auto header = *parse_hex("30 ff ff ff 7f");  // 256 MB announced, nothing of it here
  const auto got = next_frame(header, 1024 * 1024);
  REQUIRE_FALSE(got);
  CHECK(got.error().code == wire_errc::too_large);
  CHECK(next_frame(*parse_hex("30 0a"), 12).has_value());
  CHECK_FALSE(next_frame(*parse_hex("30 0b"), 12).has_value());
}

TEST_CASE("A first byte alone tells garbage from a packet") {
  const auto refused = [](std::string_view text, version level, role sender) {
    return check_first_byte(as_bytes(text)[0], level, sender).has_value();
  };
  CHECK(refused("HTTP/1.1 400 Bad Request", version::v5, role::server));
  CHECK(refused("SSH-2.0", version::v3_1_1, role::server));
  CHECK(refused("\x16\x03\x01", version::v5, role::server));
  CHECK_FALSE(refused("\x20\x02", version::v5, role::server));
  CHECK(refused("\x20\x02", version::v5, role::client));
}

TEST_CASE("The encoder writes wrong bytes where it is asked to, and only there") {
  struct row {
    const char* what;
    corruption wrong;
    const char* expected;
  };
  const auto hex = [](const char* text) { return *parse_hex(text); };
  std::vector<row> table;
  const auto add = [&](const char* what, const char* expected) -> corruption& {
    return table.emplace_back(row{what, {}, expected}).wrong;
  };
  add("nothing", "32 09 00 01 61 00 07 00 68 69 21");
  add("flags", "3f 09 00 01 61 00 07 00 68 69 21").fixed_flags = 0xF;
  add("type", "02 09 00 01 61 00 07 00 68 69 21").fixed_type = 0;
  add("length", "32 05 00 01 61 00 07 00 68 69 21").remaining_length = 5;
  add("overlong length", "32 89 80 80 80 00 00 01 61 00 07 00 68 69 21").length_bytes = 5;
  add("packet id 0", "32 09 00 01 61 00 00 00 68 69 21").packet_id = 0;
  add("property length", "32 09 00 01 61 00 07 7f 68 69 21").property_length = 127;
  add("properties", "32 0b 00 01 61 00 07 02 04 01 68 69 21").properties = hex("04 01");
  add("tail", "32 0a 00 01 61 00 07 00 68 69 21 ff").tail = hex("ff");
  add("cut", "32 09 00").cut_at = 3;
  add("edit", "32 09 00 01 23 00 07 00 68 69 21").edits = {{4, 1, hex("23")}};
  add("insertion", "32 09 00 01 61 00 07 00 aa bb 68 69 21").edits = {{8, 0, hex("aa bb")}};
  for (const auto& [what, wrong, expected] : table) {
    INFO(what);
    byte_writer out;
    encode(out,
           publish{.level = qos::at_least_once, .packet_id = 7, .topic = "a", .payload = as_bytes("hi!")},
           version::v5, wrong);
    CHECK(to_hex(out.view()) == expected);
  }
}

TEST_CASE("A description shows no password and escapes what a terminal would obey") {
  const std::string secret = "hunter2";
  packet hello = connect{
      .level = version::v3_1_1, .client_id = "a\x1b[2Jb\n", .user = "u", .password = as_bytes(secret)};
  const auto text = describe(hello);
  CHECK(text.find(secret) == std::string::npos);
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(text.find("\\x1b[2Jb\\x0a") != std::string::npos);
}

TEST_CASE("Whoever closes because of an error gives the code that the standard assigns to it") {
  const auto reason = [](wire_errc code, std::string_view clause) { return reason_for({code, 0, clause}); };
  CHECK(reason(wire_errc::truncated, "") == reason_code::malformed_packet);
  CHECK(reason(wire_errc::protocol_error, "U5-3.8.2-b") == reason_code::protocol_error);
  CHECK(reason(wire_errc::too_large, "") == reason_code::packet_too_large);
  CHECK(reason(wire_errc::protocol_error, "MQTT-3.3.2-8") == reason_code::topic_alias_invalid);
  CHECK(reason(wire_errc::malformed, "MQTT-3.3.2-2") == reason_code::topic_name_invalid);
}
