// Listening in windows of invented time.
#include "sim/virtual_witness.hpp"

#include <algorithm>
#include <tuple>

#include "protocols/drivers/coap_native.hpp"
#include "protocols/drivers/mqtt_native.hpp"
#include "sim/lane_settings.hpp"

namespace wanwu::sim {

virtual_witness::virtual_witness(const world_plan& plan, observation_sink& sink, duration latency)
    : plan_{plan}, sample_{plan}, latency_{latency}, matcher_{sink} {
  links_.streams.resize(plan.lanes.size());
  links_.datagrams.resize(plan.lanes.size());
}

virtual_witness::~virtual_witness() = default;

std::unique_ptr<virtual_witness> virtual_witness::make(const world_plan& plan, observation_sink& sink,
                                                       duration latency) {
  std::unique_ptr<virtual_witness> made{new virtual_witness{plan, sink, latency}};
  if (made->sample_.lanes().empty()) return nullptr;
  for (const witness_lane& lane : made->sample_.lanes()) made->add(lane);
  return made;
}

void virtual_witness::add(const witness_lane& lane) {
  const lane_plan& planned = plan_.lanes[lane.lane];
  // A CoAP server has one unanswered notification an endpoint (NSTART, RFC 7252 §4.7): watching many things
  // from one endpoint would measure that queue.
  const auto how = lane.via == protocol::coap ? witness_ear::spread::apart : witness_ear::spread::together;
  auto& ear = *ears_.emplace_back(
      std::make_unique<witness_ear>(sample_, lane, how, matcher_, [this] { hand_over(); }));
  if (lane.via == protocol::coap) {
    auto& link = links_.datagrams[lane.lane];
    link = std::make_unique<memory_datagrams>(ear.connections());
    drivers_.push_back(make_coap_memory(coap_settings(plan_, planned, {}), *link, ear));
    return;
  }
  auto& link = links_.streams[lane.lane];
  link = std::make_unique<memory_transport>();
  if (lane.via == protocol::mqtt) {
    drivers_.push_back(make_mqtt_memory(witness_mqtt_settings(plan_, lane), *link, ear));
  } else {
    drivers_.push_back(make_memory_driver(plan_, planned, {}, *link, ear));
  }
}

std::uint32_t virtual_witness::link_count(std::uint8_t lane) const {
  for (std::size_t i = 0; i < ears_.size(); ++i) {
    const witness_lane& own = sample_.lanes()[i];
    if (own.lane != lane) continue;
    // Each event stream has a link of its own.
    return ears_[i]->connections() +
           (own.via == protocol::http ? static_cast<std::uint32_t>(own.subscriptions.size()) : 0);
  }
  return 0;
}

void virtual_witness::sent(const outgoing_reading& reading) {
  notes_.push_back({reading.sent_at, sample_.note_of(reading)});
}

void virtual_witness::start(time_point now) {
  started_ = now;
  for (std::size_t i = 0; i < drivers_.size(); ++i) {
    std::vector<connection_id> all;
    for (std::uint32_t c = 0; c < ears_[i]->connections(); ++c) all.push_back(connection_id{c});
    drivers_[i]->prepare(ears_[i]->connections());
    drivers_[i]->open(all, std::vector<time_point>(all.size(), now), now);
  }
  next_ = now;
}

time_point virtual_witness::next_event() const {
  const auto due = links_.next_delivery();
  return due ? std::min(*due, next_) : next_;
}

void virtual_witness::run(time_point from, time_point until) {
  hand_over();
  while (true) {
    const time_point now = std::max(next_event(), from);
    if (now >= until) return;
    links_.run(now);
    next_ = counts_from_ == time_point::max() ? started_ + listen_within : time_point::max();
    for (const auto& wire : drivers_) {
      wire->advance(now);
      if (const auto due = wire->next_deadline()) next_ = std::min(next_, *due);
    }
    next_ = std::max(next_, now + duration{1});
    settle(now);
  }
}

void virtual_witness::settle(time_point now) {
  if (counts_from_ != time_point::max()) return;
  const bool settled = std::all_of(ears_.begin(), ears_.end(), [](const auto& e) { return e->is_settled(); });
  // No worker can have come further than that, so for all of them it lies ahead.
  if (settled || now - started_ >= listen_within) counts_from_ = now + latency_;
}

void virtual_witness::hand_over() {
  std::sort(notes_.begin(), notes_.end(), [](const note& a, const note& b) {
    return std::tie(a.at, a.what.thing, a.what.intended_at, a.what.key) <
           std::tie(b.at, b.what.thing, b.what.intended_at, b.what.key);
  });
  for (const note& one : notes_) {
    if (one.at >= counts_from_) matcher_.sent(one.what);
  }
  notes_.clear();
  for (const cut_reading& one : cuts_) matcher_.cut_off(one);
  cuts_.clear();
}

void virtual_witness::end(time_point at) {
  hand_over();
  problem_ = settle_unheard(ears_, matcher_);
  matcher_.end(at);
}

}  // namespace wanwu::sim
