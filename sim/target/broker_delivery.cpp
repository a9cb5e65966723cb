// How a message goes out to a session: at once, or from its queue as its client acknowledges. MQTT 5.0
// sections 3.3, 4.3, 4.9.
#include <algorithm>

#include "sim/target/broker.hpp"

namespace wanwu::target {

namespace {

using mqtt::packet_type;
using mqtt::property_id;
using mqtt::version;

/// More than this in one lane's outbox, and further deliveries of QoS > 0 wait until it has been emptied.
constexpr std::size_t outbox_bytes_max = 64UL << 20;

}  // namespace

bool broker::has_space(const connection& c) const {
  return lanes_[c.lane].size() < outbox_bytes_max && c.backlog < settings_.bounds.unsent_per_connection;
}

void broker::deliver(session_id to, const message_view& m, message_ptr& owned, receiver& how,
                     time_point now) {
  session& s = sessions_.at(to);
  const bool is_up = s.connection != no_connection;
  if (how.qos == 0) {
    if (!is_up) return;
    connection& c = at(s.connection);
    if (!has_space(c)) {
      ++totals_.mqtt_dropped;
      return;
    }
    if (expired(m, now) || send_again(c, m, how)) return;
    const auto from = box(c).size();
    if (!send_publish(c, m, {how.identifiers, 0, 0, how.retain, false}, now)) return;
    const bool serves_others = how.identifiers.empty() && c.alias_maximum == 0;
    written_ = {from, box(c).size() - from, c.lane, c.version, how.retain, serves_others};
    return;
  }
  if (!s.out) s.out = std::make_unique<outgoing_flow>();
  outgoing_flow& flow = *s.out;
  const bool at_once = is_up && flow.waiting.empty() && flow.unsent == flow.window.size() &&
                       flow.has_room() && at(s.connection).quota > 0 && has_space(at(s.connection));
  if (!at_once) return enqueue(s, m, owned, how);
  if (expired(m, now)) return;
  if (!owned) owned = std::make_shared<const message>(m);
  inflight& item = flow.begin({owned, how.identifiers, how.qos, how.retain});
  if (send_inflight(at(s.connection), s, item, now)) flow.unsent = flow.window.size();
}

bool broker::send_again(connection& c, const message_view& m, const receiver& how) {
  const bool same = written_.valid && written_.lane == c.lane && written_.version == c.version &&
                    written_.retain == how.retain && how.identifiers.empty() && c.alias_maximum == 0 &&
                    written_.length <= c.maximum_packet;
  if (!same) return false;
  box(c).again(c.link, written_.from, written_.length);
  ++totals_.mqtt_publishes_out;
  totals_.mqtt_bytes_out += m.topic.size() + m.payload.size();
  return true;
}

void broker::enqueue(session& s, const message_view& m, message_ptr& owned, const receiver& how) {
  const auto& bounds = settings_.bounds;
  const auto size = m.topic.size() + m.payload.size() + m.properties.size();
  if (s.out->waiting.size() >= bounds.queued_per_session || queued_bytes_ + size > bounds.queued_bytes) {
    ++totals_.mqtt_dropped;
    return;
  }
  if (!owned) owned = std::make_shared<const message>(m);
  queued_bytes_ += size;
  s.out->waiting.push_back({owned, how.identifiers, how.qos, how.retain});
  if (s.connection != no_connection && at(s.connection).quota > 0) stall(at(s.connection).session);
}

void broker::stall(session_id id) {
  session& s = sessions_.at(id);
  if (s.stalled) return;
  s.stalled = true;
  stalled_.push_back(id);
}

bool broker::send_publish(connection& c, const message_view& m, const outgoing& how, time_point now) {
  mqtt::outgoing_publish p;
  p.topic = m.topic;
  p.payload = m.payload;
  p.packet_id = how.packet_id;
  p.level = static_cast<mqtt::qos>(how.qos);
  p.retain = how.retain;
  p.duplicate = how.duplicate;
  bool new_alias = false;
  if (c.version == version::v5) {
    p.properties = m.properties;
    if (m.expires || !how.identifiers.empty()) {
      properties_.clear();
      properties_.append(m.properties);
      // What was begun is finished even when it has expired meanwhile [MQTT-4.3.3-7].
      if (m.expires)
        put_property(properties_, property_id::message_expiry_interval, std::max(1U, seconds_left(m, now)));
      for (const auto id : how.identifiers)
        put_property(properties_, property_id::subscription_identifier, id);
      p.properties = properties_.view();
    }
    if (c.alias_maximum != 0) {
      if (!c.aliases) c.aliases = std::make_unique<alias_tables>();
      auto& known = c.aliases->to_client;
      const auto it = known.find(p.topic.empty() ? std::string{} : std::string{m.topic});
      if (it != known.end()) {
        p.alias = it->second;
        p.topic = {};
      } else if (known.size() < c.alias_maximum) {
        p.alias = static_cast<std::uint16_t>(known.size() + 1);
        new_alias = true;
      }
    }
  }
  const auto size = mqtt::publish_size(p, c.version);
  if (size > c.maximum_packet) return false;  // dropped as if it had been delivered [MQTT-3.1.2-25]
  if (new_alias) c.aliases->to_client.emplace(m.topic, p.alias);
  byte_writer& out = box(c).writer();
  const auto from = out.size();
  mqtt::put_publish(out, p, c.version);
  box(c).wrote(c.link, from);
  ++totals_.mqtt_publishes_out;
  totals_.mqtt_bytes_out += size;
  return true;
}

bool broker::send_inflight(connection& c, session& s, inflight& item, time_point now) {
  const outgoing how{item.what.identifiers, item.packet_id, item.what.qos, item.what.retain, item.begun};
  if (!send_publish(c, item.what.what->view(), how, now)) {
    s.out->finish(item);
    return false;
  }
  item.begun = item.sent = item.counted = true;
  --c.quota;
  return true;
}

bool broker::resume_window(session_id id, time_point now) {
  session& s = sessions_.at(id);
  connection& c = at(s.connection);
  outgoing_flow& flow = *s.out;
  while (flow.unsent < flow.window.size()) {
    inflight& item = flow.window[flow.unsent];
    if (item.now == inflight::stage::done || item.sent) {
      ++flow.unsent;
      continue;
    }
    if (item.now == inflight::stage::release) {  // [MQTT-4.4.0-1]
      send_ack(c, packet_type::pubrel, item.packet_id);
      item.sent = true;
      ++flow.unsent;
      continue;
    }
    if (c.quota == 0) return false;
    if (!has_space(c)) {
      stall(id);
      return false;
    }
    send_inflight(c, s, item, now);  // one that no longer fits is finished, and the loop steps over it
  }
  return true;
}

void broker::pump(session_id id, time_point now) {
  session& s = sessions_.at(id);
  if (!s.out || s.connection == no_connection) return;
  if (!resume_window(id, now)) return;
  connection& c = at(s.connection);
  outgoing_flow& flow = *s.out;
  while (!flow.waiting.empty() && c.quota > 0 && flow.has_room()) {
    if (!has_space(c)) return stall(id);
    delivery next = std::move(flow.waiting.front());
    flow.waiting.pop_front();
    queued_bytes_ -= next.what->size();
    if (expired(next.what->view(), now)) continue;  // [MQTT-3.3.2-5]
    inflight& item = flow.begin(std::move(next));
    send_inflight(c, s, item, now);
    flow.unsent = flow.window.size();
  }
}

}  // namespace wanwu::target
