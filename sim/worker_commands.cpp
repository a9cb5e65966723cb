// Hearing: what drivers report, who a command is for, what the thing does with it, and its answer.
#include <algorithm>

#include "sim/actuator.hpp"
#include "sim/heard_command.hpp"
#include "sim/worker.hpp"

namespace wanwu::sim {

namespace {

/// Behind a gateway the tag says for which of its things a command is: its place from 1; 0 for those past
/// 255.
constexpr std::uint32_t tags_max = 255;
constexpr std::uint8_t mqtt_correlation_data = 0x09;  // MQTT 5 §2.2.2.2

bool has_level(std::string_view topic, std::string_view wanted) {
  while (true) {
    const std::size_t slash = topic.find('/');
    if (topic.substr(0, slash) == wanted) return true;
    if (slash == std::string_view::npos) return false;
    topic.remove_prefix(slash + 1);
  }
}

}  // namespace

void worker::describe(std::uint8_t lane_index, std::uint32_t connection, login& out) {
  const row_range behind = things_.rows_behind(lane_index, connection);
  const planned_population& kind = *things_.block_of(behind.begin).kind;
  context_.look_at_connection(lane_index, connection);
  const auto text_of = [this](const lang::text_template& text) {
    scratch_.clear();
    context_.render(text, needs_of(text, context_.slot_count()), scratch_);
    return std::string{as_text(scratch_.view())};
  };
  out.thing = things_.thing_of(behind.begin);
  out.population = kind.index;
  out.client_id = kind.client_id.empty() ? std::string{context_.id()} : text_of(kind.client_id);
  out.has_user = !kind.user.empty();
  if (out.has_user) out.user = text_of(kind.user);
  out.has_password = plan_.mqtt_password.has_value();
  if (out.has_password) out.password = *plan_.mqtt_password;
  if (!kind.hearing || kind.hearing->poll) return;
  for (std::uint32_t row = behind.begin; row < behind.end; ++row) {
    context_.look_at(row, {});
    std::string filter = text_of(kind.hearing->where);
    const std::uint32_t place = row - behind.begin + 1;
    const auto tag = static_cast<std::uint8_t>(place <= tags_max ? place : 0);
    if (!filter.empty())
      out.subscriptions.push_back({std::move(filter), kind.hearing->form->qos, tag, false});
  }
}

void worker::note(std::uint8_t lane_index, std::span<const connection_change> changes) {
  for (const connection_change& change : changes) {
    if (!lanes_[lane_index]->note(change)) continue;
    things_up(lane_index, static_cast<std::uint32_t>(change.connection), change.at);
  }
}

void worker::take(std::span<const observation> seen) {
  setup_.sink.record(seen);
  for (const observation& o : seen) {
    switch (o.op) {
      case operation::connect:
      case operation::reconnect:
        if (o.result == outcome::ok) {
          ++counts_.connects_ok;
        } else {
          // What is given up at the end says less than what failed by itself.
          const bool given_up = o.result == outcome::not_started || stage_ != stage::running;
          if (counts_.connects_failed++ > 0 && given_up) break;
          counts_.last_failure = static_cast<std::uint64_t>(o.result);
          counts_.last_failure_code = o.code;
          counts_.last_failure_via = static_cast<std::uint64_t>(o.via);
        }
        break;
      case operation::register_:
        if (const auto row = things_.row_of(o.thing); row && stage_ == stage::running) {
          if (o.result == outcome::cut_off) {  // it describes itself again when it is back
            things_.row(*row).registering = false;
            break;
          }
          context_.look_at(*row, at(o.done_at));
          start_thing(*row, o.done_at);
        }
        break;
      case operation::telemetry:
        if (o.result == outcome::cut_off && setup_.tap != nullptr && setup_.tap->samples(o.thing))
          setup_.tap->cut_off({o.thing, o.intended_at, o.intended_at});
        break;
      case operation::disconnect:
        if (const auto row = things_.row_of(o.thing); row && o.result == outcome::ok)
          tell_cut_off(*row, o.done_at);
        break;
      case operation::ack: {
        observation heard = o;  // the command ends when its answer is confirmed
        heard.op = operation::command;
        heard.bytes_sent = heard.bytes_received = 0;
        own_.push_back(heard);
        break;
      }
      default:
        break;
    }
  }
}

/// MQTT has no answer at QoS 0. What left so short a time before a storm that says no goodbye may have got as
/// far as a buffer that went with the link.
void worker::tell_cut_off(std::uint32_t row, time_point now) {
  const planned_population& kind = *things_.block_of(row).kind;
  const std::uint32_t connection = things_.connection_of(row);
  if (setup_.tap == nullptr || !kind.telemetry || kind.telemetry->shape.qos != 0) return;
  if (kind.telemetry->shape.via != protocol::mqtt || !lanes_[kind.lane]->is_dark(connection)) return;
  const auto is_abrupt = [&](const storm_window& one) {
    return one.begin <= at(now) && one.what->drop == lang::drop_kind::abrupt;
  };
  if (std::none_of(plan_.when.storms.begin(), plan_.when.storms.end(), is_abrupt)) return;
  const row_range behind = things_.rows_behind(kind.lane, connection);
  for (std::uint32_t each = behind.begin; each < behind.end; ++each) {
    const thing_id thing = things_.thing_of(each);
    if (setup_.tap->samples(thing)) setup_.tap->cut_off({thing, now - arrive_within, now});
  }
}

std::optional<std::uint32_t> worker::addressee(std::uint8_t lane_index, const heard_message& message) {
  if (message.token != 0) {
    return message.token - 1 < things_.row_count() ? std::optional{message.token - 1} : std::nullopt;
  }
  const row_range behind = things_.rows_behind(lane_index, static_cast<std::uint32_t>(message.connection));
  if (behind.end - behind.begin == 1) return behind.begin;
  if (plan_.lanes[lane_index].via == protocol::coap && message.subscription_tag != 0) {
    const std::uint32_t row = behind.begin + message.subscription_tag - 1;
    return row < behind.end ? std::optional{row} : std::nullopt;
  }
  for (std::uint32_t row = behind.begin; row < behind.end; ++row) {
    context_.look_at(row, at(message.at));
    if (has_level(message.address, context_.id())) return row;
  }
  return std::nullopt;
}

void worker::hear(std::uint8_t lane_index, const heard_message& message) {
  const auto row = addressee(lane_index, message);
  if (!row) return;
  const planned_population& kind = *things_.block_of(*row).kind;
  if (!kind.hearing || things_.row(*row).broken) return;
  // A retained command is of yesterday: carrying it out again on each connect would be wrong.
  if (message.retained) return;
  context_.look_at(*row, at(message.at));
  for (const heard_command& command : read_commands(*kind.hearing->form, message)) {
    if (is_repeated(*row, command)) continue;
    carry_out(*row, command, message);
  }
}

bool worker::is_repeated(std::uint32_t row, const heard_command& command) {
  if (command.corr.empty()) return false;
  const std::uint64_t key = scramble(stream_of(command.corr) + row);
  if (!commands_seen_.insert(key).second) return true;
  commands_order_.push_back(key);
  if (commands_order_.size() > limits::commands_remembered) {
    commands_seen_.erase(commands_order_.front());
    commands_order_.pop_front();
  }
  return false;
}

void worker::carry_out(std::uint32_t row, const heard_command& command, const heard_message& message) {
  const planned_population& kind = *things_.block_of(row).kind;
  context_.look_at(row, at(message.at));
  if (script* behaviour = script_of(row); behaviour != nullptr && behaviour->has(script::callback::command)) {
    run_script(row, script::callback::command, &command, &message, message.at, message.at);
    return;
  }
  const command_answer done =
      act(*kind.model, *kind.behaviour, plan_.frame, context_.who(), context_.at_ms(), command.action,
          as_bytes(command.input), context_.actuations(row), things_.columns_of(row));
  if (done.accepted) context_.add_actuations(row, done.actuations);
  answer(row, command, message, done.accepted ? "accepted" : "rejected", done.reason);
}

void worker::answer(std::uint32_t row, const heard_command& command, const heard_message& message,
                    std::string_view status, std::string_view reason) {
  const planned_population& kind = *things_.block_of(row).kind;
  if (!kind.hearing->ack || acks_.size() >= limits::acks_waiting_max) {
    observation heard;
    heard.intended_at = heard.sent_at = heard.done_at = message.at;
    heard.thing = things_.thing_of(row);
    heard.population = kind.index;
    heard.op = operation::command;
    heard.via = plan_.lanes[kind.lane].via;
    heard.result = kind.hearing->ack ? outcome::local_error : outcome::ok;
    own_.push_back(heard);
    return;
  }
  pending_ack ack;
  ack.row = row;
  ack.heard_at = message.at;
  ack.corr = command.corr;
  ack.status = status;
  ack.reason = reason;
  ack.response_topic = message.response_topic;
  ack.correlation = as_text(message.correlation);
  ack.has_response_topic = !message.response_topic.empty();
  ack.has_correlation = !message.correlation.empty();
  acks_.push_back(std::move(ack));
}

void worker::send_acks(time_point now) {
  using lang::slot;
  using lang::value;
  while (!acks_.empty()) {
    const pending_ack ack = std::move(acks_.front());
    acks_.pop_front();
    const planned_population& kind = *things_.block_of(ack.row).kind;
    const compiled_hearing& hearing = *kind.hearing;
    context_.look_at(ack.row, at(now));
    context_.set(slot::corr, value::of(std::string_view{ack.corr}));
    context_.set(slot::ack_status, value::of(std::string_view{ack.status}));
    context_.set(slot::ack_reason, value::of(std::string_view{ack.reason}));
    context_.set(slot::response_topic,
                 ack.has_response_topic ? value::of(std::string_view{ack.response_topic}) : value{});
    context_.set(slot::correlation_data,
                 ack.has_correlation ? value::of(std::string_view{ack.correlation}) : value{});
    outbox& out = out_[kind.lane];
    out.begin(hearing.ack->shape, things_.thing_of(ack.row), connection_id{things_.connection_of(ack.row)},
              ack.heard_at, 0);
    const bool needs_topic = !ack.has_response_topic &&
                             hearing.ack->address.uses(static_cast<std::uint16_t>(slot::response_topic));
    bool whole = needs_topic ? !hearing.ack_fallback.empty() &&
                                   context_.render(hearing.ack_fallback, hearing.ack->needs, out.arena())
                             : context_.render_address(*hearing.ack, out.arena());
    if (ack.has_correlation && plan_.mqtt_version == 5 && kind.hearing->form->via == protocol::mqtt) {
      out.begin_properties();
      out.arena().u8(mqtt_correlation_data);
      out.arena().u16(static_cast<std::uint16_t>(ack.correlation.size()));
      out.arena().append(ack.correlation);
    }
    out.begin_payload();
    whole = whole && context_.render_payload(*hearing.ack, out.arena());
    if (!whole) {
      out.drop();
      fail(*hearing.ack, ack.row, ack.heard_at, outcome::local_error, now);
    }
    flush_full(now);
  }
}

}  // namespace wanwu::sim
