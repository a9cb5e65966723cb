#include "protocols/drivers/coap_native.hpp"

#include <algorithm>
#include <cerrno>

#include "protocols/drivers/coap_ledger.hpp"
#include "protocols/transport/impaired_datagrams.hpp"
#include "protocols/transport/memory.hpp"
#include "protocols/transport/reactor.hpp"
#include "protocols/transport/udp.hpp"

namespace wanwu {

namespace {

constexpr std::uint32_t sockets_max = 1024;
constexpr std::uint32_t loopback_sources_first = 0x7F800001;
constexpr std::uint32_t loopback_sources_max = 0x7FFFFE;
constexpr duration backlog_retry = std::chrono::milliseconds{1};

/// Sockets that are opened when the number of endpoints is known.
class udp_carrier {
 public:
  using transport_type = udp_transport;
  udp_carrier(const coap_endpoint& endpoint, reactor& events) : reactor_{events} {
    settings_.sources = endpoint.sources;
    settings_.sockets = std::max(endpoint.sockets, 1U);
    settings_.family = endpoint.target.family();
    may_choose_sources_ = endpoint.target.is_v4() && endpoint.target.is_loopback();
  }
  std::error_code open(std::uint32_t count, readiness_listener& owner) {
    if (settings_.sources.empty() && may_choose_sources_ && count > settings_.sockets) {
      settings_.sources = source_pool{loopback_sources_first, std::min(count, loopback_sources_max)};
    }
    const auto each = std::max(settings_.sources.size(), 1U);
    const auto wanted = (std::uint64_t{count} + each - 1) / each;
    settings_.sockets = static_cast<std::uint32_t>(
        std::clamp<std::uint64_t>(wanted, settings_.sockets, std::max(settings_.sockets, sockets_max)));
    transport_ = std::make_unique<udp_transport>(reactor_, settings_);
    transport_->attach(owner);
    return transport_->open();
  }
  udp_transport& operator*() noexcept { return *transport_; }

 private:
  reactor& reactor_;
  udp_settings settings_;
  bool may_choose_sources_ = false;
  std::unique_ptr<udp_transport> transport_;
};

class memory_carrier {
 public:
  using transport_type = memory_datagrams;
  explicit memory_carrier(memory_datagrams& network) : network_{network} {}
  std::error_code open(std::uint32_t, readiness_listener& owner) {
    network_.attach(owner);
    return {};
  }
  memory_datagrams& operator*() noexcept { return network_; }

 private:
  memory_datagrams& network_;
};

/// Another carrier, with faults on its way.
template <class Carrier>
class impaired_carrier {
 public:
  using transport_type = impaired_datagrams<typename Carrier::transport_type>;
  impaired_carrier(Carrier carrier, const impaired_way& way) : carrier_{std::move(carrier)}, way_{way} {}
  std::error_code open(std::uint32_t count, readiness_listener& owner) {
    const auto why = carrier_.open(count, owner);
    transport_ = std::make_unique<transport_type>(*carrier_, way_);
    return why;
  }
  transport_type& operator*() noexcept { return *transport_; }
  const transport_type& operator*() const noexcept { return *transport_; }

 private:
  Carrier carrier_;
  impaired_way way_;
  std::unique_ptr<transport_type> transport_;
};

template <class Carrier>
class coap_driver final : public driver, public readiness_listener {
 public:
  coap_driver(const coap_endpoint& endpoint, Carrier carrier, driver_client& client)
      : endpoint_{endpoint}, client_{client}, session_{endpoint.session}, carrier_{std::move(carrier)} {}

  void prepare(std::uint32_t count) override {
    session_.prepare(count);
    is_up_.assign(count, 0);
    failure_ = carrier_.open(count, *this);
    endpoints_ = failure_ ? 0 : std::min(count, (*carrier_).endpoint_count());
  }

  void open(std::span<const connection_id> which, std::span<const time_point> intended,
            time_point now) override;
  void close(std::span<const connection_id> which, closing how, time_point now) override;
  void start(std::span<const intent> intents, time_point now) override;
  void advance(time_point now) override;
  std::optional<time_point> next_deadline() const override;
  void abandon(outcome why, time_point now) override;
  driver_totals totals() const override;
  void report_completions(bool wanted) override { ledger_.report_completions(wanted); }

  void ready(std::span<const readiness> events, time_point now) override {
    (*carrier_).dispatch(events, *this, now);
  }
  void datagrams_received(std::span<const datagram> batch, time_point now);
  void datagram_refused(endpoint_id local, const socket_address& peer, std::error_code why, time_point now);

 private:
  std::string_view full_path(std::string_view address);
  bool start_one(const intent& i, time_point now);
  void forget_all(std::uint32_t connection, outcome why, time_point now);

  void take_events(time_point now);
  void serve_watch(const coap::session_event& e, time_point now);
  void hand_over();
  void pump(time_point now);

  coap_endpoint endpoint_;
  driver_client& client_;
  coap_ledger ledger_{client_};
  coap::session session_;
  Carrier carrier_;
  std::error_code failure_;
  std::uint32_t endpoints_ = 0, up_ = 0;
  std::vector<std::uint8_t> is_up_;
  std::size_t sent_ = 0;  ///< How much of the session's output the transport has taken.
  std::uint64_t bytes_out_ = 0, bytes_in_ = 0, too_long_ = 0;
  time_point last_now_;
  // Used again for every batch.
  std::string path_;
  std::vector<std::uint32_t> forgotten_;
  std::vector<coap::session_event> due_;
  login login_;
};

template <class Carrier>
void coap_driver<Carrier>::open(std::span<const connection_id> which, std::span<const time_point> intended,
                                time_point now) {
  for (std::size_t i = 0; i < which.size(); ++i) {
    const auto c = static_cast<std::uint32_t>(which[i]);
    if (c >= endpoints_) {
      ledger_.not_opened(which[i], intended[i], now);
      continue;
    }
    login_ = {};
    client_.describe(which[i], login_);
    up_ += is_up_[c] == 0 ? 1U : 0U;
    is_up_[c] = 1;
    ledger_.changed({now, which[i], connection_state::up, outcome::ok, 0});
    for (const auto& s : login_.subscriptions) session_.observe(c, full_path(s.filter), s.tag, now);
  }
  take_events(now);
  hand_over();
  pump(now);
}

template <class Carrier>
void coap_driver<Carrier>::close(std::span<const connection_id> which, closing how, time_point now) {
  for (const auto id : which) {
    const auto c = static_cast<std::uint32_t>(id);
    if (c >= is_up_.size() || is_up_[c] == 0) continue;
    is_up_[c] = 0;
    --up_;
    if (how == closing::clean) {
      login_ = {};
      client_.describe(id, login_);
      for (const auto& s : login_.subscriptions)
        session_.cancel_observation(c, s.tag, full_path(s.filter), now);
    }
    session_.forget_observations(c, now);
    forget_all(c, outcome::cut_off, now);
    ledger_.changed({now, id, connection_state::down, outcome::ok, 0});
  }
  take_events(now);
  hand_over();
  pump(now);
}

template <class Carrier>
void coap_driver<Carrier>::forget_all(std::uint32_t connection, outcome why, time_point now) {
  forgotten_.clear();
  session_.abandon(connection, forgotten_, now);
  for (const auto slot : forgotten_) {
    coap::session_event e;
    e.exchange = slot;
    e.endpoint = connection;
    e.bytes_sent = session_.bytes_sent(slot);
    e.sent_at = e.bytes_sent != 0 ? session_.first_sent_at(slot) : now;
    e.at = now;
    ledger_.end(e, why, 0);
  }
}

template <class Carrier>
std::string_view coap_driver<Carrier>::full_path(std::string_view address) {
  if (endpoint_.base_path.empty()) return address;
  path_ = endpoint_.base_path;
  path_ += address;
  return path_;
}

template <class Carrier>
bool coap_driver<Carrier>::start_one(const intent& i, time_point now) {
  const auto c = static_cast<std::uint32_t>(i.connection);
  if (c >= is_up_.size() || is_up_[c] == 0) return false;
  const auto& plan = ledger_.plan_of(*i.shape);
  const coap::request wanted{.method = plan.method,
                             .confirmable = i.shape->confirmable,
                             .content_format = i.payload.empty() ? std::nullopt : plan.content_format,
                             .accept = plan.accept,
                             .reference = full_path(i.address),
                             .payload = i.payload,
                             .answer_within = i.shape->answer_within};
  const auto slot = session_.start(c, wanted, now);
  if (!slot) return false;
  ledger_.took_off(*slot, i, plan);
  return true;
}

template <class Carrier>
void coap_driver<Carrier>::start(std::span<const intent> intents, time_point now) {
  for (const auto& i : intents) {
    if (!start_one(i, now)) ledger_.not_started(i, now);
  }
  hand_over();
  pump(now);
}

template <class Carrier>
void coap_driver<Carrier>::advance(time_point now) {
  if constexpr (delaying_transport<typename Carrier::transport_type>) (*carrier_).advance(*this, now);
  session_.advance(now);
  take_events(now);
  hand_over();
  pump(now);
}

template <class Carrier>
std::optional<time_point> coap_driver<Carrier>::next_deadline() const {
  auto due = session_.next_deadline();
  if constexpr (delaying_transport<typename Carrier::transport_type>) {
    const auto held = (*carrier_).next_deadline();
    if (held && (!due || *held < *due)) due = held;
  }
  if (session_.output().size() <= sent_) return due;
  const auto retry = last_now_ + backlog_retry;
  return due ? std::min(*due, retry) : retry;
}

template <class Carrier>
void coap_driver<Carrier>::abandon(outcome why, time_point now) {
  for (std::uint32_t c = 0; c < is_up_.size(); ++c) {
    if (is_up_[c] != 0) forget_all(c, why, now);
  }
  hand_over();
}

template <class Carrier>
driver_totals coap_driver<Carrier>::totals() const {
  const auto& t = session_.totals();
  return {.bytes_out = bytes_out_,
          .bytes_in = bytes_in_,
          .messages_out = t.messages_out,
          .messages_in = t.messages_in,
          .retransmissions = t.retransmissions,
          .wire_errors = t.wire_errors + too_long_,
          .connections_up = up_,
          .operations_in_flight = session_.in_flight()};
}

template <class Carrier>
void coap_driver<Carrier>::datagrams_received(std::span<const datagram> batch, time_point now) {
  for (const auto& d : batch) {
    const auto c = static_cast<std::uint32_t>(d.local);
    // Only the endpoint asked may answer [RFC7252-5.3.2-1]; whoever else speaks is not heard.
    if (c >= endpoints_ || !(d.peer == endpoint_.target)) continue;
    bytes_in_ += d.payload.size();
    session_.receive(c, d.payload, now);
  }
  take_events(now);
  hand_over();
  pump(now);
}

template <class Carrier>
void coap_driver<Carrier>::datagram_refused(endpoint_id local, const socket_address& peer,
                                            std::error_code why, time_point now) {
  const auto c = static_cast<std::uint32_t>(local);
  if (c >= endpoints_ || !(peer == endpoint_.target)) return;
  if (why.value() == EBADMSG) {  // garbage like any other: whoever sends it is there
    ++too_long_;
    return;
  }
  session_.unreachable(c, now);
  take_events(now);
  hand_over();
  pump(now);
}

template <class Carrier>
void coap_driver<Carrier>::take_events(time_point now) {
  due_.clear();
  for (const auto& e : session_.events()) {
    if (!ledger_.take(e)) due_.push_back(e);
  }
  for (const auto& e : due_) serve_watch(e, now);
}

template <class Carrier>
void coap_driver<Carrier>::serve_watch(const coap::session_event& e, time_point now) {
  if (is_up_[e.endpoint] == 0) return;
  const auto* s = ledger_.subscription_of(e.endpoint, e.tag);
  if (s == nullptr) return;
  if (e.what == coap::session_event::kind::rest_due) {
    session_.fetch_rest(e.watch, full_path(s->filter), now);
  } else {
    session_.observe(e.endpoint, full_path(s->filter), e.tag, now, e.watch);
  }
}

template <class Carrier>
void coap_driver<Carrier>::hand_over() {
  ledger_.hand_over();
  session_.events_taken();
}

template <class Carrier>
void coap_driver<Carrier>::pump(time_point now) {
  last_now_ = now;
  if (failure_) {
    session_.output_sent();
    return;
  }
  auto& transport = *carrier_;
  const auto output = session_.output();
  for (; sent_ < output.size(); ++sent_) {
    const auto& o = output[sent_];
    if (!transport.send_to(endpoint_id{o.endpoint}, endpoint_.target, session_.output_bytes(o), now)) break;
    bytes_out_ += o.length;
  }
  if (sent_ == output.size()) {
    session_.output_sent();
    sent_ = 0;
  }
  transport.flush(now);
}

}  // namespace

std::unique_ptr<driver> make_coap_native(const coap_endpoint& endpoint, reactor& events,
                                         driver_client& client) {
  return std::make_unique<coap_driver<udp_carrier>>(endpoint, udp_carrier{endpoint, events}, client);
}

std::unique_ptr<driver> make_coap_native(const coap_endpoint& endpoint, const impaired_way& way,
                                         reactor& events, driver_client& client) {
  using carrier = impaired_carrier<udp_carrier>;
  return std::make_unique<coap_driver<carrier>>(endpoint, carrier{udp_carrier{endpoint, events}, way},
                                                client);
}

std::unique_ptr<driver> make_coap_memory(const coap_endpoint& endpoint, memory_datagrams& network,
                                         driver_client& client) {
  return std::make_unique<coap_driver<memory_carrier>>(endpoint, memory_carrier{network}, client);
}

std::unique_ptr<driver> make_coap_memory(const coap_endpoint& endpoint, const impaired_way& way,
                                         memory_datagrams& network, driver_client& client) {
  using carrier = impaired_carrier<memory_carrier>;
  return std::make_unique<coap_driver<carrier>>(endpoint, carrier{memory_carrier{network}, way}, client);
}

}  // namespace wanwu
