// Observations from the client's end: registering, freshness, Max-Age, cancelling. RFC 7641 §3.
#include <algorithm>

#include "protocols/coap/observe.hpp"
#include "protocols/coap/session.hpp"
#include "protocols/coap/uri.hpp"

namespace wanwu::coap {

namespace {

constexpr std::uint32_t max_age_kept =
    86'400;  ///< Seconds: older registrations are refreshed once a day anyhow.

}  // namespace

session_event& session::tell_watch(kind what, std::uint32_t watch, time_point now) {
  auto& told = tell(what, watches_[watch].endpoint, now);
  told.watch = watch;
  told.tag = watches_[watch].tag;
  return told;
}

std::uint32_t session::acquire_watch(std::uint32_t endpoint, std::uint8_t tag) {
  if (free_watches_.empty()) {
    if (watches_.size() == token_book::slots_max) return no_index;
    free_watches_.push_back(static_cast<std::uint32_t>(watches_.size()));
    watches_.emplace_back();
    watch_wheel_.resize(static_cast<std::uint32_t>(watches_.size()));
  }
  const auto index = free_watches_.back();
  free_watches_.pop_back();
  auto& w = watches_[index];
  w.endpoint = endpoint;
  w.tag = tag;
  w.exchange = no_index;
  w.newest = 0;
  w.newest_at = {};
  w.was_registered = false;
  w.generation = (w.generation + 1) & token_book::generation_mask;
  w.next = endpoints_[endpoint].watches;
  endpoints_[endpoint].watches = index;
  return index;
}

void session::release_watch(std::uint32_t watch) {
  auto& w = watches_[watch];
  auto* at = &endpoints_[w.endpoint].watches;
  while (*at != watch) at = &watches_[*at].next;
  *at = w.next;
  w.now = watch_stage::unused;
  watch_wheel_.clear(watch);
  first_blocks_.erase(watch);
  free_watches_.push_back(watch);
}

bool session::request_observation(std::uint32_t watch, std::string_view reference, std::uint32_t value,
                                  time_point now) {
  auto& w = watches_[watch];
  const auto slot = begin(w.endpoint, code::get, true, now);
  if (!slot) return false;
  auto& x = exchanges_[*slot];
  x.answer_within = max_transmit_wait_;
  x.watch = watch;
  w.exchange = *slot;
  const auto name = tokens_.make({token_book::kind::watch, watch, w.generation});
  const auto at = out_.size();
  message_writer to{out_, message_type::confirmable, code::get, x.id, name.view()};
  to.add_uint(option_number::observe, value);
  static_cast<void>(add_uri_path(to, reference));
  static_cast<void>(add_uri_query(to, reference));
  put_first(*slot, at, now);
  return true;
}

bool session::observe(std::uint32_t endpoint, std::string_view reference, std::uint8_t tag, time_point now,
                      std::uint32_t again) {
  const auto watch = again != no_index ? again : acquire_watch(endpoint, tag);
  if (watch == no_index) return false;
  if (watches_[watch].exchange != no_index) return true;  // it is on its way already
  if (request_observation(watch, reference, observe_register, now)) {
    watches_[watch].now = watch_stage::registering;
    return true;
  }
  watches_[watch].now = watch_stage::lapsed;
  lapse(watch, std::chrono::seconds{1}, now);
  return false;
}

/// To be registered again `retry_in` from now and 5 to 15 s later, so that not all come at once. RFC 7641
/// §3.3.1.
void session::lapse(std::uint32_t watch, duration retry_in, time_point now) {
  watch_row& w = watches_[watch];
  w.now = watch_stage::lapsed;
  const std::uint32_t turn = std::uint32_t{w.tag} << 16U | endpoints_[w.endpoint].next_id;
  const double draw = unit_of(bits_of(w.endpoint, stream_of("coap.observe-again"), turn));
  const auto spread = std::chrono::duration_cast<duration>(std::chrono::duration<double>{5.0 + 10.0 * draw});
  watch_wheel_.set(watch, now + retry_in + spread);
}

void session::watch_answered(std::uint32_t slot, const message& m, time_point now) {
  const auto watch = exchanges_[slot].watch;
  auto& w = watches_[watch];
  if (w.exchange != slot) {
    rest_answered(slot, m, now);
    return;
  }
  w.exchange = no_index;
  if (w.now == watch_stage::cancelling) {
    release_watch(watch);
    retire(slot, now);
    return;
  }
  const auto value = m.options.find_uint(option_number::observe);
  const bool accepted = is_success(m.code) && value.has_value();
  auto& told = tell_watch(accepted ? kind::registered : kind::declined, watch, now);
  told.response = m.code;
  told.bytes_sent = exchanges_[slot].bytes_sent;
  told.bytes_received = exchanges_[slot].bytes_received;
  told.sent_at = exchanges_[slot].sent_at;
  told.again = w.was_registered;
  if (accepted) {
    w.now = watch_stage::active;
    w.was_registered = true;
    take_notification(watch, m, *value, now);
  } else {
    const auto age =
        std::min(m.options.find_uint(option_number::max_age).value_or(max_age_default), max_age_kept);
    lapse(watch, std::chrono::seconds{age}, now);
  }
  retire(slot, now);
}

void session::watch_failed(std::uint32_t slot, kind what, time_point now) {
  const auto& x = exchanges_[slot];
  const auto watch = x.watch;
  auto& w = watches_[watch];
  if (w.exchange == slot) {
    w.exchange = no_index;
    if (w.now == watch_stage::cancelling) {
      release_watch(watch);
    } else {
      auto& told = tell_watch(what, watch, now);
      told.bytes_sent = x.bytes_sent;
      told.bytes_received = x.bytes_received;
      told.sent_at = x.now == exchange::stage::queued ? now : x.sent_at;
      lapse(watch, duration::zero(), now);
    }
  }
  retire(slot, now);
}

/// A response with an observation's token that answers no request: a notification, or the end of it.
void session::notification(std::uint32_t watch, const message& m, std::size_t datagram_bytes,
                           time_point now) {
  auto& w = watches_[watch];
  if (w.now == watch_stage::cancelling) return;
  const auto value = m.options.find_uint(option_number::observe);
  if (!is_success(m.code) || !value) {
    auto& told = tell_watch(kind::declined, watch, now);
    told.response = m.code;
    told.bytes_received = static_cast<std::uint32_t>(datagram_bytes);
    const auto age =
        std::min(m.options.find_uint(option_number::max_age).value_or(max_age_default), max_age_kept);
    lapse(watch, std::chrono::seconds{age}, now);
    return;
  }
  if (!is_newer(w.newest, w.newest_at, *value, now)) return;
  w.now = watch_stage::active;
  take_notification(watch, m, *value, now);
}

void session::take_notification(std::uint32_t watch, const message& m, std::uint32_t value, time_point now) {
  auto& w = watches_[watch];
  w.newest = value;
  w.newest_at = now;
  const auto age =
      std::min(m.options.find_uint(option_number::max_age).value_or(max_age_default), max_age_kept);
  lapse(watch, std::chrono::seconds{age}, now);
  w.now = watch_stage::active;
  const auto option = m.options.find(option_number::block2);
  const auto b = option ? decode_block(option->value) : std::nullopt;
  if (b && b->more) {
    const auto etag = m.options.find(option_number::etag);
    const auto tag = etag ? etag->value : bytes_view{};
    first_blocks_[watch] =
        first_block{bytes(m.payload.begin(), m.payload.end()), bytes(tag.begin(), tag.end()), *b};
    tell_watch(kind::rest_due, watch, now);
    return;
  }
  auto& told = tell_watch(kind::notified, watch, now);
  told.response = m.code;
  told.payload = m.payload;
}

void session::fetch_rest(std::uint32_t watch, std::string_view reference, time_point now) {
  const auto first = first_blocks_.find(watch);
  if (first == first_blocks_.end()) return;
  const auto slot = begin(watches_[watch].endpoint, code::get, true, now);
  if (!slot) return;
  auto& x = exchanges_[*slot];
  x.answer_within = max_transmit_wait_;
  x.watch = watch;
  auto& t = x.need_bodies();
  const auto& b = first->second.block;
  t.receiving = t.answer.take(b, first->second.payload, settings_.answer_bytes_max) == assembly_step::more;
  t.etag = std::move(first->second.etag);
  const auto at = out_.size();
  message_writer to{out_, message_type::confirmable, code::get, x.id, token_of(*slot).view()};
  static_cast<void>(add_uri_path(to, reference));
  static_cast<void>(add_uri_query(to, reference));
  to.add_uint(option_number::block2, encode_block(block{b.number + 1, false, b.szx}));
  first_blocks_.erase(first);
  put_first(*slot, at, now);
}

void session::rest_answered(std::uint32_t slot, const message& m, time_point now) {
  const auto state = continue_receiving(slot, m, now);
  if (state == body_state::under_way) return;
  const auto watch = exchanges_[slot].watch;
  const auto& w = watches_[watch];
  const bool still_wanted = w.endpoint == exchanges_[slot].endpoint && w.now != watch_stage::unused;
  if (still_wanted && state == body_state::whole && is_success(m.code)) {
    const auto body = keep_body(exchanges_[slot].bodies->answer.release());
    auto& told = tell_watch(kind::notified, watch, now);
    told.response = m.code;
    told.payload = body;
  }
  retire(slot, now);
}

void session::forget_observations(std::uint32_t endpoint, time_point now) {
  auto& e = endpoints_[endpoint];
  // Exchanges first: those of this endpoint that serve an observation, registrations and rests alike.
  std::vector<std::uint32_t> ended;
  for (const auto head : {e.first, e.others}) {
    for (auto slot = head; slot != no_index; slot = exchanges_[slot].next) {
      const auto watch = exchanges_[slot].watch;
      if (watch != no_index && watches_[watch].now != watch_stage::cancelling) ended.push_back(slot);
    }
  }
  for (const auto slot : ended) {
    wheel_.clear(slot);
    unlink(slot);
    exchanges_.release(slot);
  }
  for (auto watch = e.watches; watch != no_index;) {
    const auto next = watches_[watch].next;
    if (watches_[watch].now != watch_stage::cancelling) release_watch(watch);
    watch = next;
  }
  send_next_queued(endpoint, now);
}

bool session::cancel_observation(std::uint32_t endpoint, std::uint8_t tag, std::string_view reference,
                                 time_point now) {
  for (auto watch = endpoints_[endpoint].watches; watch != no_index; watch = watches_[watch].next) {
    auto& w = watches_[watch];
    const bool can = w.tag == tag && w.now == watch_stage::active && w.exchange == no_index;
    if (!can || !request_observation(watch, reference, observe_cancel, now)) continue;
    w.now = watch_stage::cancelling;
    watch_wheel_.clear(watch);
    return true;
  }
  return false;
}

}  // namespace wanwu::coap
