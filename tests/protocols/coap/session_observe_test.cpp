#include <catch2/catch.hpp>

#include "protocols/coap/observe.hpp"
#include "protocols/core/hex.hpp"
#include "tests/protocols/coap/conversation.hpp"

using namespace wanwu;
using namespace wanwu::coap;

namespace {

/// Registers for /c and takes the first representation; leaves the conversation with an active observation.
struct watching : conversation {
  watching() {
    subject.observe(0, "/c", 3, now);
    CHECK(said() == texts{"CON 0.01 GET Observe:0 Uri-Path:c"});
    deliver(answer(message_type::acknowledgement, code::content, "0").add_uint(option_number::observe, 10));
    CHECK(heard() == texts{"registered 2.05", "notified 2.05 '0'"});
  }
  void notify(std::uint32_t value, std::string_view payload,
              message_type type = message_type::non_confirmable) {
    deliver(answer(type, code::content, payload).add_uint(option_number::observe, value));
  }
};

}  // namespace

TEST_CASE("Newer is 24-bit serial order, or 128 s later") {
  const time_point t{};
  CHECK(is_newer(1, t, 2, t));
  CHECK_FALSE(is_newer(2, t, 1, t));
  CHECK_FALSE(is_newer(2, t, 2, t));
  CHECK(is_newer(0xFFFFFF, t, 0, t));
  CHECK_FALSE(is_newer(0, t, 0xFFFFFF, t));
  CHECK(is_newer(2, t, 1, t + 128s + 1ns));
  CHECK_FALSE(is_newer(2, t, 1, t + 128s));
}

TEST_CASE(
    "Notifications that were overtaken are dropped, newer ones delivered, confirmable ones acknowledged") {
  watching c;
  c.notify(12, "2");
  c.notify(11, "1");
  c.notify(13, "3", message_type::confirmable);
  CHECK(c.heard() == texts{"notified 2.05 '2'", "notified 2.05 '3'"});
  CHECK(c.said() == texts{"ACK 0.00 Empty"});
}

TEST_CASE("The same confirmable notification twice is acknowledged twice and heard once") {
  watching c;
  const auto note =
      c.answer(message_type::confirmable, code::content, "x").add_uint(option_number::observe, 11);
  c.deliver(note);
  c.deliver(note);
  CHECK(c.heard() == texts{"notified 2.05 'x'"});
  CHECK(c.said() == texts{"ACK 0.00 Empty", "ACK 0.00 Empty"});
}

TEST_CASE("After Max-Age and 5 to 15 s more the owner is asked to register again, with the same token") {
  watching c;
  const auto token_before = c.last_token;
  const auto due = c.subject.next_deadline();
  REQUIRE(due);
  CHECK(*due >= c.now + 65s);
  CHECK(*due <= c.now + 75s);
  c.subject.advance(*due);
  const auto watch = c.subject.events()[0].watch;
  CHECK(c.heard() == texts{"registration_due"});
  c.now = *due;
  CHECK(c.subject.observe(0, "/c", 3, c.now, watch));
  CHECK(c.said() == texts{"CON 0.01 GET Observe:0 Uri-Path:c"});
  CHECK(c.last_token == token_before);
  c.deliver(c.answer(message_type::acknowledgement, code::content, "7").add_uint(option_number::observe, 20));
  CHECK(c.subject.events()[0].again);
  CHECK(c.heard() == texts{"registered 2.05", "notified 2.05 '7'"});
}

TEST_CASE("A server that does not observe, refuses or ends it is heard as declined, and asked again later") {
  conversation c;
  c.subject.observe(0, "/c", 3, c.now);
  c.said();
  SECTION("plain answer") {
    c.deliver(c.answer(message_type::acknowledgement, code::content, "0"));
    CHECK(c.heard() == texts{"declined 2.05"});
  }
  SECTION("error") {
    c.deliver(c.answer(message_type::acknowledgement, code::not_found));
    CHECK(c.heard() == texts{"declined 4.04"});
  }
  SECTION("error notification") {
    c.deliver(
        c.answer(message_type::acknowledgement, code::content, "0").add_uint(option_number::observe, 1));
    c.heard();
    c.deliver(c.answer(message_type::confirmable, code::not_found));
    CHECK(c.heard() == texts{"declined 4.04"});
    CHECK(c.said() == texts{"ACK 0.00 Empty"});
  }
  c.advance_by(75s);
  CHECK(c.heard() == texts{"registration_due"});
}

TEST_CASE("A registration that is never answered is told, and asked for again") {
  conversation c;
  c.subject.observe(0, "/c", 3, c.now);
  for (const auto step : {2s, 4s, 8s, 16s, 32s}) c.advance_by(step);
  CHECK(c.heard() == texts{"timed_out"});
  c.advance_by(15s);
  CHECK(c.heard() == texts{"registration_due"});
}

TEST_CASE("Cancelling asks with Observe 1; forgetting resets the next notification") {
  watching c;
  SECTION("cancel") {
    CHECK(c.subject.cancel_observation(0, 3, "/c", c.now));
    CHECK(c.said() == texts{"CON 0.01 GET Observe:1 Uri-Path:c"});
    c.notify(11, "x");
    CHECK(c.heard().empty());
    c.deliver(c.answer(message_type::acknowledgement, code::content, "1"));
    CHECK(c.heard().empty());
    CHECK(c.subject.in_flight() == 0);
  }
  SECTION("forget") {
    c.subject.forget_observations(0, c.now);
    c.notify(11, "x");
    CHECK(c.said() == texts{"RST 0.00 Empty"});
    c.notify(12, "y", message_type::confirmable);
    CHECK(c.said() == texts{"RST 0.00 Empty"});
  }
  CHECK_FALSE(c.subject.next_deadline());
}

TEST_CASE("A request that waited behind a forgotten registration leaves") {
  conversation c;
  c.subject.observe(0, "/c", 3, c.now);
  c.get("/t");
  CHECK(c.said() == texts{"CON 0.01 GET Observe:0 Uri-Path:c"});
  c.subject.forget_observations(0, c.now);
  CHECK(c.said() == texts{"CON 0.01 GET Uri-Path:t"});
}

TEST_CASE("A notification longer than a block is fetched and heard whole") {
  watching c;
  const std::string body(150, 'n');
  c.deliver(c.answer(message_type::non_confirmable, code::content, body.substr(0, 64))
                .add_uint(option_number::observe, 11)
                .add_uint(option_number::block2, encode_block({0, true, 2})));
  const auto watch = c.subject.events()[0].watch;
  CHECK(c.heard() == texts{"rest_due"});
  c.subject.fetch_rest(watch, "/c", c.now);
  CHECK(c.said() == texts{"CON 0.01 GET Uri-Path:c Block2:1/last/64"});
  c.deliver(c.answer(message_type::acknowledgement, code::content, body.substr(64, 64))
                .add_uint(option_number::block2, encode_block({1, true, 2})));
  CHECK(c.said() == texts{"CON 0.01 GET Uri-Path:c Block2:2/last/64"});
  c.deliver(c.answer(message_type::acknowledgement, code::content, body.substr(128))
                .add_uint(option_number::block2, encode_block({2, false, 2})));
  c.bodies.clear();
  c.heard();
  REQUIRE(c.bodies.size() == 1);
  CHECK(as_text(c.bodies[0]) == body);
}

TEST_CASE(
    "A registry keeps one entry for a peer and token, in order across registrations, and forgets by RST") {
  observer_registry r{2};
  const token a{"01"_hex};
  const token b{"02"_hex};
  const time_point now{std::chrono::hours{2}};
  auto* o = r.add(7, peer_key{1}, a, now);
  REQUIRE(o);
  std::uint32_t last = observer_registry::next_sequence(*o, now);
  for (int i = 0; i < 1000; ++i) {
    const auto next = observer_registry::next_sequence(*o, now + i * 1us);
    REQUIRE(is_newer(last, now, next, now));
    last = next;
  }
  o = r.add(7, peer_key{1}, a, now);
  CHECK(r.size() == 1);
  CHECK(is_newer(last, now, observer_registry::next_sequence(*o, now), now));
  CHECK(r.add(7, peer_key{1}, b, now));
  CHECK_FALSE(r.add(7, peer_key{2}, b, now));
  CHECK(r.of_resource(7).size() == 2);
  r.find(peer_key{1}, b)->last_id = message_id{99};
  CHECK_FALSE(r.remove_by_id(peer_key{2}, message_id{99}));
  CHECK(r.remove_by_id(peer_key{1}, message_id{99}));
  CHECK(r.of_resource(7).size() == 1);
  r.remove_peer(peer_key{1});
  CHECK(r.size() == 0);
  CHECK(r.of_resource(7).empty());
}
