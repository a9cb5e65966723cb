// The core over all three protocols in virtual time: what one says, the others see.
#include <catch2/catch.hpp>

#include "protocols/coap/decode.hpp"
#include "protocols/coap/encode.hpp"
#include "protocols/coap/uri.hpp"
#include "tests/sim/target/conversation.hpp"

namespace wanwu::target {
namespace {

/// A core with one HTTP client on link 1, one MQTT client on link 2, and CoAP endpoints by port.
struct small_world {
  explicit small_world(const target_settings& settings = plain_settings()) : core{settings} {
    http = core.opened(service::http, 0, {1, 0}, {}, now);
    mqtt = core.opened(service::mqtt, 0, {2, 0}, {}, now);
  }
  std::string heard_by(std::uint32_t link) {
    std::string all;
    for (const auto& e : core.out(0).entries()) {
      if (e.to.link == link && e.kind == outbox::what::send) all += as_text(core.out(0).bytes_of(e));
    }
    core.out(0).clear();
    return all;
  }
  std::string ask(std::string_view method, std::string_view path, std::string_view body = {}) {
    std::string text{method};
    text.append(" ")
        .append(path)
        .append(" HTTP/1.1\r\nHost: t\r\nContent-Length: ")
        .append(std::to_string(body.size()));
    text.append("\r\n\r\n").append(body);
    core.receive(http, as_bytes(text), now);
    return heard_by(1);
  }
  void coap(std::uint16_t port, const coap::message_draft& draft) {
    const auto raw = coap::encoded(draft);
    core.receive_datagram({raw, socket_address::from_v4(0x7F000001, port), endpoint_id{}}, now);
  }
  std::vector<bytes> datagrams() {
    std::vector<bytes> all;
    for (const auto& e : core.datagrams().entries()) {
      const auto raw = core.datagrams().bytes_of(e);
      all.emplace_back(raw.begin(), raw.end());
    }
    core.datagrams().clear();
    return all;
  }

  target_core core;
  time_point now{std::chrono::hours{1}};
  peer_id http{}, mqtt{};
};

coap::message_draft request(coap::code method, std::string_view path, std::uint16_t id,
                            std::string_view payload = {}) {
  coap::message_draft draft;
  draft.code = method;
  draft.id = coap::message_id{id};
  draft.token = {std::byte{7}};
  coap::add_reference(draft, path);
  draft.payload.assign(as_bytes(payload).begin(), as_bytes(payload).end());
  return draft;
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

TEST_CASE("A reading that came over CoAP is read over HTTP, and its duplicate is answered but not counted") {
  small_world world;
  for (int i = 0; i < 2; ++i)
    world.coap(1000, request(coap::code::post, "/things/x/telemetry", 1, R"({"level":7})"));
  const auto answers = world.datagrams();
  REQUIRE(answers.size() == 2);
  CHECK(as_text(answers[0]) == as_text(answers[1]));
  CHECK(coap::decode(answers[0])->code == coap::code::changed);
  CHECK(world.core.totals().telemetry == 1);
  CHECK(world.core.totals().coap_duplicates == 1);
  CHECK(contains(world.ask("GET", "/things/x/properties/level"), R"({"value":7,)"));
  CHECK(contains(world.ask("GET", "/things/x/properties/none"), "404 Not Found"));
}

TEST_CASE("SenML readings give their properties too, as JSON and as CBOR") {
  small_world world;
  world.ask("POST", "/things/x/telemetry", R"([{"bn":"urn:dev:x:","n":"seq","v":1},{"n":"level","v":2.5}])");
  CHECK(contains(world.ask("GET", "/things/x/properties/level"), R"({"value":2.5,)"));
  // [{0: "level", 2: 21.5 (half)}]
  const auto cbor = wire_bytes("81 a2 00 65 'level' 02 f9 4d60");
  world.ask("POST", "/things/x/telemetry", as_text(cbor));
  CHECK(contains(world.ask("GET", "/things/x/properties/level"), R"({"value":21.5,)"));
}

TEST_CASE(
    "Who watches a thing's commands over CoAP is shown one at a time, again and again until it answers") {
  small_world world;
  auto watch = request(coap::code::get, "/things/x/commands", 1);
  watch.add_uint(coap::option_number::observe, 0);
  world.coap(1000, watch);
  CHECK(coap::decode(world.datagrams().at(0))->options.has(coap::option_number::observe));
  const auto given = world.ask("POST", "/things/x/actions/dim", R"({"level":5})");
  CHECK(contains(given, "202 Accepted"));
  const auto shown = world.datagrams();
  REQUIRE(shown.size() == 1);
  const auto notification = coap::decode(shown[0]);
  CHECK(notification->type == coap::message_type::confirmable);
  CHECK(contains(as_text(notification->payload), R"("action":"dim","input":{"level":5})"));
  world.now += std::chrono::seconds{4};
  world.core.advance(world.now);
  CHECK(world.datagrams().size() == 1);  // sent again: nobody has acknowledged it
  const auto ack = coap::empty_message(coap::message_type::acknowledgement, notification->id);
  world.core.receive_datagram({ack, socket_address::from_v4(0x7F000001, 1000), endpoint_id{}}, world.now);
  const auto at = given.find(R"({"id":")") + 7;
  const auto id = given.substr(at, 16);
  world.coap(1000, request(coap::code::post, "/things/x/commands/" + id, 9, R"({"status":"accepted"})"));
  const auto trail = world.ask("GET", "/audit?corr=" + id);
  CHECK(contains(trail, R"("result":"delivered")"));
  CHECK(contains(trail, R"("result":"accepted")"));
}

TEST_CASE("A command that nobody answers is given up, and the trail says so") {
  small_world world;
  const auto given = world.ask("POST", "/things/x/actions/dim", "{}");
  const auto id = given.substr(given.find(R"({"id":")") + 7, 16);
  world.now += std::chrono::seconds{61};
  world.core.advance(world.now);
  CHECK(contains(world.ask("GET", "/audit?corr=" + id), R"("result":"timed out")"));
  CHECK(contains(world.ask("GET", "/things/x/actions?state=pending"), R"({"items":[]})"));
}

TEST_CASE("Unknown critical options are refused, and garbage is reset or passed over") {
  small_world world;
  auto odd = request(coap::code::get, "/", 1);
  odd.add_uint(coap::option_number{9}, 1);
  world.coap(1000, odd);
  CHECK(coap::decode(world.datagrams().at(0))->code == coap::code::bad_option);
  odd.type = coap::message_type::non_confirmable;
  odd.id = coap::message_id{2};
  world.coap(1000, odd);
  CHECK(world.datagrams().empty());
  const auto ping = coap::empty_message(coap::message_type::confirmable, coap::message_id{3});
  world.core.receive_datagram({ping, socket_address::from_v4(0x7F000001, 1000), endpoint_id{}}, world.now);
  CHECK(coap::decode(world.datagrams().at(0))->type == coap::message_type::reset);
  const auto version = wire_bytes("c0 01 0001");
  world.core.receive_datagram({version, socket_address::from_v4(0x7F000001, 1000), endpoint_id{}}, world.now);
  CHECK(world.datagrams().empty());
}

TEST_CASE("A million endpoints leave the duplicates' memory as large as it was") {
  auto settings = plain_settings();
  settings.bounds.coap_remembered = 1024;
  small_world world{settings};
  for (std::uint32_t i = 0; i < 100'000; ++i) {
    const auto raw = coap::encoded(request(coap::code::post, "/things/x/telemetry", 1, "1"));
    world.core.receive_datagram({raw, socket_address::from_v4(0x7F000000 + i, 1000), endpoint_id{}},
                                world.now);
    world.core.datagrams().clear();
  }
  CHECK(world.core.totals().coap_requests == 100'000);
  CHECK(world.core.totals().coap_duplicates == 0);
}

}  // namespace
}  // namespace wanwu::target
