#include "protocols/coap/session.hpp"

#include <catch2/catch.hpp>

#include "tests/protocols/coap/conversation.hpp"

using namespace wanwu;
using namespace wanwu::coap;

TEST_CASE("A confirmable request is repeated after 2, 4, 8 and 16 s and given up after 32 more") {
  conversation c;
  c.get("/t");
  const auto start = c.now;
  CHECK(c.said() == texts{"CON 0.01 GET Uri-Path:t"});
  for (const auto after : {2s, 6s, 14s, 30s}) {
    REQUIRE(c.subject.next_deadline() == start + after);
    c.subject.advance(start + after - 1ns);
    CHECK(c.said().empty());
    c.subject.advance(start + after);
    CHECK(c.said() == texts{"CON 0.01 GET Uri-Path:t"});
  }
  REQUIRE(c.subject.next_deadline() == start + 62s);
  c.subject.advance(start + 62s);
  CHECK(c.said().empty());
  CHECK(c.heard() == texts{"timed_out"});
  CHECK_FALSE(c.subject.next_deadline());
  CHECK(c.subject.totals().retransmissions == 4);
}

TEST_CASE("First timeouts lie between ACK_TIMEOUT and 1.5 times it, differ, and repeat with the seed") {
  session_settings s;
  s.seed = 99;
  conversation a{s, 200};
  conversation b{s, 200};
  std::vector<time_point> dues;
  for (std::uint32_t e = 0; e < 200; ++e) {
    for (auto* each : {&a, &b}) each->get("/t", e);
  }
  for (int i = 0; i < 200; ++i) {
    const auto due = a.subject.next_deadline();
    REQUIRE(due);
    CHECK(due == b.subject.next_deadline());
    if (*due > a.now + 3s) break;
    CHECK(*due >= a.now + 2s);
    dues.push_back(*due);
    a.subject.advance(*due);
    b.subject.advance(*due);
  }
  CHECK(dues.size() > 150);
}

TEST_CASE("A piggybacked response ends the exchange; one with another id or to another endpoint does not") {
  conversation c{fixed_settings(), 2};
  c.get("/t");
  c.said();
  auto right = c.answer(message_type::acknowledgement, code::content, "23");
  auto wrong = right;
  wrong.id = message_id{static_cast<std::uint16_t>(value_of(right.id) + 1)};
  c.deliver(wrong);
  c.deliver(right, 1);
  CHECK(c.heard().empty());
  c.deliver(right);
  CHECK(c.heard() == texts{"answered 2.05 '23'"});
  c.deliver(right);
  CHECK(c.heard().empty());
  CHECK(c.said().empty());
}

TEST_CASE("A separate response stops repetition at the ACK, is acknowledged, and its duplicates again") {
  conversation c;
  c.get("/slow");
  c.said();
  c.deliver_empty(message_type::acknowledgement, c.last_id);
  c.advance_by(40s);
  CHECK(c.said().empty());
  const auto response = c.answer(message_type::confirmable, code::content, "late");
  c.deliver(response);
  CHECK(c.heard() == texts{"answered 2.05 'late'"});
  CHECK(c.said() == texts{"ACK 0.00 Empty"});
  c.deliver(response);
  CHECK(c.heard().empty());
  CHECK(c.said() == texts{"ACK 0.00 Empty"});
}

TEST_CASE("A response that overtakes its ACK is taken") {
  conversation c;
  c.get("/t");
  c.said();
  c.deliver(c.answer(message_type::non_confirmable, code::content, "x"));
  CHECK(c.heard() == texts{"answered 2.05 'x'"});
  CHECK(c.said().empty());
}

TEST_CASE("What nobody waits for: a CON is reset each time the same way, a ping too, the rest is ignored") {
  conversation c;
  message_draft stray;
  stray.type = message_type::confirmable;
  stray.code = code::content;
  stray.id = message_id{5};
  stray.token = {std::byte{1}, std::byte{2}};
  for (int i = 0; i < 2; ++i) {
    c.deliver(stray);
    const auto out = c.sent();
    REQUIRE(out.size() == 1);
    CHECK(out[0].type == message_type::reset);
    CHECK(out[0].id == message_id{5});
  }
  stray.type = message_type::non_confirmable;
  c.deliver(stray);
  stray.type = message_type::acknowledgement;
  c.deliver(stray);
  c.deliver_empty(message_type::acknowledgement, message_id{9});
  c.deliver_empty(message_type::reset, message_id{9});
  CHECK(c.said().empty());
  c.deliver_empty(message_type::confirmable, message_id{9});
  CHECK(c.said() == texts{"RST 0.00 Empty"});
  stray.type = message_type::confirmable;
  stray.code = code::get;
  c.deliver(stray);
  CHECK(c.said() == texts{"RST 0.00 Empty"});
  CHECK(c.heard().empty());
}

TEST_CASE("A reset ends the exchange") {
  conversation c;
  c.get("/t");
  c.said();
  c.deliver_empty(message_type::reset, c.last_id);
  CHECK(c.heard() == texts{"reset"});
  CHECK(c.subject.in_flight() == 0);
}

TEST_CASE(
    "NSTART holds requests back until the one before is acknowledged or answered, and the queue is bounded") {
  auto s = fixed_settings();
  s.queue_max = 2;
  conversation c{s};
  CHECK(c.get("/1"));
  CHECK(c.get("/2"));
  CHECK(c.get("/3"));
  CHECK_FALSE(c.get("/4"));
  CHECK(c.said() == texts{"CON 0.01 GET Uri-Path:1"});
  c.deliver_empty(message_type::acknowledgement, c.last_id);
  CHECK(c.said() == texts{"CON 0.01 GET Uri-Path:2"});
  c.now += 1s;
  c.deliver(c.answer(message_type::acknowledgement, code::content));
  CHECK(c.heard() == texts{"answered 2.05"});
  CHECK(c.said() == texts{"CON 0.01 GET Uri-Path:3"});
  c.advance_by(2s - 1ns);
  CHECK(c.said().empty());
  c.advance_by(1ns);
  CHECK(c.said() == texts{"CON 0.01 GET Uri-Path:3"});
}

TEST_CASE("A non-confirmable request is neither held back nor repeated, and times out on its own") {
  conversation c;
  for (int i = 0; i < 3; ++i) {
    c.subject.start(0,
                    request{.method = code::post,
                            .confirmable = false,
                            .content_format = 50,
                            .accept = {},
                            .reference = "/t?x=1",
                            .payload = as_bytes("{}"),
                            .answer_within = 5s},
                    c.now);
  }
  CHECK(c.said() == texts(3, "NON 0.02 POST Uri-Path:t Content-Format:50 Uri-Query:x=1 payload=2 B"));
  c.deliver(c.answer(message_type::non_confirmable, code::changed));
  CHECK(c.heard() == texts{"answered 2.04"});
  c.advance_by(5s);
  CHECK(c.heard() == texts{"timed_out", "timed_out"});
  CHECK(c.said().empty());
}

TEST_CASE("answer_within ends a request that is acknowledged and never answered") {
  conversation c;
  c.get("/t");
  c.said();
  c.deliver_empty(message_type::acknowledgement, c.last_id);
  c.advance_by(93s - 1ns);
  CHECK(c.heard().empty());
  c.advance_by(1ns);
  CHECK(c.heard() == texts{"timed_out"});
}

TEST_CASE(
    "An answer that breaks the format ends its exchange as malformed, and is reset when it is confirmable") {
  conversation c;
  SECTION("a broken ACK, known by its id") {
    c.get("/t");
    c.said();
    auto broken = c.answer(message_type::acknowledgement, code::content);
    broken.marker = true;
    c.deliver(broken);
    CHECK(c.heard() == texts{"malformed RFC7252-3-5"});
    CHECK(c.said().empty());
  }
  SECTION("a broken CON, known by its token") {
    c.get("/t");
    c.said();
    auto broken = c.answer(message_type::confirmable, code::content);
    broken.raw_options = {std::byte{0xF0}};
    c.deliver(broken);
    CHECK(c.heard() == texts{"malformed RFC7252-3.1-1"});
    CHECK(c.said() == texts{"RST 0.00 Empty"});
  }
  SECTION("an unknown critical option") {
    c.get("/t");
    c.said();
    c.deliver(c.answer(message_type::confirmable, code::content).add(option_number{9999}, "x"));
    CHECK(c.heard() == texts{"malformed 2.05 RFC7252-5.4.1-2"});
    CHECK(c.said() == texts{"RST 0.00 Empty"});
  }
  SECTION("of no exchange") {
    c.subject.receive(0, as_bytes("?"), c.now);
    CHECK(c.heard() == texts{"stray RFC7252-3-9"});
  }
  CHECK(c.subject.in_flight() == 0);
  CHECK(c.subject.totals().wire_errors == 1);
}

TEST_CASE("ICMP ends what is on its way, and what was queued is tried next") {
  conversation c;
  c.get("/1");
  c.get("/2");
  c.said();
  c.subject.unreachable(0, c.now);
  CHECK(c.heard() == texts{"unreachable"});
  CHECK(c.said() == texts{"CON 0.01 GET Uri-Path:2"});
}

TEST_CASE("Message ids are not used again within EXCHANGE_LIFETIME") {
  auto s = fixed_settings();
  conversation c{s};
  const auto run = [&] {
    const auto slot = c.subject.start(0,
                                      request{.method = code::get,
                                              .confirmable = false,
                                              .content_format = {},
                                              .accept = {},
                                              .reference = "/",
                                              .payload = {}},
                                      c.now);
    if (!slot) return false;
    c.sent();
    c.deliver(c.answer(message_type::non_confirmable, code::content));
    c.heard();
    c.kept.clear();
    return true;
  };
  for (int i = 0; i < 65'536; ++i) REQUIRE(run());
  CHECK_FALSE(run());
  c.advance_by(s.transmission.exchange_lifetime() + 1s);
  CHECK(run());
}

TEST_CASE("Endpoints are apart: equal requests from many, answered in any order, reach their own exchange") {
  conversation c{fixed_settings(), 100};
  std::vector<message_draft> requests;
  std::vector<std::uint32_t> slots;
  for (std::uint32_t e = 0; e < 100; ++e) slots.push_back(*c.get("/t", e));
  requests = c.sent();
  REQUIRE(requests.size() == 100);
  for (std::uint32_t e = 100; e-- > 0;) {
    message_draft answer;
    answer.type = message_type::acknowledgement;
    answer.code = code::content;
    answer.id = requests[e].id;
    answer.token = requests[e].token;
    c.deliver(answer, e);
    REQUIRE(c.subject.events().size() == 1);
    CHECK(c.subject.events()[0].exchange == slots[e]);
    CHECK(c.subject.events()[0].endpoint == e);
    c.heard();
  }
}

TEST_CASE("Abandoned exchanges are named once and answer no more") {
  conversation c;
  const auto slot = c.get("/t");
  c.said();
  std::vector<std::uint32_t> forgotten;
  c.subject.abandon(0, forgotten, c.now);
  CHECK(forgotten == std::vector<std::uint32_t>{*slot});
  c.deliver(c.answer(message_type::acknowledgement, code::content));
  c.advance_by(100s);
  CHECK(c.heard().empty());
  CHECK(c.said().empty());
}
