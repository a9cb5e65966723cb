// Windows of invented time; see the header for why they are safe.
#include "sim/virtual_network.hpp"

#include <algorithm>
#include <tuple>

#include "protocols/drivers/coap_native.hpp"
#include "protocols/drivers/mqtt_native.hpp"
#include "sim/lane_settings.hpp"

namespace wanwu::sim {

namespace {

constexpr std::uint32_t endpoint_network = 0x0A000000;  // 10.0.0.0/8: who a CoAP endpoint is to the target
constexpr std::uint16_t endpoint_port = 40'000;
constexpr std::uint32_t endpoints_per_port = 1U << 24U;

socket_address endpoint_address(std::uint32_t number) {
  return socket_address::from_v4(endpoint_network | number % endpoints_per_port,
                                 static_cast<std::uint16_t>(endpoint_port + number / endpoints_per_port));
}
std::uint32_t endpoint_number(const socket_address& address) {
  const std::uint32_t high = std::uint32_t{address.port()} - std::uint32_t{endpoint_port};
  return (address.v4() & (endpoints_per_port - 1)) + high * endpoints_per_port;
}

auto rank_of(const observation& o) {
  return std::tuple{o.done_at, o.thing, o.op,         o.intended_at,   o.sent_at,
                    o.result,  o.code,  o.bytes_sent, o.bytes_received};
}

}  // namespace

/// Keeps what the workers record until its instant is past, and passes it on in order.
class virtual_network::log final : public observation_sink {
 public:
  explicit log(observation_sink& to) : to_{to} {}
  void record(std::span<const observation> seen) override {
    kept_.insert(kept_.end(), seen.begin(), seen.end());
  }
  void release(time_point before) {
    std::sort(kept_.begin(), kept_.end(),
              [](const observation& a, const observation& b) { return rank_of(a) < rank_of(b); });
    const auto end =
        std::find_if(kept_.begin(), kept_.end(), [&](const observation& o) { return o.done_at >= before; });
    const auto count = static_cast<std::size_t>(end - kept_.begin());
    if (count > 0) to_.record({kept_.data(), count});
    kept_.erase(kept_.begin(), end);
  }

 private:
  observation_sink& to_;
  std::vector<observation> kept_;
};

/// One worker and its links.
struct virtual_network::station {
  std::uint32_t index{};
  std::unique_ptr<worker> own;
  virtual_links links;
  time_point next;

  time_point next_event() const {
    const auto due = links.next_delivery();
    return due && *due < next ? *due : next;
  }
};

/// Something that left a worker or the witness, on its way to the target.
struct virtual_network::arrival {
  time_point at;
  std::uint32_t who{};  ///< Number of the peer.
  std::uint16_t generation{};
  std::uint64_t sequence{};
  memory_transport::departure::kind what{};
  bool is_datagram{};
  bytes payload;

  /// Heap order: the soonest on top.
  friend bool operator<(const arrival& a, const arrival& b) {
    return std::tie(a.at, a.who, a.sequence) > std::tie(b.at, b.who, b.sequence);
  }
};

/// One connection or endpoint as the target knows it.
struct virtual_network::peer {
  std::uint8_t lane{};
  std::uint32_t link{};  ///< Number among the links of `place`.
  virtual_links* place{};
  std::uint32_t life{};
  std::uint16_t generation{};  ///< Of the link it is open on.
  bool open{};
  target::peer_id name{};
};

virtual_network::virtual_network(const world_plan& plan, observation_sink& sink,
                                 const virtual_options& options)
    : plan_{plan},
      options_{options},
      clock_{start_instant()},
      started_{clock_.now()},
      log_{std::make_unique<log>(sink)} {
  target::target_settings settings;
  settings.seed = plan.seed;
  settings.started = started_;
  settings.wall_ms_at_start = options.epoch_ms;
  core_ = std::make_unique<target::target_core>(settings);
  if (options.witness) witness_ = virtual_witness::make(plan, *log_, options.latency);
  for (std::uint32_t w = 0; w < plan.workers; ++w) {
    auto s = std::make_unique<station>();
    s->index = w;
    s->next = started_;
    s->own = std::make_unique<worker>(worker_setup{.plan = plan,
                                                   .index = w,
                                                   .sink = *log_,
                                                   .started = started_,
                                                   .epoch_ms = options.epoch_ms,
                                                   .tap = witness_.get(),
                                                   .flood_window = 0});
    attach_lanes(*s);
    stations_.push_back(std::move(s));
  }
  name_peers();
  if (witness_) witness_->start(started_);
}

virtual_network::~virtual_network() = default;

void virtual_network::name_peers() {
  for (std::uint8_t i = 0; i < plan_.lanes.size(); ++i) {
    lane_first_.push_back(static_cast<std::uint32_t>(peers_.size()));
    for (std::uint32_t c = 0; c < plan_.lanes[i].connections; ++c) {
      peers_.push_back(
          {.lane = i, .link = c / plan_.workers, .place = &stations_[c % plan_.workers]->links, .name = {}});
    }
  }
  if (!witness_) return;
  for (std::uint8_t i = 0; i < plan_.lanes.size(); ++i) {
    witness_first_.push_back(static_cast<std::uint32_t>(peers_.size()));
    for (std::uint32_t c = 0; c < witness_->link_count(i); ++c)
      peers_.push_back({.lane = i, .link = c, .place = &witness_->links(), .name = {}});
  }
}

void virtual_network::attach_lanes(station& at) {
  for (std::uint8_t i = 0; i < plan_.lanes.size(); ++i) {
    const lane_plan& lane = plan_.lanes[i];
    at.links.streams.push_back(nullptr);
    at.links.datagrams.push_back(nullptr);
    driver_client& client = at.own->client_of(i);
    const lane_seat seat{at.index, started_};
    const impaired_way way = way_of(plan_, lane, seat);
    if (lane.via == protocol::coap) {
      const std::uint32_t endpoints = lane.connections / plan_.workers + 1;
      at.links.datagrams.back() = std::make_unique<memory_datagrams>(endpoints);
      const coap_endpoint settings = coap_settings(plan_, lane, seat);
      memory_datagrams& link = *at.links.datagrams.back();
      at.own->attach(i, way.empty() ? make_coap_memory(settings, link, client)
                                    : make_coap_memory(settings, way, link, client));
    } else {
      at.links.streams.back() = std::make_unique<memory_transport>();
      at.own->attach(i, make_memory_driver(plan_, lane, way, *at.links.streams.back(), client));
    }
  }
}

void virtual_network::run(const std::function<bool(time_point now)>& report) {
  time_point next_report = started_ + options_.report_every;
  time_point done_until = clock_.now();
  while (true) {
    time_point begin = time_point::max();
    for (const auto& s : stations_)
      begin = std::min(begin, s->own->finished() ? time_point::max() : s->next_event());
    if (begin == time_point::max() && is_over()) break;
    if (begin == time_point::max()) begin = lost_at_;
    if (witness_) begin = std::min(begin, witness_->next_event());
    if (!arrivals_.empty()) begin = std::min(begin, arrivals_.front().at);
    if (const auto due = core_->next_deadline()) begin = std::min(begin, *due);
    begin = std::max(begin, done_until);
    while (next_report <= begin) {
      clock_.move_to(next_report);
      log_->release(next_report);
      if (!report(next_report)) end_soon();
      next_report += options_.report_every;
    }
    // A report sees the world as it is at its instant, and nothing of what happens then.
    const time_point end = std::min(begin + options_.latency, next_report);
    clock_.move_to(begin);
    for (auto& s : stations_) run_worker(*s, end);
    let_leave();
    if (witness_) witness_->run(begin, end);
    for (auto& s : stations_) {
      collect(s->links, [&](std::uint8_t lane, std::uint32_t link) {
        return lane_first_[lane] + link * plan_.workers + s->index;
      });
    }
    if (witness_) {
      collect(witness_->links(),
              [&](std::uint8_t lane, std::uint32_t link) { return witness_first_[lane] + link; });
    }
    serve(end);
    log_->release(end);
    done_until = end;
  }
  if (witness_) witness_->end(lost_at_);
  log_->release(time_point::max());
  report(clock_.now());
}

/// All workers have ended. What is on its way to the witness is waited for, to an instant that does not
/// depend on where the present window happens to begin.
bool virtual_network::is_over() {
  if (!witness_) return true;
  if (lost_at_ == time_point{}) {
    lost_at_ = std::chrono::ceil<std::chrono::seconds>(clock_.now()) + arrive_within;
  }
  return witness_->missing() == 0 || clock_.now() >= lost_at_;
}

void virtual_network::end_soon() {
  for (auto& s : stations_) {
    s->own->request_end();
    s->next = clock_.now();
  }
}

void virtual_network::run_worker(station& at, time_point until) {
  while (!at.own->finished()) {
    const time_point now = std::max(at.next_event(), clock_.now());
    if (now >= until) return;
    at.links.run(now);
    at.next = std::max(at.own->round(now), now + duration{1});
  }
}

void virtual_network::let_leave() {
  time_point last{};
  for (const auto& s : stations_) {
    if (s->own->finished()) continue;
    const auto since = s->own->waits_to_leave();
    if (!since) return;
    last = std::max(last, *since);
  }
  // No worker has come that far yet.
  const time_point instant = last + options_.latency;
  for (auto& s : stations_) {
    s->own->leave_at(instant);
    s->next = std::min(s->next, instant);
  }
}

template <class PeerIndex>
void virtual_network::collect(virtual_links& from, const PeerIndex& peer_index) {
  using kind = memory_transport::departure::kind;
  const auto push = [&](std::uint8_t lane, memory_link link, time_point left, kind what, bool is_datagram,
                        bytes_view payload) {
    arrivals_.push_back({left + options_.latency, peer_index(lane, static_cast<std::uint32_t>(link.link)),
                         link.generation, sequence_++, what, is_datagram,
                         bytes(payload.begin(), payload.end())});
    std::push_heap(arrivals_.begin(), arrivals_.end());
  };
  for (std::uint8_t lane = 0; lane < plan_.lanes.size(); ++lane) {
    if (from.streams[lane]) {
      memory_transport& link = *from.streams[lane];
      for (const auto& d : link.sent()) {
        if (d.what == kind::open) link.accept_open(d.link, d.at + options_.latency * 2);
        push(lane, d.link, d.at, d.what, false, d.payload);
      }
      link.forget_sent();
    } else if (from.datagrams[lane]) {
      memory_datagrams& link = *from.datagrams[lane];
      for (const auto& d : link.sent()) {
        push(lane, {link_id{static_cast<std::uint32_t>(d.local)}, 0}, d.at, kind::data, true, d.payload);
      }
      link.forget_sent();
    }
  }
}

void virtual_network::serve(time_point until) {
  while (true) {
    const auto due = core_->next_deadline();
    const bool has_arrival = !arrivals_.empty() && arrivals_.front().at < until;
    if (due && *due < until && (!has_arrival || *due < arrivals_.front().at)) {
      const time_point now = std::max(*due, clock_.now());
      core_->advance(now);
      take_from_target(now);
      if (const auto again = core_->next_deadline(); again && *again <= *due)
        break;  // waits for something else
      continue;
    }
    if (!has_arrival) break;
    std::pop_heap(arrivals_.begin(), arrivals_.end());
    const arrival one = std::move(arrivals_.back());
    arrivals_.pop_back();
    hand_to_target(one);
    take_from_target(one.at);
  }
}

void virtual_network::hand_to_target(const arrival& one) {
  using kind = memory_transport::departure::kind;
  peer& who = peers_[one.who];
  if (one.is_datagram) {
    core_->receive_datagram({one.payload, endpoint_address(one.who), endpoint_id{}}, one.at);
    return;
  }
  const auto service =
      plan_.lanes[who.lane].via == protocol::mqtt ? target::service::mqtt : target::service::http;
  if (one.what == kind::open) {
    if (who.open) core_->ended(who.name, one.at);
    who.open = true;
    ++who.life;
    who.generation = one.generation;
    who.name = core_->opened(service, 0, {one.who, who.life}, endpoint_address(one.who), one.at);
  } else if (who.generation != one.generation) {
    return;  // of an earlier link
  } else if (who.open && one.what == kind::data) {
    core_->receive(who.name, one.payload, one.at);
  } else if (who.open) {
    who.open = false;
    core_->ended(who.name, one.at);
  }
}

void virtual_network::take_from_target(time_point now) {
  const time_point at = now + options_.latency;
  target::outbox& box = core_->out(0);
  for (std::size_t i = 0; i < box.entries().size(); ++i) {
    const auto entry = box.entries()[i];
    peer& who = peers_[entry.to.link];
    if (!who.open || who.life != entry.to.life) continue;
    memory_transport& link = *who.place->streams[who.lane];
    const memory_link name{link_id{who.link}, who.generation};
    if (entry.kind == target::outbox::what::send) {
      link.deliver(name, box.bytes_of(entry), at);
      continue;
    }
    if (entry.kind == target::outbox::what::close) {
      link.end(name, at);
    } else {
      link.fail(name, std::errc::connection_reset, at);
    }
    who.open = false;
    core_->ended(who.name, now);
  }
  box.clear();
  target::datagram_box& datagrams = core_->datagrams();
  for (const auto& entry : datagrams.entries()) {
    const peer& who = peers_[endpoint_number(entry.peer)];
    who.place->datagrams[who.lane]->deliver(endpoint_id{who.link}, plan_.lanes[who.lane].address,
                                            datagrams.bytes_of(entry), at);
  }
  datagrams.clear();
}

engine_levels virtual_network::levels() const {
  engine_levels out;
  out.connected_by_population.resize(plan_.populations.size());
  for (const auto& s : stations_) {
    s->own->publish();
    add_numbers(out.all, s->own->numbers());
    const worker_peaks peaks = s->own->take_peaks();
    out.peaks = {std::max(out.peaks.lag_ns, peaks.lag_ns), std::max(out.peaks.drift_ns, peaks.drift_ns)};
    s->own->add_connected(out.connected_by_population);
    out.workers_running += s->own->finished() ? 0U : 1U;
  }
  return out;
}

std::string virtual_network::script_problem() const {
  for (const auto& s : stations_) {
    if (!s->own->script_problem().empty()) return s->own->script_problem();
  }
  return "";
}

}  // namespace wanwu::sim
