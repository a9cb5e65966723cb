// The worker's loop: what happens in a round, and how a run ends.
#include "sim/worker.hpp"

#include <algorithm>
#include <limits>

namespace wanwu::sim {

namespace {

constexpr duration publish_every = std::chrono::milliseconds{100};
constexpr duration idle_nap = std::chrono::milliseconds{200};

bool needs_event_wheel(const world_plan& plan) {
  for (const planned_population& kind : plan.populations) {
    if (!kind.event) continue;
    for (const things::event& event : kind.model->events) {
      if (event.when.kind == things::trigger_kind::poisson) return true;
    }
  }
  return false;
}

bool needs_polls(const world_plan& plan) {
  return std::any_of(plan.populations.begin(), plan.populations.end(),
                     [](const planned_population& kind) { return kind.hearing && kind.hearing->poll; });
}

}  // namespace

/// Passes what one lane's driver reports on to the worker, with the lane's number.
class worker::lane_client final : public driver_client {
 public:
  lane_client(worker& owner, std::uint8_t lane_index) : owner_{owner}, lane_{lane_index} {}
  void record(std::span<const observation> seen) override { owner_.take(seen); }
  void describe(connection_id connection, login& out) override {
    owner_.describe(lane_, static_cast<std::uint32_t>(connection), out);
  }
  void changed(std::span<const connection_change> changes) override { owner_.note(lane_, changes); }
  void heard(std::span<const heard_message> messages) override {
    for (const heard_message& message : messages) owner_.hear(lane_, message);
  }
  void ready_for_more(std::span<const connection_id> connections) override {
    for (const connection_id connection : connections) {
      owner_.flood_ready_.push_back(
          owner_.things_.rows_behind(lane_, static_cast<std::uint32_t>(connection)).begin);
    }
  }

 private:
  worker& owner_;
  std::uint8_t lane_;
};

worker::worker(const worker_setup& setup)
    : setup_{setup},
      plan_{setup.plan},
      things_{setup.plan, setup.index},
      context_{setup.plan, things_, setup.epoch_ms},
      readings_{things_.row_count(), setup.started,
                setup.tick.count() > 0 ? setup.tick : timer_wheel::tick_for(setup.plan.when.end)},
      published_{setup.started},
      shared_connected_(setup.plan.populations.size()) {
  if (plan_.virtual_time) leave_at_ = time_point::max();
  out_.resize(plan_.lanes.size());
  for (std::uint8_t i = 0; i < plan_.lanes.size(); ++i) {
    lanes_.push_back(std::make_unique<lane>(plan_, i, things_, setup.started));
    clients_.push_back(std::make_unique<lane_client>(*this, i));
  }
  if (setup.given != nullptr) loads_.resize(plan_.populations.size());
  for (const planned_population& kind : plan_.populations) {
    const load_profile& load = setup.given != nullptr ? loads_[kind.index] : plan_.when.loads[kind.index];
    schedules_.emplace_back(
        plan_.seed, kind.period, kind.jitter, load,
        collection{kind.source->collect, kind.first_thing, std::max(kind.things_per_connection, 1U)});
    scripts_.push_back(nullptr);
    if (kind.script_text.empty()) continue;
    std::vector<script_column> columns;
    for (const planned_column& column : kind.columns) columns.push_back({column.name, column.type, true});
    if (auto loaded = script::load(kind.script_text, kind.script_file, columns, plan_.seed)) {
      scripts_.back() = std::make_unique<script>(std::move(*loaded));
    }
  }
  const duration tick = readings_.tick();
  if (needs_event_wheel(plan_)) {
    events_ = std::make_unique<timer_wheel>(things_.row_count(), setup.started, tick);
    event_ms_.resize(things_.row_count());
  }
  if (needs_polls(plan_)) polls_ = std::make_unique<timer_wheel>(things_.row_count(), setup.started, tick);
}

worker::~worker() = default;

driver_client& worker::client_of(std::uint8_t lane_index) {
  return *clients_[lane_index];
}

void worker::attach(std::uint8_t lane_index, std::unique_ptr<driver> wire) {
  if (setup_.flood_window > 0) wire->report_completions(true);
  lanes_[lane_index]->attach(std::move(wire));
}

void worker::add_connected(std::vector<std::uint64_t>& into) const noexcept {
  for (std::size_t i = 0; i < into.size() && i < shared_connected_.size(); ++i) {
    into[i] += shared_connected_[i].load(std::memory_order_relaxed);
  }
}

void worker::detach() {
  stage_ = stage::gone;
  for (auto& l : lanes_) l->detach();
}

time_point worker::round(time_point now) {
  if (stage_ == stage::gone) return time_point::max();
  note_drift(now);
  has_more_ = false;
  if (stage_ == stage::running) {
    strike_storms(now);
    for (auto& l : lanes_) l->advance(now, held_up_);
    describe_things(now);
    if (setup_.given != nullptr && paced_ < setup_.given->size()) take_pace();
    if (setup_.flood_window > 0) {
      flood(now);
    } else {
      pop_readings(now);
    }
    if (events_) pop_events(now);
    if (polls_) pop_polls(now);
  }
  send_acks(now);
  flush_all(now);
  for (auto& l : lanes_) {
    // After what has a schedule: a connection may wait its turn, as it does for others' handshakes.
    if (stage_ == stage::running) {
      l->open_queued(now, held_up_);
      has_more_ |= l->is_held_back() && !held_up_;
    }
    l->wire().advance(now);
  }
  record_own();
  follow_stage(now);
  if (now - published_ >= publish_every || stage_ == stage::gone) {
    published_ = now;
    if (setup_.look_around) setup_.look_around();
    publish();
  }
  return wanted_ = next_deadline(now);
}

void worker::note_drift(time_point now) {
  // Naps between rounds are wanted.
  const duration drift = now - std::max(wanted_, last_round_ + limits::round_min);
  last_round_ = now;
  held_up_ = drift > limits::gives_way_after && setup_.tick.count() == 0 && !plan_.virtual_time;
  // A clock that moves in steps is not late by them, and who takes leave has no schedule.
  if (drift.count() <= 0 || setup_.tick.count() > 0 || stage_ == stage::leaving) return;
  const auto ns = static_cast<std::uint64_t>(drift.count());
  peaks_.drift_ns = std::max(peaks_.drift_ns, ns);
  if (drift > limits::late_after) counts_.away_ns += ns;
}

void worker::strike_storms(time_point now) {
  while (next_storm_ < plan_.when.storms.size() && plan_.when.storms[next_storm_].begin <= at(now)) {
    const storm_window& storm = plan_.when.storms[next_storm_];
    const auto& who = plan_.storm_who[next_storm_];
    for (auto& l : lanes_) l->strike(storm, who ? &*who : nullptr, context_, now);
    ++next_storm_;
  }
}

void worker::follow_stage(time_point now) {
  std::uint64_t in_flight = 0, up = 0;
  if (stage_ != stage::running) {
    for (auto& l : lanes_) {
      const driver_totals totals = l->wire().totals();
      in_flight += totals.operations_in_flight;
      up += totals.connections_up;
    }
  }
  if (stage_ == stage::running &&
      (at(now) >= plan_.when.end || end_requested_.load(std::memory_order_relaxed))) {
    stage_ = stage::draining;
    stage_until_ = now + limits::drain_max;
    follow_stage(now);  // nothing may be owed already
  } else if (stage_ == stage::draining) {
    drain(in_flight != 0 || !acks_.empty(), now);
  } else if (stage_ == stage::leaving && !told_all_) {
    take_leave(now);
  } else if (stage_ == stage::leaving && (up == 0 || now >= stage_until_)) {
    record_own();
    stage_ = stage::gone;
  }
}

void worker::drain(bool owed, time_point now) {
  if (owed && drained_at_) {  // a command came in
    drained_at_.reset();
    if (setup_.owing != nullptr) ++*setup_.owing;
  } else if (!owed && !drained_at_) {
    drained_at_ = now;
    if (setup_.owing != nullptr) --*setup_.owing;
  }
  const bool others_wait = setup_.owing != nullptr && *setup_.owing != 0;
  if ((owed || others_wait || now < leave_at_) && now < stage_until_) return;
  drained_at_.reset();
  for (auto& l : lanes_) {
    l->wire().abandon(outcome::timed_out, now);
    l->begin_goodbye();
  }
  stage_ = stage::leaving;
  take_leave(now);
  follow_stage(now);
}

void worker::take_leave(time_point now) {
  told_all_ = true;
  for (auto& l : lanes_) {
    const bool told = l->say_goodbye(
        plan_.virtual_time ? std::numeric_limits<std::size_t>::max() : limits::goodbyes_a_round, now);
    told_all_ = told_all_ && told;
    l->wire().advance(now);
  }
  stage_until_ = now + limits::goodbye_max;
}

time_point worker::next_deadline(time_point now) const {
  if (stage_ == stage::gone) return time_point::max();
  time_point next = stage_ == stage::running ? setup_.started + plan_.when.end : stage_until_;
  const auto sooner = [&next](std::optional<time_point> due) {
    if (due && *due < next) next = *due;
  };
  // Once the schedule has ended nobody is connected again: a try that is due would be due for ever.
  for (const auto& l : lanes_)
    sooner(stage_ == stage::running ? l->next_deadline() : l->wire().next_deadline());
  if (!acks_.empty() || (stage_ == stage::leaving && !told_all_)) next = now;
  if (drained_at_) sooner(leave_at_);
  if (stage_ != stage::running)
    return plan_.virtual_time ? next : std::min(next, now + limits::round_min * 4);
  if (next_storm_ < plan_.when.storms.size()) sooner(setup_.started + plan_.when.storms[next_storm_].begin);
  if (!flood_ready_.empty() || !to_describe_.empty()) return now;
  sooner(readings_.next_due());
  if (events_) sooner(events_->next_due());
  if (polls_) sooner(polls_->next_due());
  return plan_.virtual_time ? next : std::min(next, now + idle_nap);
}

void worker::flush(std::uint8_t lane_index, time_point now) {
  out_[lane_index].flush(lanes_[lane_index]->wire(), now);
}

void worker::flush_full(time_point now) {
  for (std::uint8_t i = 0; i < out_.size(); ++i) {
    if (out_[i].size() >= limits::batch_max) flush(i, now);
  }
}

void worker::flush_all(time_point now) {
  for (std::uint8_t i = 0; i < out_.size(); ++i) flush(i, now);
}

void worker::record_own() {
  if (own_.empty()) return;
  setup_.sink.record(own_);
  own_.clear();
}

void worker::publish() {
  worker_numbers& n = counts_;
  n.wanted = n.connected = n.dark = n.reconnecting = n.connections_up = n.in_flight = 0;
  n.wire = {};
  n.second_syns = n.direct_sockets = n.openings = n.openings_late = 0;
  for (const auto& l : lanes_) {
    const lane_levels& levels = l->levels();
    n.wanted += levels.wanted;
    n.connected += levels.connected;
    n.dark += levels.dark;
    n.reconnecting += levels.reconnecting;
    n.connections_up += levels.connections_up;
    n.openings += l->openings().begun;
    n.openings_late += l->openings().late;
    const driver_totals totals = l->wire().totals();
    n.in_flight += totals.operations_in_flight;
    n.second_syns += totals.second_syns;
    n.direct_sockets += totals.direct_sockets;
    wire_numbers& wire = n.wire[static_cast<std::size_t>(l->via())];
    wire.bytes_out += totals.bytes_out;
    wire.bytes_in += totals.bytes_in;
    wire.messages_out += totals.messages_out;
    wire.messages_in += totals.messages_in;
    wire.retransmissions += totals.retransmissions;
    wire.wire_errors += totals.wire_errors;
  }
  if (stage_ == stage::leaving || stage_ == stage::gone) n.wanted = n.dark = 0;  // told to leave, not missing
  shared_.publish(n);
  for (std::size_t i = 0; i < shared_connected_.size(); ++i) {
    std::uint64_t connected = 0;
    for (const auto& l : lanes_) connected += l->connected()[i];
    shared_connected_[i].store(connected, std::memory_order_relaxed);
  }
  peaks_shared_.note(peaks_);
  peaks_ = {};
}

}  // namespace wanwu::sim
