// What happens to a thing besides its readings: events by rate or condition, polls for commands, and its
// script.
#include <algorithm>

#include "sim/event_payload.hpp"
#include "sim/heard_command.hpp"
#include "sim/worker.hpp"

namespace wanwu::sim {

namespace {

constexpr std::uint64_t event_chance = stream_of("event.data");
constexpr std::int64_t no_event = INT64_MAX;

}  // namespace

void worker::arm_event(std::uint32_t row, time_point after) {
  const planned_population& kind = *things_.block_of(row).kind;
  if (!kind.event) return;
  context_.look_at(row, at(after));
  std::int64_t soonest = no_event;
  for (std::size_t i = 0; i < kind.model->events.size(); ++i) {
    if (kind.model->events[i].when.kind != things::trigger_kind::poisson) continue;
    const auto next = kind.behaviour->next_event(context_.who(), i, context_.at_ms());
    if (next) soonest = std::min(soonest, *next);
  }
  if (soonest == no_event) return;
  event_ms_[row] = soonest;
  const auto wait_ms = static_cast<double>(soonest - context_.at_ms()) / plan_.speed;
  const double left_ms = static_cast<double>((plan_.when.end - at(after)).count()) / 1e6;
  if (wait_ms > left_ms) return;
  events_->arm(row, after + duration{static_cast<std::int64_t>(wait_ms * 1e6)});
}

void worker::pop_events(time_point now) {
  due_.clear();
  events_->pop_due(now, due_);
  for (const std::uint32_t row : due_) {
    const planned_population& kind = *things_.block_of(row).kind;
    if (!lanes_[kind.lane]->is_up(things_.connection_of(row)) || things_.row(row).broken) continue;
    const std::int64_t due_ms = event_ms_[row];
    for (std::size_t i = 0; i < kind.model->events.size(); ++i) {
      if (kind.model->events[i].when.kind != things::trigger_kind::poisson) continue;
      context_.look_at(row, at(now));
      const auto next = kind.behaviour->next_event(context_.who(), i, due_ms - 1);
      if (next && *next <= due_ms) send_model_event(row, i, now, now);
    }
    arm_event(row, now);
    flush_full(now);
  }
}

void worker::fire_conditions(std::uint32_t row, time_point intended, time_point now) {
  const planned_population& kind = *things_.block_of(row).kind;
  thing_row& thing = things_.row(row);
  const std::uint32_t holding = kind.behaviour->conditions(context_.values());
  const std::uint32_t begun = thing.sequence <= 1 ? 0 : holding & ~thing.conditions;
  thing.conditions = holding;
  for (std::size_t i = 0; i < 32 && i < kind.model->events.size(); ++i) {
    if ((begun >> i & 1U) != 0) send_model_event(row, i, intended, now);
  }
}

void worker::send_model_event(std::uint32_t row, std::size_t index, time_point intended, time_point now) {
  const planned_population& kind = *things_.block_of(row).kind;
  event_json_.clear();
  const random_stream draws =
      random_stream{plan_.seed, number_of(things_.thing_of(row)), event_chance + index}.child(
          static_cast<std::uint64_t>(context_.at_ms()));
  write_event(*kind.model, index, context_.values(), draws, event_json_);
  send_event(row, kind.model->events[index].name, as_text(event_json_.view()), intended, now);
}

void worker::send_event(std::uint32_t row, std::string_view name, std::string_view payload,
                        time_point intended, time_point now) {
  const planned_population& kind = *things_.block_of(row).kind;
  if (!kind.event) return;
  outbox& out = out_[kind.lane];
  context_.set(lang::slot::event_name, lang::value::of(name));
  context_.set(lang::slot::event_payload,
               lang::value::json(payload.empty() ? std::string_view{"null"} : payload));
  count_start(intended, now);
  out.begin(kind.event->shape, things_.thing_of(row), connection_id{things_.connection_of(row)}, intended, 0);
  bool whole = context_.render_address(*kind.event, out.arena());
  out.begin_payload();
  whole = whole && context_.render_payload(*kind.event, out.arena());
  if (!whole) {
    out.drop();
    fail(*kind.event, row, intended, outcome::local_error, now);
  }
}

void worker::pop_polls(time_point now) {
  due_.clear();
  polls_->pop_due(now, due_);
  for (const std::uint32_t row : due_) {
    const planned_population& kind = *things_.block_of(row).kind;
    const std::uint32_t connection = things_.connection_of(row);
    if (things_.row(row).broken || !lanes_[kind.lane]->is_up(connection)) continue;
    const compiled_message& poll = *kind.hearing->poll;
    context_.look_at(row, at(now));
    outbox& out = out_[kind.lane];
    out.begin(poll.shape, things_.thing_of(row), connection_id{connection}, now, row + 1);
    const bool whole = context_.render_address(poll, out.arena());
    out.begin_payload();
    if (!whole) out.drop();
    polls_->arm(row, now + kind.hearing->form->every);
    flush_full(now);
  }
}

script* worker::script_of(std::uint32_t row) {
  return scripts_[things_.row(row).population].get();
}

script_thing worker::describe_to_script(std::uint32_t row) {
  const planned_population& kind = *things_.block_of(row).kind;
  script_thing thing;
  thing.thing = things_.thing_of(row);
  thing.id = context_.id();
  thing.kind = kind.kind;
  thing.sector = kind.sector;
  thing.at_ms = context_.at_ms();
  thing.columns = things_.columns_of(row);
  return thing;
}

void worker::run_script(std::uint32_t row, script::callback which, const heard_command* command,
                        const heard_message* message, time_point intended, time_point now) {
  script& behaviour = *script_of(row);
  if (!behaviour.has(which)) {
    if (which == script::callback::tick) send_reading(row, intended, now);
    return;
  }
  const script_thing thing = describe_to_script(row);
  tl::expected<std::span<const script_request>, script_error> asked{std::span<const script_request>{}};
  switch (which) {
    case script::callback::start:
      asked = behaviour.on_start(thing);
      break;
    case script::callback::tick:
      asked = behaviour.on_tick(thing);
      break;
    case script::callback::command:
      asked = behaviour.on_command(thing, command->action, as_bytes(command->input), command->corr);
      break;
    case script::callback::message:
      asked = behaviour.on_message(thing, message->address, message->payload);
      break;
  }
  context_.forget_samples();
  if (asked) return obey(row, *asked, command, message, intended, now);
  things_.row(row).broken = true;
  ++counts_.script_errors;
  if (script_problem_.empty()) {
    const script_error& e = asked.error();
    script_problem_ = e.file + ":" + std::to_string(e.line) + ": " + e.message;
  }
  if (command != nullptr) answer(row, *command, *message, "rejected", "the thing is broken");
}

void worker::obey(std::uint32_t row, std::span<const script_request> requests, const heard_command* command,
                  const heard_message* message, time_point intended, time_point now) {
  bool answered = command == nullptr;
  for (const script_request& request : requests) {
    switch (request.kind) {
      case script_request::what::telemetry:
        send_reading(row, intended, now);
        break;
      case script_request::what::event:
        send_event(row, request.name, request.payload, intended, now);
        break;
      case script_request::what::ack:
        if (command != nullptr) answer(row, *command, *message, request.name, request.payload);
        answered = true;
        break;
    }
  }
  if (!answered) answer(row, *command, *message, "accepted", "");
}

}  // namespace wanwu::sim
