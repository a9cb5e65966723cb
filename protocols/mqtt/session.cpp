#include "protocols/mqtt/session.hpp"

#include <algorithm>
#include <cassert>

namespace wanwu::mqtt {

namespace {

/// Where the packet id stands in an encoded PUBLISH of QoS 1 or 2.
std::size_t packet_id_offset(bytes_view encoded) {
  const auto found = next_frame(encoded, variable_max + 5);
  assert(found && *found);
  return (*found)->header_size + 2U + detail::load_u16((*found)->body().data());
}

void put_connect_properties(byte_writer& out, const session_settings& settings) {
  using id = property_id;
  if (settings.session_expiry != 0) put_property(out, id::session_expiry_interval, settings.session_expiry);
  if (settings.receive_maximum != 0)
    put_property(out, id::receive_maximum, std::uint32_t{settings.receive_maximum});
  put_property(out, id::maximum_packet_size, settings.packet_size_max);
  if (settings.topic_alias_maximum != 0) {
    put_property(out, id::topic_alias_maximum, std::uint32_t{settings.topic_alias_maximum});
  }
}

}  // namespace

void session::connect(session_shared& with, const session_login& who, time_point now) {
  assert(state_ == state::closed);
  reset_connection();
  mqtt::connect hello;
  hello.level = with.settings.level;
  hello.clean_start = with.settings.clean_start;
  hello.keep_alive = keep_alive_ = with.settings.keep_alive;
  hello.client_id = who.client_id;
  hello.last_will = who.last_will;
  hello.user = who.user;
  hello.password = who.password;
  with.scratch.clear();
  if (hello.level == version::v5) put_connect_properties(with.scratch, with.settings);
  hello.properties = property_view{with.scratch.view()};
  encode(with.out, hello, hello.level);
  state_ = state::connecting;
  last_sent_ = now;
}

publish_result session::publish(session_shared& with, const outgoing_publish& what, std::uint32_t token,
                                time_point now) {
  if (state_ != state::up) return publish_result::not_connected;
  if (what.level > server_qos_max_) return publish_result::qos_not_supported;
  if (what.retain && !retain_available_) return publish_result::retain_not_supported;
  const auto level = with.settings.level;
  if (publish_size(what, level) > server_packet_max_) return publish_result::too_large;
  last_sent_ = now;
  if (what.level == qos::at_most_once) {
    put_publish(with.out, server_alias_max_ == 0 ? what : with_alias(with.settings, what), level);
    return publish_result::sent;
  }
  const auto start = with.out.size();
  if (!waiting_.empty() || !may_send_more(with.settings)) {
    if (queued_ >= with.settings.queue_max) return publish_result::queue_full;
    put_publish(with.out, what, level);
    auto& row = with.exchanges[waiting_.append(with.exchanges)];
    row.now = exchange::stage::queued;
    row.token = token;
    row.keep(with.out.view_from(start));
    with.out.drop_last(with.out.size() - start);
    ++queued_;
    return publish_result::queued;
  }
  auto sent = what;
  sent.packet_id = new_packet_id(with);
  const bool keeps = !with.settings.clean_start;
  put_publish(with.out, keeps || server_alias_max_ == 0 ? sent : with_alias(with.settings, sent), level);
  auto& row = with.exchanges[outgoing_.append(with.exchanges)];
  row.now =
      what.level == qos::at_least_once ? exchange::stage::awaits_puback : exchange::stage::awaits_pubrec;
  row.token = token;
  row.packet_id = sent.packet_id;
  if (keeps) row.keep(with.out.view_from(start));
  ++in_flight_;
  return publish_result::sent;
}

bool session::subscribe(session_shared& with, bytes_view filters, std::uint32_t identifier,
                        std::uint32_t token, time_point now) {
  return request(with, packet_type::subscribe, filters, identifier, token, now);
}

bool session::unsubscribe(session_shared& with, bytes_view filters, std::uint32_t token, time_point now) {
  return request(with, packet_type::unsubscribe, filters, 0, token, now);
}

bool session::request(session_shared& with, packet_type type, bytes_view filters, std::uint32_t identifier,
                      std::uint32_t token, time_point now) {
  if (state_ != state::up || in_flight_ == 65'535) return false;
  const bool subscribes = type == packet_type::subscribe;
  const auto id = new_packet_id(with);
  with.scratch.clear();
  if (identifier != 0 && with.settings.level == version::v5) {
    put_property(with.scratch, property_id::subscription_identifier, identifier);
  }
  const property_view properties{with.scratch.view()};
  if (subscribes) {
    encode(with.out, mqtt::subscribe{id, properties, {filters, true}}, with.settings.level);
  } else {
    encode(with.out, mqtt::unsubscribe{id, {}, {filters, false}}, with.settings.level);
  }
  auto& row = with.exchanges[outgoing_.append(with.exchanges)];
  row.now = subscribes ? exchange::stage::awaits_suback : exchange::stage::awaits_unsuback;
  row.token = token;
  row.packet_id = id;
  last_sent_ = now;
  return true;
}

void session::disconnect(session_shared& with, reason_code why, time_point now) {
  if (state_ != state::closed) {
    encode(with.out, mqtt::disconnect{static_cast<std::uint8_t>(why), {}}, with.settings.level);
    last_sent_ = now;
  }
  reset_connection();
}

void session::forget(session_shared& with, std::uint32_t token) noexcept {
  const auto is_it = [&](const exchange& each) { return each.token == token; };
  if (const auto at = outgoing_.find(with.exchanges, is_it); at != no_exchange) {
    with.exchanges[at].token = nobody;
    return;
  }
  // What was never sent need not be.
  if (const auto at = waiting_.take_out(with.exchanges, is_it); at != no_exchange) {
    with.exchanges.give_back(at);
    --queued_;
  }
}

session::liveness session::advance(session_shared& with, time_point now) {
  if (state_ != state::up || keep_alive_ == 0) return liveness::fine;
  if (awaits_pingresp_) {
    return now >= ping_sent_ + with.settings.ping_timeout ? liveness::silent : liveness::fine;
  }
  if (now < last_sent_ + ping_interval()) return liveness::fine;
  with.out.u8(0xC0);
  with.out.u8(0);
  awaits_pingresp_ = true;
  ping_sent_ = last_sent_ = now;
  return liveness::fine;
}

std::optional<time_point> session::next_deadline(const session_settings& settings) const noexcept {
  if (state_ != state::up || keep_alive_ == 0) return std::nullopt;
  return awaits_pingresp_ ? ping_sent_ + settings.ping_timeout : last_sent_ + ping_interval();
}

std::optional<std::string_view> session::resolve_topic(const session_settings& settings,
                                                       const mqtt::publish& message,
                                                       std::string_view& clause) {
  if (message.properties.empty()) return message.topic;
  const auto alias = message.properties.number(property_id::topic_alias);
  if (!alias) return message.topic;
  if (*alias > settings.topic_alias_maximum) {
    clause = "MQTT-3.3.2-11";
    return std::nullopt;
  }
  if (!aliases_) aliases_ = std::make_unique<alias_tables>();
  auto& known = aliases_->incoming;
  if (!message.topic.empty()) {
    if (known.size() < *alias) known.resize(*alias);
    known[*alias - 1].assign(message.topic);
    return message.topic;
  }
  if (*alias > known.size() || known[*alias - 1].empty()) {
    clause = "U5-3.3.4-a";
    return std::nullopt;
  }
  return known[*alias - 1];
}

void session::learn_limits(const session_settings& settings, const connack& answer) {
  using id = property_id;
  const auto& given = answer.properties;
  const auto number = [&](id which, std::uint32_t otherwise) {
    return given.number(which).value_or(otherwise);
  };
  server_receive_max_ = static_cast<std::uint16_t>(
      number(id::receive_maximum, settings.level == version::v5 ? 65'535U : settings.in_flight_max));
  server_packet_max_ = number(id::maximum_packet_size, variable_max + 5);
  server_alias_max_ = settings.use_topic_alias
                          ? static_cast<std::uint16_t>(number(id::topic_alias_maximum, 0))
                          : std::uint16_t{0};
  server_qos_max_ = static_cast<qos>(number(id::maximum_qos, 2));
  retain_available_ = number(id::retain_available, 1) != 0;
  subscription_identifiers_ =
      settings.level == version::v5 && number(id::subscription_identifier_available, 1) != 0;
  keep_alive_ = static_cast<std::uint16_t>(number(id::server_keep_alive, settings.keep_alive));
}

void session::resend_all(session_shared& with, time_point now) {
  for (auto at = outgoing_.head(); at != no_exchange; at = with.exchanges[at].next) {
    const auto& each = with.exchanges[at];
    if (each.now == exchange::stage::awaits_pubcomp) {
      put_ack(with.out, packet_type::pubrel, each.packet_id);
    } else {
      const auto start = with.out.size();
      with.out.append(each.encoded());
      with.out.patch_u8(start, std::to_integer<std::uint8_t>(each.encoded()[0] | std::byte{8}));  // DUP
    }
    ++retransmissions_;
    last_sent_ = now;
  }
}

void session::send_queued(session_shared& with, time_point now) {
  while (queued_ != 0 && may_send_more(with.settings)) {
    const auto from = waiting_.take_out(with.exchanges, [](const exchange&) { return true; });
    const auto at = outgoing_.append(with.exchanges);
    auto& next = with.exchanges[at];
    auto& old = with.exchanges[from];
    next.packet = std::move(old.packet);
    next.packet_size = old.packet_size;
    next.token = old.token;
    with.exchanges.give_back(from);
    --queued_;
    ++in_flight_;
    next.packet_id = 0;
    const auto id = new_packet_id(with);
    next.packet_id = id;
    const auto offset = packet_id_offset(next.encoded());
    next.packet[offset] = static_cast<std::byte>(id >> 8U);
    next.packet[offset + 1] = static_cast<std::byte>(id & 0xFFU);
    const bool once = (next.packet[0] & std::byte{0x06}) == std::byte{0x04};
    next.now = once ? exchange::stage::awaits_pubrec : exchange::stage::awaits_puback;
    with.out.append(next.encoded());
    if (with.settings.clean_start) next.forget_packet();
    last_sent_ = now;
  }
}

bool session::may_send_more(const session_settings& settings) const noexcept {
  return in_flight_ < std::min(server_receive_max_, settings.in_flight_max);
}

// Ids are given in rising order, so those in use, oldest first, come in rising order from the head (modulo
// the wrap): only the head can be met first, then its followers.
std::uint16_t session::new_packet_id(const session_shared& with) noexcept {
  ++next_id_;
  if (next_id_ == 0) next_id_ = 1;
  for (auto at = outgoing_.head(); at != no_exchange && with.exchanges[at].packet_id == next_id_;
       at = with.exchanges[at].next) {
    ++next_id_;
    if (next_id_ == 0) next_id_ = 1;
  }
  return next_id_;
}

outgoing_publish session::with_alias(const session_settings& settings, const outgoing_publish& what) {
  if (settings.level != version::v5) return what;
  if (!aliases_) aliases_ = std::make_unique<alias_tables>();
  auto& known = aliases_->outgoing;
  auto out = what;
  const auto at = std::find(known.begin(), known.end(), what.topic);
  if (at != known.end()) {
    out.topic = {};
    out.alias = static_cast<std::uint16_t>(at - known.begin() + 1);
  } else if (known.size() < std::min<std::size_t>(server_alias_max_, outgoing_aliases_max)) {
    known.emplace_back(what.topic);
    out.alias = static_cast<std::uint16_t>(known.size());
  }
  // The alias itself may be what takes the packet over the server's limit.
  return publish_size(out, version::v5) > server_packet_max_ ? what : out;
}

bool session::begin_incoming(session_shared& with, std::uint16_t packet_id) {
  const auto known =
      incoming_.find(with.exchanges, [&](const exchange& each) { return each.packet_id == packet_id; });
  if (known != no_exchange) return false;
  auto& row = with.exchanges[incoming_.append(with.exchanges)];
  row.now = exchange::stage::received;
  row.packet_id = packet_id;
  ++incoming_count_;
  return true;
}

bool session::end_incoming(session_shared& with, std::uint16_t packet_id) {
  const auto at =
      incoming_.take_out(with.exchanges, [&](const exchange& each) { return each.packet_id == packet_id; });
  if (at == no_exchange) return false;
  with.exchanges.give_back(at);
  --incoming_count_;
  return true;
}

void session::reset_connection() noexcept {
  state_ = state::closed;
  partial_.reset();
  aliases_.reset();  // aliases do not survive a connection [MQTT-3.3.2-7]
  awaits_pingresp_ = false;
  server_alias_max_ = 0;
}

}  // namespace wanwu::mqtt
