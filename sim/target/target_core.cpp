// The whole embedded target without sockets, threads or clocks.
#include "sim/target/target_core.hpp"

#include <algorithm>

#include "sim/target/coap_server.hpp"
#include "sim/target/http_server.hpp"

namespace wanwu::target {

struct target_core::parts {
  parts(const target_settings& given, std::uint32_t lanes)
      : settings{given},
        boxes(lanes),
        mqtt{settings, boxes, totals},
        services{settings, mqtt, totals},
        coap{settings, services, datagrams, totals},
        http{settings, services, boxes, totals, [this] { return count(); }} {
    // A single lane has nobody else to wake.
    for (std::uint32_t lane = 0; lanes > 1 && lane < lanes; ++lane) boxes[lane].tell_to(filled, lane);
    service_listeners listeners;
    listeners.reported = [this](const known_thing& thing, protocol via, bytes_view payload, time_point now) {
      coap.thing_reported(thing, now);
      http.thing_reported(thing, via, payload, now);
    };
    listeners.queue_changed = [this](const known_thing& thing, time_point now) {
      coap.queue_changed(thing, now);
    };
    services.listen(std::move(listeners));
  }

  /// A peer id is a place in the service's own table; the lowest bit says which service.
  static peer_id name(service which, std::uint32_t index) {
    return peer_id{index << 1U | static_cast<std::uint32_t>(which)};
  }
  static bool is_http(peer_id who) { return (static_cast<std::uint32_t>(who) & 1U) != 0; }
  static std::uint32_t index_of(peer_id who) { return static_cast<std::uint32_t>(who) >> 1U; }

  target_totals count() {
    target_totals t = totals;
    t.mqtt_connections = mqtt.connections();
    t.mqtt_sessions = mqtt.sessions();
    t.mqtt_subscriptions = mqtt.subscriptions();
    t.mqtt_retained = mqtt.retained();
    t.http_connections = http.connections();
    t.coap_observers = coap.observers();
    t.things = services.things().size();
    return t;
  }

  target_settings settings;
  std::vector<std::uint32_t> filled;
  std::vector<outbox> boxes;
  datagram_box datagrams;
  target_totals totals;
  broker mqtt;
  thing_services services;
  coap_server coap;
  http_server http;
};

target_core::target_core(const target_settings& settings, std::uint32_t lanes)
    : parts_{std::make_unique<parts>(settings, lanes)} {}

target_core::~target_core() = default;

peer_id target_core::opened(service which, std::uint32_t lane, link_name link, const socket_address& from,
                            time_point now) {
  const auto index = which == service::http
                         ? parts_->http.opened(lane, link, from, now)
                         : static_cast<std::uint32_t>(parts_->mqtt.opened(lane, link, now));
  return parts::name(which, index);
}

void target_core::receive(peer_id from, bytes_view raw, time_point now) {
  if (parts::is_http(from)) return parts_->http.receive(parts::index_of(from), raw, now);
  parts_->mqtt.receive(connection_id{parts::index_of(from)}, raw, now);
}

void target_core::ended(peer_id who, time_point now) {
  if (parts::is_http(who)) return parts_->http.ended(parts::index_of(who));
  parts_->mqtt.ended(connection_id{parts::index_of(who)}, now);
}

void target_core::backlog(peer_id who, std::size_t unsent, time_point now) {
  if (parts::is_http(who)) return parts_->http.backlog(parts::index_of(who), unsent);
  parts_->mqtt.backlog(connection_id{parts::index_of(who)}, unsent, now);
}

void target_core::receive_datagram(const datagram& one, time_point now) {
  parts_->coap.receive(one, now);
}

void target_core::advance(time_point now) {
  parts_->mqtt.advance(now);
  parts_->coap.advance(now);
  parts_->services.advance(now);
}

std::optional<time_point> target_core::next_deadline() const {
  std::optional<time_point> soonest;
  for (const auto& each :
       {parts_->mqtt.next_deadline(), parts_->coap.next_deadline(), parts_->services.next_deadline()}) {
    if (each && (!soonest || *each < *soonest)) soonest = each;
  }
  return soonest;
}

void target_core::shut_down(time_point now) {
  parts_->mqtt.shut_down(now);
  parts_->http.shut_down();
}

outbox& target_core::out(std::uint32_t lane) {
  return parts_->boxes[lane];
}

std::vector<std::uint32_t>& target_core::filled_lanes() {
  return parts_->filled;
}

datagram_box& target_core::datagrams() {
  return parts_->datagrams;
}

target_totals target_core::totals() const {
  return parts_->count();
}

std::string target_core::journal_to(const std::string& path) {
  return parts_->services.journal_to(path);
}

}  // namespace wanwu::target
