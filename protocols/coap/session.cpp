#include "protocols/coap/session.hpp"

#include <algorithm>
#include <cassert>

#include "protocols/coap/decode.hpp"
#include "protocols/coap/uri.hpp"

namespace wanwu::coap {

namespace {

constexpr std::size_t reference_bytes_max = 4096;
constexpr std::uint64_t first_id_key = stream_of("coap.first-id");
constexpr std::uint64_t timeout_key = stream_of("coap.first-timeout");

std::uint32_t seconds_of(time_point at) noexcept {
  return static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count());
}

}  // namespace

session::session(const session_settings& settings)
    : settings_{settings},
      tokens_{chance{settings.seed}.next()},
      exchange_lifetime_{settings.transmission.exchange_lifetime()},
      max_transmit_wait_{settings.transmission.max_transmit_wait()},
      exchanges_{std::min(settings.exchanges_max, token_book::slots_max)},
      acknowledgements_{reply_cache::limits{1U << 14U, 1U << 16U, exchange_lifetime_}} {}

void session::prepare(std::uint32_t count) {
  endpoints_.resize(count);
  for (std::uint32_t i = 0; i < count; ++i)
    endpoints_[i].first_id = endpoints_[i].next_id = static_cast<std::uint16_t>(bits_of(i, first_id_key, 0));
}

std::uint64_t session::bits_of(std::uint32_t endpoint, std::uint64_t kind_key,
                               std::uint32_t turn) const noexcept {
  const auto own =
      scramble((settings_.seed ^ kind_key) + settings_.endpoints.number_of(endpoint) * golden_step);
  return scramble(own + turn * golden_step);
}

std::optional<message_id> session::take_id(endpoint_row& e, time_point now) noexcept {
  if (e.next_id == e.first_id) {
    const auto lifetime_s = std::chrono::duration_cast<std::chrono::seconds>(exchange_lifetime_).count();
    if (e.cycled && seconds_of(now) - e.cycle_started_s < lifetime_s) return std::nullopt;
    e.cycled = true;
    e.cycle_started_s = seconds_of(now);
  }
  return message_id{e.next_id++};
}

std::optional<std::uint32_t> session::begin(std::uint32_t endpoint, code method, bool confirmable,
                                            time_point now) {
  auto& e = endpoints_[endpoint];
  if (confirmable && e.outstanding >= settings_.transmission.nstart && e.queued >= settings_.queue_max)
    return {};
  const auto slot = exchanges_.acquire();
  if (!slot) return {};
  const auto id = take_id(e, now);
  if (!id) {
    exchanges_.release(*slot);
    return {};
  }
  wheel_.resize(exchanges_.capacity());
  auto& x = exchanges_[*slot];
  x.endpoint = endpoint;
  x.id = *id;
  x.method = method;
  x.confirmable = confirmable;
  return slot;
}

token session::token_of(std::uint32_t slot) noexcept {
  return tokens_.make({token_book::kind::exchange, slot, exchanges_[slot].generation});
}

std::optional<std::uint32_t> session::start(std::uint32_t endpoint, const request& wanted, time_point now) {
  if (wanted.reference.size() > reference_bytes_max) return {};
  const auto slot = begin(endpoint, wanted.method, wanted.confirmable, now);
  if (!slot) return {};
  auto& x = exchanges_[*slot];
  x.answer_within = wanted.answer_within;
  const auto type = wanted.confirmable ? message_type::confirmable : message_type::non_confirmable;
  const auto at = out_.size();
  message_writer to{out_, type, wanted.method, x.id, token_of(*slot).view()};
  bool sendable = add_uri_path(to, wanted.reference);
  if (wanted.content_format) to.add_uint(option_number::content_format, *wanted.content_format);
  sendable = add_uri_query(to, wanted.reference) && sendable;
  if (!sendable) {
    out_.drop_last(out_.size() - at);
    exchanges_.release(*slot);
    return {};
  }
  if (wanted.accept) to.add_uint(option_number::accept, *wanted.accept);
  auto payload = wanted.payload;
  if (payload.size() > settings_.block_bytes) {
    auto& b = x.need_bodies();
    b.body.assign(payload.begin(), payload.end());
    const auto first = slice_of(b.body, block{0, true, szx_for(settings_.block_bytes)});
    b.sending = first->block;
    payload = first->payload;
    to.add_uint(option_number::block1, encode_block(b.sending));
    to.add_uint(option_number::size1, static_cast<std::uint32_t>(b.body.size()));
  }
  to.payload(payload);
  put_first(*slot, at, now);
  return slot;
}

/// Keeps the datagram just written, and leaves it in the output if NSTART allows.
void session::put_first(std::uint32_t slot, std::size_t written_at, time_point now) {
  auto& x = exchanges_[slot];
  auto& e = endpoints_[x.endpoint];
  const auto raw = out_.view_from(written_at);
  x.keep(raw);
  if (x.confirmable && (e.outstanding >= settings_.transmission.nstart || e.queued > 0)) {
    out_.drop_last(raw.size());
    x.now = exchange::stage::queued;
    ++e.queued;
    append_confirmable(slot);
    return;
  }
  output_.push_back({x.endpoint, static_cast<std::uint32_t>(written_at), x.length});
  x.bytes_sent += x.length;
  ++totals_.messages_out;
  x.sent_at = now;
  x.give_up_at = now + x.answer_within;
  place(slot);
  start_timers(slot, now);
}

/// Puts an exchange whose request leaves now into its endpoint's list.
void session::place(std::uint32_t slot) {
  auto& x = exchanges_[slot];
  if (x.confirmable) {
    x.now = exchange::stage::unacknowledged;
    ++endpoints_[x.endpoint].outstanding;
    append_confirmable(slot);
  } else {
    link_waiting(slot);
  }
}

void session::start_timers(std::uint32_t slot, time_point now) {
  auto& x = exchanges_[slot];
  x.sent_again = 0;
  x.timeout =
      first_timeout(settings_.transmission, unit_of(bits_of(x.endpoint, timeout_key, value_of(x.id))));
  wheel_.set(slot, x.confirmable ? std::min(now + x.timeout, x.give_up_at) : x.give_up_at);
}

void session::send_small(std::uint32_t endpoint, bytes_view raw) {
  output_.push_back(
      {endpoint, static_cast<std::uint32_t>(out_.size()), static_cast<std::uint32_t>(raw.size())});
  out_.append(raw);
  ++totals_.messages_out;
}

void session::send_stored(std::uint32_t slot) {
  auto& x = exchanges_[slot];
  send_small(x.endpoint, x.datagram());
  x.bytes_sent += x.length;
}

void session::append_confirmable(std::uint32_t slot) {
  auto& x = exchanges_[slot];
  x.next = no_index;
  auto* at = &endpoints_[x.endpoint].first;
  while (*at != no_index) at = &exchanges_[*at].next;
  *at = slot;
}

void session::link_waiting(std::uint32_t slot) {
  auto& x = exchanges_[slot];
  auto& e = endpoints_[x.endpoint];
  x.now = exchange::stage::awaiting;
  x.previous = no_index;
  x.next = e.others;
  if (x.next != no_index) exchanges_[x.next].previous = slot;
  e.others = slot;
}

void session::unlink(std::uint32_t slot) {
  auto& x = exchanges_[slot];
  auto& e = endpoints_[x.endpoint];
  if (x.now == exchange::stage::awaiting) {
    (x.previous != no_index ? exchanges_[x.previous].next : e.others) = x.next;
    if (x.next != no_index) exchanges_[x.next].previous = x.previous;
    return;
  }
  x.now == exchange::stage::queued ? --e.queued : --e.outstanding;
  auto* at = &e.first;
  while (*at != slot) at = &exchanges_[*at].next;
  *at = x.next;
}

void session::acknowledged(std::uint32_t slot) {
  unlink(slot);
  link_waiting(slot);
  wheel_.set(slot, exchanges_[slot].give_up_at);
}

void session::retire(std::uint32_t slot, time_point now) {
  const auto endpoint = exchanges_[slot].endpoint;
  wheel_.clear(slot);
  unlink(slot);
  exchanges_.release(slot);
  send_next_queued(endpoint, now);
}

void session::send_next_queued(std::uint32_t endpoint, time_point now) {
  auto& e = endpoints_[endpoint];
  for (auto slot = e.first; slot != no_index && e.queued > 0; slot = exchanges_[slot].next) {
    if (e.outstanding >= settings_.transmission.nstart) return;
    auto& x = exchanges_[slot];
    if (x.now != exchange::stage::queued) continue;
    --e.queued;
    ++e.outstanding;
    x.now = exchange::stage::unacknowledged;
    x.sent_at = now;
    x.give_up_at = now + x.answer_within;
    send_stored(slot);
    start_timers(slot, now);
  }
}

session_event& session::tell(kind what, std::uint32_t endpoint, time_point now) {
  auto& told = events_.emplace_back();
  told.what = what;
  told.endpoint = endpoint;
  told.at = told.sent_at = now;
  return told;
}

void session::finish(std::uint32_t slot, kind what, time_point now, code response, bytes_view payload,
                     wire_error why) {
  const auto& x = exchanges_[slot];
  if (x.watch != no_index) {
    watch_failed(slot, what, now);
    return;
  }
  auto& told = tell(what, x.endpoint, now);
  told.exchange = slot;
  told.response = response;
  told.payload = payload;
  told.why = why;
  told.bytes_sent = x.bytes_sent;
  told.bytes_received = x.bytes_received;
  told.sent_at = x.now == exchange::stage::queued ? now : x.sent_at;
  retire(slot, now);
}

void session::fired(std::uint32_t slot, time_point now) {
  auto& x = exchanges_[slot];
  if (x.now == exchange::stage::unused) return;
  const bool can_repeat =
      x.now == exchange::stage::unacknowledged && x.sent_again < settings_.transmission.max_retransmit;
  if (now >= x.give_up_at || !can_repeat) {
    finish(slot, kind::timed_out, now);
    return;
  }
  ++x.sent_again;
  ++totals_.retransmissions;
  x.timeout *= 2;
  send_stored(slot);
  wheel_.set(slot, std::min(now + x.timeout, x.give_up_at));
}

void session::advance(time_point now) {
  fired_.clear();
  wheel_.advance(now, fired_);
  for (const auto slot : fired_) {
    // An earlier one of this batch may have ended this exchange and sent the next: then it has a deadline
    // again.
    if (!wheel_.is_set(slot)) fired(slot, now);
  }
  fired_watches_.clear();
  watch_wheel_.advance(now, fired_watches_);
  for (const auto watch : fired_watches_) {
    if (watches_[watch].now != watch_stage::active && watches_[watch].now != watch_stage::lapsed) continue;
    watches_[watch].now = watch_stage::lapsed;
    tell_watch(kind::registration_due, watch, now);
  }
}

std::optional<time_point> session::next_deadline() const {
  const auto a = wheel_.next_deadline();
  const auto b = watch_wheel_.next_deadline();
  return a && b ? std::min(*a, *b) : a ? a : b;
}

void session::unreachable(std::uint32_t endpoint, time_point now) {
  auto& e = endpoints_[endpoint];
  // What is queued stays: the next transmission finds out for itself.
  std::vector<std::uint32_t> ended;
  for (auto slot = e.first; slot != no_index; slot = exchanges_[slot].next) {
    if (exchanges_[slot].now == exchange::stage::unacknowledged) ended.push_back(slot);
  }
  for (auto slot = e.others; slot != no_index; slot = exchanges_[slot].next) ended.push_back(slot);
  for (const auto slot : ended) finish(slot, kind::unreachable, now);
}

void session::abandon(std::uint32_t endpoint, std::vector<std::uint32_t>& forgotten, time_point now) {
  auto& e = endpoints_[endpoint];
  const auto start = forgotten.size();
  for (const auto head : {e.first, e.others}) {
    for (auto slot = head; slot != no_index; slot = exchanges_[slot].next) {
      if (exchanges_[slot].watch == no_index) forgotten.push_back(slot);
    }
  }
  for (auto at = start; at < forgotten.size(); ++at) {
    wheel_.clear(forgotten[at]);
    unlink(forgotten[at]);
    exchanges_.release(forgotten[at]);
  }
  send_next_queued(endpoint, now);  // registrations and cancellations stay
}

}  // namespace wanwu::coap
