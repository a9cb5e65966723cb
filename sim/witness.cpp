// The sample, the taps, and the thread that listens.
#include "sim/witness.hpp"

#include <algorithm>
#include <array>

#include <unistd.h>

#include "protocols/drivers/coap_libcoap.hpp"
#include "protocols/drivers/http_beast.hpp"
#include "protocols/drivers/mqtt_paho.hpp"
#include "protocols/mqtt/topic.hpp"
#include "protocols/transport/descriptors.hpp"
#include "protocols/transport/reactor.hpp"
#include "sim/heard_command.hpp"
#include "sim/lane_settings.hpp"
#include "sim/limits.hpp"

namespace wanwu::sim {

namespace {

constexpr duration listen_within = std::chrono::seconds{5};
constexpr duration arrive_within = std::chrono::seconds{3};
constexpr duration nap = std::chrono::milliseconds{2};
constexpr std::uint64_t sample_chance = stream_of("witness.sample");

constexpr std::size_t subscriptions_max = 255;  // each has a tag of its own

/// A path or filter once; several things may come out at the same place.
void add(witness_lane& into, std::string filter) {
  const auto known = std::find_if(into.subscriptions.begin(), into.subscriptions.end(),
                                  [&](const subscription& s) { return s.filter == filter; });
  if (known != into.subscriptions.end() || filter.empty() || into.subscriptions.size() >= subscriptions_max)
    return;
  const auto tag = static_cast<std::uint8_t>(into.subscriptions.size() + 1);
  into.subscriptions.push_back({std::move(filter), 1, tag, false});
}

}  // namespace

/// A ring between one worker and the witness: neither waits for the other.
class witness::tap final : public reading_tap {
 public:
  explicit tap(const witness& owner) : owner_{owner}, ring_(limits::witness_queue_max) {}

  bool samples(thing_id thing) const override {
    return owner_.sampled_[static_cast<std::uint32_t>(thing)] &&
           owner_.listening_.load(std::memory_order_relaxed);
  }
  void sent(const outgoing_reading& reading) override {
    const std::size_t at = written_.load(std::memory_order_relaxed);
    if (at - read_.load(std::memory_order_acquire) == ring_.size()) return;  // the sample gets smaller
    ring_[at % ring_.size()] = {owner_.key_of(reading), reading.intended_at, reading.thing,
                                reading.population, reading.via};
    written_.store(at + 1, std::memory_order_release);
  }
  void drain(arrival_matcher& into) {
    std::size_t at = read_.load(std::memory_order_relaxed);
    const std::size_t end = written_.load(std::memory_order_acquire);
    for (; at != end; ++at) into.sent(ring_[at % ring_.size()]);
    read_.store(at, std::memory_order_release);
  }

 private:
  const witness& owner_;
  std::vector<sent_reading> ring_;
  std::atomic<std::size_t> written_{0}, read_{0};
};

/// Client of one listening driver.
class witness::ear final : public driver_client {
 public:
  ear(witness& owner, const witness_lane& lane) : owner_{owner}, lane_{lane} {}

  void record(std::span<const observation> seen) override {
    for (const observation& o : seen) {
      if (o.result != outcome::ok && o.op == operation::subscribe) refused_ = true;
    }
  }
  void describe(connection_id, login& out) override {
    out.client_id = lane_.client_id;
    out.user = lane_.user;
    out.has_user = !lane_.user.empty();
    out.has_password = lane_.via == protocol::mqtt && owner_.plan_.mqtt_password.has_value();
    if (out.has_password) out.password = *owner_.plan_.mqtt_password;
    out.subscriptions = lane_.subscriptions;
  }
  void changed(std::span<const connection_change> changes) override {
    for (const connection_change& c : changes) {
      up_ = c.now == connection_state::up;
      down_ = c.now == connection_state::down;
    }
  }
  void heard(std::span<const heard_message> messages) override {
    owner_.drain_taps();
    for (const heard_message& m : messages) {
      if (m.retained) continue;
      if (lane_.via == protocol::http) {
        hear_event(m);
      } else {
        owner_.matcher_.arrived(
            reading_key(
                owner_.by_address_[static_cast<std::size_t>(lane_.via)] ? m.address : std::string_view{},
                m.payload),
            m.at);
      }
    }
  }
  bool is_up() const { return up_; }
  bool is_down() const { return down_; }
  bool was_refused() const { return refused_; }

 private:
  void hear_event(const heard_message& m) {
    for (const std::string& part : json_parts(as_text(m.payload))) {
      if (owner_.matcher_.arrived(reading_key({}, as_bytes(part)), m.at)) return;
    }
  }

  witness& owner_;
  const witness_lane& lane_;
  bool up_ = false, down_ = false, refused_ = false;
};

witness::witness(const world_plan& plan, observation_sink& sink) : plan_{plan}, matcher_{sink} {}

std::unique_ptr<witness> witness::make(const world_plan& plan, observation_sink& sink) {
  std::unique_ptr<witness> made{new witness{plan, sink}};
  made->choose_things();
  made->choose_subscriptions();
  if (made->lanes_.empty()) return nullptr;
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

void witness::choose_things() {
  sampled_.resize(plan_.thing_count());
  double rate_left = limits::witness_rate_max;
  const std::size_t each = std::max<std::size_t>(
      limits::witness_things_max / std::max<std::size_t>(plan_.populations.size(), 1), 1);
  std::size_t chosen = 0;
  for (const planned_population& kind : plan_.populations) {
    const lane_plan& lane = plan_.lanes[kind.lane];
    if (!kind.telemetry || kind.count == 0 || !plan_.target->ops.arrived[static_cast<std::size_t>(lane.via)])
      continue;
    const double rate = 1e9 / static_cast<double>(kind.period.count());
    const auto wanted = std::min({each, std::size_t{kind.count},
                                  limits::witness_things_max - std::min(chosen, limits::witness_things_max),
                                  static_cast<std::size_t>(std::max(rate_left / rate, 0.0))});
    if (wanted == 0) continue;
    // Evenly over the population, from a hashed start.
    const std::uint64_t start = random_stream(plan_.seed, kind.index, sample_chance).bits(0) % kind.count;
    for (std::size_t i = 0; i < wanted; ++i) {
      sampled_[kind.first_thing +
               static_cast<std::uint32_t>((start + i * kind.count / wanted) % kind.count)] = true;
    }
    chosen += wanted;
    rate_left -= rate * static_cast<double>(wanted);
  }
}

witness_lane& witness::lane_for(std::uint8_t lane, protocol via) {
  for (witness_lane& known : lanes_) {
    if (known.via == via) return known;
  }
  witness_lane fresh;
  fresh.lane = lane;
  fresh.via = via;
  by_address_[static_cast<std::size_t>(via)] = via != protocol::http;
  return lanes_.emplace_back(std::move(fresh));
}

void witness::choose_subscriptions() {
  for (std::uint32_t w = 0; w < plan_.workers; ++w) {
    population things{plan_, w};
    thing_context context{plan_, things, plan_.frame.start_ms};
    for (const planned_population& kind : plan_.populations) {
      for (std::uint32_t i = 0; i < kind.count; ++i) {
        if (!sampled_[kind.first_thing + i]) continue;
        if (const auto row = things.row_of(thing_id{kind.first_thing + i})) listen_for(context, *row, kind);
      }
    }
  }
}

void witness::listen_for(thing_context& context, std::uint32_t row, const planned_population& kind) {
  const protocol via = plan_.lanes[kind.lane].via;
  const lang::arrival& form = *plan_.target->ops.arrived[static_cast<std::size_t>(via)];
  witness_lane& into = lane_for(kind.lane, via);
  context.look_at(row, {});
  context.draw_state();
  byte_writer text;
  const auto render = [&](const lang::template_source& source, lang::place where) {
    text.clear();
    const auto compiled = lang::compile_text(source.text, source.mark, where, *kind.names);
    if (compiled) context.render(*compiled, needs_of(*compiled, context.slot_count()), text);
    return std::string{as_text(text.view())};
  };
  if (into.client_id.empty()) {
    into.client_id = "wanwu-witness-" + std::to_string(getpid());
    if (plan_.target->mqtt && !plan_.target->mqtt->user.empty())
      into.user = render(plan_.target->mqtt->user, lang::place::plain);
  }
  if (via == protocol::mqtt) {
    const std::string filter = render(form.subscribe, lang::place::topic);
    text.clear();
    context.render_address(*kind.telemetry, text);
    const std::string topic{as_text(text.view())};
    const bool fixed = !kind.telemetry->needs.readings && !kind.telemetry->needs.values &&
                       !kind.telemetry->address.uses(static_cast<std::uint16_t>(lang::slot::seq));
    const bool same = fixed && mqtt::topic_matches(filter, topic);
    if (!same) by_address_[static_cast<std::size_t>(via)] = false;
    add(into, same ? topic : filter);
  } else if (via == protocol::coap) {
    std::string path = render(form.observe, lang::place::uri_path);
    text.clear();
    context.render_address(*kind.telemetry, text);
    if (path != as_text(text.view())) by_address_[static_cast<std::size_t>(via)] = false;
    add(into, std::move(path));
  } else {
    add(into, render(form.stream, lang::place::uri_path));
  }
}

std::uint64_t witness::key_of(const outgoing_reading& reading) const {
  if (reading.via == protocol::http) {
    const std::string canonical = canonical_json(as_text(reading.payload));
    return reading_key({}, canonical.empty() ? reading.payload : as_bytes(canonical));
  }
  return reading_key(
      by_address_[static_cast<std::size_t>(reading.via)] ? reading.address : std::string_view{},
      reading.payload);
}

void witness::drain_taps() {
  for (const auto& t : taps_) t->drain(matcher_);
}

std::unique_ptr<driver> witness::make_driver(const witness_lane& lane, reactor& events,
                                             driver_client& client) {
  const lane_plan& planned = plan_.lanes[lane.lane];
  switch (lane.via) {
    case protocol::mqtt: {
      mqtt_endpoint settings = mqtt_settings(plan_, planned);
      settings.clean_start = true;
      settings.session_expiry = 0;
      return make_mqtt_paho(settings, client);
    }
    case protocol::coap:
      return make_coap_libcoap(coap_settings(plan_, planned), events, client);
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
  std::vector<std::unique_ptr<ear>> ears;
  std::vector<std::unique_ptr<driver>> drivers;
  time_point now = std::chrono::steady_clock::now();
  const time_point begun = now;
  for (const witness_lane& lane : lanes_) {
    ears.push_back(std::make_unique<ear>(*this, lane));
    drivers.push_back(make_driver(lane, **events, *ears.back()));
    drivers.back()->prepare(1);
    const connection_id only{0};
    drivers.back()->open({&only, 1}, {&now, 1}, now);
  }
  time_point quiet_since{};
  while (true) {
    now = (*events)->wait(now + nap);
    drain_taps();
    bool all_up = true;
    for (std::size_t i = 0; i < drivers.size(); ++i) {
      drivers[i]->advance(now);
      all_up = all_up && (ears[i]->is_up() || ears[i]->is_down());
    }
    if (!listening_ && (all_up || now - begun > listen_within)) listening_ = true;
    if (!ending_) continue;
    if (quiet_since == time_point{}) quiet_since = now;
    if (matcher_.missing() == 0 || now - quiet_since > arrive_within) break;
  }
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    if (ears[i]->is_up() && !ears[i]->was_refused()) continue;
    matcher_.nobody_listens(lanes_[i].via);
    problem_ +=
        std::string{problem_.empty() ? "" : "; "} + "the witness could not listen over " +
        std::string{name_of(lanes_[i].via)} +
        (ears[i]->was_refused() ? ": the target refused a subscription" : ": not connected at the end");
  }
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
