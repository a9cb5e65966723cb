#include "sim/conformance/mqtt_monitor.hpp"

#include <catch2/catch.hpp>

#include "protocols/core/hex.hpp"

using namespace wanwu;
using namespace wanwu::conform;

namespace {

/// Who said what: "> hex" from us, "< hex" from the target.
struct row {
  std::string name;
  std::uint8_t version;
  std::vector<std::string> said;
  std::string clause;  ///< The one finding's; "" = none.
};

const std::string hello = "> 10 0d 00 04 4d 51 54 54 05 02 00 00 00 00 00";
const std::string hello_resuming = "> 10 0d 00 04 4d 51 54 54 05 00 00 00 00 00 00";
const std::string hello_old = "> 10 0c 00 04 4d 51 54 54 04 02 00 00 00 00";
std::string hello_with(const std::string& properties) {
  const auto size = parse_hex(properties)->size();
  const auto number = [](std::size_t n) { return to_hex(bytes{static_cast<std::byte>(n)}); };
  return "> 10 " + number(13 + size) + " 00 04 4d 51 54 54 05 02 00 00 " + number(size) + " " + properties +
         " 00 00";
}
const std::string welcome = "< 20 03 00 00 00", welcome_old = "< 20 02 00 00", resumed = "< 20 03 01 00 00";
const std::string qos1 = "< 32 07 00 01 74 00 07 00 6d", again = "< 3a 07 00 01 74 00 07 00 6d";
const std::string subscribe = "> 82 07 00 05 00 00 01 74 01",
                  subscribe_two = "> 82 0b 00 05 00 00 01 74 01 00 01 75 02";

const std::vector<row> order{
    {"all well", 5, {hello, welcome, "> c0 00", "< d0 00"}, ""},
    {"before CONNACK", 5, {hello, "< d0 00"}, "MQTT-3.2.0-1"},
    {"before CONNACK, 3.1.1", 4, {hello_old, "< d0 00"}, "MQTT-3.2.0-1"},
    {"a second CONNACK", 5, {hello, welcome, welcome}, "MQTT-3.2.0-2"},
    {"a second CONNACK, 3.1.1", 4, {hello_old, welcome_old, hello_old, welcome_old}, "MQTT-3.1.0-2"},
    {"DISCONNECT in place of CONNACK", 5, {hello, "< e0 02 82 00"}, "MQTT-3.14.0-1"},
    {"DISCONNECT after a refusal", 5, {hello, "< 20 03 00 87 00", "< e0 02 87 00"}, "MQTT-3.14.0-1"},
    {"DISCONNECT", 5, {hello, welcome, "< e0 02 82 00"}, ""},
    {"more after DISCONNECT", 5, {hello, welcome, "< e0 02 82 00", "< d0 00"}, "MQTT-3.14.4-1"},
    {"AUTH before CONNACK", 5, {hello_with("15 00 01 6d"), "< f0 06 18 04 15 00 01 6d"}, ""},
    {"AUTH that nobody asked for", 5, {hello, "< f0 06 18 04 15 00 01 6d"}, "MQTT-4.12.0-6"},
    {"a broken packet", 5, {hello, welcome, "< d1 00"}, "MQTT-2.1.3-1"},
    {"to a broken CONNECT anything may be said", 5, {"> 10 02 00 00", "< 20 03 00 81 00"}, ""},
    {"but not before CONNACK", 5, {"> 10 02 00 00", "< e0 02 81 00"}, "MQTT-3.14.0-1"},
};

const std::vector<row> connack{
    {"a session, asked for clean", 5, {hello, resumed}, "MQTT-3.2.2-2"},
    {"a session, asked for clean, 3.1.1", 4, {hello_old, "< 20 02 01 00"}, "MQTT-3.2.2-1"},
    {"a session", 5, {hello_resuming, resumed}, ""},
    {"response information, not asked for", 5, {hello, "< 20 07 00 00 04 1a 00 01 72"}, "MQTT-3.1.2-28"},
    {"response information", 5, {hello_with("19 01"), "< 20 07 00 00 04 1a 00 01 72"}, ""},
    {"a method that nobody named", 5, {hello, "< 20 07 00 00 04 15 00 01 6d"}, "MQTT-4.12.0-6"},
    {"problems not wanted: CONNACK may", 5, {hello_with("17 00"), "< 20 07 00 00 04 1f 00 01 72"}, ""},
    {"problems not wanted: SUBACK may not",
     5,
     {hello_with("17 00"), welcome, subscribe, "< 90 08 00 05 04 1f 00 01 72 01"},
     "MQTT-3.1.2-29"},
    {"problems wanted", 5, {hello, welcome, subscribe, "< 90 08 00 05 04 1f 00 01 72 01"}, ""},
};

const std::vector<row> limits{
    {"longer than the client takes",
     5,
     {hello_with("27 00 00 00 08"), welcome, "< 30 07 00 01 74 00 6d 6d 6d"},
     "MQTT-3.1.2-24"},
    {"as long as the client takes",
     5,
     {hello_with("27 00 00 00 08"), welcome, "< 30 06 00 01 74 00 6d 6d"},
     ""},
    {"an alias, none allowed", 5, {hello, welcome, "< 30 07 00 01 74 03 23 00 01"}, "MQTT-3.1.2-27"},
    {"an alias too high",
     5,
     {hello_with("22 00 01"), welcome, "< 30 07 00 01 74 03 23 00 02"},
     "MQTT-3.1.2-26"},
    {"an alias, then alone",
     5,
     {hello_with("22 00 01"), welcome, "< 30 07 00 01 74 03 23 00 01", "< 30 06 00 00 03 23 00 01"},
     ""},
    {"an alias that stands for nothing",
     5,
     {hello_with("22 00 01"), welcome, "< 30 06 00 00 03 23 00 01"},
     "U5-3.3.4-a"},
    {"two in flight, one allowed",
     5,
     {hello_with("21 00 01"), welcome, qos1, "< 32 07 00 01 74 00 08 00 6d"},
     "MQTT-3.3.4-9"},
    {"one after the other",
     5,
     {hello_with("21 00 01"), welcome, qos1, "> 40 02 00 07", "< 32 07 00 01 74 00 08 00 6d"},
     ""},
    {"QoS 2 counts until PUBCOMP",
     5,
     {hello_with("21 00 01"), welcome, "< 34 07 00 01 74 00 07 00 6d", "> 50 02 00 07", "< 62 02 00 07",
      "< 32 07 00 01 74 00 08 00 6d"},
     "MQTT-3.3.4-9"},
};

const std::vector<row> exchanges{
    {"an id in use", 5, {hello, welcome, qos1, qos1}, "MQTT-2.2.1-4"},
    {"an id in use, 3.1.1",
     4,
     {hello_old, welcome_old, "< 32 05 00 01 74 00 07", "< 32 05 00 01 74 00 07"},
     "MQTT-2.3.1-4"},
    {"an id used again", 5, {hello, welcome, qos1, "> 40 02 00 07", qos1}, ""},
    {"sent again on the same connection", 5, {hello, welcome, qos1, again}, "MQTT-4.4.0-1"},
    {"which 3.1.1 allows",
     4,
     {hello_old, welcome_old, "< 32 05 00 01 74 00 07", "< 3a 05 00 01 74 00 07"},
     ""},
    {"DUP at first", 5, {hello, welcome, again}, "MQTT-3.3.1-3"},
    {"DUP of an old session", 5, {hello_resuming, resumed, again}, ""},
    {"DUP by a shared subscription",
     5,
     {hello, welcome, "> 82 10 00 05 00 00 0a 24 73 68 61 72 65 2f 67 2f 74 01", "< 90 04 00 05 00 01",
      again},
     ""},
    {"more QoS than granted", 5, {hello, welcome, subscribe, "< 90 04 00 05 00 00", qos1}, "MQTT-3.8.4-8"},
    {"as much as granted", 5, {hello, welcome, subscribe, "< 90 04 00 05 00 01", qos1}, ""},
    {"before SUBACK nothing is known", 5, {hello, welcome, subscribe, qos1, "< 90 04 00 05 00 00"}, ""},
    {"SUBACK of another id", 5, {hello, welcome, subscribe, "< 90 04 00 06 00 01"}, "MQTT-2.2.1-6"},
    {"SUBACK of another id, 3.1.1",
     4,
     {hello_old, welcome_old, "> 82 06 00 05 00 01 74 01", "< 90 03 00 06 01"},
     "MQTT-2.3.1-7"},
    {"too few codes", 5, {hello, welcome, subscribe_two, "< 90 04 00 05 00 01"}, "MQTT-3.8.4-6"},
    {"UNSUBACK with too many codes",
     5,
     {hello, welcome, "> a2 06 00 05 00 00 01 74", "< b0 05 00 05 00 00 00"},
     "MQTT-3.11.3-1"},
    {"PUBACK for nothing", 5, {hello, welcome, "< 40 02 00 01"}, "MQTT-2.2.1-5"},
    {"PUBACK", 5, {hello, welcome, "> 32 06 00 01 74 00 01 00", "< 40 02 00 01"}, ""},
    {"PUBCOMP without PUBREL",
     5,
     {hello, welcome, "> 34 06 00 01 74 00 01 00", "< 70 02 00 01"},
     "MQTT-2.2.1-5"},
    {"after a broken stimulus it is silent",
     5,
     {hello, welcome, "> 36 06 00 01 74 00 01 00", "< 40 02 00 01", again},
     ""},
};

void check(const row& one) {
  INFO(one.name);
  const auto talk = mqtt_dialect().converse({"c", {}, {}, one.version});
  talk->begin();
  std::vector<finding> found;
  for (const std::string& line : one.said) {
    const auto raw = parse_hex(line.substr(2));
    REQUIRE(raw);
    if (line[0] == '>') {
      talk->sent(*raw);
    } else {
      talk->judge(*talk->read(*raw), found);
    }
  }
  INFO((found.empty() ? std::string{"nothing found"} : found[0].clause + " " + found[0].text));
  REQUIRE(found.size() == (one.clause.empty() ? 0 : 1));
  if (!found.empty()) CHECK(found[0].clause == one.clause);
}

}  // namespace

TEST_CASE("What may come when is watched on every connection") {
  for (const row& one : order) check(one);
}

TEST_CASE("CONNACK and properties are held to what CONNECT asked for") {
  for (const row& one : connack) check(one);
}

TEST_CASE("The limits that the client named are watched") {
  for (const row& one : limits) check(one);
}

TEST_CASE("Ids, acknowledgements and deliveries are watched, as far as they are certain") {
  for (const row& one : exchanges) check(one);
}
