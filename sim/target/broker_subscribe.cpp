// SUBSCRIBE and UNSUBSCRIBE. MQTT 5.0 sections 3.8 to 3.11, 4.7, 4.8.2.
#include <algorithm>

#include "protocols/mqtt/topic.hpp"
#include "sim/target/broker.hpp"

namespace wanwu::target {

namespace {

using mqtt::version;

}  // namespace

broker::code broker::judge_filter(const session& s, std::string_view filter) const {
  const auto& rules = settings_.mqtt;
  const auto shared = mqtt::split_shared(filter);
  if (!mqtt::broken_filter_rule(filter, version::v5).empty()) return code::topic_filter_invalid;
  const auto plain = shared ? shared->filter : filter;
  if (topic_levels(plain) > topic_levels_max) return code::topic_filter_invalid;
  if (shared && !rules.shared_available) return code::shared_subscriptions_not_supported;
  if (!rules.wildcards_available && plain.find_first_of("+#") != std::string_view::npos) {
    return code::wildcard_subscriptions_not_supported;
  }
  if (is_denied(plain)) return code::not_authorized;
  const bool is_known = s.filters.contains(filter);
  const bool is_full = s.filters.size() >= settings_.bounds.subscriptions_per_session ||
                       tree_.subscriptions() >= settings_.bounds.subscriptions;
  return is_full && !is_known ? code::quota_exceeded : code::success;
}

broker::code broker::add_subscription(session_id id, const mqtt::filter_entry& entry,
                                      std::uint32_t identifier, bool& is_new) {
  session& s = sessions_.at(id);
  if (const auto reason = judge_filter(s, entry.filter); reason != code::success) return reason;
  const auto shared = mqtt::split_shared(entry.filter);
  subscriber who;
  who.who = id;
  who.identifier = identifier;
  who.qos =
      std::min(static_cast<std::uint8_t>(entry.level()), settings_.mqtt.maximum_qos);  // [MQTT-3.2.2-10]
  who.no_local = entry.no_local();
  who.retain_as_published = entry.retain_as_published();
  is_new =
      !tree_.add(shared ? shared->filter : entry.filter, shared ? shared->group : std::string_view{}, who);
  if (is_new) s.filters.emplace(entry.filter);
  return static_cast<code>(who.qos);
}

void broker::subscribe(connection_id id, const mqtt::subscribe& packet, time_point now) {
  connection& c = at(id);
  const auto identifier = packet.properties.number(mqtt::property_id::subscription_identifier).value_or(0);
  if (identifier != 0 && !settings_.mqtt.subscription_ids_available) {
    return disconnect(id, code::subscription_identifiers_not_supported, now);
  }
  bytes reasons;
  std::vector<bool> wants_retained;
  for (const auto& entry : packet.filters) {
    bool is_new = false;
    auto reason = add_subscription(c.session, entry, identifier, is_new);
    const bool granted = !mqtt::is_error(reason);
    // 0: always, 1: when it is new, 2: never; and never to a shared one [MQTT-3.3.1-9] [U5-4.8.2-b].
    const auto handling = entry.retain_handling();
    const bool wanted = handling == 0 || (handling == 1 && is_new);
    wants_retained.push_back(granted && wanted && !mqtt::split_shared(entry.filter));
    if (!granted && c.version == version::v3_1_1) reason = code::unspecified_error;
    reasons.push_back(static_cast<std::byte>(reason));
  }
  send(c, mqtt::suback{packet.packet_id, {}, reasons});
  std::size_t i = 0;
  for (const auto& entry : packet.filters) {
    if (wants_retained[i++]) send_retained(c.session, entry, identifier, now);
  }
}

void broker::send_retained(session_id id, const mqtt::filter_entry& entry, std::uint32_t identifier,
                           time_point now) {
  const auto serial = sessions_.at(id).serial;
  const auto granted = std::min(static_cast<std::uint8_t>(entry.level()), settings_.mqtt.maximum_qos);
  retained_.match(entry.filter, now, [&](const message_ptr& kept) {
    if (entry.no_local() && kept->publisher == serial) return;
    receiver how;
    how.who = id;
    how.qos = std::min(granted, kept->qos);
    how.retain = true;  // [MQTT-3.3.1-8]
    if (identifier != 0) how.identifiers.push_back(identifier);
    message_ptr owned = kept;
    written_.valid = false;
    deliver(id, kept->view(), owned, how, now);
  });
}

bool broker::drop_subscription(session_id id, std::string_view filter) {
  session& s = sessions_.at(id);
  const auto known = s.filters.find(filter);
  if (known == s.filters.end()) return false;
  const auto shared = mqtt::split_shared(filter);
  tree_.remove(shared ? shared->filter : filter, shared ? shared->group : std::string_view{}, id);
  s.filters.erase(known);
  return true;
}

void broker::unsubscribe(connection_id id, const mqtt::unsubscribe& packet, time_point) {
  connection& c = at(id);
  bytes reasons;
  for (const auto& entry : packet.filters) {
    const bool existed = drop_subscription(c.session, entry.filter);
    reasons.push_back(static_cast<std::byte>(existed ? code::success : code::no_subscription_existed));
  }
  send(c,
       mqtt::unsuback{packet.packet_id, {}, c.version == version::v5 ? bytes_view{reasons} : bytes_view{}});
}

}  // namespace wanwu::target
