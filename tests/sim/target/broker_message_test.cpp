// How the broker forwards messages: subscriptions, qualities of service, retained messages, properties and
// limits.
#include <vector>

#include <catch2/catch.hpp>

#include "tests/sim/target/conversation.hpp"

namespace wanwu::target {
namespace {

struct row {
  const char* name;
  const char* script;
};

/// S (3.1.1) and P (5.0) are connected before each script begins.
constexpr const char* connected = R"(
        S> 10: s'MQTT' 05 02 0000 00 s's'
        S< 20: 00 00 00
        P> 10: s'MQTT' 05 02 0000 00 s'p'
        P< 20: 00 00 00
)";

void play_all(const std::vector<row>& table, const target_settings& settings = plain_settings(),
              const char* preamble = connected) {
  for (const auto& [name, script] : table) {
    INFO(name);
    conversation talk{settings};
    CHECK(talk.play(preamble) == "");
    CHECK(talk.play(script) == "");
  }
}

TEST_CASE("Messages go to whoever subscribed, at the lower of both qualities") {
  play_all({
      {"each QoS [MQTT-3.8.4-8]", R"(
        S> 82: 0001 00 s'0' 00 s'1' 01 s'2' 02
        S< 90: 0001 00 00 01 02
        P> 30: s'2' 00 'a' | 32: s'2' 0001 00 'b' | 34: s'2' 0002 00 'c' | 34: s'1' 0003 00 'd' | 34: s'0' 0004 00 'e'
        P< 40: 0001 | 50: 0002 | 50: 0003 | 50: 0004
        S< 30: s'2' 00 'a' | 32: s'2' 0001 00 'b' | 34: s'2' 0002 00 'c' | 32: s'1' 0003 00 'd' | 30: s'0' 00 'e')"},
      {"wildcards [MQTT-4.7.1-1] [MQTT-4.7.1-2] [MQTT-4.7.3-4]", R"(
        S> 82: 0001 00 s'a/#' 00 s'+/b' 00 s'/+' 00
        S< 90: 0001 00 00 00 00
        P> 30: s'a' 00 | 30: s'a/x/y' 00 | 30: s'z/b' 00 | 30: s'/q' 00 | 30: s'A' 00 | 30: s'z/b/' 00
        S< 30: s'a' 00 | 30: s'a/x/y' 00 | 30: s'z/b' 00 | 30: s'/q' 00
        S-)"},
      {"$ topics [MQTT-4.7.2-1]", R"(
        S> 82: 0001 00 s'#' 00 s'+/x' 00 s'$t/#' 00
        S< 90: 0001 00 00 00 00
        P> 30: s'$t/x' 00 'y'
        S< 30: s'$t/x' 00 'y'
        S-)"},
      {"U+FEFF stays [MQTT-1.5.4-3]", R"(
        S> 82: 0001 00 s'x' 00 0004 efbbbf 'x' 00
        S< 90: 0001 00 00 00
        P> 30: 0004 efbbbf 'x' 00
        S< 30: 0004 efbbbf 'x' 00
        S-)"},
      {"overlap: one copy, highest QoS, all identifiers [MQTT-3.3.4-2] [MQTT-3.3.4-4]", R"(
        S> 82: 0001 02 0b 01 s'a/#' 02 | 82: 0002 05 0b ffffff7f s'a/+' 00
        S< 90: 0001 00 02 | 90: 0002 00 00
        P> 34: s'a/b' 0009 00 'x'
        P< 50: 0009
        S< 34: s'a/b' 0001 07 0b 01 0b ffffff7f 'x'
        S-)"},
      {"the same filter again replaces [MQTT-3.8.4-3]", R"(
        S> 82: 0001 00 s't' 00 | 82: 0002 00 s't' 01
        S< 90: 0001 00 00 | 90: 0002 00 01
        P> 32: s't' 0001 00 'x'
        S< 32: s't' 0001 00 'x'
        S-)"},
      {"no local [MQTT-3.8.3-3]", R"(
        P> 82: 0001 00 s't' 04 | 30: s't' 00 'own'
        P< 90: 0001 00 00
        S> 30: s't' 00 'other'
        P< 30: s't' 00 'other'
        P-)"},
      {"unsubscribe [MQTT-3.10.4-1] [MQTT-3.11.3-1], and finish what was begun [MQTT-3.10.4-3]", R"(
        S> 82: 0001 00 s'a/+' 02 s'a/b' 02
        S< 90: 0001 00 02 02
        P> 34: s'a/b' 0001 00 'x'
        S< 34: s'a/b' 0001 00 'x'
        S> a2: 0002 00 s'a/b' s'A/+' s'a/+' | 50: 0001
        S< b0: 0002 00 00 11 00 | 62: 0001
        P> 34: s'a/b' 0002 00 'y'
        P< 50: 0001 | 50: 0002 10
        S-)"},
      {"nobody there [MQTT-3.4.2-1]", R"(
        P> 32: s't' 0001 00 'x'
        P< 40: 0001 10)"},
      {"incoming DUP is not forwarded [MQTT-3.3.1-3]; after PUBACK the id is new [MQTT-4.3.2-5]", R"(
        S> 82: 0001 00 s't' 01
        S< 90: 0001 00 01
        P> 3a: s't' 0005 00 'x' | 3a: s't' 0005 00 'x'
        P< 40: 0005 | 40: 0005
        S< 32: s't' 0001 00 'x' | 32: s't' 0002 00 'x')"},
      {"QoS 2 in: once until PUBREL [MQTT-4.3.3-10] [MQTT-4.3.3-12]", R"(
        S> 82: 0001 00 s't' 00
        S< 90: 0001 00 00
        P> 34: s't' 0007 00 'x' | 3c: s't' 0007 00 'x' | 62: 0007 | 62: 0007 | 34: s't' 0007 00 'y'
        P< 50: 0007 | 50: 0007 | 70: 0007 | 70: 0007 92 | 50: 0007
        S< 30: s't' 00 'x' | 30: s't' 00 'y'
        S-)"},
      {"refusal by the receiver ends a delivery [MQTT-4.3.3-4] [MQTT-4.4.0-2]", R"(
        S> 82: 0001 00 s't' 02
        S< 90: 0001 00 02
        P> 34: s't' 0001 00 'x'
        S< 34: s't' 0001 00 'x'
        S> 50: 0001 80
        S-
        S> 50: 0063
        S< 62: 0063 92)"},
  });
}

TEST_CASE("Retained messages are kept, replaced, cleared and sent as asked") {
  play_all({
      {"the last one, with RETAIN [MQTT-3.3.1-5] [MQTT-3.3.1-8]", R"(
        P> 31: s'a/1' 00 'old' | 31: s'a/1' 00 'new' | 31: s'a/2' 00 'two' | 30: s'a/2' 00 'passing' | 31: s'b' 00 'b'
        S> 82: 0001 00 s'a/+' 00
        S< 90: 0001 00 00 | 31: s'a/1' 00 'new' | 31: s'a/2' 00 'two'
        S-)"},
      {"cleared by an empty one, which is forwarded [MQTT-3.3.1-6]", R"(
        P> 31: s't' 00 'x'
        S> 82: 0001 00 s't' 00
        S< 90: 0001 00 00 | 31: s't' 00 'x'
        P> 31: s't' 00
        S< 30: s't' 00
        S> 82: 0002 00 s't' 00
        S< 90: 0002 00 00
        S-)"},
      {"retain handling 0, 1, 2 [MQTT-3.3.1-9] [MQTT-3.3.1-10] [MQTT-3.3.1-11]", R"(
        P> 31: s't' 00 'x'
        S> 82: 0001 00 s't' 20
        S< 90: 0001 00 00
        S> 82: 0002 00 s't' 10
        S< 90: 0002 00 00
        S> 82: 0003 00 s't' 00
        S< 90: 0003 00 00 | 31: s't' 00 'x'
        S> a2: 0004 00 s't' | 82: 0005 00 s't' 10
        S< b0: 0004 00 00 | 90: 0005 00 00 | 31: s't' 00 'x')"},
      {"retain as published [MQTT-3.3.1-12] [MQTT-3.3.1-13]", R"(
        S> 82: 0001 00 s't' 08 s'u' 00
        S< 90: 0001 00 00 00
        P> 31: s't' 00 'x' | 30: s't' 00 'y' | 31: s'u' 00 'z'
        S< 31: s't' 00 'x' | 30: s't' 00 'y' | 30: s'u' 00 'z')"},
      {"expired [MQTT-3.3.2-5], reduced [MQTT-3.3.2-6]", R"(
        P> 31: s't' 05 02 0000000a 'x'
        wait 3s
        S> 82: 0001 00 s't' 00
        S< 90: 0001 00 00 | 31: s't' 05 02 00000007 'x'
        wait 7s
        S> 82: 0002 00 s't' 00
        S< 90: 0002 00 00
        S-)"},
      {"not on shared subscriptions [U5-4.8.2-b]", R"(
        P> 31: s't' 00 'x'
        S> 82: 0001 00 s'$share/g/t' 00
        S< 90: 0001 00 00
        S-)"},
  });
}

TEST_CASE("Properties are forwarded unaltered and in order; those of one hop are not") {
  play_all({
      {"all that belong to the message [MQTT-3.3.2-4] [MQTT-3.3.2-15] [MQTT-3.3.2-16] [MQTT-3.3.2-18] "
       "[MQTT-3.3.2-20]",
       R"(
        S> 82: 0001 00 s't' 00
        S< 90: 0001 00 00
        P> 30: s't' 22 26 s'k' s'v' 01 01 03 s'text' 26 s'k' s'u' 08 s'r' 09 s'corr' 'x'
        S< 30: s't' 22 26 s'k' s'v' 01 01 03 s'text' 26 s'k' s'u' 08 s'r' 09 s'corr' 'x')"},
      {"3.1.1 gets none, and gives none", R"(
        T> 10: s'MQTT' 04 02 0000 s'q' | 82: 0001 s't' 00
        T< 20: 00 00 | 90: 0001 00
        P> 30: s't' 07 26 s'k' s'v' 'x'
        T< 30: s't' 'x'
        T> 30: s't' 'y'
        T< 30: s't' 'y')"},
  });
}

TEST_CASE("Topic aliases work both ways within what was announced") {
  auto settings = plain_settings();
  settings.mqtt.topic_alias_maximum = 2;
  const char* preamble = R"(
        S> 10: s'MQTT' 05 02 0000 03 22 0001 s's'
        S< 20: 00 00 03 22 0002
        P> 10: s'MQTT' 05 02 0000 00 s'p'
        P< 20: 00 00 03 22 0002
        S> 82: 0001 00 s'#' 00
        S< 90: 0001 00 00
)";
  play_all(
      {{"set, used, set anew; ours stays within the client's maximum [MQTT-3.3.2-12] [MQTT-3.1.2-26]", R"(
        P> 30: s'a' 03 23 0001 '1' | 30: s'' 03 23 0001 '2' | 30: s'b' 03 23 0001 '3' | 30: s'' 03 23 0001 '4'
        S< 30: s'a' 03 23 0001 '1' | 30: s'' 03 23 0001 '2' | 30: s'b' 00 '3' | 30: s'b' 00 '4')"},
       {"0 [MQTT-3.3.2-8]", R"(
        P> 30: s'a' 03 23 0000 '1'
        P< e0: 94
        P!)"},
       {"above the maximum [MQTT-3.2.2-17]", R"(
        P> 30: s'a' 03 23 0003 '1'
        P< e0: 94
        P!)"},
       {"unknown [U5-3.3.4-a]", R"(
        P> 30: s'' 03 23 0001 '1'
        P< e0: 82
        P!)"}},
      settings, preamble);
}

TEST_CASE("Flow control and packet sizes hold both ways") {
  auto settings = plain_settings();
  settings.mqtt.receive_maximum = 2;
  settings.mqtt.maximum_packet = 64;
  const char* preamble = R"(
        S> 10: s'MQTT' 05 02 0000 08 21 0001 27 00000018 s's'
        S< 20: 00 00 08 21 0002 27 00000040
        P> 10: s'MQTT' 05 02 0000 00 s'p'
        P< 20: 00 00 08 21 0002 27 00000040
        S> 82: 0001 00 s't' 01
        S< 90: 0001 00 01
)";
  play_all(
      {{"never more than the client's Receive Maximum; the rest goes on [MQTT-3.3.4-9] [MQTT-3.3.4-10]", R"(
        P> 32: s't' 0001 00 '1' | 32: s't' 0002 00 '2' | 30: s't' 00 '0'
        P< 40: 0001 | 40: 0002
        S< 32: s't' 0001 00 '1' | 30: s't' 00 '0'
        S> c000
        S< d000
        S> 40: 0001
        S< 32: s't' 0002 00 '2'
        S-)"},
       {"too large for the client: dropped, no stall [MQTT-3.1.2-24] [MQTT-3.1.2-25]", R"(
        P> 32: s't' 0001 00 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' | 32: s't' 0002 00 'b'
        P< 40: 0001 | 40: 0002
        S< 32: s't' 0002 00 'b'
        S-)"},
       {"too large for us [MQTT-3.2.2-15]", R"(
        P> 30 7f
        P< e0: 95
        P!)"},
       {"more than our Receive Maximum [U5-3.3.4-b]", R"(
        P> 34: s'u' 0001 00 | 34: s'u' 0002 00 | 34: s'u' 0003 00
        P< 50: 0001 10 | 50: 0002 10 | e0: 93
        P!)"}},
      settings, preamble);
}

TEST_CASE("Shared subscriptions take turns among those who are there") {
  play_all({{"round robin, other groups and plain ones get their own [U5-4.8.2-a]", R"(
        S> 82: 0001 00 s'$share/g/t' 01
        S< 90: 0001 00 01
        T> 10: s'MQTT' 05 02 0000 00 s'q' | 82: 0001 00 s'$share/g/t' 00 s'$share/h/t' 00
        T< 20: 00 00 00 | 90: 0001 00 00 00
        P> 82: 0001 00 s't' 00 | 32: s't' 0001 00 '1' | 32: s't' 0002 00 '2' | 32: s't' 0003 00 '3'
        P< 90: 0001 00 00 | 30: s't' 00 '1' | 40: 0001 | 30: s't' 00 '2' | 40: 0002 | 30: s't' 00 '3' | 40: 0003
        S< 32: s't' 0001 00 '1' | 32: s't' 0002 00 '3'
        T< 30: s't' 00 '1' | 30: s't' 00 '2' | 30: s't' 00 '2' | 30: s't' 00 '3'
        T-)"},
            {"no local is a protocol error there [MQTT-3.8.3-4]", R"(
        S> 82: 0001 00 s'$share/g/t' 04
        S< e0: 82
        S!)"}});
}

TEST_CASE("What the broker does not offer is announced and refused") {
  auto settings = plain_settings();
  settings.mqtt.maximum_qos = 1;
  settings.mqtt.retain_available = false;
  settings.mqtt.wildcards_available = false;
  settings.mqtt.shared_available = false;
  settings.mqtt.subscription_ids_available = false;
  settings.mqtt.deny = {"secret/#"};
  const char* preamble = R"(
        P> 10: s'MQTT' 05 02 0000 00 s'p'
        P< 20: 00 00 0a 24 01 25 00 28 00 29 00 2a 00
)";
  play_all({{"QoS [U5-3.2.2.3-g]", R"(
        P> 34: s't' 0001 00
        P< e0: 9b
        P!)"},
            {"retain [MQTT-3.2.2-14]", R"(
        P> 31: s't' 00 'x'
        P< e0: 9a
        P!)"},
            {"filters [U5-3.2.2.3-h] [U5-3.2.2.3-j], QoS granted [MQTT-3.2.2-10], denied topics", R"(
        P> 82: 0001 00 s'a/#' 00 s'$share/g/t' 00 s't' 02 s'secret/x' 00
        P< 90: 0001 00 a2 9e 01 87
        P> 32: s'secret/x' 0002 00 'y'
        P< 40: 0002 87)"},
            {"subscription identifiers [U5-3.2.2.3-i]", R"(
        P> 82: 0001 02 0b 01 s't' 00
        P< e0: a1
        P!)"},
            {"wills [MQTT-3.2.2-12] [MQTT-3.2.2-13]", R"(
        A> 10: s'MQTT' 05 16 0000 00 s'a' 00 s'w' s''
        A< 20: 00 9b 00
        A!
        B> 10: s'MQTT' 05 26 0000 00 s'b' 00 s'w' s''
        B< 20: 00 9a 00
        B!)"},
            {"3.1.1 has one word for no", R"(
        A> 10: s'MQTT' 04 02 0000 s'a' | 82: 0001 s'a/#' 00 s't' 00 | 32: s'secret/x' 0002 'y'
        A< 20: 00 00 | 90: 0001 80 00 | 40: 0002
        A-)"}},
           settings, preamble);
}

TEST_CASE("Malformed and forbidden packets close the connection that sent them, and no other") {
  const char* packets[] = {
      "c100",
      "e100",
      "41 02 0001",
      "51 02 0001",
      "60 02 0001",
      "80: 0001 00 s't' 00",
      "a0: 0001 00 s't'",  // flags
      "36: s't' 0001 00",
      "38: s't' 00",  // QoS 3, DUP at QoS 0
      "32: s't' 0000 00",
      "82: 0000 00 s't' 00",  // packet id 0
      "82: 0001 00",
      "a2: 0001 00",
      "82: 0001 00 s't'",  // no filters, no options
      "82: 0001 00 s't' 03",
      "82: 0001 00 s't' 30",
      "82: 0001 00 s't' 40",  // options
      "82: 0001 00 s'a#' 00",
      "82: 0001 00 s'a/#/b' 00",
      "82: 0001 00 s'a+' 00",
      "82: 0001 00 s'' 00",
      "82: 0001 00 s'$share/g' 00",
      "82: 0001 00 s'$share//t' 00",
      "82: 0001 02 0b 00 s't' 00",
      "30: s'a/#' 00",
      "30: s'+' 00",
      "30: s'' 00",
      "30: 0001 00 00",
      "30: 0002 c080 00",  // topics
      "30: s't' 02 0b 01",
      "30: s't' 02 01 02",
      "30: s't' 04 01 01 01 01",
      "30: s't' 03 23 0001",  // properties
      "00 00",
      "20: 00 00 00",
      "90: 0001 00 00",
      "b0: 0001 00 00",
      "d000",
      "f0: 18 00",  // direction, type
      "c0 01 00",
      "e0: 05",
      "30 ff ff ff ff 7f",
      "62: 0001 80",
  };
  for (const char* packet : packets) {
    INFO(packet);
    conversation talk;
    CHECK(talk.play(connected) == "");
    CHECK(talk.play(std::string{"S> 82: 0001 00 s'#' 00\nS< 90: 0001 00 00\nP> "} + packet + "\nP< e0\n") ==
          "");
    const auto rest = talk.play("P!");
    CHECK(rest.find("still connected") == std::string::npos);
    CHECK(talk.play("S-\nS> c000\nS< d000\nS-") == "");
  }
}

TEST_CASE("The same conversation gives the same bytes") {
  const auto run = [] {
    conversation talk;
    return talk.play(R"(
        A> 10: s'MQTT' 05 02 0000 00 s''
        A< ff)");
  };
  CHECK(run() == run());
}

}  // namespace
}  // namespace wanwu::target
