// The taps, and the thread that listens.
#include "sim/witness.hpp"

#include <variant>

#include "protocols/drivers/coap_libcoap.hpp"
#include "protocols/drivers/http_beast.hpp"
#include "protocols/drivers/mqtt_paho.hpp"
#include "protocols/transport/descriptors.hpp"
#include "protocols/transport/reactor.hpp"
#include "sim/lane_settings.hpp"
#include "sim/limits.hpp"
#include "sim/witness_ear.hpp"

namespace wanwu::sim {

namespace {

constexpr duration nap = std::chrono::milliseconds{2};

}  // namespace

/// A ring between one worker and the witness: neither waits for the other.
class witness::tap final : public reading_tap {
 public:
  explicit tap(const witness& owner) : owner_{owner}, ring_(limits::witness_queue_max) {}

  bool samples(thing_id thing) const override {
    return owner_.sample_.has(thing) && owner_.listening_.load(std::memory_order_relaxed);
  }
  void sent(const outgoing_reading& reading) override {
    if (has_room()) put(owner_.sample_.note_of(reading));  // else the sample gets smaller
  }
  void cut_off(const cut_reading& which) override {
    if (has_room()) put(which);
  }
  void drain(arrival_matcher& into) {
    std::size_t at = read_.load(std::memory_order_relaxed);
    const std::size_t end = written_.load(std::memory_order_acquire);
    for (; at != end; ++at) {
      const note& one = ring_[at % ring_.size()];
      if (const auto* reading = std::get_if<sent_reading>(&one)) into.sent(*reading);
      if (const auto* cut = std::get_if<cut_reading>(&one)) into.cut_off(*cut);
    }
    read_.store(at, std::memory_order_release);
  }

 private:
  using note = std::variant<sent_reading, cut_reading>;
  bool has_room() const {
    return written_.load(std::memory_order_relaxed) - read_.load(std::memory_order_acquire) != ring_.size();
  }
  void put(note what) {
    const std::size_t at = written_.load(std::memory_order_relaxed);
    ring_[at % ring_.size()] = what;
    written_.store(at + 1, std::memory_order_release);
  }

  const witness& owner_;
  std::vector<note> ring_;
  std::atomic<std::size_t> written_{0}, read_{0};
};

witness::witness(const world_plan& plan, observation_sink& sink)
    : plan_{plan}, sample_{plan}, matcher_{sink} {}

std::unique_ptr<witness> witness::make(const world_plan& plan, observation_sink& sink) {
  std::unique_ptr<witness> made{new witness{plan, sink}};
  if (made->sample_.lanes().empty()) return nullptr;
  for (std::uint32_t i = 0; i < plan.workers; ++i) made->taps_.push_back(std::make_unique<tap>(*made));
  made->thread_ = std::thread{[w = made.get()] { w->watch(); }};
  return made;
}

witness::~witness() {
  ending_ = true;
  if (thread_.joinable()) thread_.join();
}

std::vector<reading_tap*> witness::taps() {
  std::vector<reading_tap*> all;
  for (const auto& t : taps_) all.push_back(t.get());
  return all;
}

void witness::drain_taps() {
  for (const auto& t : taps_) t->drain(matcher_);
}

std::unique_ptr<driver> witness::make_driver(const witness_lane& lane, reactor& events,
                                             driver_client& client) {
  const lane_plan& planned = plan_.lanes[lane.lane];
  switch (lane.via) {
    case protocol::mqtt:
      return make_mqtt_paho(witness_mqtt_settings(plan_, lane), client);
    case protocol::coap:
      return make_coap_libcoap(coap_settings(plan_, planned, {}), events, client);
    case protocol::http:
      return make_http_beast(http_settings(plan_, planned), events, client);
  }
  return nullptr;
}

void witness::watch() {
  own_descriptor_table();
  auto events = reactor::create();
  if (!events) {
    problem_ = "the witness cannot open its epoll: " + events.error().message();
    return;
  }
  std::vector<std::unique_ptr<witness_ear>> ears;
  std::vector<std::unique_ptr<driver>> drivers;
  time_point now = std::chrono::steady_clock::now();
  const time_point begun = now;
  for (const witness_lane& lane : sample_.lanes()) {
    ears.push_back(std::make_unique<witness_ear>(sample_, lane, witness_ear::spread::together, matcher_,
                                                 [this] { drain_taps(); }));
    drivers.push_back(make_driver(lane, **events, *ears.back()));
    drivers.back()->prepare(1);
    const connection_id only{0};
    drivers.back()->open({&only, 1}, {&now, 1}, now);
  }
  time_point quiet_since{};
  while (true) {
    now = (*events)->wait(now + nap);
    drain_taps();
    bool all_settled = true;
    for (std::size_t i = 0; i < drivers.size(); ++i) {
      drivers[i]->advance(now);
      all_settled = all_settled && ears[i]->is_settled();
    }
    if (!listening_ && (all_settled || now - begun > listen_within)) listening_ = true;
    if (!ending_) continue;
    if (quiet_since == time_point{}) quiet_since = now;
    if (matcher_.missing() == 0 || now - quiet_since > arrive_within) break;
  }
  problem_ = settle_unheard(ears, matcher_);
  matcher_.end(now);
  for (const auto& d : drivers) {
    const connection_id only{0};
    d->close({&only, 1}, closing::clean, now);
    d->advance(now);
  }
  drivers.clear();
}

void witness::finish() {
  ending_ = true;
  if (thread_.joinable()) thread_.join();
}

}  // namespace wanwu::sim
