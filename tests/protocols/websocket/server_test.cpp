// The server's side of a connection: whom it upgrades, what it carries, what ends it.
#include "protocols/websocket/server.hpp"

#include <string>

#include <catch2/catch.hpp>

#include "protocols/core/hex.hpp"
#include "protocols/websocket/handshake.hpp"

using namespace wanwu;
using namespace wanwu::websocket;

namespace {

struct conversation {
  server side{"mqtt"};
  byte_writer carried, answers;

  bool receive(bytes_view raw) {
    answers.clear();
    return side.receive(raw, carried, answers);
  }
  bool hex(const std::string& text) {
    const auto raw = parse_hex(text);
    REQUIRE(raw);
    return receive(*raw);
  }
  bool ask(std::vector<std::string> offers) {
    byte_writer out;
    put_upgrade_request(out, {"a", "/mqtt", "dGhlIHNhbXBsZSBub25jZQ==", std::move(offers)});
    return receive(out.view());
  }
  std::string answered() const { return to_hex(answers.view()); }
  std::string text() const { return std::string{as_text(answers.view())}; }
  std::string got() const { return std::string{as_text(carried.view())}; }
};

}  // namespace

TEST_CASE("A server upgrades who offers its subprotocol, and nobody else") {
  const std::pair<std::vector<std::string>, bool> table[] = {{{"mqtt"}, true},      {{"chat", "mqtt"}, true},
                                                             {{"mqttv3.1"}, false}, {{"MQTT"}, false},
                                                             {{"chat"}, false},     {{}, false}};
  for (const auto& [offers, accepted] : table) {
    conversation talk;
    CHECK(talk.ask(offers) == accepted);
    CHECK(talk.side.is_open() == accepted);
    const auto answer = read_upgrade_answer(talk.text(), "dGhlIHNhbXBsZSBub25jZQ==");
    REQUIRE(answer);
    CHECK(answer->status == (accepted ? 101 : 400));
    CHECK(answer->subprotocol.value_or("-") == (accepted ? "mqtt" : "-"));
  }
}

TEST_CASE("What is no upgrade is answered by a status, also when it has no end") {
  conversation plain;
  CHECK_FALSE(plain.receive(as_bytes("GET / HTTP/1.1\r\nHost: a\r\n\r\n")));
  CHECK(plain.text().starts_with("HTTP/1.1 426 "));
  conversation endless;
  CHECK_FALSE(endless.receive(as_bytes(std::string(9000, 'a'))));
  CHECK(endless.text().starts_with("HTTP/1.1 431 "));
}

TEST_CASE("Binary frames become one stream, whatever their bounds; what comes with the request counts too") {
  conversation talk;
  byte_writer out;
  put_upgrade_request(out, {"a", "/", "dGhlIHNhbXBsZSBub25jZQ==", {"mqtt"}});
  put_frame(out, opcode::binary, as_bytes("ab"), masking_key{});
  put_frame(out, opcode::binary, as_bytes("c"), masking_key{}, false);
  put_frame(out, opcode::continuation, {}, masking_key{}, false);
  put_frame(out, opcode::continuation, as_bytes("de"), masking_key{}, true);
  SECTION("at once") {
    CHECK(talk.receive(out.view()));
  }
  SECTION("byte by byte") {
    for (std::size_t i = 0; i < out.size(); ++i) CHECK(talk.receive(out.view().subspan(i, 1)));
  }
  CHECK(talk.got() == "abcde");
}

TEST_CASE("A text frame ends the connection, and nothing of it is carried") {
  for (const std::string frame : {"81 81 00000000 61", "81 80 00000000", "01 81 00000000 61"}) {
    CAPTURE(frame);
    conversation talk;
    REQUIRE(talk.ask({"mqtt"}));
    CHECK(talk.hex("82 81 00000000 62"));
    CHECK_FALSE(talk.hex(frame));
    CHECK(talk.answered() == "88 02 03 eb");  // 1003
    CHECK(talk.got() == "b");
    CHECK_FALSE(talk.side.is_open());
    CHECK_FALSE(talk.hex("82 81 00000000 63"));
    CHECK(talk.got() == "b");
  }
}

TEST_CASE("A ping is answered by its own payload, a pong by nothing") {
  conversation talk;
  REQUIRE(talk.ask({"mqtt"}));
  CHECK(talk.hex("89 82 00000000 6869"));
  CHECK(talk.answered() == "8a 02 68 69");
  CHECK(talk.hex("8a 80 00000000"));
  CHECK(talk.answered().empty());
}

TEST_CASE("A close is answered by its own code, a broken frame by 1002") {
  conversation polite;
  REQUIRE(polite.ask({"mqtt"}));
  CHECK_FALSE(polite.hex("88 84 00000000 03e9 6279"));
  CHECK(polite.answered() == "88 02 03 e9");
  conversation silent;
  REQUIRE(silent.ask({"mqtt"}));
  CHECK_FALSE(silent.hex("88 80 00000000"));
  CHECK(silent.answered() == "88 00");
  conversation broken;
  REQUIRE(broken.ask({"mqtt"}));
  CHECK_FALSE(broken.hex("82 01 61"));
  CHECK(broken.answered() == "88 02 03 ea");
}

TEST_CASE("An end of ours is said once, and only to who was upgraded") {
  conversation talk;
  byte_writer out;
  talk.side.end(out);
  CHECK(out.empty());
  conversation open;
  REQUIRE(open.ask({"mqtt"}));
  open.side.end(out);
  CHECK(to_hex(out.view()) == "88 02 03 e8");
  open.side.end(out);
  CHECK(out.size() == 4);
}
