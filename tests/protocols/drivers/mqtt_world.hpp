// A native MQTT driver in virtual time, with an engine that keeps what it is told and a broker of a few
// lines.
#pragma once

#include <map>
#include <utility>

#include <catch2/catch.hpp>

#include "protocols/drivers/mqtt_native.hpp"
#include "protocols/mqtt/decode.hpp"
#include "protocols/mqtt/encode.hpp"
#include "protocols/transport/memory.hpp"

namespace wanwu::mqtt_world {

using namespace std::chrono_literals;

using lines = std::vector<std::string>;
using mqtt::qos;

inline std::string text_of(const observation& seen) {
  return std::string{name_of(seen.op)} + " " + std::string{name_of(seen.result)} +
         (seen.code == 0 ? "" : " " + std::to_string(seen.code));
}

/// The engine's side: keeps what it is told as lines of text.
struct engine_side final : driver_client {
  void describe(connection_id connection, login& out) override {
    out = who;
    out.client_id = "c" + std::to_string(static_cast<std::uint32_t>(connection));
    out.thing = thing_id{static_cast<std::uint32_t>(connection)};
  }
  void record(std::span<const observation> seen) override {
    observed.insert(observed.end(), seen.begin(), seen.end());
  }
  void changed(std::span<const connection_change> changes) override {
    for (const auto& each : changes) {
      constexpr const char* words[] = {"opening", "up", "down"};
      events.push_back(std::string{words[static_cast<int>(each.now)]} +
                       (each.now == connection_state::down ? " " + std::string{name_of(each.why)} : "") +
                       (each.code == 0 ? "" : " " + std::to_string(each.code)));
    }
  }
  void heard(std::span<const heard_message> messages) override {
    for (const auto& each : messages) {
      events.push_back("heard " + std::string{each.address} + "=" + std::string{as_text(each.payload)} +
                       " tag " + std::to_string(each.subscription_tag));
    }
  }
  void ready_for_more(std::span<const connection_id> connections) override {
    ready_count += connections.size();
  }

  lines take_observed() {
    lines out;
    for (const auto& each : observed) out.push_back(text_of(each));
    observed.clear();
    return out;
  }
  lines take_events() { return std::exchange(events, {}); }

  login who;
  std::vector<observation> observed;
  lines events;
  std::size_t ready_count = 0;
};

/// One driver, its links and the broker behind them. The broker accepts and acknowledges unless told
/// otherwise.
struct world {
  explicit world(mqtt_endpoint target = {})
      : level{target.level}, under_test{make_mqtt_memory(target, link, engine)} {
    under_test->prepare(4);
  }

  void open(std::uint32_t which = 0) {
    const connection_id connection{which};
    under_test->open({&connection, 1}, {&now, 1}, now);
    run();
  }
  void close(closing how) {
    const connection_id connection{0};
    under_test->close({&connection, 1}, how, now);
    run();
  }
  void send(std::uint8_t level_of_service, std::string_view topic = "t", std::string_view payload = "p") {
    shape.op = operation::telemetry;
    shape.qos = level_of_service;
    const intent one{.shape = &shape,
                     .address = topic,
                     .payload = as_bytes(payload),
                     .properties = {},
                     .intended_at = now,
                     .thing = thing_id{9}};
    under_test->start({&one, 1}, now);
    run();
  }
  /// Lets everything travel until nothing moves at this instant.
  void run() {
    do {
      play_network();
      link.run(now);
    } while (link.has_sent() || (link.next_delivery() && *link.next_delivery() <= now));
    under_test->advance(now);
    if (link.has_sent()) run();
  }
  void wait(duration time) {
    now += time;
    run();
  }
  void play_network() {
    const auto left = link.sent();
    for (const auto& each : left) {
      lives[each.link.link] = each.link;
      if (each.what == memory_transport::departure::kind::open && opens) link.accept_open(each.link, now);
      if (each.what != memory_transport::departure::kind::data) continue;
      auto raw = each.payload;
      while (!raw.empty()) {
        const auto found = mqtt::next_frame(raw, mqtt::variable_max);
        REQUIRE((found && *found));
        const auto what = mqtt::decode((*found)->whole, level, mqtt::role::client);
        REQUIRE(what);
        said.push_back(mqtt::describe(*what));
        answer(each.link, *what);
        raw = raw.subspan((*found)->whole.size());
      }
    }
    link.forget_sent();
  }
  void answer(memory_link to, const mqtt::packet& what) {
    if (!answers) return;
    if (std::holds_alternative<mqtt::connect>(what)) reply(to, greeting);
    if (const auto* message = std::get_if<mqtt::publish>(&what);
        message != nullptr && message->level != qos::at_most_once) {
      const auto type =
          message->level == qos::at_least_once ? mqtt::packet_type::puback : mqtt::packet_type::pubrec;
      reply(to, mqtt::ack{type, message->packet_id, ack_reason, {}});
    }
    if (const auto* step = std::get_if<mqtt::ack>(&what);
        step != nullptr && step->type == mqtt::packet_type::pubrel) {
      reply(to, mqtt::ack{mqtt::packet_type::pubcomp, step->packet_id, 0, {}});
    }
    if (const auto* request = std::get_if<mqtt::subscribe>(&what)) {
      const std::vector<std::byte> reasons(request->filters.size(), std::byte{suback_reason});
      reply(to, mqtt::suback{request->packet_id, {}, reasons});
    }
    if (std::holds_alternative<mqtt::pingreq>(what)) reply(to, mqtt::pingresp{});
  }
  void reply(memory_link to, const mqtt::packet& what) {
    byte_writer raw;
    mqtt::encode(raw, what, level);
    link.deliver(to, raw.view(), now);
  }
  memory_link life(std::uint32_t which = 0) const { return lives.at(link_id{which}); }

  mqtt::version level;
  memory_transport link;
  engine_side engine;
  std::unique_ptr<driver> under_test;
  request_shape shape;
  time_point now{1h};
  std::map<link_id, memory_link> lives;
  lines said;
  bool opens = true, answers = true;
  mqtt::connack greeting;
  std::uint8_t ack_reason = 0, suback_reason = 0;
};

}  // namespace wanwu::mqtt_world
