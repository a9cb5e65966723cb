// The incoming half of mqtt_native_driver, and what it reports. Included by mqtt_native_driver.hpp.
#pragma once

#include "protocols/drivers/mqtt_native_driver.hpp"
#include "protocols/mqtt/topic.hpp"

namespace wanwu {

/// The reason code that says why a session did not take a message.
inline std::uint16_t refusal_code(mqtt::publish_result why) {
  using mqtt::publish_result;
  using mqtt::reason_code;
  switch (why) {
    case publish_result::too_large:
      return static_cast<std::uint16_t>(reason_code::packet_too_large);
    case publish_result::queue_full:
      return static_cast<std::uint16_t>(reason_code::quota_exceeded);
    case publish_result::qos_not_supported:
      return static_cast<std::uint16_t>(reason_code::qos_not_supported);
    case publish_result::retain_not_supported:
      return static_cast<std::uint16_t>(reason_code::retain_not_supported);
    default:
      return 0;
  }
}

/// Whether an errno is about our own machine: the target has had no chance to fail.
inline bool is_local(int error) {
  switch (error) {
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
    case EADDRNOTAVAIL:
    case EADDRINUSE:
    case EACCES:
    case EPERM:
    case EINVAL:
      return true;
    default:
      return false;
  }
}

/// The tag of the first filter that matches.
inline std::uint8_t find_tag(const std::vector<mqtt_tagged_filter>& filters, std::string_view topic) {
  for (const auto& each : filters) {
    const auto shared = mqtt::split_shared(each.filter);
    if (mqtt::topic_matches(shared ? shared->filter : std::string_view{each.filter}, topic)) return each.tag;
  }
  return filters.front().tag;
}

template <stream_transport T>
struct mqtt_native_driver<T>::session_events {
  mqtt_native_driver& driver;
  std::uint32_t at;
  time_point now;
  ending how{};
  bool accepted{}, resumed{};
  outcome given_up = outcome::broken_link;  ///< What becomes of an operation with its session's state.

  void session_up(const mqtt::connack& answer) {
    accepted = true;
    resumed = answer.session_present;
  }
  void session_refused(const mqtt::connack& answer) { how = {outcome::refused, answer.reason}; }
  void session_message(const mqtt::publish& message, std::string_view topic) {
    const auto& row = driver.rows_[at];
    ++driver.totals_.messages_in;
    heard_message out;
    out.address = topic;
    out.payload = message.payload;
    out.at = now;
    out.connection = connection_id{at};
    out.subscription_tag = row.only_tag;
    out.qos = static_cast<std::uint8_t>(message.level);
    out.retained = message.retain;
    out.duplicate = message.duplicate;
    if (!message.properties.empty()) {
      using id = mqtt::property_id;
      out.response_topic = message.properties.text(id::response_topic).value_or("");
      out.correlation = message.properties.binary(id::correlation_data).value_or(bytes_view{});
      const auto identifier =
          row.identifies ? message.properties.number(id::subscription_identifier) : std::nullopt;
      if (identifier) out.subscription_tag = static_cast<std::uint8_t>(*identifier - 1);
    }
    if (row.filters) out.subscription_tag = find_tag(*row.filters, topic);
    driver.heard_.push_back(out);
    if (message.topic.empty()) driver.flush_heard();  // an alias may change within the same bytes
  }
  void session_finished(std::uint32_t token, std::uint8_t reason, std::size_t size) {
    const auto& expect = driver.operations_[token].shape->expect;
    const bool ok =
        expect.empty() ? reason < 0x80 : std::find(expect.begin(), expect.end(), reason) != expect.end();
    driver.end_operation(token, {ok ? outcome::ok : outcome::refused, reason},
                         static_cast<std::uint32_t>(size), now);
  }
  void session_given_up(std::uint32_t token) { driver.end_operation(token, {given_up, 0}, 0, now); }
  void session_subscribed(std::uint32_t token, const mqtt::suback& granted) {
    ending answer{outcome::ok, 0};
    for (const auto reason : granted.reasons) {
      const auto code = std::to_integer<std::uint16_t>(reason);
      if (code >= 0x80) answer = {outcome::refused, code};
    }
    driver.end_operation(token, answer, static_cast<std::uint32_t>(granted.reasons.size()), now);
    auto& row = driver.rows_[at];
    if (row.now == stage::subscribing && --row.subscribes_open == 0) driver.set_up(at, now);
  }
  void session_unsubscribed(std::uint32_t, const mqtt::unsuback&) {}
  void session_ended(const mqtt::disconnect& farewell) { how = {outcome::broken_link, farewell.reason}; }
  void session_authentication(const mqtt::auth&) {}
  void session_broken(const wire_error& why) {
    ++driver.totals_.wire_errors;
    how = {outcome::malformed_answer, static_cast<std::uint16_t>(mqtt::reason_for(why))};
  }
};

template <stream_transport T>
void mqtt_native_driver<T>::link_opened(link_id link, time_point now) {
  const auto at = static_cast<std::uint32_t>(link);
  if (now - rows_[at].opened_at > second_syn_after && transport_.needed_second_syn(link))
    ++totals_.second_syns;
  say_hello(at, now);
}

template <stream_transport T>
void mqtt_native_driver<T>::link_received(link_id link, bytes_view raw, time_point now) {
  const auto at = static_cast<std::uint32_t>(link);
  auto& row = rows_[at];
  totals_.bytes_in += raw.size();
  const auto resent_before = row.session.retransmissions();
  session_events events{*this, at, now};
  const bool goes_on = row.session.receive(shared_, raw, now, events);
  if (!heard_.empty()) flush_heard();
  if (!goes_on) {
    if (!shared_.out.empty()) flush(at, now);
    if (row.now == stage::down) return;
    transport_.close(link, events.how.why == outcome::malformed_answer ? closing::abrupt : closing::clean,
                     now);
    return end(at, events.how, now);
  }
  if (events.accepted) {
    totals_.retransmissions += row.session.retransmissions() - resent_before;
    record_opening(row, {outcome::ok, 0}, now);
    row.lost = false;
    row.was_up = true;
    ++totals_.connections_up;
    subscribe_all(at, events.resumed, now);
    schedule(at, now);
  }
  if (!shared_.out.empty()) flush(at, now);
}

template <stream_transport T>
void mqtt_native_driver<T>::link_ended(link_id link, time_point now) {
  end(static_cast<std::uint32_t>(link), {outcome::broken_link, 0}, now);
}

template <stream_transport T>
void mqtt_native_driver<T>::link_failed(link_id link, std::error_code why, time_point now) {
  const auto at = static_cast<std::uint32_t>(link);
  const bool linking = rows_[at].now == stage::linking;
  const auto failed = !linking                ? outcome::broken_link
                      : is_local(why.value()) ? outcome::local_error
                                              : outcome::unreachable;
  end(at, {failed, static_cast<std::uint16_t>(why.value())}, now);
}

template <stream_transport T>
void mqtt_native_driver<T>::set_up(std::uint32_t at, time_point now) {
  rows_[at].now = stage::up;
  change(at, connection_state::up, {}, now);
}

/// The link is closed already.
template <stream_transport T>
void mqtt_native_driver<T>::end(std::uint32_t at, ending how, time_point now) {
  auto& row = rows_[at];
  if (row.now == stage::down) return;
  const bool was_open = is_open(row);
  row.now = stage::down;
  if (was_open) {
    --totals_.connections_up;
    record({now, now, now, row.thing, 0, 0, row.population, how.code, operation::disconnect, protocol::mqtt,
            how.why});
    row.lost = how.why != outcome::ok;
    if (row.lost) row.intended_at = now;
  } else {
    record_opening(row, how, now);
  }
  wheel_.remove(at, links());
  fail_operations_of(at, how.why == outcome::ok ? outcome::cut_off : outcome::broken_link, now);
  row.filters.reset();
  change(at, connection_state::down, how, now);
}

template <stream_transport T>
void mqtt_native_driver<T>::fail_operations_of(std::uint32_t at, outcome why, time_point now) {
  auto& row = rows_[at];
  if (const auto pending = std::move(row.pending)) {
    for (auto i = pending->messages_done; i < pending->messages.size(); ++i) {
      const auto operation = pending->messages[i].operation;
      operations_[operation].in_output = false;
      if (operations_[operation].reported) {
        operations_.drop(operation);
      } else {
        end_operation(operation, {why, 0}, 0, now);
      }
    }
  }
  session_events events{*this, at, now};
  events.given_up = why;
  row.session.lost(shared_, events);
}

template <stream_transport T>
void mqtt_native_driver<T>::end_operation(std::uint32_t at, ending how, std::uint32_t answer_bytes,
                                          time_point now) {
  auto& row = operations_[at];
  record({row.intended_at, row.sent_at, now, row.thing, row.bytes, answer_bytes, row.population, how.code,
          row.shape == nullptr ? operation::subscribe : row.shape->op, protocol::mqtt, how.why});
  if (reports_completions_ && row.shape != nullptr) completions_.push_back(connection_id{row.connection});
  operations_.leave_line(at);
  if (row.in_output) {
    row.reported = true;
  } else {
    operations_.drop(at);
  }
}

template <stream_transport T>
void mqtt_native_driver<T>::time_out_connection(std::uint32_t at, time_point now) {
  auto& row = rows_[at];
  ending how{outcome::timed_out, 0};
  if (row.now == stage::linking || row.now == stage::greeting) {
    const auto deadline = row.opened_at + target_.connect_timeout;
    if (now < deadline) return wheel_.insert(at, deadline, now, links());
  } else if (row.session.advance(shared_, now) == mqtt::session::liveness::fine) {
    flush(at, now);
    return schedule(at, now);
  }
  transport_.close(link_id{at}, closing::abrupt, now);
  end(at, how, now);
}

template <stream_transport T>
void mqtt_native_driver<T>::schedule(std::uint32_t at, time_point now) {
  if (!is_open(rows_[at])) return;
  wheel_.remove(at, links());
  if (const auto deadline = rows_[at].session.next_deadline(shared_.settings)) {
    wheel_.insert(at, *deadline, now, links());
  }
}

template <stream_transport T>
void mqtt_native_driver<T>::record(const observation& seen) {
  observations_.push_back(seen);
  if (observations_.size() < batch_max) return;
  client_.record(observations_);
  observations_.clear();
}

template <stream_transport T>
void mqtt_native_driver<T>::record_opening(const mqtt_connection& row, ending how, time_point now) {
  // While the loss lasts intended_at is when it began; an attempt that failed counts from its own beginning.
  const auto intended = row.lost && how.why != outcome::ok ? row.opened_at : row.intended_at;
  record({intended, row.opened_at, now, row.thing, 0, 0, row.population, how.code,
          row.was_up ? operation::reconnect : operation::connect, protocol::mqtt, how.why});
}

template <stream_transport T>
void mqtt_native_driver<T>::change(std::uint32_t at, connection_state now_is, ending how, time_point now) {
  changes_.push_back({now, connection_id{at}, now_is, how.why, how.code});
}

template <stream_transport T>
void mqtt_native_driver<T>::flush_heard() {
  flush_changes();  // nobody hears from a connection that is not yet known to be up
  client_.heard(heard_);
  heard_.clear();
}

template <stream_transport T>
void mqtt_native_driver<T>::flush_changes() {
  if (changes_.empty()) return;
  client_.changed(changes_);
  if (changes_.size() > batch_max) return give_back_pages(changes_);  // a target's death, not every day
  changes_.clear();
}

template <stream_transport T>
void mqtt_native_driver<T>::flush_reports() {
  flush_changes();
  if (!observations_.empty()) {
    client_.record(observations_);
    observations_.clear();
  }
  if (!completions_.empty()) {
    client_.ready_for_more(completions_);
    completions_.clear();
  }
}

}  // namespace wanwu
