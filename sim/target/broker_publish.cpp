// PUBLISH from a client and its acknowledgements, and who a message goes to. MQTT 5.0 sections 3.3
// to 3.7, 4.3, 4.8.
#include <algorithm>

#include "protocols/mqtt/topic.hpp"
#include "sim/target/broker.hpp"

namespace wanwu::target {

namespace {

using mqtt::packet_type;
using mqtt::property_id;
using mqtt::version;

/// Properties that belong to one hop, or that the broker writes anew.
bool is_forwarded(property_id id) {
  switch (id) {
    case property_id::payload_format_indicator:
    case property_id::content_type:
    case property_id::response_topic:
    case property_id::correlation_data:
    case property_id::user_property:
      return true;
    default:
      return false;
  }
}

}  // namespace

bytes_view broker::forwarded_properties(mqtt::property_view all) {
  bool whole = true;
  for (const auto& p : all) whole = whole && is_forwarded(p.rule->id);
  if (whole) return all.encoded();
  extra_properties_.clear();
  for (const auto& p : all) {
    if (!is_forwarded(p.rule->id)) continue;
    if (p.rule->kind == mqtt::property_kind::text_pair) {
      mqtt::put_user_property(extra_properties_, p.name, as_text(p.value));
    } else if (p.rule->kind == mqtt::property_kind::byte) {
      mqtt::put_property(extra_properties_, p.rule->id, p.number);
    } else {
      mqtt::put_property(extra_properties_, p.rule->id, p.value);
    }
  }
  return extra_properties_.view();
}

bool broker::is_denied(std::string_view topic) const {
  const auto& deny = settings_.mqtt.deny;
  return std::any_of(deny.begin(), deny.end(),
                     [&](const auto& filter) { return mqtt::topic_matches(filter, topic); });
}

broker::code broker::judge_publish(const connection& c, const mqtt::publish& packet) const {
  const auto& rules = settings_.mqtt;
  if (static_cast<std::uint8_t>(packet.level) > rules.maximum_qos) return code::qos_not_supported;
  if (c.version != version::v5) return code::success;
  if (packet.retain && !rules.retain_available) return code::retain_not_supported;
  if (packet.level != mqtt::qos::at_most_once && c.unreleased >= rules.receive_maximum) {
    return code::receive_maximum_exceeded;  // [U5-3.3.4-b]
  }
  return code::success;
}

bool broker::resolve_topic(connection_id id, const mqtt::publish& packet, std::string_view& topic,
                           time_point now) {
  connection& c = at(id);
  topic = packet.topic;
  const auto alias =
      packet.properties.empty() ? std::nullopt : packet.properties.number(property_id::topic_alias);
  if (alias) {
    if (*alias == 0 || *alias > settings_.mqtt.topic_alias_maximum) {
      disconnect(id, code::topic_alias_invalid, now);  // [MQTT-3.2.2-17]
      return false;
    }
    if (!c.aliases) c.aliases = std::make_unique<alias_tables>();
    auto& known = c.aliases->from_client;
    if (known.size() < *alias) known.resize(*alias);
    if (topic.empty()) {
      topic = known[*alias - 1];
    } else {
      known[*alias - 1] = topic;
    }
  }
  if (topic.empty()) {
    disconnect(id, code::protocol_error, now);  // neither a topic nor an alias that stands for one
    return false;
  }
  if (mqtt::broken_topic_name_rule(topic, c.version).empty() && topic_levels(topic) <= topic_levels_max)
    return true;
  disconnect(id, code::topic_name_invalid, now);
  return false;
}

void broker::publish(connection_id id, const mqtt::publish& packet, time_point now) {
  connection& c = at(id);
  session& s = sessions_.at(c.session);
  ++totals_.mqtt_publishes_in;
  if (packet.level == mqtt::qos::exactly_once) {
    const bool known = std::binary_search(s.received.begin(), s.received.end(), packet.packet_id);
    if (known) return send_ack(c, packet_type::pubrec, packet.packet_id);  // [MQTT-4.3.3-10]
  }
  if (const auto reason = judge_publish(c, packet); reason != code::success)
    return disconnect(id, reason, now);
  message_view m;
  if (!resolve_topic(id, packet, m.topic, now)) return;
  if (m.topic.starts_with("$SYS/") || is_denied(m.topic))
    return finish_publish(id, packet, code::not_authorized);
  m.payload = packet.payload;
  m.received_at = now;
  m.publisher = s.serial;
  m.retain = packet.retain;
  m.qos = static_cast<std::uint8_t>(packet.level);
  if (!packet.properties.empty()) {
    m.properties = forwarded_properties(packet.properties);
    if (const auto expiry = packet.properties.number(property_id::message_expiry_interval)) {
      m.expires = true;
      m.expiry = *expiry;
    }
  }
  // Acknowledging what cannot be kept would be a lie [MQTT-4.8.0-2 of 3.1.1].
  const bool keeps = m.retain && settings_.mqtt.retain_available && !m.payload.empty();
  if (keeps && !retained_.has_room(m.topic, m.topic.size() + m.payload.size() + m.properties.size()))
    return disconnect(id, code::quota_exceeded, now);
  const auto receivers = route(m, now);
  if (listener_ && m.topic.starts_with("things/")) listener_(m, s.client_id);
  finish_publish(id, packet, receivers == 0 ? code::no_matching_subscribers : code::success);
}

void broker::finish_publish(connection_id id, const mqtt::publish& packet, code reason) {
  connection& c = at(id);
  if (packet.level == mqtt::qos::at_least_once)
    return send_ack(c, packet_type::puback, packet.packet_id, reason);
  if (packet.level == mqtt::qos::at_most_once) return;
  if (c.version == version::v3_1_1 || !mqtt::is_error(reason)) {  // a refused id is free again [MQTT-4.3.3-9]
    auto& received = sessions_.at(c.session).received;
    received.insert(std::lower_bound(received.begin(), received.end(), packet.packet_id), packet.packet_id);
    ++c.unreleased;
  }
  send_ack(c, packet_type::pubrec, packet.packet_id, reason);
}

std::size_t broker::publish(const message_view& what, time_point now) {
  return route(what, now);
}

std::size_t broker::route(const message_view& m, time_point now) {
  ++publications_;
  receiver_count_ = 0;
  nodes_.clear();
  tree_.match(m.topic, nodes_);
  collect(m);
  message_ptr owned;
  if (m.retain && settings_.mqtt.retain_available) keep_retained(m, owned);
  written_.valid = false;
  for (std::size_t i = 0; i < receiver_count_; ++i) deliver(receivers_[i].who, m, owned, receivers_[i], now);
  return receiver_count_;
}

void broker::keep_retained(const message_view& m, message_ptr& owned) {
  owned = std::make_shared<const message>(m);
  if (!retained_.put(owned)) ++totals_.mqtt_dropped;
}

void broker::collect(const message_view& m) {
  for (topic_node* node : nodes_) {
    for (const auto& to : node->plain) add_receiver(to, m);
    for (auto& group : node->shared) add_shared(group, m);
  }
}

void broker::add_receiver(const subscriber& to, const message_view& m) {
  session& s = sessions_.at(to.who);
  if (to.no_local && s.serial == m.publisher) return;  // [MQTT-3.8.3-3]
  const auto qos = std::min(to.qos, m.qos);
  const bool retain = to.retain_as_published && m.retain;  // [MQTT-3.3.1-12] [MQTT-3.3.1-13]
  if (s.mark == publications_) {  // overlapping subscriptions: one copy, the highest QoS, all identifiers
                                  // [MQTT-3.3.4-4]
    receiver& known = receivers_[s.match];
    known.qos = std::max(known.qos, qos);
    known.retain = known.retain || retain;
    if (to.identifier != 0) known.identifiers.push_back(to.identifier);
    return;
  }
  s.mark = publications_;
  s.match = static_cast<std::uint32_t>(receiver_count_);
  if (receiver_count_ == receivers_.size()) receivers_.emplace_back();
  receiver& added = receivers_[receiver_count_++];
  added.who = to.who;
  added.qos = qos;
  added.retain = retain;
  added.identifiers.clear();
  if (to.identifier != 0) added.identifiers.push_back(to.identifier);
}

void broker::add_shared(share_group& group, const message_view& m) {
  const auto count = group.members.size();
  std::size_t chosen = group.turn % count;
  for (std::size_t i = 0; i < count; ++i) {
    const auto each = (group.turn + i) % count;
    if (sessions_.at(group.members[each].who).connection == no_connection) continue;
    chosen = each;
    break;
  }
  group.turn = chosen + 1;
  const subscriber& to = group.members[chosen];
  if (receiver_count_ == receivers_.size()) receivers_.emplace_back();
  receiver& added = receivers_[receiver_count_++];
  added.who = to.who;
  added.qos = std::min(to.qos, m.qos);  // [MQTT-4.8.2-3]
  added.retain = to.retain_as_published && m.retain;
  added.identifiers.clear();
  if (to.identifier != 0) added.identifiers.push_back(to.identifier);
}

void broker::acknowledge(connection_id id, const mqtt::ack& packet, time_point now) {
  connection& c = at(id);
  session& s = sessions_.at(c.session);
  if (packet.type == packet_type::pubrel) return release(id, packet.packet_id);
  if (packet.type == packet_type::pubrec) return received(id, packet, now);
  inflight* item = s.out ? s.out->find(packet.packet_id) : nullptr;
  if (item == nullptr) return;  // an acknowledgement of nothing harms nobody
  const bool fits =
      packet.type == packet_type::puback ? item->what.qos == 1 : item->now == inflight::stage::release;
  if (!fits) return disconnect(id, code::protocol_error, now);
  finish(c, s, *item);
  pump(c.session, now);
}

void broker::received(connection_id id, const mqtt::ack& packet, time_point now) {
  connection& c = at(id);
  session& s = sessions_.at(c.session);
  inflight* item = s.out ? s.out->find(packet.packet_id) : nullptr;
  if (item == nullptr)
    return send_ack(c, packet_type::pubrel, packet.packet_id, code::packet_identifier_not_found);
  if (item->now == inflight::stage::publish && item->what.qos != 2)
    return disconnect(id, code::protocol_error, now);
  if (mqtt::is_error(static_cast<code>(packet.reason))) {  // [MQTT-4.4.0-2]
    finish(c, s, *item);
    return pump(c.session, now);
  }
  item->now = inflight::stage::release;
  item->what.what.reset();
  send_ack(c, packet_type::pubrel, packet.packet_id);
}

void broker::finish(connection& c, session& s, inflight& item) {
  if (item.counted && c.quota < c.quota_max) ++c.quota;
  s.out->finish(item);
}

void broker::release(connection_id id, std::uint16_t packet_id) {
  connection& c = at(id);
  auto& received = sessions_.at(c.session).received;
  const auto it = std::lower_bound(received.begin(), received.end(), packet_id);
  if (it == received.end() || *it != packet_id) {
    return send_ack(c, packet_type::pubcomp, packet_id, code::packet_identifier_not_found);
  }
  received.erase(it);
  if (c.unreleased > 0) --c.unreleased;
  send_ack(c, packet_type::pubcomp, packet_id);
}

}  // namespace wanwu::target
