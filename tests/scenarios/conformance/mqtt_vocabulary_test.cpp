// The words of MQTT that suites use are those of the codec.
#include <set>

#include <catch2/catch.hpp>

#include "protocols/mqtt/draft.hpp"
#include "scenarios/conformance/vocabulary.hpp"

using namespace wanwu;
using conform::mqtt_vocabulary;
using form = conform::vocabulary::form;

TEST_CASE("Every field of the vocabulary can be set by the codec, with the kind of value that is promised") {
  const auto& words = mqtt_vocabulary();
  for (const std::string_view packet : words.packets()) {
    if (packet == conform::upgrade_packet) continue;  // of the carrier: no codec of MQTT writes it
    const auto type = mqtt::find_packet_type(packet);
    REQUIRE(type);
    for (const std::string_view field : words.settable(packet)) {
      CAPTURE(packet, field);
      mqtt::draft trial{*type, mqtt::version::v5};
      if (*type == mqtt::packet_type::subscribe) trial.set("filter", std::string{"a"});
      const form takes = words.form_of(packet, field);
      REQUIRE(takes != form::none);
      const auto good =
          takes == form::text ? mqtt::field_value{std::string{"a=b"}} : mqtt::field_value{std::uint64_t{1}};
      const auto bad =
          takes == form::text ? mqtt::field_value{std::uint64_t{1}} : mqtt::field_value{std::string{"a"}};
      CHECK(trial.set(field, good) == mqtt::set_result::done);
      CHECK(trial.set(field, bad) == mqtt::set_result::wrong_kind);
    }
  }
}

TEST_CASE("The answer to an upgrade has its two fields, and statuses of three digits") {
  const auto& words = mqtt_vocabulary();
  CHECK(words.settable("UPGRADE") == std::vector<std::string_view>{"status", "subprotocol"});
  CHECK(words.form_of("UPGRADE", "status") == form::number);
  CHECK(words.form_of("UPGRADE", "subprotocol") == form::text);
  CHECK(words.form_of("UPGRADE", "reason") == form::none);
  CHECK(words.form_of("CONNACK", "status") == form::none);
  CHECK(words.refuse("UPGRADE", "status", 99, 5) != "");
  CHECK(words.refuse("UPGRADE", "status", 599, 5) == "");
}

TEST_CASE("Names that a packet has none of are refused") {
  const auto& words = mqtt_vocabulary();
  CHECK(words.form_of("PINGREQ", "user_property") == form::none);
  CHECK(words.form_of("PUBLISH", "keep_alive") == form::none);
  CHECK(words.form_of("PUBLISH", "will_delay_interval") == form::number);  // wrong there, and can be sent
  CHECK(words.form_of("CONNECT", "will_content_type") == form::text);
  CHECK(words.form_of("NOTHING", "qos") == form::none);
}

TEST_CASE("Every way to corrupt a packet that the codec knows is named, and the two that cut") {
  const auto& words = mqtt_vocabulary();
  std::set<std::string_view> known{words.corruptions().begin(), words.corruptions().end()};
  for (const std::string_view name : mqtt::corruption_names()) CHECK(known.contains(name));
  CHECK(known.contains("cut_at"));
  CHECK(known.contains("body_cut"));
  CHECK(words.corruption_form("tail") == form::text);
  CHECK(words.corruption_form("fixed_flags") == form::number);
  CHECK(words.corruption_form("fixd_flags") == form::none);
}

TEST_CASE("Numbers that do not fit, and fields that 3.1.1 lacks, are refused with why") {
  const auto& words = mqtt_vocabulary();
  CHECK(words.refuse("CONNECT", "keep_alive", 65535, 5).empty());
  CHECK(words.refuse("CONNECT", "keep_alive", 65536, 5) == "the number does not fit on the wire");
  CHECK(words.refuse("SUBSCRIBE", "qos", 3, 5).empty());
  CHECK(words.refuse("CONNECT", "receive_maximum", 1, 4) == "MQTT 3.1.1 has no properties");
}

TEST_CASE("No name stands twice among fields, and a password is never read") {
  const auto names = mqtt_vocabulary().field_names();
  std::set<std::string_view> once{names.begin(), names.end()};
  CHECK(once.size() == names.size());
  CHECK_FALSE(once.contains("password"));
  for (const char* name :
       {"reason", "topic", "will_topic", "will_content_type", "flags", "payload_hex", "reasons"})
    CHECK(once.contains(name));
}
