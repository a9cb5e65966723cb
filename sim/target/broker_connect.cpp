// CONNECT, CONNACK and AUTH: who may come in, and into which session. MQTT 5.0 sections 3.1, 3.2, 3.15, 4.12.
#include <algorithm>
#include <array>

#include "protocols/mqtt/topic.hpp"
#include "sim/target/broker.hpp"

namespace wanwu::target {

namespace {

using mqtt::property_id;
using mqtt::version;

/// Longer client ids are refused: a session is kept for each.
constexpr std::size_t client_id_bytes_max = 1024;
constexpr std::uint32_t expiry_never = 0xFFFFFFFF;

/// The return code of 3.1.1 for a reason; nothing when none fits, and then no CONNACK is sent [MQTT-3.2.2-6].
std::optional<std::uint8_t> return_code_for(mqtt::reason_code reason) {
  using r = mqtt::reason_code;
  using c = mqtt::return_code;
  switch (reason) {
    case r::unsupported_protocol_version:
      return static_cast<std::uint8_t>(c::unacceptable_protocol_version);
    case r::client_identifier_not_valid:
      return static_cast<std::uint8_t>(c::identifier_rejected);
    case r::server_unavailable:
    case r::server_busy:
      return static_cast<std::uint8_t>(c::server_unavailable);
    case r::bad_user_name_or_password:
      return static_cast<std::uint8_t>(c::bad_user_name_or_password);
    case r::not_authorized:
      return static_cast<std::uint8_t>(c::not_authorized);
    default:
      return std::nullopt;
  }
}

/// Takes the same time wherever the texts differ.
bool same_secret(std::string_view a, std::string_view b) {
  unsigned differs = a.size() == b.size() ? 0U : 1U;
  for (std::size_t i = 0; i < a.size(); ++i) {
    differs |= static_cast<unsigned>(a[i] ^ b[b.empty() ? 0 : i % b.size()]);
    if (b.empty()) return false;
  }
  return differs == 0;
}

}  // namespace

void broker::refuse_connect(connection_id id, version level, code reason, std::string_view detail) {
  connection& c = at(id);
  ++totals_.mqtt_refused;
  c.version = level;
  c.now = connection::stage::closing;
  c.partial = {};
  c.auth.reset();
  if (level == version::v3_1_1) {
    if (const auto returned = return_code_for(reason)) send(c, mqtt::connack{false, *returned, {}});
  } else {
    properties_.clear();
    if (!detail.empty()) put_property(properties_, property_id::reason_string, detail);
    mqtt::connack answer{false, static_cast<std::uint8_t>(reason), mqtt::property_view{properties_.view()}};
    if (!send(c, answer)) {  // the reason string goes first [MQTT-3.2.2-19]
      answer.properties = {};
      send(c, answer);
    }
  }
  box(c).close(c.link);
}

broker::code broker::judge_connect(const mqtt::connect& packet) const {
  const auto& rules = settings_.mqtt;
  if (packet.client_id.empty()) {
    if (!rules.allow_empty_client_id) return code::client_identifier_not_valid;
    if (packet.level == version::v3_1_1 && !packet.clean_start)
      return code::client_identifier_not_valid;  // [MQTT-3.1.3-8]
  }
  if (packet.client_id.size() > client_id_bytes_max) return code::client_identifier_not_valid;
  if (!rules.user.empty()) {
    const bool known = packet.user && packet.password && same_secret(*packet.user, rules.user) &&
                       same_secret(as_text(*packet.password), rules.password);
    if (!known) return code::bad_user_name_or_password;
  }
  if (packet.last_will) {
    if (static_cast<std::uint8_t>(packet.last_will->level) > rules.maximum_qos)
      return code::qos_not_supported;
    if (packet.last_will->retain && !rules.retain_available) return code::retain_not_supported;
    if (is_denied(packet.last_will->topic)) return code::not_authorized;
  }
  if (sessions_.size() >= settings_.bounds.sessions && sessions_.find(packet.client_id) == no_session) {
    return code::server_busy;
  }
  return code::success;
}

void broker::connect(connection_id id, const mqtt::connect& packet, bytes_view whole, time_point now) {
  connection& c = at(id);
  ++totals_.mqtt_connects;
  c.version = packet.level;
  c.maximum_packet = packet.properties.number(property_id::maximum_packet_size).value_or(0xFFFFFFFF);
  if (const auto reason = judge_connect(packet); reason != code::success) {
    return refuse_connect(id, packet.level, reason);
  }
  if (const auto method = packet.properties.text(property_id::authentication_method)) {
    if (settings_.mqtt.auth_method.empty() || *method != settings_.mqtt.auth_method) {
      return refuse_connect(id, packet.level, code::bad_authentication_method);  // [MQTT-4.12.0-1]
    }
    return begin_auth(id, *method, whole);
  }
  accept(id, packet, now);
}

void broker::begin_auth(connection_id id, std::string_view method, bytes_view whole) {
  connection& c = at(id);
  if (!c.auth) c.auth = std::make_unique<auth_exchange>();
  c.auth->method = method;
  if (!whole.empty()) {
    c.auth->connect_packet.assign(whole.begin(), whole.end());
    c.now = connection::stage::authenticating;
  }
  constexpr std::string_view letters = "0123456789abcdef";
  c.auth->challenge.clear();
  for (int i = 0; i < 16; ++i) c.auth->challenge += letters[chance_.next() % letters.size()];
  send_auth(c, code::continue_authentication, c.auth->challenge);
}

void broker::send_auth(connection& c, code reason, std::string_view data) {
  properties_.clear();
  put_property(properties_, property_id::authentication_method, c.auth->method);  // [MQTT-4.12.0-5]
  if (!data.empty()) put_property(properties_, property_id::authentication_data, data);
  send(c, mqtt::auth{static_cast<std::uint8_t>(reason), mqtt::property_view{properties_.view()}});
}

void broker::authenticate(connection_id id, const mqtt::auth& packet, time_point now) {
  connection& c = at(id);
  const bool first = c.now == connection::stage::authenticating;
  const auto fail = [&](code reason) {
    first ? refuse_connect(id, c.version, reason) : disconnect(id, reason, now);
  };
  const auto method = packet.properties.text(property_id::authentication_method);
  if (!c.auth || !method || *method != c.auth->method) return fail(code::protocol_error);
  if (static_cast<code>(packet.reason) == code::re_authenticate && !first) return begin_auth(id, *method, {});
  if (static_cast<code>(packet.reason) != code::continue_authentication || c.auth->challenge.empty()) {
    return fail(code::protocol_error);
  }
  // The fixture's proof: the challenge backwards.
  const std::string wanted{c.auth->challenge.rbegin(), c.auth->challenge.rend()};
  const auto given = packet.properties.binary(property_id::authentication_data).value_or(bytes_view{});
  c.auth->challenge.clear();
  if (as_text(given) != wanted) return fail(code::not_authorized);  // [MQTT-4.12.0-4] [MQTT-4.12.1-2]
  if (!first) return send_auth(c, code::success, {});
  const bytes whole = std::move(c.auth->connect_packet);
  const auto again = mqtt::decode(whole, c.version, mqtt::role::client);
  accept(id, std::get<mqtt::connect>(*again), now);
}

std::string broker::new_client_id() {
  std::string made;
  do {
    made = "wanwu-";
    constexpr std::string_view letters = "0123456789abcdefghjkmnpqrstvwxyz";
    for (int i = 0; i < 16; ++i) made += letters[chance_.next() % letters.size()];
  } while (sessions_.find(made) != no_session);
  return made;
}

session_id broker::take_session(std::string_view client_id, bool clean, bool& resumed, time_point now) {
  session_id known = sessions_.find(client_id);
  if (known != no_session && sessions_.at(known).connection != no_connection) {
    disconnect(sessions_.at(known).connection, code::session_taken_over, now);  // [MQTT-3.1.4-3]
    known = sessions_.find(client_id);
  }
  if (known != no_session && clean) {
    end_session(known, now);  // [MQTT-3.1.2-4]
    known = no_session;
  }
  resumed = known != no_session;
  if (!resumed) return sessions_.make(client_id);
  session& s = sessions_.at(known);
  s.will.reset();  // [MQTT-3.1.3-9]
  s.will_at = s.expires_at = never;
  return known;
}

void broker::apply_settings(connection& c, const mqtt::connect& packet) {
  const auto& p = packet.properties;
  const bool v5 = packet.level == version::v5;
  c.keep_alive = packet.keep_alive;
  if (v5 && settings_.mqtt.server_keep_alive != 0) c.keep_alive = settings_.mqtt.server_keep_alive;
  const auto wanted = p.number(property_id::receive_maximum).value_or(65535);
  c.quota_max =
      static_cast<std::uint16_t>(std::min<std::uint32_t>(wanted, settings_.bounds.inflight_per_session));
  c.quota = c.quota_max;
  c.alias_maximum = static_cast<std::uint16_t>(p.number(property_id::topic_alias_maximum).value_or(0));
  c.problem_information = p.number(property_id::request_problem_information).value_or(1) != 0;
}

void broker::keep_will(session& s, const mqtt::will& will) {
  message_view m;
  m.topic = will.topic;
  m.payload = will.payload;
  m.properties = forwarded_properties(will.properties);
  m.retain = will.retain;
  m.qos = static_cast<std::uint8_t>(will.level);
  if (const auto expiry = will.properties.number(property_id::message_expiry_interval)) {
    m.expires = true;
    m.expiry = *expiry;
  }
  const auto delay = will.properties.number(property_id::will_delay_interval).value_or(0);
  s.will = std::make_unique<session_will>(session_will{std::make_shared<const message>(m), delay});
}

void broker::accept(connection_id id, const mqtt::connect& packet, time_point now) {
  connection& c = at(id);
  const bool v5 = packet.level == version::v5;
  const bool assigned = packet.client_id.empty();
  const std::string client_id = assigned ? new_client_id() : std::string{packet.client_id};
  bool resumed = false;
  const session_id which = take_session(client_id, packet.clean_start, resumed, now);
  session& s = sessions_.at(which);
  const auto asked = v5 ? packet.properties.number(property_id::session_expiry_interval).value_or(0)
                        : (packet.clean_start ? 0 : expiry_never);
  s.asked_expiry = asked;
  s.expiry = std::min(asked, settings_.mqtt.session_expiry_maximum);
  s.connection = id;
  c.session = which;
  if (packet.last_will) keep_will(s, *packet.last_will);
  apply_settings(c, packet);
  ++up_;
  c.now = connection::stage::up;
  c.heard_at = now;
  if (!send_connack(c, packet, s, resumed, assigned)) {
    s.will.reset();
    return close(
        id, now);  // what must be announced does not fit the client's Maximum Packet Size [MQTT-3.1.2-24]
  }
  if (c.keep_alive != 0) watch_keep_alive(id, now + std::chrono::milliseconds{1500} * c.keep_alive);
  pump(which, now);
}

bool broker::send_connack(connection& c, const mqtt::connect& packet, const session& s, bool resumed,
                          bool assigned) {
  mqtt::connack answer{resumed, 0, {}};
  if (packet.level == version::v3_1_1) return send(c, answer);
  const auto& rules = settings_.mqtt;
  struct announcement {
    property_id id{};
    bool said{};
    std::uint32_t value{};
  };
  // Nothing is said where the standard's own default holds.
  const std::array<announcement, 10> table{{
      {property_id::session_expiry_interval, s.expiry != s.asked_expiry, s.expiry},
      {property_id::receive_maximum, rules.receive_maximum != 65535, rules.receive_maximum},
      {property_id::maximum_qos, rules.maximum_qos < 2, rules.maximum_qos},
      {property_id::retain_available, !rules.retain_available, 0},
      {property_id::maximum_packet_size, rules.maximum_packet <= mqtt::variable_max, rules.maximum_packet},
      {property_id::topic_alias_maximum, rules.topic_alias_maximum != 0, rules.topic_alias_maximum},
      {property_id::wildcard_subscription_available, !rules.wildcards_available, 0},
      {property_id::subscription_identifier_available, !rules.subscription_ids_available, 0},
      {property_id::shared_subscription_available, !rules.shared_available, 0},
      {property_id::server_keep_alive, rules.server_keep_alive != 0, rules.server_keep_alive},
  }};
  properties_.clear();
  for (const auto& each : table) {
    if (each.said) put_property(properties_, each.id, each.value);
  }
  if (assigned)
    put_property(properties_, property_id::assigned_client_identifier, s.client_id);  // [MQTT-3.2.2-16]
  if (c.auth) put_property(properties_, property_id::authentication_method, c.auth->method);
  const auto asked = packet.properties.number(property_id::request_response_information).value_or(0);
  const auto needed = properties_.size();
  if (asked != 0) put_property(properties_, property_id::response_information, "replies/" + s.client_id);
  answer.properties = mqtt::property_view{properties_.view()};
  if (send(c, answer)) return true;
  answer.properties = mqtt::property_view{properties_.view().first(needed)};
  return send(c, answer);
}

}  // namespace wanwu::target
