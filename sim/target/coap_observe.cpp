// The CoAP side of the target: who watches what. RFC 7641.
#include "sim/target/coap_server.hpp"

namespace wanwu::target {

namespace {

using coap::code;
using coap::message_type;

/// A watcher is asked for a sign of life at least this often [RFC7641-4.5-5].
constexpr duration confirm_every = std::chrono::hours{24};

}  // namespace

void coap_server::watch(coap_request& r, coap_response& answer, const known_thing& thing, watched what,
                        const datagram& one, time_point now) {
  const auto resource =
      static_cast<std::uint32_t>(services_.things().index_of(thing)) * 2 + static_cast<std::uint32_t>(what);
  answer = representation(resource);
  if (!r.observe) return;
  if (*r.observe == coap::observe_cancel) {
    observers_.remove(r.peer, r.message->token);
    return;
  }
  if (*r.observe != coap::observe_register) return;
  coap::observer* added = observers_.add(resource, r.peer, r.message->token, now);
  if (added == nullptr) return;  // full: a plain answer [RFC7641-7-2]
  if (r.block2) {
    if (const auto block = coap::decode_block(*r.block2)) added->szx = block->szx;
  }
  added->content_format = answer.content_format;
  watchers_[r.peer] = {one.peer, one.local};
  answer.observe = coap::observer_registry::next_sequence(*added, now);
}

coap_response coap_server::representation(std::uint32_t resource) const {
  const known_thing& thing = services_.things().at(thing_index{resource / 2});
  coap_response answer;
  answer.code = code::content;
  answer.content_format = format_json;
  if (static_cast<watched>(resource % 2) == watched::telemetry) {
    answer.payload = as_text(thing.last_reading);
    const bool is_cbor =
        !thing.last_reading.empty() && (std::to_integer<unsigned>(thing.last_reading[0]) & 0x80U) != 0;
    if (is_cbor) answer.content_format = 112;  // application/senml+cbor
    return answer;
  }
  // The oldest command without an answer: whoever answers it is shown the next one.
  const auto& waiting = services_.commands().waiting_for(thing.id);
  const command* oldest = waiting.empty() ? nullptr : services_.commands().find(waiting.front());
  answer.payload = oldest == nullptr ? "{}" : command_for_thing(*oldest);
  return answer;
}

void coap_server::thing_reported(const known_thing& thing, time_point now) {
  if (observers_.size() == 0) return;
  notify(static_cast<std::uint32_t>(services_.things().index_of(thing)) * 2, now);
}

void coap_server::queue_changed(const known_thing& thing, time_point now) {
  if (observers_.size() == 0) return;
  const auto resource = static_cast<std::uint32_t>(services_.things().index_of(thing)) * 2 + 1;
  notify(resource, now);
  if (observers_.of_resource(resource).empty()) return;
  const auto& waiting = services_.commands().waiting_for(thing.id);
  if (waiting.empty()) return;
  if (command* shown = services_.commands().find(waiting.front())) services_.delivered(*shown, now);
}

void coap_server::notify(std::uint32_t resource, time_point now) {
  const auto list = observers_.of_resource(resource);
  notified_.assign(list.begin(), list.end());
  for (const auto index : notified_) notify_one(resource, observers_.at(index), now);
}

void coap_server::notify_one(std::uint32_t resource, coap::observer& to, time_point now) {
  const auto known = watchers_.find(to.peer);
  if (known == watchers_.end()) return;
  if (sender_.outstanding(to.peer) > 0) {  // NSTART: one at a time; what matters is the state when it is over
    owed_.insert({to.peer, resource});
    return;
  }
  const bool must_arrive = static_cast<watched>(resource % 2) == watched::commands;
  const bool confirm = must_arrive || now - to.confirmable_at >= confirm_every;
  coap_response answer = representation(resource);
  if (to.content_format != answer.content_format) {  // it may not change under a watcher [RFC7641-4.2]
    answer = coap_response{};
    answer.code = code::not_acceptable;
  } else {
    answer.observe = coap::observer_registry::next_sequence(to, now);
  }
  to.last_id = next_id();
  byte_writer& out = out_.writer();
  const auto from = out.size();
  const auto type = confirm ? message_type::confirmable : message_type::non_confirmable;
  write(out, type, to.last_id, nullptr, to.token.view(), answer, to.szx.value_or(6));
  out_.wrote(known->second.local, known->second.address, from);
  ++totals_.coap_notifications;
  if (confirm) {
    to.confirmable_at = now;
    sender_.add(to.peer, to.last_id, out.view_from(from), resource, now);
  }
  if (!coap::is_success(answer.code)) observers_.remove(to.peer, coap::token{to.token});
}

}  // namespace wanwu::target
