// What a session does with datagrams from the peer.
#include "protocols/coap/decode.hpp"
#include "protocols/coap/session.hpp"

namespace wanwu::coap {

void session::receive(std::uint32_t endpoint, bytes_view datagram, time_point now) {
  ++totals_.messages_in;
  const auto got = decode(datagram);
  if (!got) {
    refuse(endpoint, datagram, got.error(), now);
  } else if (got->code == code::empty) {
    receive_empty(endpoint, *got, now);
  } else if (is_request(got->code)) {
    // A client serves nothing: a CON request is rejected, a NON request ignored. RFC 7252 §4.2, §4.3.
    if (const auto reset = rejection_of(datagram)) send_small(endpoint, *reset);
  } else {
    receive_response(endpoint, *got, datagram, now);
  }
}

std::uint32_t session::find_by_id(std::uint32_t endpoint, message_id id) noexcept {
  const auto& e = endpoints_[endpoint];
  for (const auto head : {e.first, e.others}) {
    for (auto slot = head; slot != no_index; slot = exchanges_[slot].next) {
      const auto& x = exchanges_[slot];
      if (x.id == id && x.now != exchange::stage::queued) return slot;
    }
  }
  return no_index;
}

/// The decoder said no. RST where the RFC demands it; and whoever waited for this is told at once, rather
/// than left to time out.
void session::refuse(std::uint32_t endpoint, bytes_view datagram, const wire_error& why, time_point now) {
  ++totals_.wire_errors;
  if (const auto reset = rejection_of(datagram)) send_small(endpoint, *reset);
  auto slot = no_index;
  if (datagram.size() >= header_bytes) {
    const auto first = std::to_integer<unsigned>(datagram[0]);
    const auto type = static_cast<message_type>(first >> 4U & 3U);
    const std::size_t token_length = first & 0xFU;
    message m{.type = type, .code = {}, .id = {}, .token = {}, .options = {}, .payload = {}};
    m.id = message_id{static_cast<std::uint16_t>(std::to_integer<unsigned>(datagram[2]) << 8U |
                                                 std::to_integer<unsigned>(datagram[3]))};
    if (type == message_type::acknowledgement || type == message_type::reset) {
      slot = find_by_id(endpoint, m.id);
    } else if (token_length <= token::length_max && datagram.size() >= header_bytes + token_length) {
      auto watch = no_index;
      m.token = token{datagram.subspan(header_bytes, token_length)};
      slot = exchange_for(endpoint, m, watch);
    }
  }
  if (slot == no_index) {
    tell(kind::stray, endpoint, now).why = why;
    return;
  }
  exchanges_[slot].bytes_received += static_cast<std::uint32_t>(datagram.size());
  finish(slot, kind::malformed, now, {}, {}, why);
}

void session::receive_empty(std::uint32_t endpoint, const message& m, time_point now) {
  if (m.type == message_type::confirmable) {
    send_small(endpoint, empty_message(message_type::reset, m.id));  // a ping [RFC7252-4.2-2]
    return;
  }
  const auto slot = find_by_id(endpoint, m.id);
  if (slot == no_index) return;
  exchanges_[slot].bytes_received += header_bytes;
  if (m.type == message_type::reset) {
    finish(slot, kind::reset, now);
  } else if (exchanges_[slot].now == exchange::stage::unacknowledged) {
    acknowledged(slot);
    send_next_queued(endpoint, now);
  }
}

/// The exchange a response belongs to, by its token, and by its id too when it rides on an ACK. `watch` is
/// set when the token is an observation's, which may have no exchange under way.
std::uint32_t session::exchange_for(std::uint32_t endpoint, const message& m, std::uint32_t& watch) noexcept {
  const auto place = tokens_.find(m.token);
  if (!place) return no_index;
  auto slot = place->slot;
  if (place->what == token_book::kind::watch) {
    if (slot >= watches_.size()) return no_index;
    const auto& w = watches_[slot];
    const bool exists =
        w.now != watch_stage::unused && w.generation == place->generation && w.endpoint == endpoint;
    if (!exists) return no_index;
    watch = slot;
    slot = w.exchange;
    if (slot == no_index) return no_index;
  } else if (exchanges_.find(slot, place->generation) == nullptr) {
    return no_index;
  }
  const auto& x = exchanges_[slot];
  const bool fits = x.endpoint == endpoint && x.now != exchange::stage::queued &&
                    (m.type != message_type::acknowledgement || x.id == m.id);
  return fits ? slot : no_index;
}

/// ACKs a confirmable response. False when it is a duplicate of one that has been dealt with.
bool session::acknowledge(std::uint32_t endpoint, const message& m, bool ends_exchange, time_point now) {
  const auto ack = empty_message(message_type::acknowledgement, m.id);
  if (ends_exchange) {
    if (acknowledgements_.look(peer_key{endpoint}, m.id, now).what != reply_cache::verdict::fresh)
      return false;
    acknowledgements_.store(peer_key{endpoint}, m.id, ack);
  }
  send_small(endpoint, ack);
  return true;
}

/// A response nobody waits for: a CON is reset, or acknowledged again if it was before; a notification is
/// reset, so that the peer forgets the observation. RFC 7252 §4.2, RFC 7641 §3.6.
void session::reject_stray(std::uint32_t endpoint, const message& m, time_point now) {
  const auto reset = empty_message(message_type::reset, m.id);
  if (m.type == message_type::confirmable) {
    const auto before = acknowledgements_.look(peer_key{endpoint}, m.id, now);
    if (before.what == reply_cache::verdict::replied) {
      send_small(endpoint, before.reply);
      return;
    }
    send_small(endpoint, reset);
    acknowledgements_.store(peer_key{endpoint}, m.id, reset);
  } else if (m.type == message_type::non_confirmable && m.options.has(option_number::observe)) {
    send_small(endpoint, reset);
  }
}

/// A response with a critical option that is unknown, illegal or repeated is rejected. RFC 7252 §5.4.1.
bool session::refuse_options(std::uint32_t endpoint, std::uint32_t slot, const message& m, time_point now) {
  if (m.options.empty()) return false;
  const auto complaint = check_options(m.options, message_side::response);
  if (!complaint) return false;
  ++totals_.wire_errors;
  if (m.type == message_type::confirmable) send_small(endpoint, empty_message(message_type::reset, m.id));
  const wire_error why{wire_errc::protocol_error, header_bytes + m.token.size(), complaint->clause};
  if (slot != no_index) {
    finish(slot, kind::malformed, now, m.code, {}, why);
  } else {
    tell(kind::stray, endpoint, now).why = why;
  }
  return true;
}

void session::receive_response(std::uint32_t endpoint, const message& m, bytes_view datagram,
                               time_point now) {
  auto watch = no_index;
  const auto slot = exchange_for(endpoint, m, watch);
  const bool is_ack = m.type == message_type::acknowledgement;
  if (slot == no_index && (watch == no_index || is_ack)) {
    if (!is_ack) reject_stray(endpoint, m, now);
    return;
  }
  if (slot != no_index) exchanges_[slot].bytes_received += static_cast<std::uint32_t>(datagram.size());
  if (refuse_options(endpoint, slot, m, now)) return;
  if (m.type == message_type::confirmable && !acknowledge(endpoint, m, slot != no_index, now)) {
    send_small(endpoint, empty_message(message_type::acknowledgement, m.id));
    return;
  }
  if (slot == no_index) {
    notification(watch, m, datagram.size(), now);
  } else {
    answer(slot, m, now);
  }
}

void session::answer(std::uint32_t slot, const message& m, time_point now) {
  if (exchanges_[slot].watch != no_index) {
    watch_answered(slot, m, now);
    return;
  }
  if (continue_sending(slot, m, now)) return;
  switch (continue_receiving(slot, m, now)) {
    case body_state::under_way:
      return;
    case body_state::single:
      finish(slot, kind::answered, now, m.code, m.payload);
      return;
    case body_state::whole:
      finish(slot, kind::answered, now, m.code, keep_body(exchanges_[slot].bodies->answer.release()));
      return;
  }
}

}  // namespace wanwu::coap
