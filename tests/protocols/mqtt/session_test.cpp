// Conversations of a session with a server that the test plays, in virtual time.
#include "protocols/mqtt/session.hpp"

#include <catch2/catch.hpp>

#include "protocols/core/hex.hpp"

using namespace wanwu;
using namespace wanwu::mqtt;
using namespace std::chrono_literals;

namespace {

/// Both ends of one conversation: what the client writes and hears, as lines of text.
struct conversation {
  explicit conversation(session_settings settings = {}) : shared{settings, {}} {}

  // The visitor.
  void session_up(const connack& answer) {
    hear(std::string{"up"} + (answer.session_present ? " resumed" : ""));
  }
  void session_refused(const connack& answer) { hear("refused " + std::to_string(answer.reason)); }
  void session_message(const publish& message, std::string_view topic) {
    hear("message " + std::string{topic} + "=" + std::string{as_text(message.payload)});
  }
  void session_finished(std::uint32_t token, std::uint8_t reason, std::size_t) {
    hear("finished " + std::to_string(token) + (reason == 0 ? "" : " " + std::to_string(reason)));
  }
  void session_given_up(std::uint32_t token) { hear("given up " + std::to_string(token)); }
  void session_subscribed(std::uint32_t token, const suback& granted) {
    hear("subscribed " + std::to_string(token) + " [" + to_hex(granted.reasons) + "]");
  }
  void session_unsubscribed(std::uint32_t token, const unsuback&) {
    hear("unsubscribed " + std::to_string(token));
  }
  void session_ended(const disconnect& farewell) { hear("ended " + std::to_string(farewell.reason)); }
  void session_authentication(const auth& step) { hear("auth " + std::to_string(step.reason)); }
  void session_broken(const wire_error& why) { hear("broken " + std::string{why.clause}); }

  void hear(std::string line) { heard.push_back(std::move(line)); }
  std::vector<std::string> take_heard() { return std::exchange(heard, {}); }

  /// What the client has written since the last call, one description a packet.
  std::vector<std::string> said() {
    std::vector<std::string> lines;
    auto raw = shared.out.view();
    while (!raw.empty()) {
      const auto found = next_frame(raw, variable_max);
      REQUIRE(found);
      REQUIRE(found->has_value());
      const auto what = decode((*found)->whole, shared.settings.level, role::client);
      REQUIRE(what);
      lines.push_back(describe(*what));
      raw = raw.subspan((*found)->whole.size());
    }
    shared.out.clear();
    return lines;
  }

  bool server(const packet& what) {
    byte_writer raw;
    encode(raw, what, shared.settings.level);
    return client.receive(shared, raw.view(), now, *this);
  }
  void open(connack answer = {}) {
    client.connect(shared, {.client_id = "c"}, now);
    server(answer);
    said();
    take_heard();
  }
  publish_result send(std::string_view topic, qos level, std::uint32_t token = 0) {
    return client.publish(shared, {.topic = topic, .payload = as_bytes("p"), .level = level}, token, now);
  }

  session_shared shared;
  session client;
  std::vector<std::string> heard;
  time_point now{1h};
};

using lines = std::vector<std::string>;

property_view limits(byte_writer& out, std::initializer_list<std::pair<property_id, std::uint32_t>> values) {
  for (const auto& [id, value] : values) put_property(out, id, value);
  return property_view{out.view()};
}

constexpr packet_type puback = packet_type::puback, pubrec = packet_type::pubrec,
                      pubrel = packet_type::pubrel, pubcomp = packet_type::pubcomp;

}  // namespace

TEST_CASE("A session says who it is and is up when the server accepts") {
  conversation c{{.level = version::v3_1_1}};
  c.client.connect(c.shared,
                   {.client_id = "me",
                    .user = "u",
                    .password = as_bytes("p"),
                    .last_will = will{qos::at_least_once, true, {}, "w", as_bytes("gone")}},
                   c.now);
  CHECK(c.said() ==
        lines{"CONNECT protocol=\"MQTT\"/4 client_id=\"me\" clean_start=true keep_alive=60 user=\"u\" "
              "password=<hidden> will_topic=\"w\" will_qos=1 will_retain=true will_payload=\"gone\"(4)"});
  CHECK_FALSE(c.client.is_up());
  CHECK(c.server(connack{}));
  CHECK(c.client.is_up());
  CHECK(c.take_heard() == lines{"up"});
}

TEST_CASE("Whatever is not an acceptance ends the session") {
  byte_writer method;
  put_property(method, property_id::authentication_method, std::string_view{"m"});
  struct row {
    packet from_server;
    lines heard;
  };
  const row table[] = {
      {connack{false, 0x87, {}}, {"refused 135"}},
      {connack{true, 0, {}}, {"broken MQTT-3.2.2-2"}},
      {pingresp{}, {"broken MQTT-3.2.0-1"}},
      {publish{.topic = "a"}, {"broken MQTT-3.2.0-1"}},
      {disconnect{0x89, {}}, {"ended 137"}},
      {auth{0x18, property_view{method.view()}}, {"auth 24", "broken MQTT-4.12.0-6"}},
      {subscribe{}, {"broken U5-dir-a"}},
  };
  for (const auto& [from_server, heard] : table) {
    INFO(describe(from_server));
    conversation c;
    c.client.connect(c.shared, {.client_id = "me"}, c.now);
    CHECK_FALSE(c.server(from_server));
    CHECK(c.take_heard() == heard);
    CHECK_FALSE(c.client.is_up());
    CHECK_FALSE(c.server(connack{}));
  }
}

TEST_CASE("A second CONNACK breaks the protocol") {
  conversation c;
  c.open();
  CHECK_FALSE(c.server(connack{}));
  CHECK(c.take_heard() == lines{"broken MQTT-3.2.0-2"});
}

TEST_CASE("QoS 1 and 2 messages end at their last acknowledgement, each under its own id") {
  conversation c;
  c.open();
  CHECK(c.send("a", qos::at_most_once) == publish_result::sent);
  CHECK(c.send("b", qos::at_least_once, 11) == publish_result::sent);
  CHECK(c.send("c", qos::exactly_once, 12) == publish_result::sent);
  CHECK(c.said() == lines{"PUBLISH topic=\"a\" qos=0 payload=\"p\"(1)",
                          "PUBLISH topic=\"b\" qos=1 packet_id=1 payload=\"p\"(1)",
                          "PUBLISH topic=\"c\" qos=2 packet_id=2 payload=\"p\"(1)"});
  CHECK(c.client.in_flight() == 2);
  c.server(ack{pubrec, 2, 0, {}});
  CHECK(c.said() == lines{"PUBREL packet_id=2 reason=0x00"});
  c.server(ack{puback, 1, 0x10, {}});
  c.server(ack{pubcomp, 2, 0, {}});
  c.server(ack{puback, 9, 0, {}});  // nobody knows it
  CHECK(c.take_heard() == lines{"finished 11 16", "finished 12"});
  CHECK(c.client.in_flight() == 0);
}

TEST_CASE("A refused message is finished with the server's reason and frees its id") {
  conversation c;
  c.open();
  c.send("b", qos::at_least_once, 1);
  c.send("c", qos::exactly_once, 2);
  c.server(ack{puback, 1, 0x87, {}});
  c.server(ack{pubrec, 2, 0x97, {}});
  CHECK(c.take_heard() == lines{"finished 1 135", "finished 2 151"});
  CHECK(c.client.in_flight() == 0);
}

TEST_CASE("Messages from the server are answered by their QoS, and QoS 2 is delivered once") {
  conversation c;
  c.open();
  c.server(publish{.topic = "a", .payload = as_bytes("0")});
  c.server(publish{.level = qos::at_least_once, .packet_id = 5, .topic = "a", .payload = as_bytes("1")});
  const publish twice{.level = qos::exactly_once, .packet_id = 5, .topic = "a", .payload = as_bytes("2")};
  c.server(twice);
  c.server(twice);
  CHECK(c.said() == lines{"PUBACK packet_id=5 reason=0x00", "PUBREC packet_id=5 reason=0x00",
                          "PUBREC packet_id=5 reason=0x00"});
  c.server(ack{pubrel, 5, 0, {}});
  c.server(ack{pubrel, 5, 0, {}});
  CHECK(c.said() == lines{"PUBCOMP packet_id=5 reason=0x00", "PUBCOMP packet_id=5 reason=0x92"});
  c.server(twice);
  CHECK(c.take_heard() == lines{"message a=0", "message a=1", "message a=2", "message a=2"});
}

TEST_CASE("Beyond the server's Receive Maximum messages wait in order, up to the bound") {
  conversation c{{.queue_max = 2}};
  byte_writer given;
  c.open({false, 0, limits(given, {{property_id::receive_maximum, 1}})});
  CHECK(c.send("1", qos::at_least_once, 1) == publish_result::sent);
  CHECK(c.send("2", qos::exactly_once, 2) == publish_result::queued);
  CHECK(c.send("3", qos::at_least_once, 3) == publish_result::queued);
  CHECK(c.send("4", qos::at_least_once, 4) == publish_result::queue_full);
  CHECK(c.send("5", qos::at_most_once, 5) == publish_result::sent);  // the quota is not for QoS 0
  CHECK(c.said().size() == 2);
  c.server(ack{puback, 1, 0, {}});
  CHECK(c.said() == lines{"PUBLISH topic=\"2\" qos=2 packet_id=2 payload=\"p\"(1)"});
  c.server(ack{pubrec, 2, 0, {}});
  CHECK(c.said() == lines{"PUBREL packet_id=2 reason=0x00"});  // still counts until PUBCOMP
  c.server(ack{pubcomp, 2, 0, {}});
  CHECK(c.said() == lines{"PUBLISH topic=\"3\" qos=1 packet_id=3 payload=\"p\"(1)"});
  CHECK(c.take_heard() == lines{"finished 1", "finished 2"});
  CHECK(c.client.queued() == 0);
}

TEST_CASE("What the server has announced that it does not take is not sent") {
  conversation c;
  byte_writer given;
  c.open({false, 0,
          limits(given, {{property_id::maximum_qos, 1},
                         {property_id::retain_available, 0},
                         {property_id::maximum_packet_size, 20}})});
  CHECK(c.send("a", qos::exactly_once) == publish_result::qos_not_supported);
  CHECK(c.client.publish(c.shared, {.topic = "a", .retain = true}, 0, c.now) ==
        publish_result::retain_not_supported);
  CHECK(c.send("a topic that is too long", qos::at_most_once) == publish_result::too_large);
  CHECK(c.send("a", qos::at_least_once) == publish_result::sent);
  CHECK(c.said().size() == 1);
}

TEST_CASE(
    "A resumed session sends again what was not acknowledged, in order, with DUP; a new one gives it up") {
  for (const bool resumed : {true, false}) {
    conversation c{{.clean_start = false, .session_expiry = 60}};
    c.open();
    c.send("1", qos::at_least_once, 1);
    c.send("2", qos::exactly_once, 2);
    c.send("3", qos::exactly_once, 3);
    c.server(ack{pubrec, 2, 0, {}});
    c.server(publish{.level = qos::exactly_once, .packet_id = 7, .topic = "x"});
    c.said();
    c.take_heard();
    c.client.lost(c.shared, c);
    CHECK(c.take_heard().empty());
    c.client.connect(c.shared, {.client_id = "c"}, c.now);
    c.said();
    c.server(connack{resumed, 0, {}});
    if (resumed) {
      CHECK(c.said() == lines{"PUBLISH topic=\"1\" qos=1 packet_id=1 dup payload=\"p\"(1)",
                              "PUBREL packet_id=2 reason=0x00",
                              "PUBLISH topic=\"3\" qos=2 packet_id=3 dup payload=\"p\"(1)"});
      CHECK(c.client.retransmissions() == 3);
      c.server(ack{puback, 1, 0, {}});
      c.server(publish{.duplicate = true, .level = qos::exactly_once, .packet_id = 7, .topic = "x"});
      CHECK(c.take_heard() == lines{"up resumed", "finished 1"});
    } else {
      CHECK(c.said().empty());
      CHECK(c.take_heard() == lines{"up", "given up 1", "given up 2", "given up 3"});
      CHECK(c.client.in_flight() == 0);
    }
  }
}

TEST_CASE("A session that is not resumed gives up at once what was open when the link ended") {
  conversation c;
  c.open();
  c.send("1", qos::at_least_once, 1);
  byte_writer filters;
  put_filter(filters, "a", 0);
  CHECK(c.client.subscribe(c.shared, filters.view(), 0, 9, c.now));
  c.client.lost(c.shared, c);
  CHECK(c.take_heard() == lines{"given up 1", "given up 9"});
  CHECK(c.client.in_flight() == 0);
}

TEST_CASE("Nobody is told of an exchange that was forgotten, and its id stays taken until answered") {
  conversation c;
  c.open();
  c.send("1", qos::at_least_once, 1);
  c.client.forget(c.shared, 1);
  CHECK(c.client.in_flight() == 1);
  c.server(ack{puback, 1, 0, {}});
  CHECK(c.take_heard().empty());
  CHECK(c.client.in_flight() == 0);
}

TEST_CASE("Packet ids go round without 0 and without one that is in use") {
  conversation c;
  c.open();
  c.send("keeps 1", qos::at_least_once, 1);
  c.send("keeps 2", qos::at_least_once, 2);
  for (unsigned id = 3; id <= 65'535; ++id) {
    REQUIRE(c.send("x", qos::at_least_once, id) == publish_result::sent);
    c.shared.out.clear();
    REQUIRE(c.server(ack{puback, static_cast<std::uint16_t>(id), 0, {}}));
  }
  c.send("after the wrap", qos::at_least_once, 5);
  CHECK(c.said() == lines{"PUBLISH topic=\"after the wrap\" qos=1 packet_id=3 payload=\"p\"(1)"});
}

TEST_CASE("A silent session pings within its keep alive, and a silent server is noticed") {
  conversation c{{.keep_alive = 10}};
  c.open();
  using liveness = session::liveness;
  CHECK(c.client.next_deadline(c.shared.settings) == c.now + 9s);
  c.now += 8s;
  CHECK(c.client.advance(c.shared, c.now) == liveness::fine);
  CHECK(c.said().empty());
  c.send("a", qos::at_most_once);
  c.said();
  c.now += 9s;
  CHECK(c.client.advance(c.shared, c.now) == liveness::fine);
  CHECK(c.said() == lines{"PINGREQ"});
  CHECK(c.client.advance(c.shared, c.now + 19s) == liveness::fine);
  CHECK(c.client.advance(c.shared, c.now + 20s) == liveness::silent);
  c.server(pingresp{});
  CHECK(c.client.advance(c.shared, c.now + 8s) == liveness::fine);
  CHECK(c.client.next_deadline(c.shared.settings) == c.now + 9s);
}

TEST_CASE("The server's keep alive overrides ours, and 0 means none") {
  conversation c{{.keep_alive = 10}};
  byte_writer given;
  c.open({false, 0, limits(given, {{property_id::server_keep_alive, 100}})});
  CHECK(c.client.next_deadline(c.shared.settings) == c.now + 90s);
  conversation silent{{.keep_alive = 0}};
  silent.open();
  CHECK_FALSE(silent.client.next_deadline(silent.shared.settings));
}

TEST_CASE("Topic aliases are used as far as the server takes them") {
  conversation c{{.use_topic_alias = true}};
  byte_writer given;
  c.open({false, 0, limits(given, {{property_id::topic_alias_maximum, 1}})});
  c.send("a", qos::at_most_once);
  c.send("b", qos::at_most_once);
  c.send("a", qos::at_least_once);
  CHECK(c.said() == lines{"PUBLISH topic=\"a\" qos=0 topic_alias=1 payload=\"p\"(1)",
                          "PUBLISH topic=\"b\" qos=0 payload=\"p\"(1)",
                          "PUBLISH topic=\"\" qos=1 packet_id=1 topic_alias=1 payload=\"p\"(1)"});
}

TEST_CASE("The server's aliases are resolved, and one it may not use breaks the protocol") {
  conversation c{{.topic_alias_maximum = 2}};
  c.open();
  byte_writer two;
  put_property(two, property_id::topic_alias, std::uint32_t{2});
  byte_writer three;
  put_property(three, property_id::topic_alias, std::uint32_t{3});
  c.server(publish{.topic = "long/topic", .properties = property_view{two.view()}});
  c.server(publish{.properties = property_view{two.view()}});
  CHECK(c.take_heard() == lines{"message long/topic=", "message long/topic="});
  CHECK_FALSE(c.server(publish{.topic = "a", .properties = property_view{three.view()}}));
  CHECK(c.take_heard() == lines{"broken MQTT-3.3.2-11"});
  c.open();
  CHECK_FALSE(c.server(publish{.properties = property_view{two.view()}}));  // not of this connection
  CHECK(c.take_heard() == lines{"broken U5-3.3.4-a"});
}

TEST_CASE("Subscriptions end in SUBACK with a reason for each filter") {
  conversation c;
  c.open();
  byte_writer filters;
  put_filter(filters, "a/#", 1);
  put_filter(filters, "b", 6);
  CHECK(c.client.subscribe(c.shared, filters.view(), 3, 21, c.now));
  CHECK(c.said() ==
        lines{"SUBSCRIBE packet_id=1 subscription_identifier=3 filter=\"a/#\":0x01 filter=\"b\":0x06"});
  constexpr auto reasons = "01 87"_hex;
  c.server(suback{1, {}, reasons});
  byte_writer names;
  put_filter(names, "b");
  CHECK(c.client.unsubscribe(c.shared, names.view(), 22, c.now));
  CHECK(c.said() == lines{"UNSUBSCRIBE packet_id=2 filter=\"b\""});
  constexpr auto gone = "00"_hex;
  c.server(unsuback{2, {}, gone});
  CHECK(c.take_heard() == lines{"subscribed 21 [01 87]", "unsubscribed 22"});
}

TEST_CASE("Garbage, and packets beyond our limit, are refused from their first bytes") {
  const std::pair<std::string_view, const char*> table[] = {
      {"HTTP/1.1 400 Bad Request\r\n", "broken MQTT-2.1.3-1"},
      {std::string_view{"\x30\xff\xff\xff\x7f", 5}, "broken "},
      {std::string_view{"\x30\xff\xff\xff\xff\x7f", 6}, "broken U5-1.5.5-a"},
      {std::string_view{"\x00", 1}, "broken U5-2.1-a"},
  };
  for (const auto& [raw, heard] : table) {
    conversation c;
    c.open();
    CHECK_FALSE(c.client.receive(c.shared, as_bytes(raw), c.now, c));
    CHECK(c.take_heard() == lines{heard});
  }
}

TEST_CASE("Where the stream is split makes no difference to what is heard and said") {
  byte_writer stream;
  const auto add = [&](const packet& what) { encode(stream, what, version::v5); };
  add(connack{});
  add(publish{.topic = "a", .payload = as_bytes("one")});
  add(publish{
      .level = qos::exactly_once, .packet_id = 3, .topic = "b", .payload = as_bytes(std::string(200, 'x'))});
  add(ack{pubrel, 3, 0, {}});
  add(disconnect{0x8B, {}});
  const auto run = [&](std::size_t step) {
    conversation c;
    c.client.connect(c.shared, {.client_id = "c"}, c.now);
    for (std::size_t at = 0; at < stream.size(); at += step) {
      const auto piece = stream.view().subspan(at, std::min(step, stream.size() - at));
      const std::vector<std::byte> copy{piece.begin(), piece.end()};
      c.client.receive(c.shared, copy, c.now, c);
    }
    return std::pair{c.take_heard(), to_hex(c.shared.out.view())};
  };
  const auto whole = run(stream.size());
  CHECK(whole.first.size() == 4);
  for (std::size_t step = 1; step < stream.size(); ++step) CHECK(run(step) == whole);
}

TEST_CASE("An idle session keeps no buffer") {
  CHECK(sizeof(session) <= 96);
}
