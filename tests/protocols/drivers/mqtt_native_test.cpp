// The native MQTT driver in virtual time, against a broker of a few lines that the test plays.
#include "protocols/core/hex.hpp"
#include "tests/protocols/drivers/mqtt_world.hpp"

using namespace wanwu;
using namespace wanwu::mqtt_world;

TEST_CASE("A connection opens, sends at every QoS and closes, with one observation each") {
  for (const auto level : {mqtt::version::v3_1_1, mqtt::version::v5}) {
    world w{{.level = level}};
    w.open();
    CHECK(w.engine.take_events() == lines{"opening", "up"});
    w.send(0);
    w.send(1);
    w.send(2);
    w.close(closing::clean);
    CHECK(w.engine.take_observed() ==
          lines{"connect ok", "telemetry ok", "telemetry ok", "telemetry ok", "disconnect ok"});
    CHECK(w.engine.take_events() == lines{"down ok"});
    CHECK(w.said.back() == "DISCONNECT reason=0x00");
    CHECK(w.under_test->totals().messages_out == 3);
    CHECK(w.under_test->totals().operations_in_flight == 0);
    CHECK(w.under_test->totals().connections_up == 0);
  }
}

TEST_CASE("An observation says who, what, when and how much") {
  world w;
  w.open();
  w.engine.observed.clear();
  w.answers = false;
  const auto began = w.now;
  w.send(1, "a/b", "payload");
  w.now += 20ms;
  w.reply(w.life(), mqtt::ack{mqtt::packet_type::puback, 1, 0, {}});
  w.run();
  REQUIRE(w.engine.observed.size() == 1);
  const auto& seen = w.engine.observed.front();
  CHECK(seen.thing == thing_id{9});
  CHECK(seen.intended_at == began);
  CHECK(seen.done_at - seen.sent_at == 20ms);
  CHECK(seen.bytes_sent == 17);
  CHECK(seen.bytes_received == 4);
  CHECK(seen.via == protocol::mqtt);
}

TEST_CASE("Each way in which an opening fails has its own outcome") {
  SECTION("refused by CONNACK, with the code") {
    world w;
    w.greeting.reason = 0x87;
    w.open();
    CHECK(w.engine.take_observed() == lines{"connect refused 135"});
    CHECK(w.engine.take_events() == lines{"opening", "down refused 135"});
  }
  SECTION("nobody listens") {
    world w;
    w.opens = false;
    w.open();
    w.link.fail(w.life(), std::errc::connection_refused, w.now);
    w.run();
    CHECK(w.engine.take_observed() == lines{"connect unreachable 111"});
  }
  SECTION("our own descriptors are used up") {
    world w;
    w.opens = false;
    w.open();
    w.link.fail(w.life(), std::errc::too_many_files_open, w.now);
    w.run();
    CHECK(w.engine.take_observed() == lines{"connect local_error 24"});
  }
  SECTION("accepted and never answered") {
    world w;
    w.answers = false;
    w.open();
    w.wait(9900ms);
    CHECK(w.engine.take_observed().empty());
    w.wait(300ms);
    CHECK(w.engine.take_observed() == lines{"connect timed_out"});
  }
  SECTION("closed in the middle of it") {
    world w;
    w.answers = false;
    w.open();
    w.link.end(w.life(), w.now);
    w.run();
    CHECK(w.engine.take_observed() == lines{"connect broken_link"});
  }
  SECTION("garbage") {
    world w;
    w.answers = false;
    w.open();
    w.link.deliver(w.life(), as_bytes("HTTP/1.1 400 Bad Request\r\n\r\n"), w.now);
    w.run();
    CHECK(w.engine.take_observed() == lines{"connect malformed_answer 129"});
    CHECK(w.under_test->totals().wire_errors == 1);
  }
  SECTION("a packet of 256 MB, from its header") {
    world w;
    w.answers = false;
    w.open();
    w.link.deliver(w.life(), *parse_hex("30 ff ff ff 7f 00"), w.now);
    w.run();
    CHECK(w.engine.take_observed() == lines{"connect malformed_answer 149"});
  }
}

TEST_CASE("Subscriptions are made before a connection counts as up, and their tags come back with messages") {
  for (const auto level : {mqtt::version::v3_1_1, mqtt::version::v5}) {
    for (const bool identifiers : {true, false}) {
      world w{{.level = level}};
      w.engine.who.subscriptions = {{"cmd/+", 1, 4, false}, {"news/#", 0, 7, false}};
      byte_writer given;
      if (!identifiers && level == mqtt::version::v5)
        put_property(given, mqtt::property_id::subscription_identifier_available, std::uint32_t{0});
      w.greeting.properties = mqtt::property_view{given.view()};
      w.open();
      CHECK(w.engine.take_events() == lines{"opening", "up"});
      CHECK(w.engine.take_observed() == lines{"connect ok", "subscribe ok", "subscribe ok"});
      byte_writer id;
      if (identifiers && level == mqtt::version::v5)
        put_property(id, mqtt::property_id::subscription_identifier, std::uint32_t{8});
      w.reply(w.life(),
              mqtt::publish{
                  .topic = "news/x", .properties = mqtt::property_view{id.view()}, .payload = as_bytes("!")});
      w.run();
      CHECK(w.engine.take_events() == lines{"heard news/x=! tag 7"});
    }
  }
}

TEST_CASE("A refused subscription is an observation, and the connection is up all the same") {
  world w;
  w.engine.who.subscriptions = {{"cmd", 1, 0, false}};
  w.suback_reason = 0x87;
  w.open();
  CHECK(w.engine.take_observed() == lines{"connect ok", "subscribe refused 135"});
  CHECK(w.engine.take_events() == lines{"opening", "up"});
}

TEST_CASE("What cannot be sent is not_started, and says why where the target does") {
  world w;
  w.send(0);
  CHECK(w.engine.take_observed() == lines{"telemetry not_started"});
  byte_writer given;
  put_property(given, mqtt::property_id::maximum_qos, std::uint32_t{0});
  put_property(given, mqtt::property_id::maximum_packet_size, std::uint32_t{30});
  w.greeting.properties = mqtt::property_view{given.view()};
  w.open();
  w.send(1);
  w.send(0, "t", "a payload that is too long for it");
  CHECK(w.engine.take_observed() ==
        lines{"connect ok", "telemetry not_started 155", "telemetry not_started 149"});
}

TEST_CASE("An acknowledgement that refuses, is late, or never comes") {
  world w;
  w.open();
  w.engine.observed.clear();
  w.ack_reason = 0x97;
  w.send(1);
  w.answers = false;
  w.shape.answer_within = 2s;
  w.send(1);
  w.wait(2s);
  w.reply(w.life(), mqtt::ack{mqtt::packet_type::puback, 2, 0, {}});
  w.run();
  CHECK(w.engine.take_observed() == lines{"telemetry refused 151", "telemetry timed_out"});
  w.send(1);
  w.link.end(w.life(), w.now);
  w.run();
  CHECK(w.engine.take_observed() == lines{"disconnect broken_link", "telemetry broken_link"});
}

TEST_CASE("What waits for its answer when we end the link is cut off, and no failure of the target") {
  const auto how = GENERATE(closing::clean, closing::abrupt);
  SECTION("messages") {
    world w;
    w.open();
    w.answers = false;
    w.send(1);
    w.send(2);
    w.close(how);
    CHECK(w.engine.take_observed() ==
          lines{"connect ok", "disconnect ok", "telemetry cut_off", "telemetry cut_off"});
    CHECK(w.under_test->totals().operations_in_flight == 0);
  }
  SECTION("a subscription") {
    world w;
    w.engine.who.subscriptions = {{"cmd/+", 1, 4, false}};
    w.answers = false;
    w.open();
    w.reply(w.life(), w.greeting);
    w.run();
    w.close(how);
    CHECK(w.engine.take_observed() == lines{"connect ok", "disconnect ok", "subscribe cut_off"});
  }
  SECTION("but who was never let in has waited in vain") {
    world w;
    w.answers = false;
    w.open();
    w.close(how);
    CHECK(w.engine.take_observed() == lines{"connect timed_out"});
  }
}

TEST_CASE("What a kept session waits for goes on after we ended its link, and is cut off if it ends before") {
  world w{{.clean_start = false, .session_expiry = 100}};
  w.open();
  w.answers = false;
  w.shape.answer_within = 20s;
  w.send(1);
  w.close(closing::abrupt);
  CHECK(w.engine.take_observed() == lines{"connect ok", "disconnect ok"});
  CHECK(w.under_test->totals().operations_in_flight == 1);
  SECTION("answered when it is back") {
    w.answers = true;
    w.greeting.session_present = true;
    w.open();
    CHECK(w.engine.take_observed() == lines{"reconnect ok", "telemetry ok"});
  }
  SECTION("its time is over before it is back") {
    w.wait(20s);
    CHECK(w.engine.take_observed() == lines{"telemetry cut_off"});
  }
  SECTION("the run is over before it is back") {
    w.under_test->abandon(outcome::timed_out, w.now);
    CHECK(w.engine.take_observed() == lines{"telemetry cut_off"});
  }
  SECTION("not answered when it is back") {
    w.greeting.session_present = true;
    w.open();
    w.reply(w.life(), w.greeting);
    w.run();
    w.wait(20s);
    CHECK(w.engine.take_observed() == lines{"reconnect ok", "telemetry timed_out"});
  }
  CHECK(w.under_test->totals().operations_in_flight == 0);
}

TEST_CASE("Reconnecting counts from the loss, and a kept session sends again") {
  world w{{.clean_start = false, .session_expiry = 100}};
  w.open();
  w.answers = false;
  w.send(1);
  w.link.fail(w.life(), std::errc::connection_reset, w.now);
  w.run();
  const auto lost_at = w.now;
  w.wait(5s);
  w.answers = true;
  w.greeting.session_present = true;
  w.engine.observed.clear();
  w.said.clear();
  w.open();
  REQUIRE(w.engine.observed.size() == 2);
  CHECK(w.engine.observed[0].op == operation::reconnect);
  CHECK(w.engine.observed[0].intended_at == lost_at);
  CHECK(text_of(w.engine.observed[1]) == "telemetry ok");
  CHECK(w.said.back() == "PUBLISH topic=\"t\" qos=1 packet_id=1 dup payload=\"p\"(1)");
  CHECK(w.under_test->totals().retransmissions == 1);
}

TEST_CASE("The target's DISCONNECT ends the connection with its reason") {
  world w;
  w.open();
  w.engine.take_events();
  w.reply(w.life(), mqtt::disconnect{0x8E, {}});
  w.run();
  CHECK(w.engine.take_events() == lines{"down broken_link 142"});
  CHECK(w.engine.take_observed() == lines{"connect ok", "disconnect broken_link 142"});
}

TEST_CASE("An idle connection is kept alive, and a target that stops answering is noticed") {
  world w{{.keep_alive = 60}};
  w.open();
  w.said.clear();
  for (int i = 0; i < 1200; ++i) w.wait(100ms);
  CHECK(w.said == lines{"PINGREQ", "PINGREQ"});
  w.answers = false;
  for (int i = 0; i < 800; ++i) w.wait(100ms);
  CHECK(w.engine.take_events() == lines{"opening", "up", "down timed_out"});
}

TEST_CASE("The next deadline leads to everything that is due, without polling") {
  world w{{.keep_alive = 60}};
  w.open();
  w.said.clear();
  int steps = 0;
  const auto end = w.now + 1h;
  for (auto next = w.under_test->next_deadline(); next && *next < end; next = w.under_test->next_deadline()) {
    w.now = std::max(w.now, *next);
    w.run();
    REQUIRE(++steps < 200);
  }
  CHECK(w.said.size() == 66);  // one every 54 s
}

TEST_CASE("Abandoned operations are reported once and their late answers ignored") {
  world w;
  w.open();
  w.answers = false;
  w.send(1);
  w.send(2);
  CHECK(w.under_test->totals().operations_in_flight == 2);
  w.under_test->abandon(outcome::timed_out, w.now);
  CHECK(w.engine.take_observed() == lines{"connect ok", "telemetry timed_out", "telemetry timed_out"});
  w.reply(w.life(), mqtt::ack{mqtt::packet_type::puback, 1, 0, {}});
  w.run();
  CHECK(w.engine.take_observed().empty());
  CHECK(w.under_test->totals().connections_up == 1);
}

TEST_CASE("A closed loop hears once of each operation that began and ended") {
  world w;
  w.under_test->report_completions(true);
  w.open();
  w.send(0);
  w.send(1);
  w.send(2);
  CHECK(w.engine.ready_count == 3);
  w.close(closing::abrupt);
  w.send(0);
  CHECK(w.engine.ready_count == 3);
}

TEST_CASE("Many connections are told apart") {
  world w;
  for (std::uint32_t i = 0; i < 4; ++i) w.open(i);
  CHECK(w.under_test->totals().connections_up == 4);
  w.link.end(w.life(2), w.now);
  w.run();
  CHECK(w.under_test->totals().connections_up == 3);
  w.engine.take_observed();
  w.send(1);
  CHECK(w.engine.take_observed() == lines{"telemetry ok"});
}
