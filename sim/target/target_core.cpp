// The whole embedded target without sockets, threads or clocks.
#include "sim/target/target_core.hpp"

#include "sim/target/broker.hpp"

namespace wanwu::target {

struct target_core::parts {
  parts(const target_settings& given, std::uint32_t lanes)
      : settings{given}, boxes(lanes), mqtt{settings, boxes, totals} {}

  /// A peer id is a place in the service's own table; the lowest bit says which service.
  static peer_id name(service which, std::uint32_t index) { return peer_id{index << 1U | static_cast<std::uint32_t>(which)}; }
  static service service_of(peer_id who) { return static_cast<service>(static_cast<std::uint32_t>(who) & 1U); }
  static std::uint32_t index_of(peer_id who) { return static_cast<std::uint32_t>(who) >> 1U; }

  target_settings settings;
  std::vector<outbox> boxes;
  datagram_box datagrams;
  target_totals totals;
  broker mqtt;
};

target_core::target_core(const target_settings& settings, std::uint32_t lanes)
    : parts_{std::make_unique<parts>(settings, lanes)} {}

target_core::~target_core() = default;

peer_id target_core::opened(service which, std::uint32_t lane, link_name link, const socket_address&, time_point now) {
  return parts::name(which, static_cast<std::uint32_t>(parts_->mqtt.opened(lane, link, now)));
}

void target_core::receive(peer_id from, bytes_view raw, time_point now) {
  parts_->mqtt.receive(connection_id{parts::index_of(from)}, raw, now);
}

void target_core::ended(peer_id who, time_point now) { parts_->mqtt.ended(connection_id{parts::index_of(who)}, now); }

void target_core::backlog(peer_id who, std::size_t unsent, time_point now) {
  parts_->mqtt.backlog(connection_id{parts::index_of(who)}, unsent, now);
}

void target_core::receive_datagram(const datagram&, time_point) {}

void target_core::advance(time_point now) { parts_->mqtt.advance(now); }

std::optional<time_point> target_core::next_deadline() const { return parts_->mqtt.next_deadline(); }

void target_core::shut_down(time_point now) { parts_->mqtt.shut_down(now); }

outbox& target_core::out(std::uint32_t lane) { return parts_->boxes[lane]; }

datagram_box& target_core::datagrams() { return parts_->datagrams; }

target_totals target_core::totals() const {
  target_totals t = parts_->totals;
  t.mqtt_connections = parts_->mqtt.connections();
  t.mqtt_sessions = parts_->mqtt.sessions();
  t.mqtt_subscriptions = parts_->mqtt.subscriptions();
  t.mqtt_retained = parts_->mqtt.retained();
  return t;
}

std::string target_core::journal_to(const std::string&) { return {}; }

}  // namespace wanwu::target
