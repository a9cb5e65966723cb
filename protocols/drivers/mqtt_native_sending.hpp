// The outgoing half of mqtt_native_driver. Included by mqtt_native_driver.hpp.
#pragma once

#include "protocols/drivers/mqtt_native_driver.hpp"

namespace wanwu {

template <stream_transport T>
void mqtt_native_driver<T>::start(std::span<const intent> intents, time_point now) {
  for (const intent& coming : intents) expect(static_cast<std::uint32_t>(coming.connection));
  for (std::size_t i = 0; i < intents.size();) {
    const auto connection = intents[i].connection;
    const auto at = static_cast<std::uint32_t>(connection);
    run_.clear();
    // Neighbours of one connection leave in one send().
    do {
      start_one(intents[i], at, now);
      ++i;
    } while (i < intents.size() && intents[i].connection == connection &&
             shared_.out.size() < coalesced_bytes_max);
    if (!shared_.out.empty()) flush(at, now);
  }
}

template <stream_transport T>
void mqtt_native_driver<T>::start_one(const intent& what, std::uint32_t at, time_point now) {
  auto& row = rows_[at];
  if (!is_open(row)) return refuse(what, 0, now);
  const auto full = static_cast<std::uint16_t>(mqtt::reason_code::quota_exceeded);
  if (row.pending && row.pending->size() > pending_bytes_max) return refuse(what, full, now);
  const auto& shape = *what.shape;
  const mqtt::outgoing_publish message{.topic = what.address,
                                       .payload = what.payload,
                                       .properties = shape.publish_properties,
                                       .more_properties = what.properties,
                                       .level = static_cast<mqtt::qos>(shape.qos),
                                       .retain = shape.retain};
  if (shape.qos == 0) {
    const auto done = row.session.publish(shared_, message, 0, now);
    if (done == mqtt::publish_result::sent) {
      run_.push_back({&what, shared_.out.size()});
      ++totals_.messages_out;
      return;
    }
    return refuse(what, refusal_code(done), now);
  }
  const auto operation = begin(what, at, 0, now);
  const auto done = row.session.publish(shared_, message, operation, now);
  if (done == mqtt::publish_result::sent || done == mqtt::publish_result::queued) {
    operations_[operation].bytes = static_cast<std::uint32_t>(mqtt::publish_size(message, target_.level));
    ++totals_.messages_out;
    return;
  }
  operations_.leave_line(operation);
  operations_.drop(operation);
  refuse(what, refusal_code(done), now);
}

template <stream_transport T>
std::uint32_t mqtt_native_driver<T>::begin(const intent& what, std::uint32_t at, std::uint32_t size,
                                           time_point now) {
  mqtt_operation operation;
  operation.intended_at = what.intended_at;
  operation.sent_at = now;
  operation.shape = what.shape;
  operation.connection = at;
  operation.thing = what.thing;
  operation.population = what.shape->population;
  operation.bytes = size;
  return operations_.begin(operation, what.shape->answer_within);
}

template <stream_transport T>
void mqtt_native_driver<T>::refuse(const intent& what, std::uint16_t code, time_point now) {
  record({what.intended_at, now, now, what.thing, 0, 0, what.shape->population, code, what.shape->op,
          protocol::mqtt, outcome::not_started});
}

/// Hands over what is in the shared buffer; what the kernel does not take waits in the connection's own.
template <stream_transport T>
void mqtt_native_driver<T>::flush(std::uint32_t at, time_point now) {
  auto& row = rows_[at];
  const auto raw = shared_.out.view();
  if (raw.empty()) return;
  const bool waits = row.pending != nullptr;
  const auto taken = waits ? 0 : transport_.send(link_id{at}, raw, now);
  totals_.bytes_out += taken;
  const bool link_holds = waits || transport_.is_up(link_id{at});  // else it swallowed what it was given
  std::size_t begin = 0;
  for (const auto& [what, end] : run_) {
    const auto size = static_cast<std::uint32_t>(end - begin);
    begin = end;
    if (end <= taken) {
      record({what->intended_at, now, now, what->thing, size, 0, what->shape->population, 0, what->shape->op,
              protocol::mqtt, link_holds ? outcome::ok : outcome::broken_link});
      if (reports_completions_) completions_.push_back(what->connection);
      continue;
    }
    const auto operation = this->begin(*what, at, size, now);
    operations_[operation].in_output = true;
    if (!row.pending) row.pending = std::make_unique<mqtt_pending_output>();
    row.pending->messages.push_back({row.pending->waiting.size() + end - taken, operation});
  }
  run_.clear();
  if (taken < raw.size()) {
    if (!row.pending) row.pending = std::make_unique<mqtt_pending_output>();
    row.pending->waiting.append(raw.subspan(taken));
  }
  shared_.out.clear();
  if (row.pending && row.pending->size() > unread_bytes_max + target_.packet_size_max) {
    transport_.close(link_id{at}, closing::abrupt, now);
    end(at, {outcome::timed_out, 0}, now);
  }
}

template <stream_transport T>
void mqtt_native_driver<T>::link_writable(link_id link, time_point now) {
  const auto at = static_cast<std::uint32_t>(link);
  auto& row = rows_[at];
  if (!row.pending) return;
  auto& pending = *row.pending;
  const auto taken = transport_.send(link, pending.waiting.view_from(pending.sent), now);
  pending.sent += taken;
  totals_.bytes_out += taken;
  finish_sent(row, now);
  if (pending.size() == 0) row.pending.reset();
}

template <stream_transport T>
void mqtt_native_driver<T>::finish_sent(mqtt_connection& row, time_point now) {
  auto& pending = *row.pending;
  while (pending.messages_done < pending.messages.size() &&
         pending.messages[pending.messages_done].end <= pending.sent) {
    const auto operation = pending.messages[pending.messages_done++].operation;
    operations_[operation].in_output = false;
    if (operations_[operation].reported) {
      operations_.drop(operation);
    } else {
      end_operation(operation, {outcome::ok, 0}, 0, now);
    }
  }
}

template <stream_transport T>
void mqtt_native_driver<T>::say_hello(std::uint32_t at, time_point now) {
  auto& row = rows_[at];
  login_ = {};
  client_.describe(connection_id{at}, login_);
  row.thing = login_.thing;
  row.population = login_.population;
  mqtt::session_login who{.client_id = login_.client_id};
  if (login_.has_user) who.user = login_.user;
  if (login_.has_password) who.password = as_bytes(login_.password);
  if (!login_.will_topic.empty()) {
    who.last_will = mqtt::will{static_cast<mqtt::qos>(login_.will_qos),
                               login_.will_retain,
                               {},
                               login_.will_topic,
                               login_.will_payload};
  }
  row.session.connect(shared_, who, now);
  row.now = stage::greeting;
  flush(at, now);
}

/// One SUBSCRIBE a tag, so that the target's subscription identifier is the tag. Leaves the connection up or
/// subscribing.
template <stream_transport T>
void mqtt_native_driver<T>::subscribe_all(std::uint32_t at, bool resumed, time_point now) {
  auto& row = rows_[at];
  login_ = {};
  client_.describe(connection_id{at}, login_);
  const auto& wanted = login_.subscriptions;
  bool many_tags = false;
  for (const auto& each : wanted) many_tags |= each.tag != wanted.front().tag;
  row.only_tag = wanted.empty() ? std::uint8_t{0} : wanted.front().tag;
  row.identifies = many_tags && row.session.may_identify_subscriptions();
  row.filters.reset();
  if (many_tags && !row.identifies) {
    row.filters = std::make_unique<std::vector<mqtt_tagged_filter>>();
    for (const auto& each : wanted) row.filters->push_back({each.filter, each.tag});
  }
  row.subscribes_open = 0;
  byte_writer filters;
  for (std::size_t i = 0; i < wanted.size() && !resumed; ++i) {
    const bool v5 = target_.level == mqtt::version::v5;
    const auto options = static_cast<std::uint8_t>(wanted[i].qos | (v5 && wanted[i].no_local ? 4U : 0U));
    mqtt::put_filter(filters, wanted[i].filter, options);
    if (i + 1 < wanted.size() && wanted[i + 1].tag == wanted[i].tag) continue;
    mqtt_operation operation;
    operation.intended_at = operation.sent_at = now;
    operation.connection = at;
    operation.thing = row.thing;
    operation.population = row.population;
    operation.bytes = static_cast<std::uint32_t>(filters.size());
    const auto token = operations_.begin(operation, target_.connect_timeout);
    const auto identifier = row.identifies ? std::uint32_t{wanted[i].tag} + 1 : 0;
    if (row.session.subscribe(shared_, filters.view(), identifier, token, now)) {
      ++row.subscribes_open;
    } else {
      end_operation(token, {outcome::not_started, 0}, 0, now);
    }
    filters.clear();
  }
  row.now = stage::subscribing;
  if (row.subscribes_open == 0) set_up(at, now);
}

}  // namespace wanwu
