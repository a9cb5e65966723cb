#include "protocols/drivers/coap_libcoap.hpp"

#include <algorithm>
#include <map>

#include "protocols/coap/observe.hpp"
#include "protocols/coap/uri.hpp"
#include "protocols/drivers/coap_ledger.hpp"
#include "protocols/drivers/libcoap_sessions.hpp"
#include "protocols/transport/reactor.hpp"

namespace wanwu {

namespace {

constexpr duration look_every =
    std::chrono::milliseconds{20};  ///< libcoap is asked at least so often while busy.
constexpr duration reregister_after = std::chrono::seconds{10};  ///< After Max-Age.
constexpr std::uint32_t max_age_kept = 86'400;

class libcoap_driver final : public driver, public readiness_listener, public libcoap_listener {
 public:
  libcoap_driver(const coap_endpoint& endpoint, reactor& events, driver_client& client);
  libcoap_driver(const libcoap_driver&) = delete;
  libcoap_driver& operator=(const libcoap_driver&) = delete;
  ~libcoap_driver() override;

  void prepare(std::uint32_t count) override;
  void open(std::span<const connection_id> which, std::span<const time_point> intended,
            time_point now) override;
  void close(std::span<const connection_id> which, closing how, time_point now) override;
  void start(std::span<const intent> intents, time_point now) override;
  void advance(time_point now) override;
  std::optional<time_point> next_deadline() const override;
  void abandon(outcome why, time_point now) override;
  driver_totals totals() const override;
  void report_completions(bool wanted) override { ledger_.report_completions(wanted); }
  void ready(std::span<const readiness>, time_point now) override { look(now); }

 private:
  using kind = coap::session_event::kind;
  /// A request under way, or an observation.
  struct pending {
    std::uint32_t connection{};
    std::string name;  ///< Token.
    time_point sent_at, due;
    std::uint32_t bytes_sent{};
    std::uint32_t newest{};
    time_point newest_at;
    std::uint8_t tag{};
    bool in_use{}, is_watch{}, was_registered{}, answered{}, confirmable{};
  };
  using key = std::pair<std::uint32_t, std::string>;

  void answered(std::uint32_t connection, const coap::message_draft& m) override;
  void failed(std::uint32_t connection, const std::optional<std::string>& name, failure why) override;

  std::uint32_t add_pending(std::uint32_t connection, time_point now);
  void remove_pending(std::uint32_t slot);
  void set_due(std::uint32_t slot, time_point due);
  bool send(std::uint32_t slot, const coap::message_draft& draft, bytes_view payload);
  bool start_one(const intent& i, time_point now);
  bool observe(std::uint32_t slot, std::string_view path, time_point now);
  void notified(std::uint32_t slot, const coap::message_draft& m, std::uint32_t size);
  void fail(std::uint32_t slot, kind what);
  void forget(std::uint32_t connection, outcome why, time_point now);
  coap::session_event event_of(std::uint32_t slot, kind what) const;
  void expire(time_point now);
  void look(time_point now);

  coap_endpoint endpoint_;
  reactor& reactor_;
  driver_client& client_;
  coap_ledger ledger_;
  libcoap_sessions sessions_;
  reactor::listener_id listener_{};
  std::vector<std::uint32_t> confirmables_;  ///< In flight, by connection.
  std::vector<pending> pendings_;
  std::vector<std::uint32_t> free_;
  std::map<key, std::uint32_t> by_name_;
  std::multimap<time_point, std::uint32_t> dues_;
  time_point now_, looked_at_;
  driver_totals totals_;
  std::uint32_t up_ = 0;
};

libcoap_driver::libcoap_driver(const coap_endpoint& endpoint, reactor& events, driver_client& client)
    : endpoint_{endpoint}, reactor_{events}, client_{client}, ledger_{client}, sessions_{endpoint, *this} {
  listener_ = reactor_.enlist(*this);
  const int fd = sessions_.descriptor();
  if (fd >= 0) static_cast<void>(reactor_.add(fd, listener_, 0, 0, reactor::trigger::level));
}

libcoap_driver::~libcoap_driver() {
  const int fd = sessions_.descriptor();
  if (fd >= 0) reactor_.remove(fd);
  reactor_.forget(listener_);
}

void libcoap_driver::prepare(std::uint32_t count) {
  sessions_.prepare(count);
  confirmables_.resize(count);
}

std::uint32_t libcoap_driver::add_pending(std::uint32_t connection, time_point now) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(pendings_.size()));
    pendings_.emplace_back();
  }
  const auto slot = free_.back();
  free_.pop_back();
  auto& p = pendings_[slot];
  p = pending{};
  p.in_use = true;
  p.connection = connection;
  p.sent_at = now;
  p.name = sessions_.new_token(connection);
  by_name_[key{connection, p.name}] = slot;
  return slot;
}

void libcoap_driver::remove_pending(std::uint32_t slot) {
  auto& p = pendings_[slot];
  set_due(slot, time_point::max());
  by_name_.erase(key{p.connection, p.name});
  if (p.confirmable) --confirmables_[p.connection];
  p.in_use = false;
  free_.push_back(slot);
}

/// time_point::max() = never.
void libcoap_driver::set_due(std::uint32_t slot, time_point due) {
  auto& p = pendings_[slot];
  const auto [first, last] = dues_.equal_range(p.due);
  const auto at = std::find_if(first, last, [&](const auto& each) { return each.second == slot; });
  if (at != last) dues_.erase(at);
  p.due = due;
  if (due != time_point::max()) dues_.emplace(due, slot);
}

/// Hands the message to libcoap with the pending's token. False when libcoap does not take it.
bool libcoap_driver::send(std::uint32_t slot, const coap::message_draft& draft, bytes_view payload) {
  auto& p = pendings_[slot];
  auto measured = draft;
  measured.token.resize(p.name.size());
  measured.payload.assign(payload.begin(), payload.end());
  p.bytes_sent = static_cast<std::uint32_t>(coap::encoded(measured).size());
  totals_.bytes_out += p.bytes_sent;
  ++totals_.messages_out;
  const auto name = p.name;  // a failure reported meanwhile may free the pending
  return sessions_.send(p.connection, name, draft, payload);
}

bool libcoap_driver::start_one(const intent& i, time_point now) {
  const auto c = static_cast<std::uint32_t>(i.connection);
  if (!sessions_.is_open(c)) return false;
  const auto& s = endpoint_.session;
  if (i.shape->confirmable && confirmables_[c] >= s.transmission.nstart + s.queue_max) return false;
  const auto path = endpoint_.base_path + std::string{i.address};
  if (!coap::is_valid_reference(path)) return false;
  const auto& plan = ledger_.plan_of(*i.shape);
  coap::message_draft draft;
  draft.type = i.shape->confirmable ? coap::message_type::confirmable : coap::message_type::non_confirmable;
  draft.code = plan.method;
  coap::add_reference(draft, path);
  if (plan.content_format && !i.payload.empty())
    draft.add_uint(coap::option_number::content_format, *plan.content_format);
  if (plan.accept) draft.add_uint(coap::option_number::accept, *plan.accept);
  const auto slot = add_pending(c, now);
  pendings_[slot].confirmable = i.shape->confirmable;
  if (i.shape->confirmable) ++confirmables_[c];
  ledger_.took_off(slot, i, plan);
  set_due(slot, now + i.shape->answer_within);
  if (!send(slot, draft, i.payload) && pendings_[slot].in_use) fail(slot, kind::unreachable);
  return true;
}

void libcoap_driver::start(std::span<const intent> intents, time_point now) {
  now_ = now;
  for (const auto& i : intents) {
    if (!start_one(i, now)) ledger_.not_started(i, now);
  }
  ledger_.hand_over();
}

bool libcoap_driver::observe(std::uint32_t slot, std::string_view path, time_point now) {
  coap::message_draft draft;
  draft.code = coap::code::get;
  draft.add_uint(coap::option_number::observe, coap::observe_register);
  coap::add_reference(draft, endpoint_.base_path + std::string{path});
  auto& p = pendings_[slot];
  p.sent_at = now;
  p.answered = false;
  set_due(slot, now + endpoint_.session.transmission.max_transmit_wait());
  return send(slot, draft, {});
}

void libcoap_driver::open(std::span<const connection_id> which, std::span<const time_point> intended,
                          time_point now) {
  now_ = now;
  for (std::size_t i = 0; i < which.size(); ++i) {
    const auto c = static_cast<std::uint32_t>(which[i]);
    const bool was_up = sessions_.is_open(c);
    if (!sessions_.open(c)) {
      ledger_.not_opened(which[i], intended[i], now);
      continue;
    }
    up_ += was_up ? 0U : 1U;
    ledger_.changed({now, which[i], connection_state::up, outcome::ok, 0});
    login who;
    client_.describe(which[i], who);
    for (const auto& s : who.subscriptions) {
      const auto slot = add_pending(c, now);
      pendings_[slot].is_watch = true;
      pendings_[slot].tag = s.tag;
      if (!observe(slot, s.filter, now) && pendings_[slot].in_use) fail(slot, kind::unreachable);
    }
  }
  ledger_.hand_over();
}

void libcoap_driver::close(std::span<const connection_id> which, closing how, time_point now) {
  now_ = now;
  for (const auto id : which) {
    const auto c = static_cast<std::uint32_t>(id);
    if (!sessions_.is_open(c)) continue;
    for (const auto& p : pendings_) {
      const bool observing = p.in_use && p.is_watch && p.connection == c && p.was_registered;
      if (observing && how == closing::clean) sessions_.cancel_observation(c, p.name);
    }
    forget(c, outcome::cut_off, now);
    sessions_.close(c);
    --up_;
    ledger_.changed({now, id, connection_state::down, outcome::ok, 0});
  }
  ledger_.hand_over();
}

/// Ends a connection's requests as `why`; its observations too when it is being closed.
void libcoap_driver::forget(std::uint32_t connection, outcome why, time_point now) {
  for (std::uint32_t slot = 0; slot < pendings_.size(); ++slot) {
    auto& p = pendings_[slot];
    if (!p.in_use || p.connection != connection) continue;
    now_ = now;
    if (!p.is_watch) ledger_.end(event_of(slot, kind::timed_out), why, 0);
    remove_pending(slot);
  }
}

void libcoap_driver::abandon(outcome why, time_point now) {
  now_ = now;
  for (std::uint32_t slot = 0; slot < pendings_.size(); ++slot) {
    if (!pendings_[slot].in_use || pendings_[slot].is_watch) continue;
    ledger_.end(event_of(slot, kind::timed_out), why, 0);
    remove_pending(slot);
  }
  ledger_.hand_over();
}

coap::session_event libcoap_driver::event_of(std::uint32_t slot, kind what) const {
  const auto& p = pendings_[slot];
  coap::session_event e;
  e.what = what;
  e.endpoint = p.connection;
  e.exchange = p.is_watch ? coap::no_index : slot;
  e.watch = p.is_watch ? slot : coap::no_index;
  e.tag = p.tag;
  e.bytes_sent = p.bytes_sent;
  e.sent_at = p.sent_at;
  e.at = now_;
  return e;
}

void libcoap_driver::answered(std::uint32_t connection, const coap::message_draft& m) {
  const auto at = by_name_.find(key{connection, std::string{as_text(m.token)}});
  if (at == by_name_.end()) return;
  const auto slot = at->second;
  const auto size = static_cast<std::uint32_t>(coap::encoded(m).size());
  totals_.bytes_in += size;
  ++totals_.messages_in;
  if (pendings_[slot].is_watch) {
    notified(slot, m, size);
  } else {
    auto e = event_of(slot, kind::answered);
    e.response = m.code;
    e.payload = m.payload;
    e.bytes_received = size;
    ledger_.take(e);
    remove_pending(slot);
  }
  ledger_.hand_over();  // before the payload goes
}

void libcoap_driver::notified(std::uint32_t slot, const coap::message_draft& m, std::uint32_t size) {
  auto& p = pendings_[slot];
  const auto value = m.find_uint(coap::option_number::observe);
  const bool accepted = coap::is_success(m.code) && value.has_value();
  const bool first = !p.answered;
  p.answered = true;
  const auto age =
      std::min(m.find_uint(coap::option_number::max_age).value_or(coap::max_age_default), max_age_kept);
  set_due(slot, now_ + std::chrono::seconds{age} + reregister_after);
  if (first || !accepted) {
    auto e = event_of(slot, accepted ? kind::registered : kind::declined);
    e.response = m.code;
    e.bytes_received = size;
    e.again = p.was_registered;
    ledger_.take(e);
  }
  if (!accepted) return;
  if (!first && !coap::is_newer(p.newest, p.newest_at, *value, now_)) return;
  p.was_registered = true;
  p.newest = *value;
  p.newest_at = now_;
  auto e = event_of(slot, kind::notified);
  e.response = m.code;
  e.payload = m.payload;
  e.bytes_received = size;
  ledger_.take(e);
}

void libcoap_driver::failed(std::uint32_t connection, const std::optional<std::string>& name, failure why) {
  const auto what = why == failure::reset       ? kind::reset
                    : why == failure::timed_out ? kind::timed_out
                                                : kind::unreachable;
  std::vector<std::uint32_t> ended;
  for (std::uint32_t slot = 0; slot < pendings_.size(); ++slot) {
    const auto& p = pendings_[slot];
    const bool meant = name ? p.name == *name : !p.answered;
    if (p.in_use && p.connection == connection && meant) ended.push_back(slot);
  }
  for (const auto slot : ended) fail(slot, what);
  ledger_.hand_over();
}

void libcoap_driver::fail(std::uint32_t slot, kind what) {
  ledger_.take(event_of(slot, what));
  if (pendings_[slot].is_watch) {
    pendings_[slot].answered = true;
    set_due(slot, now_ + reregister_after);
  } else {
    remove_pending(slot);
  }
}

/// Ends what was not answered in time, and registers again what has passed its Max-Age.
void libcoap_driver::expire(time_point now) {
  while (!dues_.empty() && dues_.begin()->first <= now) {
    const auto slot = dues_.begin()->second;
    auto& p = pendings_[slot];
    if (!p.is_watch || !p.answered) {
      fail(slot, kind::timed_out);
      continue;
    }
    const auto* s = ledger_.subscription_of(p.connection, p.tag);
    if (s == nullptr) {
      remove_pending(slot);
    } else if (!observe(slot, s->filter, now) && p.in_use) {
      fail(slot, kind::unreachable);
    }
  }
}

void libcoap_driver::look(time_point now) {
  now_ = looked_at_ = now;
  sessions_.process();
  ledger_.hand_over();
}

void libcoap_driver::advance(time_point now) {
  now_ = now;
  if (!by_name_.empty() && now - looked_at_ >= look_every) look(now);
  expire(now);
  ledger_.hand_over();
}

std::optional<time_point> libcoap_driver::next_deadline() const {
  if (by_name_.empty()) return std::nullopt;
  const auto look_at = looked_at_ + look_every;
  return dues_.empty() ? look_at : std::min(look_at, dues_.begin()->first);
}

driver_totals libcoap_driver::totals() const {
  auto out = totals_;
  out.connections_up = up_;
  out.operations_in_flight = static_cast<std::uint32_t>(by_name_.size());
  return out;
}

}  // namespace

std::unique_ptr<driver> make_coap_libcoap(const coap_endpoint& endpoint, reactor& events,
                                          driver_client& client) {
  return std::make_unique<libcoap_driver>(endpoint, events, client);
}

}  // namespace wanwu
