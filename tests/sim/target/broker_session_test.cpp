// Sessions, wills and keep alive of the broker, clause by clause.
#include <vector>

#include <catch2/catch.hpp>

#include "tests/sim/target/conversation.hpp"

namespace wanwu::target {
namespace {

struct row {
  const char* name;
  const char* script;
};

void play_all(const std::vector<row>& table, const target_settings& settings = plain_settings()) {
  for (const auto& [name, script] : table) {
    INFO(name);
    conversation talk{settings};
    CHECK(talk.play(script) == "");
  }
}

TEST_CASE("The broker answers CONNECT as each version demands") {
  play_all({
      {"3.1.1 accepted [MQTT-3.1.4-4]", R"(
        A> 10: s'MQTT' 04 02 003c s'a'
        A< 20: 00 00
        A-)"},
      {"5.0 accepted", R"(
        A> 10: s'MQTT' 05 02 003c 00 s'a'
        A< 20: 00 00 00
        A-)"},
      {"first packet is not CONNECT [MQTT-3.1.0-1]", R"(
        A> c000
        A!)"},
      {"first byte alone is enough to refuse", R"(
        A> 30
        A!)"},
      {"second CONNECT [MQTT-3.1.0-2]", R"(
        A> 10: s'MQTT' 05 02 003c 00 s'a'
        A< 20: 00 00 00
        A> 10: s'MQTT' 05 02 003c 00 s'a'
        A< e0: 82
        A!)"},
      {"unknown level [MQTT-3.1.2-2]", R"(
        A> 10: s'MQTT' 06 02 003c s'a'
        A< 20: 00 01
        A!
        B> 10: s'MQTT' 00 02 003c s'a'
        B< 20: 00 01
        B!)"},
      {"wrong protocol name [MQTT-3.1.2-1]", R"(
        A> 10: s'MQXX' 04 02 003c s'a'
        A!)"},
      {"reserved flag [MQTT-3.1.2-3]", R"(
        A> 10: s'MQTT' 04 03 003c s'a'
        A!)"},
      {"empty id without clean session [MQTT-3.1.3-8]", R"(
        A> 10: s'MQTT' 04 00 003c s''
        A< 20: 00 02
        A!)"},
      {"empty ids are told apart [MQTT-3.1.3-6]", R"(
        A> 10: s'MQTT' 04 02 003c s''
        A< 20: 00 00
        B> 10: s'MQTT' 04 02 003c s''
        B< 20: 00 00
        A-)"},
      {"nothing behind a refused CONNECT is looked at [MQTT-3.1.4-5]", R"(
        S> 10: s'MQTT' 04 02 0000 s's' | 82: 0001 s'#' 00
        S< 20: 00 00 | 90: 0001 00
        A> 10: s'MQTT' 04 00 003c s'' | 30: s't' 'x' | 82: 0001 s'#' 00
        A< 20: 00 02
        A!
        S-)"},
      {"packets in one segment, and a packet byte by byte [MQTT-4.2.0-1]", R"(
        A> 10: s'MQTT' 04 02 003c s'a' | c000 | c000
        A< 20: 00 00 | d000 | d000
        A> c0
        A-
        A> 00
        A< d000)"},
      {"a connection that says nothing is closed", R"(
        A> 10
        wait 9s
        A-
        wait 2s
        A!)"},
  });
}

TEST_CASE("A session is kept, resumed and dropped as its owner asked") {
  play_all({
      {"3.1.1 clean session off: subscription and messages wait [MQTT-3.1.2-4] [MQTT-3.1.2-5]", R"(
        A> 10: s'MQTT' 04 00 0000 s'a' | 82: 0001 s't' 02
        A< 20: 00 00 | 90: 0001 02
        A> e000
        A!
        B> 10: s'MQTT' 04 02 0000 s'b' | 32: s't' 0007 'one' | 34: s't' 0008 'two' | 30: s't' 'zero'
        B< 20: 00 00 | 40: 0007 | 50: 0008
        A> 10: s'MQTT' 04 00 0000 s'a'
        A< 20: 01 00 | 32: s't' 0001 'one' | 34: s't' 0002 'two'
        A-)"},
      {"clean session on drops it [MQTT-3.1.2-6]", R"(
        A> 10: s'MQTT' 04 00 0000 s'a' | 82: 0001 s't' 02
        A< 20: 00 00 | 90: 0001 02
        A.
        A> 10: s'MQTT' 04 02 0000 s'a'
        A< 20: 00 00
        A.
        A> 10: s'MQTT' 04 00 0000 s'a'
        A< 20: 00 00)"},
      {"5.0 expiry [MQTT-3.1.2-23] [MQTT-4.1.0-2]", R"(
        A> 10: s'MQTT' 05 02 0000 05 11 00000005 s'a' | 82: 0001 00 s't' 01
        A< 20: 00 00 00 | 90: 0001 00 01
        A.
        wait 4s
        A> 10: s'MQTT' 05 00 0000 05 11 00000005 s'a'
        A< 20: 01 00 00
        A.
        wait 6s
        A> 10: s'MQTT' 05 00 0000 05 11 00000005 s'a'
        A< 20: 00 00 00)"},
      {"expiry 0 ends with the connection", R"(
        A> 10: s'MQTT' 05 02 0000 00 s'a'
        A< 20: 00 00 00
        A.
        A> 10: s'MQTT' 05 00 0000 00 s'a'
        A< 20: 00 00 00)"},
      {"DISCONNECT may shorten the expiry, and may not raise it from 0 [U5-3.14.2-a]", R"(
        A> 10: s'MQTT' 05 02 0000 05 11 00000064 s'a' | e0: 00 05 11 00000000
        A< 20: 00 00 00
        A!
        A> 10: s'MQTT' 05 00 0000 00 s'a'
        A< 20: 00 00 00
        A> e0: 00 05 11 00000005
        A< e0: 82
        A!)"},
      {"takeover [MQTT-3.1.4-3]", R"(
        A> 10: s'MQTT' 05 02 0000 05 11 00000064 s'x'
        A< 20: 00 00 00
        B> 10: s'MQTT' 05 00 0000 05 11 00000064 s'x'
        A< e0: 8e
        A!
        B< 20: 01 00 00
        B-)"},
      {"an unfinished delivery is sent again with its id, as a duplicate, in order [MQTT-4.4.0-1]", R"(
        A> 10: s'MQTT' 04 00 0000 s'a' | 82: 0001 s't' 02
        A< 20: 00 00 | 90: 0001 02
        B> 10: s'MQTT' 04 02 0000 s'b' | 32: s't' 0001 '1' | 34: s't' 0002 '2' | 62: 0002 | 34: s't' 0003 '3' | 62: 0003
        B< 20: 00 00 | 40: 0001 | 50: 0002 | 70: 0002 | 50: 0003 | 70: 0003
        A< 32: s't' 0001 '1' | 34: s't' 0002 '2' | 34: s't' 0003 '3'
        A> 50: 0003
        A< 62: 0003
        wait 100s
        A-
        A.
        A> 10: s'MQTT' 04 00 0000 s'a'
        A< 20: 01 00 | 3a: s't' 0001 '1' | 3c: s't' 0002 '2' | 62: 0003
        A> 40: 0001 | 50: 0002 | 70: 0003
        A< 62: 0002
        A> 70: 0002
        A.
        A> 10: s'MQTT' 04 00 0000 s'a'
        A< 20: 01 00
        A-)"},
      {"a QoS 2 id received is remembered over a reconnection [MQTT-4.3.3-2]", R"(
        S> 10: s'MQTT' 04 02 0000 s's' | 82: 0001 s't' 00
        S< 20: 00 00 | 90: 0001 00
        A> 10: s'MQTT' 04 00 0000 s'a' | 34: s't' 0007 'x'
        A< 20: 00 00 | 50: 0007
        S< 30: s't' 'x'
        A.
        A> 10: s'MQTT' 04 00 0000 s'a' | 3c: s't' 0007 'x' | 62: 0007
        A< 20: 01 00 | 50: 0007 | 70: 0007
        S-)"},
  });
}

TEST_CASE("A will is published when and only when it is due") {
  play_all({
      {"connection lost [MQTT-3.1.2-8], once [MQTT-3.1.2-10]", R"(
        S> 10: s'MQTT' 04 02 0000 s's' | 82: 0001 s'#' 02
        S< 20: 00 00 | 90: 0001 02
        A> 10: s'MQTT' 04 0e 0000 s'a' s'w' s'gone'
        A< 20: 00 00
        A.
        S< 32: s'w' 0001 'gone'
        S-)"},
      {"not after DISCONNECT [MQTT-3.14.4-3]", R"(
        S> 10: s'MQTT' 04 02 0000 s's' | 82: 0001 s'#' 02
        S< 20: 00 00 | 90: 0001 02
        A> 10: s'MQTT' 04 06 0000 s'a' s'w' s'gone' | e000
        A< 20: 00 00
        A!
        S-)"},
      {"after DISCONNECT 0x04", R"(
        S> 10: s'MQTT' 04 02 0000 s's' | 82: 0001 s'#' 02
        S< 20: 00 00 | 90: 0001 02
        A> 10: s'MQTT' 05 06 0000 00 s'a' 00 s'w' s'gone' | e0: 04
        A< 20: 00 00 00
        A!
        S< 30: s'w' 'gone')"},
      {"after a protocol error, and DISCONNECT with reserved bits [MQTT-3.14.1-1]", R"(
        S> 10: s'MQTT' 04 02 0000 s's' | 82: 0001 s'#' 02
        S< 20: 00 00 | 90: 0001 02
        A> 10: s'MQTT' 04 06 0000 s'a' s'w' s'gone' | e100
        A< 20: 00 00
        A!
        S< 30: s'w' 'gone')"},
      {"delayed [MQTT-3.1.2-8]", R"(
        S> 10: s'MQTT' 04 02 0000 s's' | 82: 0001 s'#' 02
        S< 20: 00 00 | 90: 0001 02
        A> 10: s'MQTT' 05 06 0000 05 11 0000000a s'a' 05 18 00000002 s'w' s'gone'
        A< 20: 00 00 00
        A.
        wait 1999ms
        S-
        wait 1ms
        S< 30: s'w' 'gone')"},
      {"the session's end comes first", R"(
        S> 10: s'MQTT' 04 02 0000 s's' | 82: 0001 s'#' 02
        S< 20: 00 00 | 90: 0001 02
        A> 10: s'MQTT' 05 06 0000 05 11 00000002 s'a' 05 18 0000000a s'w' s'gone'
        A< 20: 00 00 00
        A.
        wait 1900ms
        S-
        wait 200ms
        S< 30: s'w' 'gone'
        wait 20s
        S-)"},
      {"back in time [MQTT-3.1.3-9]", R"(
        S> 10: s'MQTT' 04 02 0000 s's' | 82: 0001 s'#' 02
        S< 20: 00 00 | 90: 0001 02
        A> 10: s'MQTT' 05 06 0000 05 11 0000000a s'a' 05 18 00000003 s'w' s'gone'
        A< 20: 00 00 00
        A.
        wait 1s
        A> 10: s'MQTT' 05 00 0000 05 11 0000000a s'a'
        A< 20: 01 00 00
        wait 20s
        S-)"},
      {"a clean start ends the old session and so its delay", R"(
        S> 10: s'MQTT' 04 02 0000 s's' | 82: 0001 s'#' 02
        S< 20: 00 00 | 90: 0001 02
        A> 10: s'MQTT' 05 06 0000 05 11 0000000a s'a' 05 18 00000003 s'w' s'gone'
        A< 20: 00 00 00
        A.
        A> 10: s'MQTT' 05 02 0000 00 s'a'
        S< 30: s'w' 'gone')"},
      {"takeover [MQTT-3.1.4-2]", R"(
        S> 10: s'MQTT' 04 02 0000 s's' | 82: 0001 s'#' 02
        S< 20: 00 00 | 90: 0001 02
        A> 10: s'MQTT' 04 06 0000 s'a' s'w' s'gone'
        A< 20: 00 00
        B> 10: s'MQTT' 04 02 0000 s'a'
        A!
        B< 20: 00 00
        S< 30: s'w' 'gone')"},
      {"retained [MQTT-3.1.2-17], with its properties in order [MQTT-3.1.3-10]", R"(
        A> 10: s'MQTT' 05 26 0000 00 s'a' 15 26 s'k' s'2' 26 s'k' s'1' 26 s'j' s'3' s'w' s'gone'
        A< 20: 00 00 00
        A.
        S> 10: s'MQTT' 05 02 0000 00 s's' | 82: 0001 00 s'w' 02
        S< 20: 00 00 00 | 90: 0001 00 02 | 31: s'w' 15 26 s'k' s'2' 26 s'k' s'1' 26 s'j' s'3' 'gone')"},
  });
}

TEST_CASE("Keep alive closes after one and a half times, and any packet keeps the connection") {
  play_all({
      {"silent [MQTT-3.1.2-24]", R"(
        A> 10: s'MQTT' 04 02 0002 s'a'
        A< 20: 00 00
        wait 2999ms
        A-
        wait 1ms
        A!)"},
      {"5.0 says why", R"(
        A> 10: s'MQTT' 05 02 0002 00 s'a'
        A< 20: 00 00 00
        wait 3s
        A< e0: 8d
        A!)"},
      {"pings and publications both count; 0 is off", R"(
        B> 10: s'MQTT' 04 02 0000 s'b'
        B< 20: 00 00
        A> 10: s'MQTT' 04 02 0002 s'a'
        A< 20: 00 00
        wait 2s
        A> c000
        A< d000
        wait 2900ms
        A> 30: s't' 'x'
        wait 2900ms
        A-
        wait 200ms
        A!
        wait 100s
        B-)"},
  });
}

TEST_CASE("The server's own limits on sessions are said and kept") {
  auto settings = plain_settings();
  settings.mqtt.server_keep_alive = 5;
  settings.mqtt.session_expiry_maximum = 3;
  play_all({{"announced in CONNACK [MQTT-3.2.2-21] [U5-3.2.2.3-k]", R"(
        A> 10: s'MQTT' 05 02 003c 05 11 ffffffff s'a'
        A< 20: 00 00 08 11 00000003 13 0005
        wait 7400ms
        A-
        wait 200ms
        A< e0: 8d
        A!
        wait 4s
        A> 10: s'MQTT' 05 00 003c 05 11 00000002 s'a'
        A< 20: 00 00 03 13 0005)"}},
           settings);
}

TEST_CASE("An assigned client id is new and can be used again") {
  conversation talk;
  CHECK(talk.play(R"(
        A> 10: s'MQTT' 05 02 0000 05 11 00000064 s''
        A< 20 1c 00 00 19 12 0016 'wanwu-')") == "");
  CHECK(talk.totals().mqtt_sessions == 1);
}

TEST_CASE("Credentials and client ids are judged before anything else happens") {
  auto settings = plain_settings();
  settings.mqtt.user = "u";
  settings.mqtt.password = "secret";
  settings.mqtt.allow_empty_client_id = false;
  play_all({{"good", R"(
        A> 10: s'MQTT' 04 c2 0000 s'a' s'u' s'secret'
        A< 20: 00 00)"},
            {"bad, 3.1.1", R"(
        A> 10: s'MQTT' 04 c2 0000 s'a' s'u' s'wrong'
        A< 20: 00 04
        A!)"},
            {"none, 5.0 [MQTT-3.2.2-7]", R"(
        A> 10: s'MQTT' 05 02 0000 00 s'a'
        A< 20: 00 86 00
        A!)"},
            {"a password alone is well formed in 5.0 [MQTT-3.1.2-19]", R"(
        A> 10: s'MQTT' 05 42 0000 00 s'a' s'secret'
        A< 20: 00 86 00
        A!)"},
            {"no id", R"(
        A> 10: s'MQTT' 05 c2 0000 00 s'' s'u' s'secret'
        A< 20: 00 85 00
        A!)"}},
           settings);
}

TEST_CASE("Enhanced authentication asks, checks, and asks again when the client wants") {
  auto settings = plain_settings();
  settings.mqtt.auth_method = "mirror";
  play_all({{"unknown method [MQTT-4.12.0-1]", R"(
        A> 10: s'MQTT' 05 02 0000 07 15 s'none' s'a'
        A< 20: 00 8c 00
        A!)"},
            // The challenge follows from the seed; the right answer is the same text backwards.
            {"right answer, then once more [MQTT-4.12.0-5]", R"(
        A> 10: s'MQTT' 05 02 0000 09 15 s'mirror' s'a'
        A< f0: 18 1c 15 s'mirror' 16 s'17eb9055861e0a8b'
        A> f0: 18 1c 15 s'mirror' 16 s'b8a0e1685509be71'
        A< 20: 00 00 09 15 s'mirror'
        A> f0: 19 09 15 s'mirror'
        A< f0 1e 18 1c 15 s'mirror' 16 0010)"},
            {"wrong answer [MQTT-4.12.0-4]", R"(
        A> 10: s'MQTT' 05 02 0000 09 15 s'mirror' s'a'
        A< f0: 18 1c 15 s'mirror' 16 s'17eb9055861e0a8b'
        A> f0: 18 1c 15 s'mirror' 16 s'b8a0e1685509be70'
        A< 20: 00 87 00
        A!)"},
            {"nothing else meanwhile [MQTT-3.1.2-30]", R"(
        A> 10: s'MQTT' 05 02 0000 09 15 s'mirror' s'a' | 30: s't' 00 'x'
        A< f0: 18 1c 15 s'mirror' 16 s'17eb9055861e0a8b' | 20: 00 82 00
        A!)"},
            {"no method: no AUTH [MQTT-4.12.0-7]", R"(
        A> 10: s'MQTT' 05 02 0000 00 s'a' | f0: 18 00
        A< 20: 00 00 00 | e0: 82
        A!)"}},
           settings);
}

}  // namespace
}  // namespace wanwu::target
