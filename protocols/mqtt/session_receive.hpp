// How a session takes what the server sent. Templates over the visitor, so nothing virtual happens per
// message. Included by session.hpp.
#pragma once

#include "protocols/mqtt/session.hpp"

namespace wanwu::mqtt {

template <session_visitor V>
bool session::broken(V& visitor, wire_errc code, std::string_view clause) {
  reset_connection();
  visitor.session_broken(wire_error{code, 0, clause});
  return false;
}

template <session_visitor V>
bool session::receive(session_shared& with, bytes_view raw, time_point now, V& visitor) {
  if (state_ == state::closed) return false;
  with.held = std::move(partial_);
  if (with.held) {
    with.held->append(raw);
    raw = with.held->view();
  }
  while (!raw.empty()) {
    const auto found = next_frame(raw, with.settings.packet_size_max);
    if (!found) {
      reset_connection();
      visitor.session_broken(found.error());
      return false;
    }
    if (!*found) {
      if (const auto wrong = check_first_byte(raw[0], with.settings.level, role::server)) {
        reset_connection();
        visitor.session_broken(*wrong);
        return false;
      }
      partial_ = std::make_unique<byte_writer>();
      partial_->append(raw);
      return true;
    }
    if (!take(with, **found, now, visitor)) return false;
    raw = raw.subspan((*found)->whole.size());
  }
  return true;
}

template <session_visitor V>
bool session::take(session_shared& with, const frame& found, time_point now, V& visitor) {
  if (state_ == state::up) {
    if (found.type() == packet_type::publish) {
      if (const auto message = quick_publish(found, with.settings.level))
        return take_publish(with, *message, now, visitor);
    } else if (const auto answer = quick_ack(found)) {
      return take_ack(with, *answer, found.whole.size(), now, visitor);
    }
  }
  const auto what = decode(found.whole, with.settings.level, role::server);
  if (!what) {
    reset_connection();
    visitor.session_broken(what.error());
    return false;
  }
  return take_slow(with, *what, found.whole.size(), now, visitor);
}

template <session_visitor V>
bool session::take_slow(session_shared& with, const packet& what, std::size_t size, time_point now,
                        V& visitor) {
  if (const auto* answer = std::get_if<connack>(&what)) return take_connack(with, *answer, now, visitor);
  if (const auto* farewell = std::get_if<mqtt::disconnect>(&what)) {
    reset_connection();
    visitor.session_ended(*farewell);
    return false;
  }
  if (const auto* step = std::get_if<auth>(&what)) {
    visitor.session_authentication(*step);
    return broken(visitor, wire_errc::protocol_error, "MQTT-4.12.0-6");  // our CONNECT names no method
  }
  if (state_ != state::up) return broken(visitor, wire_errc::protocol_error, "MQTT-3.2.0-1");
  if (const auto* message = std::get_if<mqtt::publish>(&what))
    return take_publish(with, *message, now, visitor);
  if (const auto* answer = std::get_if<ack>(&what)) return take_ack(with, *answer, size, now, visitor);
  if (std::holds_alternative<pingresp>(what)) {
    awaits_pingresp_ = false;
    return true;
  }
  const auto finish_request = [&](exchange::stage stage, std::uint16_t id) {
    const auto at = outgoing_.take_out(
        with.exchanges, [&](const exchange& each) { return each.packet_id == id && each.now == stage; });
    if (at == no_exchange) return nobody;
    with.exchanges.give_back(at);
    return with.exchanges[at].token;
  };
  if (const auto* granted = std::get_if<suback>(&what)) {
    const auto token = finish_request(exchange::stage::awaits_suback, granted->packet_id);
    if (token != nobody) visitor.session_subscribed(token, *granted);
  } else if (const auto* removed = std::get_if<unsuback>(&what)) {
    const auto token = finish_request(exchange::stage::awaits_unsuback, removed->packet_id);
    if (token != nobody) visitor.session_unsubscribed(token, *removed);
  }
  return true;
}

template <session_visitor V>
bool session::take_connack(session_shared& with, const connack& answer, time_point now, V& visitor) {
  const bool v5 = with.settings.level == version::v5;
  if (state_ != state::connecting) {
    return broken(visitor, wire_errc::protocol_error, v5 ? "MQTT-3.2.0-2" : "MQTT-3.2.0-1");
  }
  if (answer.reason != 0) {
    reset_connection();
    visitor.session_refused(answer);
    return false;
  }
  if (answer.session_present && with.settings.clean_start) {
    return broken(visitor, wire_errc::protocol_error, v5 ? "MQTT-3.2.2-2" : "MQTT-3.2.2-1");
  }
  learn_limits(with.settings, answer);
  state_ = state::up;
  std::vector<std::uint32_t> lost_tokens;
  if (!answer.session_present) {
    // The server has no state, so ours is of no use [MQTT-3.2.2-5]; what was never sent still goes out.
    for (auto* list : {&outgoing_, &incoming_}) {
      for (auto at = list->head(); at != no_exchange; at = with.exchanges[at].next) {
        if (list == &outgoing_) lost_tokens.push_back(with.exchanges[at].token);
      }
      while (!list->empty()) {
        with.exchanges.give_back(list->take_out(with.exchanges, [](const exchange&) { return true; }));
      }
    }
    in_flight_ = incoming_count_ = 0;
  }
  visitor.session_up(answer);
  for (const auto token : lost_tokens) {
    if (token != nobody) visitor.session_given_up(token);
  }
  if (answer.session_present) resend_all(with, now);
  send_queued(with, now);
  return true;
}

template <session_visitor V>
bool session::take_publish(session_shared& with, const mqtt::publish& message, time_point now, V& visitor) {
  std::string_view clause;
  const auto topic = resolve_topic(with.settings, message, clause);
  if (!topic) return broken(visitor, wire_errc::protocol_error, clause);
  if (message.level == qos::exactly_once) {
    const bool is_new = begin_incoming(with, message.packet_id);
    const auto most = with.settings.receive_maximum;
    if (with.settings.level == version::v5 && most != 0 && incoming_count_ > most) {
      return broken(visitor, wire_errc::protocol_error, "MQTT-3.3.4-9");
    }
    if (is_new) visitor.session_message(message, *topic);
  } else {
    visitor.session_message(message, *topic);
  }
  if (message.level == qos::at_most_once) return true;
  put_ack(with.out, message.level == qos::exactly_once ? packet_type::pubrec : packet_type::puback,
          message.packet_id);
  last_sent_ = now;
  return true;
}

template <session_visitor V>
bool session::take_ack(session_shared& with, const ack& what, std::size_t size, time_point now, V& visitor) {
  using stage = exchange::stage;
  auto& pool = with.exchanges;
  if (what.type == packet_type::pubrel) {
    const bool known = end_incoming(with, what.packet_id);
    const auto not_found = static_cast<std::uint8_t>(reason_code::packet_identifier_not_found);
    if (known || with.settings.level == version::v3_1_1) {
      put_ack(with.out, packet_type::pubcomp, what.packet_id);
    } else {
      encode(with.out, ack{packet_type::pubcomp, what.packet_id, not_found, {}}, version::v5);
    }
    last_sent_ = now;
    return true;
  }
  const bool refused = what.reason >= 0x80;
  if (what.type == packet_type::pubrec && !refused) {
    const auto at = outgoing_.find(pool, [&](const exchange& each) {
      return each.packet_id == what.packet_id &&
             (each.now == stage::awaits_pubrec || each.now == stage::awaits_pubcomp);
    });
    if (at != no_exchange) {
      pool[at].now = stage::awaits_pubcomp;
      pool[at].forget_packet();
    }
    put_ack(with.out, packet_type::pubrel, what.packet_id);
    last_sent_ = now;
    return true;
  }
  const auto wanted = what.type == packet_type::puback   ? stage::awaits_puback
                      : what.type == packet_type::pubrec ? stage::awaits_pubrec
                                                         : stage::awaits_pubcomp;
  const auto at = outgoing_.take_out(
      pool, [&](const exchange& each) { return each.packet_id == what.packet_id && each.now == wanted; });
  if (at == no_exchange) return true;  // an answer to what we gave up long ago
  const auto token = pool[at].token;
  pool.give_back(at);
  --in_flight_;
  if (token != nobody) visitor.session_finished(token, what.reason, size);
  if (queued_ != 0) send_queued(with, now);
  return true;
}

template <session_visitor V>
void session::lost(session_shared& with, V& visitor) {
  reset_connection();
  const bool resumes = !with.settings.clean_start;
  std::vector<std::uint32_t> tokens;
  const auto drop = [&](exchange_list& list, auto unwanted) {
    for (;;) {
      const auto at = list.take_out(with.exchanges, unwanted);
      if (at == no_exchange) return;
      if (with.exchanges[at].now != exchange::stage::received && with.exchanges[at].token != nobody) {
        tokens.push_back(with.exchanges[at].token);
      }
      with.exchanges.give_back(at);
    }
  };
  drop(outgoing_, [&](const exchange& each) {
    return !resumes || each.now == exchange::stage::awaits_suback ||
           each.now == exchange::stage::awaits_unsuback;
  });
  if (!resumes) {
    drop(waiting_, [](const exchange&) { return true; });
    drop(incoming_, [](const exchange&) { return true; });
    in_flight_ = queued_ = incoming_count_ = 0;
  }
  for (const auto token : tokens) visitor.session_given_up(token);
}

}  // namespace wanwu::mqtt
