// The client's side of a connection, against our server and against servers that break the rules.
#include "protocols/websocket/client.hpp"

#include <string>

#include <catch2/catch.hpp>

#include "protocols/core/hex.hpp"
#include "protocols/websocket/server.hpp"

using namespace wanwu;
using namespace wanwu::websocket;
using state = client::state;

namespace {

upgrade_request wanting(std::vector<std::string> offers) {
  return {"a", "/mqtt", "", std::move(offers)};
}

struct conversation {
  client side{1};
  byte_writer out, carried, answers;

  conversation() { side.open(wanting({"mqtt"}), out); }
  state receive(bytes_view raw) {
    answers.clear();
    return side.receive(raw, carried, answers);
  }
  state agreed() {
    byte_writer answer;
    put_upgrade_answer(answer, side.key(), "mqtt");
    const auto now = receive(answer.view());
    carried.clear();
    return now;
  }
  state hex(const std::string& text) {
    const auto raw = parse_hex(text);
    REQUIRE(raw);
    return receive(*raw);
  }
  std::string got() const { return std::string{as_text(carried.view())}; }
  /// The one frame that we answered, as the server reads it: opcode and payload.
  std::string answered() const {
    frame_reader reader{websocket::side::client};
    byte_writer data;
    auto in = answers.view();
    const auto found = reader.next(in, data);
    REQUIRE(found);
    REQUIRE(*found);
    CHECK(in.empty());
    return std::to_string(static_cast<int>((*found)->code)) + " " + to_hex((*found)->control);
  }
};

}  // namespace

TEST_CASE("A client and a server agree, and carry both ways what neither cuts the same") {
  client asks{7};
  server answers{"mqtt"};
  byte_writer to_server, to_client, at_server, at_client;
  asks.open(wanting({"chat", "mqtt"}), to_server);
  REQUIRE(answers.receive(to_server.view(), at_server, to_client));
  REQUIRE(asks.receive(to_client.view(), at_client, to_server) == state::open);
  CHECK(as_text(at_client.view()).starts_with("HTTP/1.1 101 "));
  CHECK(head_size(at_client.view()) == at_client.size());

  to_server.clear();
  at_client.clear();
  asks.send(opcode::binary, as_bytes("one"), false, to_server);
  asks.send(opcode::ping, as_bytes("?"), true, to_server);
  asks.send(opcode::continuation, as_bytes("two"), true, to_server);
  to_client.clear();
  REQUIRE(answers.receive(to_server.view(), at_server, to_client));
  CHECK(as_text(at_server.view()) == "onetwo");
  server::send(as_bytes("three"), to_client);
  to_server.clear();
  CHECK(asks.receive(to_client.view(), at_client, to_server) == state::open);
  CHECK(as_text(at_client.view()) == "three");
  CHECK(to_server.empty());

  asks.end(to_server);
  to_client.clear();
  CHECK_FALSE(answers.receive(to_server.view(), at_server, to_client));
  CHECK(to_hex(to_client.view()) == "88 02 03 e8");
}

TEST_CASE("No two frames of a client have the same mask, nor two connections the same key") {
  conversation talk;
  const auto first_key = talk.side.key();
  byte_writer one, two;
  talk.side.send(opcode::binary, as_bytes("same"), true, one);
  talk.side.send(opcode::binary, as_bytes("same"), true, two);
  CHECK(to_hex(one.view()) != to_hex(two.view()));
  talk.side.open(wanting({}), one);
  CHECK(talk.side.key() != first_key);
}

TEST_CASE("A refusal is shown with its head, and nothing behind it is looked at") {
  conversation talk;
  const std::string head = "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\n";
  CHECK(talk.receive(as_bytes(head + "no")) == state::refused);
  CHECK(talk.got() == head);
  CHECK(talk.side.fault().empty());
  CHECK(talk.receive(as_bytes("more")) == state::refused);
  CHECK(talk.got() == head);
}

TEST_CASE("An answer that breaks RFC 6455 is refused by its section, and shown") {
  conversation talk;
  const std::string head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n";
  CHECK(talk.receive(as_bytes(head)) == state::refused);
  CHECK(talk.side.fault_clause() == "RFC6455-4.2.2");
  CHECK(talk.got() == head);
  conversation endless;
  CHECK(endless.receive(as_bytes("HTTP/1.1 200 OK\r\n" + std::string(9000, 'a'))) == state::ended);
  CHECK_FALSE(endless.side.fault().empty());
}

TEST_CASE("Frames behind the answer in the same bytes are read") {
  conversation talk;
  byte_writer answer;
  put_upgrade_answer(answer, talk.side.key(), "mqtt");
  const auto size = answer.size();
  server::send(as_bytes("early"), answer);
  CHECK(talk.receive(answer.view()) == state::open);
  CHECK(talk.got().substr(size) == "early");
}

TEST_CASE("A server that sends text, masks or breaks frames is told so, and its clause is named") {
  const std::tuple<std::string, std::string_view, std::string> table[] = {
      {"81 01 61", "MQTT-6.0.0-1", "8 03 eb"},
      {"81 00", "MQTT-6.0.0-1", "8 03 eb"},
      {"82 81 00000000 61", "RFC6455-5.1", "8 03 ea"},
      {"c2 00", "RFC6455-5.2", "8 03 ea"}};
  for (const auto& [frame, clause, answer] : table) {
    CAPTURE(frame);
    conversation talk;
    REQUIRE(talk.agreed() == state::open);
    CHECK(talk.hex("82 01 62" + frame) == state::ended);
    CHECK(talk.side.fault_clause() == clause);
    CHECK(talk.answered() == answer);
    CHECK(talk.got() == "b");
  }
}

TEST_CASE("A server's ping is answered, its close too") {
  conversation talk;
  REQUIRE(talk.agreed() == state::open);
  CHECK(talk.hex("89 01 21") == state::open);
  CHECK(talk.answered() == "10 21");
  CHECK(talk.hex("88 02 03e8") == state::ended);
  CHECK(talk.answered() == "8 03 e8");
  CHECK(talk.side.fault().empty());
}
