// Readings: when a thing comes up its schedule starts; what is due is sampled, rendered and sent; what is
// late is counted.
#include <algorithm>

#include "sim/worker.hpp"

namespace wanwu::sim {

namespace {

/// So many readings are made after the memory was asked for all that they will look at: more would push the
/// first out of the cache again.
constexpr std::size_t expected_together = 256;

}  // namespace

void worker::things_up(std::uint8_t lane_index, std::uint32_t connection, time_point now) {
  const row_range behind = things_.rows_behind(lane_index, connection);
  for (std::uint32_t row = behind.begin; row < behind.end; ++row) {
    if (things_.row(row).started) {
      arm(row, now);
    } else if (!things_.row(row).registering) {
      to_describe_.push_back(row);
    }
  }
  if (setup_.flood_window > 0) flood_ready_.insert(flood_ready_.end(), setup_.flood_window, behind.begin);
}

void worker::describe_things(time_point now) {
  // Bounded by the things that came up since the last round; the driver's batches are flushed on the way.
  for (std::size_t i = 0; i < to_describe_.size(); ++i) {
    const std::uint32_t row = to_describe_[i];
    const planned_population& kind = *things_.block_of(row).kind;
    const std::uint32_t connection = things_.connection_of(row);
    if (!lanes_[kind.lane]->is_up(connection)) continue;
    context_.look_at(row, at(now));
    if (!things_.row(row).started) context_.draw_state();
    if (!kind.register_) {
      start_thing(row, now);
      continue;
    }
    outbox& out = out_[kind.lane];
    out.begin(kind.register_->shape, things_.thing_of(row), connection_id{connection}, now, 0);
    bool whole = context_.render_address(*kind.register_, out.arena());
    out.begin_payload();
    whole = whole && context_.render_payload(*kind.register_, out.arena());
    if (!whole) {
      out.drop();
      fail(*kind.register_, row, now, outcome::local_error, now);
      start_thing(row, now);
      continue;
    }
    things_.row(row).registering = true;
    flush_full(now);
  }
  to_describe_.clear();
}

void worker::start_thing(std::uint32_t row, time_point now) {
  thing_row& thing = things_.row(row);
  thing.registering = false;
  if (thing.started) return;
  thing.started = true;
  if (scripts_[thing.population]) run_script(row, script::callback::start, nullptr, nullptr, now, now);
  arm(row, now);
}

void worker::arm(std::uint32_t row, time_point from) {
  thing_row& thing = things_.row(row);
  if (thing.broken || setup_.flood_window > 0) return;
  const planned_population& kind = *things_.block_of(row).kind;
  if (!readings_.armed(row) && (kind.telemetry || scripts_[kind.index])) {
    const auto number = static_cast<std::uint32_t>(things_.thing_of(row));
    const schedule& plan = schedules_[kind.index];
    thing.next = std::max(thing.next, plan.first_from(number, at(from)));
    if (const auto start = plan.start_of(number, thing.next)) readings_.arm(row, setup_.started + *start);
  }
  if (events_ && !events_->armed(row)) arm_event(row, from);
  if (polls_ && kind.hearing && kind.hearing->poll && !polls_->armed(row)) {
    const double phase =
        random_stream(plan_.seed, number_of(things_.thing_of(row)), stream_of("poll")).uniform(0);
    const duration every = kind.hearing->form->every;
    polls_->arm(row, from + duration{static_cast<std::int64_t>(phase * static_cast<double>(every.count()))});
  }
}

void worker::take_pace() {
  time_point from;
  for (; paced_ < setup_.given->size(); ++paced_) {
    const pace_stretch& next = setup_.given->at(paced_);
    from = setup_.started + next.begin;
    for (load_profile& load : loads_) {
      load.append(std::max(next.begin - load.end(), duration{}), 0);
      load.append(next.length, next.factor);
    }
  }
  // Nobody has a next reading after the stretch before. What is due since its begin is late, not left out.
  for (std::uint32_t row = 0; row < things_.row_count(); ++row) {
    if (!things_.row(row).started) continue;
    if (lanes_[things_.block_of(row).kind->lane]->is_up(things_.connection_of(row))) arm(row, from);
  }
}

void worker::count_start(time_point intended, time_point now) {
  ++counts_.due;
  // In steps of a coarse clock a start is in time by definition.
  const duration lag = setup_.tick.count() > 0 ? duration{} : now - intended;
  if (lag > limits::late_after + readings_.tick()) ++counts_.late;
  ++counts_.lateness[lateness_bucket(lag)];
  peaks_.lag_ns = std::max(peaks_.lag_ns, static_cast<std::uint64_t>(std::max(lag, duration{}).count()));
}

void worker::pop_readings(time_point now) {
  due_.clear();
  readings_.pop_due(now, due_,
                    plan_.virtual_time ? std::size_t{plan_.thing_count()} : limits::starts_a_round);
  has_more_ = !plan_.virtual_time && due_.size() >= limits::starts_a_round;
  for (std::size_t begin = 0; begin < due_.size(); begin += expected_together) {
    const auto window = std::span{due_}.subspan(begin, std::min(expected_together, due_.size() - begin));
    for (const std::uint32_t row : window) things_.expect(row);
    for (std::size_t i = 0; i < window.size();) {
      const population_block& block = things_.block_holding(window[i]);
      std::size_t end = i + 1;
      while (end < window.size() && end - i < sampled_together_max && block.holds(window[end])) ++end;
      read_things(block, window.subspan(i, end - i), now);
      flush_full_of(block.kind->lane, now);
      i = end;
    }
  }
}

void worker::begin_readings(const population_block& block, std::span<const std::uint32_t> rows,
                            time_point now) {
  const planned_population& kind = *block.kind;
  const schedule& plan = schedules_[kind.index];
  const lane& through = *lanes_[kind.lane];
  reading_rows_.clear();
  reading_starts_.clear();
  for (const std::uint32_t row : rows) {
    thing_row& thing = things_.row(row);
    const std::uint32_t number = kind.first_thing + things_.index_in(block, row);
    const auto [start, next] = plan.starts_from(number, thing.next);
    if (!start || thing.broken) continue;
    ++thing.next;
    const std::uint32_t connection = things_.connection_in(block, row);
    const bool is_up = through.is_up(connection);
    if (!is_up && through.is_silent(connection)) continue;  // armed again when it comes up
    const time_point intended = setup_.started + *start;
    count_start(intended, now);
    if (next) readings_.arm(row, setup_.started + *next);
    if (is_up) {
      reading_rows_.push_back(row);
      reading_starts_.push_back(*start);
    } else if (kind.telemetry) {
      fail(*kind.telemetry, row, intended, outcome::broken_link, now);
    }
  }
}

void worker::read_things(const population_block& block, std::span<const std::uint32_t> rows, time_point now) {
  const planned_population& kind = *block.kind;
  begin_readings(block, rows, now);
  const bool together = !scripts_[kind.index] && !context_.has_updates(kind);
  if (together) context_.sample_together(block, reading_rows_, reading_starts_);
  for (std::size_t i = 0; i < reading_rows_.size(); ++i) {
    const std::uint32_t row = reading_rows_[i];
    const time_point intended = setup_.started + reading_starts_[i];
    if (together) {
      context_.look_at_sampled(i);
    } else {
      context_.look_at(row, reading_starts_[i]);
      context_.update_state();
    }
    if (scripts_[kind.index]) {
      run_script(row, script::callback::tick, nullptr, nullptr, intended, now);
    } else {
      send_reading(row, intended, now);
    }
    if (kind.event) fire_conditions(row, intended, now);
  }
}

void worker::send_reading(std::uint32_t row, time_point intended, time_point now) {
  const planned_population& kind = *things_.block_of(row).kind;
  if (!kind.telemetry) return;
  const compiled_message& message = *kind.telemetry;
  const thing_id thing = things_.thing_of(row);
  outbox& out = out_[kind.lane];
  out.begin(message.shape, thing, connection_id{things_.connection_of(row)}, intended, 0);
  bool whole = context_.render_address(message, out.arena());
  out.begin_payload();
  whole = whole && context_.render_payload(message, out.arena());
  if (!whole) {
    out.drop();
    fail(message, row, intended, outcome::local_error, now);
    return;
  }
  ++things_.row(row).sequence;
  ++counts_.started;
  if (setup_.tap != nullptr && setup_.tap->samples(thing)) {
    setup_.tap->sent(
        {out.last_address(), out.last_payload(), intended, now, thing, kind.index, message.shape.via});
  }
}

void worker::fail(const compiled_message& message, std::uint32_t row, time_point intended, outcome why,
                  time_point now) {
  observation seen;
  seen.intended_at = intended;
  seen.sent_at = seen.done_at = now;
  seen.thing = things_.thing_of(row);
  seen.population = things_.row(row).population;
  seen.op = message.shape.op;
  seen.via = message.shape.via;
  seen.result = why;
  own_.push_back(seen);
  if (own_.size() >= limits::batch_max) record_own();
}

void worker::flood(time_point now) {
  // Whoever becomes ready while this runs waits for the next round, so that drivers get to read answers.
  flood_next_.clear();
  flood_next_.swap(flood_ready_);
  for (const std::uint32_t row : flood_next_) {
    const planned_population& kind = *things_.block_of(row).kind;
    if (!lanes_[kind.lane]->is_up(things_.connection_of(row))) continue;
    ++counts_.due;
    context_.look_at(row, at(now));
    send_reading(row, now, now);
    flush_full_of(kind.lane, now);
  }
}

}  // namespace wanwu::sim
