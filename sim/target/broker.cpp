// The MQTT broker: connections, frames, and how connections end.
#include "sim/target/broker.hpp"

#include <algorithm>

namespace wanwu::target {

namespace {

using mqtt::packet_type;
using mqtt::role;

/// Whether a CONNECT that could not be decoded was at least one of MQTT 5.0, so that CONNACK may say why.
bool says_v5(const mqtt::frame& in) {
  const auto body = in.body();
  return body.size() >= 7 && as_text(body.first(6)) == std::string_view{"\0\4MQTT", 6} &&
         body[6] == std::byte{5};
}

}  // namespace

broker::broker(const target_settings& settings, std::vector<outbox>& lanes, target_totals& totals)
    : settings_{settings},
      lanes_{lanes},
      totals_{totals},
      chance_{settings.seed},
      retained_{settings.bounds.retained, settings.bounds.retained_bytes} {}

connection_id broker::opened(std::uint32_t lane, link_name link, time_point now) {
  connection_id id{static_cast<std::uint32_t>(connections_.size())};
  if (free_.empty()) {
    connections_.emplace_back();
  } else {
    id = free_.back();
    free_.pop_back();
  }
  connection& c = at(id);
  const auto generation = c.generation + 1;
  c = connection{};
  c.generation = generation;
  c.lane = lane;
  c.link = link;
  c.heard_at = now;
  c.now = connection::stage::fresh;
  deadlines_.add(now + settings_.connect_within, static_cast<std::uint8_t>(deadline::handshake),
                 static_cast<std::uint32_t>(id), generation);
  return id;
}

void broker::receive(connection_id from, bytes_view raw, time_point now) {
  connection& c = at(from);
  totals_.mqtt_bytes_in += raw.size();
  if (c.now == connection::stage::closing || c.now == connection::stage::free) return;
  if (c.now == connection::stage::up) c.heard_at = now;
  if (c.partial.empty()) {
    const auto used = receive_frames(from, raw, now);
    if (c.now != connection::stage::closing && used < raw.size()) {
      const auto rest = raw.subspan(used);
      c.partial.assign(rest.begin(), rest.end());
    }
    return;
  }
  c.partial.insert(c.partial.end(), raw.begin(), raw.end());
  bytes held = std::move(c.partial);  // closing empties c.partial, and frames are views into it
  c.partial.clear();
  const auto used = receive_frames(from, held, now);
  if (c.now == connection::stage::closing || used == held.size()) return;
  held.erase(held.begin(), held.begin() + static_cast<std::ptrdiff_t>(used));
  c.partial = std::move(held);
}

std::size_t broker::receive_frames(connection_id id, bytes_view in, time_point now) {
  connection& c = at(id);
  std::size_t used = 0;
  while (used < in.size() && c.now != connection::stage::closing) {
    const auto rest = in.subspan(used);
    const auto next = mqtt::next_frame(rest, settings_.mqtt.maximum_packet);
    if (!next) {
      refuse(id, next.error(), {}, now);
      break;
    }
    if (!*next) {
      const bool is_first = c.now == connection::stage::fresh;
      const auto wrong = mqtt::check_first_byte(rest[0], c.version, role::client);
      if (is_first && rest[0] != std::byte{0x10}) {
        close(id, now);
      } else if (wrong) {
        refuse(id, *wrong, {}, now);
      }
      break;
    }
    used += (*next)->whole.size();
    ++totals_.mqtt_packets_in;
    receive_frame(id, **next, now);
  }
  return used;
}

void broker::receive_frame(connection_id id, const mqtt::frame& in, time_point now) {
  connection& c = at(id);
  if (c.now == connection::stage::up) {
    const auto type = in.type();
    if (type == packet_type::publish) {
      if (const auto quick = mqtt::quick_publish(in, c.version)) return publish(id, *quick, now);
    } else if (type <= packet_type::pubcomp) {
      if (const auto quick = mqtt::quick_ack(in)) return acknowledge(id, *quick, now);
    }
  } else if (c.now == connection::stage::fresh && in.type() != packet_type::connect) {
    return close(id, now);  // [MQTT-3.1.0-1] [MQTT-3.14.0-1]
  }
  const auto got = mqtt::decode(in.whole, c.version, role::client);
  if (!got) return refuse(id, got.error(), in.whole, now);
  if (c.now == connection::stage::fresh) return connect(id, std::get<mqtt::connect>(*got), in.whole, now);
  receive_packet(id, *got, now);
}

void broker::receive_packet(connection_id id, const mqtt::packet& what, time_point now) {
  connection& c = at(id);
  if (const auto* packet = std::get_if<mqtt::auth>(&what)) return authenticate(id, *packet, now);
  if (c.now == connection::stage::authenticating) {
    if (std::holds_alternative<mqtt::disconnect>(what)) return close(id, now);
    return refuse_connect(id, c.version, code::protocol_error);  // [MQTT-3.1.2-30]
  }
  if (const auto* packet = std::get_if<mqtt::publish>(&what)) return publish(id, *packet, now);
  if (const auto* packet = std::get_if<mqtt::ack>(&what)) return acknowledge(id, *packet, now);
  if (const auto* packet = std::get_if<mqtt::subscribe>(&what)) return subscribe(id, *packet, now);
  if (const auto* packet = std::get_if<mqtt::unsubscribe>(&what)) return unsubscribe(id, *packet, now);
  if (std::holds_alternative<mqtt::pingreq>(what)) {
    send(c, mqtt::pingresp{});
    return;
  }
  if (const auto* packet = std::get_if<mqtt::disconnect>(&what)) return hear_disconnect(id, *packet, now);
  disconnect(id, code::protocol_error, now);  // a second CONNECT [MQTT-3.1.0-2]
}

void broker::hear_disconnect(connection_id id, const mqtt::disconnect& packet, time_point now) {
  connection& c = at(id);
  session& s = sessions_.at(c.session);
  if (const auto expiry = packet.properties.number(mqtt::property_id::session_expiry_interval)) {
    if (s.asked_expiry == 0 && *expiry != 0) return disconnect(id, code::protocol_error, now);
    s.expiry = std::min(*expiry, settings_.mqtt.session_expiry_maximum);
  }
  const bool keeps_will = packet.reason != 0;
  detach(id, keeps_will, now);  // [MQTT-3.14.4-3]
  close(id, now);
}

void broker::refuse(connection_id id, const wire_error& why, bytes_view packet, time_point now) {
  connection& c = at(id);
  ++totals_.mqtt_wire_errors;
  const auto reason = mqtt::reason_for(why);
  if (c.now == connection::stage::up) return disconnect(id, reason, now);
  if (c.now == connection::stage::authenticating) return refuse_connect(id, c.version, reason, why.clause);
  const auto frame = mqtt::next_frame(packet, 0xFFFFFFFF);
  if (packet.empty() || !frame || !*frame) return close(id, now);
  // Nobody knows what an unknown level understands; the form of 3.1.1 is the one its clause asks for
  // [MQTT-3.1.2-2].
  if (why.clause == "MQTT-3.1.2-2") return refuse_connect(id, mqtt::version::v3_1_1, reason, why.clause);
  if (says_v5(**frame)) return refuse_connect(id, mqtt::version::v5, reason, why.clause);
  close(id, now);  // [MQTT-3.1.4-1] of 3.1.1: without a CONNACK
}

bool broker::send(connection& c, const mqtt::packet& what) {
  byte_writer& out = box(c).writer();
  const auto from = out.size();
  mqtt::encode(out, what, c.version);
  const auto size = out.size() - from;
  if (size > c.maximum_packet) {
    out.drop_last(size);
    return false;
  }
  totals_.mqtt_bytes_out += size;
  box(c).wrote(c.link, from);
  return true;
}

void broker::send_ack(connection& c, packet_type type, std::uint16_t packet_id, code reason) {
  if (reason != code::success && c.version == mqtt::version::v5) {
    send(c, mqtt::ack{type, packet_id, static_cast<std::uint8_t>(reason), {}});
    return;
  }
  constexpr std::size_t size = 4;
  if (size > c.maximum_packet) return;
  byte_writer& out = box(c).writer();
  const auto from = out.size();
  mqtt::put_ack(out, type, packet_id);
  totals_.mqtt_bytes_out += size;
  box(c).wrote(c.link, from);
}

void broker::disconnect(connection_id id, code reason, time_point now) {
  connection& c = at(id);
  if (c.now == connection::stage::up && c.version == mqtt::version::v5) {
    send(c, mqtt::disconnect{static_cast<std::uint8_t>(reason), {}});
  }
  close(id, now);
}

void broker::close(connection_id id, time_point now) {
  connection& c = at(id);
  if (c.now == connection::stage::closing || c.now == connection::stage::free) return;
  const bool was_up = c.now == connection::stage::up;
  c.now = connection::stage::closing;
  c.partial = {};
  c.aliases.reset();
  c.auth.reset();
  box(c).close(c.link);
  if (was_up) detach(id, true, now);
}

void broker::ended(connection_id who, time_point now) {
  connection& c = at(who);
  if (c.now == connection::stage::free) return;
  if (c.now == connection::stage::up) detach(who, true, now);
  const auto generation = c.generation;
  c = connection{};
  c.generation = generation;
  free_.push_back(who);
}

void broker::backlog(connection_id who, std::size_t unsent, time_point now) {
  connection& c = at(who);
  c.backlog = unsent;
  if (c.now != connection::stage::up) return;
  if (unsent > settings_.bounds.unsent_hard) {
    box(c).close(c.link, outbox::what::drop);
    c.now = connection::stage::closing;
    return detach(who, true, now);
  }
  pump(c.session, now);
}

void broker::watch_keep_alive(connection_id id, time_point at_when) {
  deadlines_.add(at_when, static_cast<std::uint8_t>(deadline::keep_alive), static_cast<std::uint32_t>(id),
                 at(id).generation);
}

void broker::check_connection(connection_id id, deadline which, time_point now) {
  connection& c = at(id);
  if (which == deadline::handshake) {
    if (c.now == connection::stage::fresh || c.now == connection::stage::authenticating) close(id, now);
    return;
  }
  if (c.now != connection::stage::up || c.keep_alive == 0) return;
  const auto due = c.heard_at + std::chrono::milliseconds{1500} * c.keep_alive;
  if (now < due) return watch_keep_alive(id, due);
  disconnect(id, code::keep_alive_timeout, now);  // [MQTT-3.1.2-22]
}

void broker::advance(time_point now) {
  while (const auto due = deadlines_.take_due(now)) {
    const auto which = static_cast<deadline>(due->kind);
    if (which == deadline::session) {
      check_session(session_id{due->who}, due->generation, now);
    } else if (at(connection_id{due->who}).generation == due->generation) {
      check_connection(connection_id{due->who}, which, now);
    }
  }
  std::vector<session_id> waiting;
  waiting.swap(stalled_);
  for (const auto id : waiting) {
    session& s = sessions_.at(id);
    if (!s.in_use || !s.stalled) continue;
    s.stalled = false;
    pump(id, now);
  }
}

std::optional<time_point> broker::next_deadline() const {
  if (!stalled_.empty()) return time_point{};
  return deadlines_.next();
}

void broker::shut_down(time_point now) {
  for (std::uint32_t i = 0; i < connections_.size(); ++i) {
    const connection_id id{i};
    connection& c = at(id);
    if (c.now != connection::stage::up) {
      close(id, now);
      continue;
    }
    if (c.version == mqtt::version::v5) {
      send(c, mqtt::disconnect{static_cast<std::uint8_t>(code::server_shutting_down), {}});
    }
    detach(id, false, now);
    close(id, now);
  }
}

}  // namespace wanwu::target
