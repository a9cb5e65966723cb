#include "protocols/drivers/coap_native.hpp"

#include <catch2/catch.hpp>

#include "protocols/coap/decode.hpp"
#include "protocols/coap/encode.hpp"
#include "protocols/transport/memory.hpp"
#include "tests/protocols/drivers/coap_recording_client.hpp"

using namespace wanwu;
using namespace std::chrono_literals;
using texts = std::vector<std::string>;

namespace {

/// The driver on a memory network, and the server that the test plays.
struct stage {
  explicit stage(std::uint32_t connections = 2, coap_endpoint settings = {},
                 std::vector<subscription> subscriptions = {})
      : network{connections} {
    settings.target = server;
    settings.session.transmission.ack_random_factor = 1.0;
    client.subscriptions = std::move(subscriptions);
    subject = make_coap_memory(settings, network, client);
    subject->prepare(connections);
    for (std::uint32_t i = 0; i < connections; ++i) ids.push_back(connection_id{i});
    subject->open(ids, std::vector<time_point>(connections, now), now);
    post.op = operation::telemetry;
    post.via = protocol::coap;
    post.population = 5;
    post.method = "POST";
    post.content_type = "application/json";
  }

  socket_address server = socket_address::from_v4(0x7F000001, 5683);
  memory_datagrams network;
  recording_client client;
  std::unique_ptr<driver> subject;
  std::vector<connection_id> ids;
  time_point now{std::chrono::hours{1}};
  request_shape post;
  std::vector<coap::message_draft> requests;
  std::vector<endpoint_id> from;

  void start(std::string_view address, std::uint32_t connection = 0, std::string_view payload = "{}",
             std::uint32_t token = 1) {
    const intent one{.shape = &post,
                     .address = address,
                     .payload = as_bytes(payload),
                     .properties = {},
                     .intended_at = now - 5ms,
                     .thing = thing_id{connection},
                     .connection = connection_id{connection},
                     .token = token};
    subject->start({&one, 1}, now);
  }
  /// What left since the last call, described without id and token; kept in `requests`.
  texts said() {
    texts out;
    requests.clear();
    from.clear();
    for (const auto& d : network.sent()) {
      CHECK(d.peer == server);
      requests.push_back(coap::draft_of(*coap::decode(d.payload)));
      from.push_back(d.local);
      auto shown = requests.back();
      shown.token.clear();
      shown.id = {};
      const auto raw = coap::encoded(shown);
      out.push_back(describe(*coap::decode(raw)));
    }
    network.forget_sent();
    return out;
  }
  coap::message_draft reply(std::size_t request, coap::code c, std::string_view payload = {}) {
    coap::message_draft out;
    out.type = coap::message_type::acknowledgement;
    out.code = c;
    out.id = requests.at(request).id;
    out.token = requests.at(request).token;
    out.payload.assign(as_bytes(payload).begin(), as_bytes(payload).end());
    return out;
  }
  void deliver(std::size_t request, const coap::message_draft& m) {
    network.deliver(from.at(request), server, coap::encoded(m), now);
    network.run(now);
  }
  void advance_by(duration d) {
    now += d;
    subject->advance(now);
  }
};

}  // namespace

TEST_CASE("Opening a CoAP endpoint is up at once, sends nothing and records nothing") {
  stage s;
  CHECK(s.said().empty());
  CHECK(s.client.seen().empty());
  REQUIRE(s.client.changes.size() == 2);
  CHECK(s.client.changes[0].now == connection_state::up);
  CHECK(s.subject->totals().connections_up == 2);
}

TEST_CASE(
    "A request carries the shape's method and format, and its answer becomes one observation with all "
    "instants") {
  stage s;
  s.start("/t/a%20b?lt=60", 1);
  CHECK(
      s.said() ==
      texts{"CON 0.02 POST id=0x0000 Uri-Path:t Uri-Path:a b Content-Format:50 Uri-Query:lt=60 payload=2 B"});
  s.now += 30ms;
  s.deliver(0, s.reply(0, coap::code::changed));
  REQUIRE(s.client.observations.size() == 1);
  const auto o = s.client.observations[0];
  CHECK(o.intended_at == s.now - 35ms);
  CHECK(o.sent_at == s.now - 30ms);
  CHECK(o.done_at == s.now);
  CHECK(o.thing == thing_id{1});
  CHECK(o.population == 5);
  CHECK(o.bytes_sent == 4 + 6 + 2 + 4 + 2 + 6 + 3);
  CHECK(o.bytes_received == 10);
  CHECK(s.client.seen() == texts{"telemetry ok 2.04"});
}

TEST_CASE("A closed loop hears once of each CoAP exchange that ended, however it did") {
  stage s;
  s.post.answer_within = 10s;
  s.start("/t", 1);
  s.said();
  s.deliver(0, s.reply(0, coap::code::changed));
  CHECK(s.client.ready.empty());  // nobody asked
  s.subject->report_completions(true);
  s.start("/t", 1);
  s.said();
  CHECK(s.client.ready.empty());
  s.deliver(0, s.reply(0, coap::code::changed));
  CHECK(s.client.ready == std::vector<std::uint32_t>{1});
  s.start("/t", 0);
  for (int i = 0; i < 10; ++i) s.advance_by(1s);
  CHECK(s.client.ready == std::vector<std::uint32_t>{1, 0});
  s.start("/t%");  // not started
  CHECK(s.client.ready.size() == 2);
}

TEST_CASE("Outcomes say whose fault it was") {
  stage s;
  SECTION("4.xx is refused") {
    s.start("/t");
    s.said();
    s.deliver(0, s.reply(0, coap::code::not_found));
    CHECK(s.client.seen() == texts{"telemetry refused 4.04"});
  }
  SECTION("an expected 4.04 is ok, and an unexpected 2.04 refused") {
    s.post.expect = {coap::value_of(coap::code::not_found)};
    s.start("/t");
    s.said();
    s.deliver(0, s.reply(0, coap::code::not_found));
    s.start("/t");
    s.said();
    s.deliver(0, s.reply(0, coap::code::changed));
    CHECK(s.client.seen() == texts{"telemetry ok 4.04", "telemetry refused 2.04"});
  }
  SECTION("RST is refused without a code") {
    s.start("/t");
    s.said();
    coap::message_draft reset;
    reset.type = coap::message_type::reset;
    reset.id = s.requests[0].id;
    s.deliver(0, reset);
    CHECK(s.client.seen() == texts{"telemetry refused"});
  }
  SECTION("silence is timed_out, after answer_within or MAX_TRANSMIT_WAIT") {
    s.post.answer_within = 10s;
    s.start("/t");
    s.post.answer_within = 1000s;
    request_shape patient = s.post;
    const intent other{.shape = &patient,
                       .address = "/u",
                       .payload = {},
                       .properties = {},
                       .intended_at = s.now,
                       .thing = {},
                       .connection = connection_id{1},
                       .token = 0};
    s.subject->start({&other, 1}, s.now);
    for (int i = 0; i < 10; ++i) s.advance_by(1s);
    CHECK(s.client.seen() == texts{"telemetry timed_out"});
    for (int i = 0; i < 52; ++i) s.advance_by(1s);
    CHECK(s.client.seen() == texts{"telemetry timed_out"});
    CHECK(s.subject->totals().retransmissions == 2 + 4);
  }
  SECTION("ICMP is unreachable") {
    s.start("/t");
    s.network.refuse(endpoint_id{0}, s.server, std::errc::connection_refused, s.now);
    s.network.run(s.now);
    CHECK(s.client.seen() == texts{"telemetry unreachable"});
  }
  SECTION("garbage is malformed_answer, and reset when it was confirmable") {
    s.start("/t");
    s.said();
    auto broken = s.reply(0, coap::code::content);
    broken.type = coap::message_type::confirmable;
    broken.marker = true;
    s.deliver(0, broken);
    CHECK(s.client.seen() == texts{"telemetry malformed_answer"});
    CHECK(s.said() == texts{"RST 0.00 Empty id=0x0000"});
    CHECK(s.subject->totals().wire_errors == 1);
  }
  SECTION("a closed endpoint, a full queue and a broken path are not_started") {
    s.subject->close({&s.ids[1], 1}, closing::clean, s.now);
    s.start("/t", 1);
    s.start("/t%");
    for (int i = 0; i < 18; ++i) s.start("/t");
    CHECK(s.client.seen() ==
          texts{"telemetry not_started", "telemetry not_started", "telemetry not_started"});
  }
  SECTION("abandoned as the caller says") {
    s.start("/t");
    s.start("/t", 1);
    s.subject->abandon(outcome::timed_out, s.now);
    CHECK(s.client.seen() == texts{"telemetry timed_out", "telemetry timed_out"});
  }
  SECTION("closing cuts off what is in flight, and what waits behind it") {
    s.start("/t");
    s.start("/t");
    s.subject->close({&s.ids[0], 1}, GENERATE(closing::clean, closing::abrupt), s.now);
    CHECK(s.client.seen() == texts{"telemetry cut_off", "telemetry cut_off"});
    CHECK(s.client.changes.back().now == connection_state::down);
  }
  CHECK(s.subject->totals().operations_in_flight <= 17);
}

TEST_CASE("An answer is delivered when it is wanted, with the path and token it answers") {
  stage s;
  s.post.wants_answer = true;
  s.start("/t?x", 0, "{}", 77);
  s.said();
  s.deliver(0, s.reply(0, coap::code::content, "hello"));
  CHECK(s.client.heard_now() == texts{"/t?x 2.05 token 77 tag 0 hello"});
}

TEST_CASE("Somebody else's datagram is not heard") {
  stage s;
  s.start("/t");
  s.said();
  s.network.deliver(endpoint_id{0}, socket_address::from_v4(0x7F000002, 5683),
                    coap::encoded(s.reply(0, coap::code::changed)), s.now);
  s.network.run(s.now);
  CHECK(s.client.seen().empty());
}

TEST_CASE(
    "Subscriptions are observed under the base path, heard by tag, registered again, and cancelled "
    "politely") {
  coap_endpoint settings;
  settings.base_path = "/v1";
  stage s{1, settings, {{"/c/7", 0, 3, false}}};
  CHECK(s.said() == texts{"CON 0.01 GET id=0x0000 Observe:0 Uri-Path:v1 Uri-Path:c Uri-Path:7"});
  s.deliver(0, s.reply(0, coap::code::content, "none").add_uint(coap::option_number::observe, 1));
  CHECK(s.client.seen() == texts{"subscribe ok 2.05"});
  CHECK(s.client.heard_now() == texts{"/c/7 2.05 token 0 tag 3 none"});
  auto note = s.reply(0, coap::code::content, "dim").add_uint(coap::option_number::observe, 2);
  note.type = coap::message_type::confirmable;
  s.deliver(0, note);
  CHECK(s.client.heard_now() == texts{"/c/7 2.05 token 0 tag 3 dim"});
  CHECK(s.said() == texts{"ACK 0.00 Empty id=0x0000"});
  s.advance_by(75s);
  CHECK(s.said() == texts{"CON 0.01 GET id=0x0000 Observe:0 Uri-Path:v1 Uri-Path:c Uri-Path:7"});
  s.deliver(0, s.reply(0, coap::code::content, "dim").add_uint(coap::option_number::observe, 3));
  CHECK(s.client.seen().empty());
  s.subject->close(s.ids, closing::clean, s.now);
  CHECK(s.said() == texts{"CON 0.01 GET id=0x0000 Observe:1 Uri-Path:v1 Uri-Path:c Uri-Path:7"});
}

TEST_CASE("A refused subscription is a subscribe observation each time it is tried") {
  stage s{1, {}, {{"/c", 0, 3, false}}};
  for (int i = 0; i < 2; ++i) {
    s.said();
    s.deliver(0, s.reply(0, coap::code::not_found));
    CHECK(s.client.seen() == texts{"subscribe refused 4.04"});
    s.advance_by(75s);
  }
}

TEST_CASE("A long payload goes block by block and is one observation") {
  stage s;
  const std::string body(3000, 'x');
  s.start("/t", 0, body);
  for (std::uint32_t number = 0; number < 3; ++number) {
    REQUIRE(s.said().size() == 1);
    s.deliver(0, s.reply(0, number < 2 ? coap::code::continue_ : coap::code::changed)
                     .add_uint(coap::option_number::block1, coap::encode_block({number, number < 2, 6})));
  }
  CHECK(s.client.observations.at(0).bytes_sent > 3000);
  CHECK(s.client.seen() == texts{"telemetry ok 2.04"});
}

TEST_CASE("The same seed gives the same bytes") {
  const auto run = [] {
    stage s{50};
    for (std::uint32_t c = 0; c < 50; ++c) s.start("/t", c);
    for (int i = 0; i < 100; ++i) s.advance_by(1s);
    std::string out;
    for (const auto& d : s.network.sent())
      out += std::string{as_text(d.payload)} + std::to_string(d.at.time_since_epoch().count());
    return out;
  };
  CHECK(run() == run());
}
