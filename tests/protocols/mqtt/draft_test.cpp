#include "protocols/mqtt/draft.hpp"

#include <functional>

#include <catch2/catch.hpp>

#include "protocols/core/hex.hpp"
#include "tests/protocols/mqtt/vectors.hpp"

using namespace wanwu;
using namespace wanwu::mqtt;
using namespace std::string_literals;

namespace {

constexpr auto done = set_result::done;

field_value n(std::uint64_t value) {
  return value;
}

std::string hex_of(const draft& what) {
  byte_writer out;
  what.encode_to(out);
  return to_hex(out.view());
}

}  // namespace

TEST_CASE("A packet is built by the names of its fields") {
  draft hello{packet_type::connect, version::v5};
  CHECK(hello.set("client_id", "t-010"s) == done);
  CHECK(hello.set("keep_alive", n(4)) == done);
  CHECK(hello.set("receive_maximum", n(2)) == done);
  CHECK(hello.set("user_property", "k=v=w"s) == done);
  CHECK(hello.set("will_topic", "gone"s) == done);
  CHECK(hello.set("will_qos", n(1)) == done);
  CHECK(hello.set("will_delay_interval", n(5)) == done);
  CHECK(hello.set("will_content_type", "x"s) == done);
  CHECK(describe(hello.view()) ==
        "CONNECT protocol=\"MQTT\"/5 client_id=\"t-010\" clean_start=true keep_alive=4 receive_maximum=2 "
        "user_property=\"k\":\"v=w\" will_topic=\"gone\" will_qos=1 will_retain=false will_payload=\"\"(0) "
        "will_delay_interval=5 will_content_type=\"x\"");

  draft wish{packet_type::subscribe, version::v5};
  CHECK(wish.set("packet_id", n(7)) == done);
  CHECK(wish.set("filter", "a/#"s) == done);
  CHECK(wish.set("qos", n(1)) == done);
  CHECK(wish.set("filter", "b"s) == done);
  CHECK(wish.set("no_local", n(1)) == done);
  CHECK(wish.set("retain_handling", n(2)) == done);
  CHECK(wish.set("subscription_identifier", n(9)) == done);
  CHECK(describe(wish.view()) ==
        "SUBSCRIBE packet_id=7 subscription_identifier=9 filter=\"a/#\":0x01 filter=\"b\":0x24");

  draft granted{packet_type::suback, version::v5};
  CHECK(granted.set("packet_id", n(7)) == done);
  CHECK(granted.set("reason", n(0)) == done);
  CHECK(granted.set("reason", n(0x87)) == done);
  CHECK(hex_of(granted) == "90 05 00 07 00 00 87");
}

TEST_CASE("Every field of a packet can be asked for by its name") {
  draft message{packet_type::publish, version::v5};
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, field_value>>{{"topic", "a"s},
                                                        {"payload", "p\0q"s},
                                                        {"qos", n(2)},
                                                        {"retain", n(1)},
                                                        {"dup", n(1)},
                                                        {"packet_id", n(3)},
                                                        {"topic_alias", n(4)},
                                                        {"correlation_data", "\x01"s},
                                                        {"content_type", "t"s}}) {
    INFO(name);
    CHECK_FALSE((name == "topic_alias" && field_of(message.view(), name)));
    CHECK(message.set(name, value) == done);
    CHECK(field_of(message.view(), name) == value);
  }
  message.set("user_property", "a=1"s);
  message.set("user_property", "b=2"s);
  CHECK(field_of(message.view(), "user_property", 1) == field_value{"b=2"s});
  CHECK_FALSE(field_of(message.view(), "user_property", 2));
  CHECK_FALSE(field_of(message.view(), "keep_alive"));
}

TEST_CASE("Every field name works on a packet of every type that has it") {
  for (const auto& rule : field_table()) {
    for (unsigned type = 1; type < 16; ++type) {
      if ((rule.packets & place_of(static_cast<packet_type>(type))) == 0) continue;
      INFO(rule.name << " of " << name_of(static_cast<packet_type>(type)));
      draft what{static_cast<packet_type>(type), version::v5};
      if (what.set("qos", n(1)) != done && rule.name != "filter") what.set("filter", "f"s);
      const bool text = rule.kind == field_kind::text || rule.kind == field_kind::binary;
      CHECK(what.set(rule.name, text ? field_value{"x"s} : n(1)) == done);
      CHECK(field_of(what.view(), rule.name) == (text ? field_value{"x"s} : n(1)));
      CHECK(what.set(rule.name, text ? n(1) : field_value{"x"s}) == set_result::wrong_kind);
    }
  }
  for (const auto& rule : property_table()) {
    for (unsigned type = 1; type < 16; ++type) {
      if ((rule.places & place_of(static_cast<packet_type>(type))) == 0) continue;
      INFO(rule.name << " of " << name_of(static_cast<packet_type>(type)));
      const bool text = rule.most == 0;
      draft what{static_cast<packet_type>(type), version::v5};
      CHECK(what.set(rule.name, text ? field_value{"x="s} : n(1)) == done);
      CHECK(field_of(what.view(), rule.name).has_value());
    }
  }
}

TEST_CASE("What is wrong on purpose goes out wrong, and unknown names and impossible values are told") {
  draft message{packet_type::publish, version::v5};
  message.set("topic", "a"s);
  CHECK(message.set("qos", n(3)) == done);  // forbidden, but it fits
  CHECK(message.corrupt("packet_id", n(0)) == done);
  CHECK(message.corrupt("properties", "\x23\x00\x00"s) == done);
  CHECK(message.corrupt("fixed_flags", n(6)) == done);
  CHECK(hex_of(message) == "36 09 00 01 61 00 00 03 23 00 00");
  CHECK(message.set("keep_alive", n(1)) == set_result::no_such_field);
  CHECK(message.set("qos", n(4)) == set_result::out_of_range);
  CHECK(message.corrupt("colour", n(4)) == set_result::no_such_field);
  CHECK(message.corrupt("fixed_flags", n(16)) == set_result::out_of_range);
  draft hello{packet_type::connect, version::v5};
  hello.set("will_topic", "t"s);
  CHECK(hello.corrupt("will_properties", "\x23\x00\x01"s) == done);
  CHECK(hex_of(hello) == "10 16 00 04 4d 51 54 54 05 06 00 00 00 00 00 03 23 00 01 00 01 74 00 00");
  message.edit({0, 1, *parse_hex("30")});
  CHECK(hex_of(message).substr(0, 2) == "30");
}

TEST_CASE("A property where it is not allowed can be sent, too") {
  draft ping{packet_type::puback, version::v5};
  CHECK(ping.set("packet_id", n(1)) == done);
  CHECK(ping.set("topic_alias", n(1)) == done);
  CHECK(hex_of(ping) == "40 07 00 01 00 03 23 00 01");
}

TEST_CASE("A packet that came is copied, changed by name, and goes out whole") {
  struct row {
    std::string name, came;
    version level;
    std::function<void(draft&)> change;
    std::string goes_out;
  };
  const std::vector<row> table{
      {"nothing changed", "32 0d 00 01 61 00 07 03 23 00 05 70 71 72 73", version::v5, [](draft&) {},
       "32 0d 00 01 61 00 07 03 23 00 05 70 71 72 73"},
      {"a plain field", "40 02 00 07", version::v5, [](draft& d) { d.set("reason", n(0x10)); },
       "40 03 00 07 10"},
      {"a property replaced", "20 06 00 00 03 21 00 0a", version::v5,
       [](draft& d) {
         d.remove("receive_maximum");
         d.set("receive_maximum", n(1));
       },
       "20 06 00 00 03 21 00 01"},
      {"a property taken away, others stay", "20 0b 00 00 08 21 00 0a 22 00 05 24 01", version::v5,
       [](draft& d) { d.remove("topic_alias_maximum"); }, "20 08 00 00 05 21 00 0a 24 01"},
      {"codes given anew", "90 05 00 07 00 00 01", version::v5,
       [](draft& d) {
         d.remove("reason");
         d.set("reason", n(0x80));
       },
       "90 04 00 07 00 80"},
      {"filters given anew", "82 06 00 01 00 01 61 01", version::v3_1_1,
       [](draft& d) {
         d.remove("filter");
         d.set("filter", "b"s);
       },
       "82 06 00 01 00 01 62 00"},
      {"broken as well", "d0 00", version::v5, [](draft& d) { d.corrupt("fixed_flags", n(8)); }, "d8 00"},
      {"user and password gone", "10 12 00 04 4d 51 54 54 04 c2 00 00 00 00 00 01 75 00 01 70",
       version::v3_1_1,
       [](draft& d) {
         d.remove("user");
         d.remove("password");
       },
       "10 0c 00 04 4d 51 54 54 04 02 00 00 00 00"},
  };
  for (const auto& one : table) {
    INFO(one.name);
    const auto raw = *parse_hex(one.came);
    const auto sender = one.came.starts_with("1") || one.came.starts_with("8") ? role::client : role::server;
    const auto came = decode(raw, one.level, sender);
    REQUIRE(came);
    draft copy{*came, one.level};
    one.change(copy);
    CHECK(hex_of(copy) == one.goes_out);
  }
  draft nothing{packet_type::pingreq, version::v5};
  CHECK_FALSE(nothing.remove("no such field"));
}

TEST_CASE("A body can be cut so that its length says so, or a packet so that it does not") {
  draft ack{packet_type::puback, version::v5};
  ack.set("packet_id", n(7));
  CHECK(ack.corrupt("body_cut", n(1)) == done);
  CHECK(hex_of(ack) == "40 01 00");
  CHECK(ack.corrupt("body_cut", n(9)) == done);
  CHECK(hex_of(ack) == "40 02 00 07");
  CHECK(ack.corrupt("cut_at", n(3)) == done);
  CHECK(hex_of(ack) == "40 02 00");
}
