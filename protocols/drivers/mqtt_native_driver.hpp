// The native MQTT driver over any stream transport. Included by mqtt_native.cpp alone, which makes one of
// each.
//
// The way of a message: start() encodes into one shared buffer, hands it to the transport in one send(), and
// makes the observation at once (QoS 0) or leaves an operation that the acknowledgement ends. Nothing is
// allocated.
#pragma once

#include <cerrno>
#include <utility>

#include "protocols/core/pages.hpp"
#include "protocols/drivers/mqtt_connection.hpp"
#include "protocols/drivers/mqtt_endpoint.hpp"
#include "protocols/drivers/mqtt_operations.hpp"
#include "protocols/transport/impairment.hpp"

namespace wanwu {

template <stream_transport T>
class mqtt_native_driver final : public driver, public readiness_listener {
 public:
  /// Unsent bytes of one connection beyond which it takes no further operation.
  static constexpr std::size_t pending_bytes_max = std::size_t{256} * 1024;
  /// Unsent answers (PUBACK and so on) beyond which a target that does not read is given up.
  static constexpr std::size_t unread_bytes_max = std::size_t{1024} * 1024;
  static constexpr std::size_t batch_max = 256;  ///< Observations handed over at once.
  static constexpr std::size_t changes_room = 8192;
  /// Pings and timeouts of one advance(): what came in meanwhile is looked at before the rest.
  static constexpr std::size_t deadlines_at_once = 64;
  static constexpr std::size_t coalesced_bytes_max =
      std::size_t{64} * 1024;  ///< Of one connection in one send().

  mqtt_native_driver(const mqtt_endpoint& target, T& transport, driver_client& client);

  // driver
  void prepare(std::uint32_t count) override;
  void open(std::span<const connection_id> which, std::span<const time_point> intended,
            time_point now) override;
  void close(std::span<const connection_id> which, closing how, time_point now) override;
  void start(std::span<const intent> intents, time_point now) override;
  void advance(time_point now) override;
  std::optional<time_point> next_deadline() const override;
  void abandon(outcome why, time_point now) override;
  driver_totals totals() const override;
  void report_completions(bool wanted) override { reports_completions_ = wanted; }

  // readiness_listener
  void ready(std::span<const readiness> events, time_point now) override;

  // stream_listener
  void link_opened(link_id link, time_point now);
  void link_received(link_id link, bytes_view raw, time_point now);
  void link_writable(link_id link, time_point now);
  void link_ended(link_id link, time_point now);
  void link_failed(link_id link, std::error_code why, time_point now);

 private:
  using stage = mqtt_connection::stage;
  struct session_events;  ///< The session's visitor.

  /// How a connection came down.
  struct ending {
    outcome why{};
    std::uint16_t code{};
  };

  auto links() {
    return [this](std::uint32_t at) -> wheel_links& { return rows_[at].wheel; };
  }
  static bool is_open(const mqtt_connection& row) {
    return row.now == stage::up || row.now == stage::subscribing;
  }
  /// An operation of its kept session that gets no answer then had no chance to.
  static bool is_ended_by_us(const mqtt_connection& row) { return row.now == stage::down && !row.lost; }

  // Sending (mqtt_native_sending.hpp)
  void start_one(const intent& what, std::uint32_t at, time_point now);
  void flush(std::uint32_t at, time_point now);
  void finish_sent(mqtt_connection& row, time_point now);
  void say_hello(std::uint32_t at, time_point now);
  void subscribe_all(std::uint32_t at, bool resumed, time_point now);
  void refuse(const intent& what, std::uint16_t code, time_point now);
  std::uint32_t begin(const intent& what, std::uint32_t at, std::uint32_t size, time_point now);

  // Ending and reporting (mqtt_native_receiving.hpp)
  void set_up(std::uint32_t at, time_point now);
  void end(std::uint32_t at, ending how, time_point now);
  void fail_operations_of(std::uint32_t at, outcome why, time_point now);
  void end_operation(std::uint32_t operation, ending how, std::uint32_t answer_bytes, time_point now);
  void time_out_connection(std::uint32_t at, time_point now);
  /// Has a row brought near: of a million most are far from the processor.
  void expect(std::uint32_t at) const noexcept {
    if (at >= rows_.size()) return;
    for (std::size_t line = 0; line < sizeof(mqtt_connection); line += 64)
      __builtin_prefetch(reinterpret_cast<const std::byte*>(&rows_[at]) + line, 1);
  }
  void schedule(std::uint32_t at, time_point now);
  void record(const observation& seen);
  void record_opening(const mqtt_connection& row, ending how, time_point now);
  void change(std::uint32_t at, connection_state now_is, ending how, time_point now);
  void flush_heard();
  void flush_changes();
  void flush_reports();

  mqtt_endpoint target_;
  T& transport_;
  driver_client& client_;
  mqtt::session_shared shared_;
  std::vector<mqtt_connection> rows_;
  mqtt_operations operations_;
  coarse_wheel wheel_;
  driver_totals totals_;
  bool reports_completions_ = false;

  // Used again from call to call.
  struct qos0_message {
    const intent* what{};
    std::size_t end{};
  };
  std::vector<qos0_message> run_;
  std::vector<observation> observations_;
  std::vector<connection_change> changes_;
  std::vector<heard_message> heard_;
  std::vector<connection_id> completions_;
  login login_;
};

inline mqtt::session_settings session_settings_of(const mqtt_endpoint& target) {
  mqtt::session_settings out;
  out.level = target.level;
  out.keep_alive = target.keep_alive;
  out.clean_start = target.clean_start;
  out.use_topic_alias = target.use_topic_alias;
  out.session_expiry = target.session_expiry;
  out.receive_maximum = target.receive_maximum;
  out.topic_alias_maximum = target.topic_alias_maximum;
  out.packet_size_max = target.packet_size_max;
  return out;
}

template <stream_transport T>
mqtt_native_driver<T>::mqtt_native_driver(const mqtt_endpoint& target, T& transport, driver_client& client)
    : target_{target},
      transport_{transport},
      client_{client},
      shared_{.settings = session_settings_of(target), .out = {}} {
  transport_.attach(*this);
  observations_.reserve(batch_max);
}

template <stream_transport T>
void mqtt_native_driver<T>::prepare(std::uint32_t count) {
  reserve_in_huge_pages(rows_, count);
  rows_.resize(count);
  // Seldom does a connection have more than one under way; what is never filled costs no memory.
  operations_.reserve(count);
  shared_.exchanges.reserve(count);
  changes_.reserve(std::min<std::size_t>(count, changes_room));
  transport_.prepare(count);
}

template <stream_transport T>
void mqtt_native_driver<T>::open(std::span<const connection_id> which, std::span<const time_point> intended,
                                 time_point now) {
  for (std::size_t i = 0; i < which.size(); ++i) {
    const auto at = static_cast<std::uint32_t>(which[i]);
    auto& row = rows_[at];
    if (row.now != stage::down) continue;
    if (!row.lost) row.intended_at = intended[i];
    row.opened_at = now;
    row.now = stage::linking;
    change(at, connection_state::opening, {}, now);
    wheel_.insert(at, now + target_.connect_timeout, now, links());
    transport_.open(link_id{at}, target_.address, now);
  }
}

template <stream_transport T>
void mqtt_native_driver<T>::close(std::span<const connection_id> which, closing how, time_point now) {
  for (const auto connection : which) {
    const auto at = static_cast<std::uint32_t>(connection);
    auto& row = rows_[at];
    if (row.now == stage::down) continue;
    if (how == closing::clean && is_open(row)) {
      row.session.disconnect(shared_, mqtt::reason_code::success, now);
      flush(at, now);
      if (row.now == stage::down) continue;
    }
    transport_.close(link_id{at}, how, now);
    // Who is still waiting to be accepted has had no answer in all the time there was.
    end(at, {is_open(row) ? outcome::ok : outcome::timed_out, 0}, now);
  }
}

template <stream_transport T>
void mqtt_native_driver<T>::advance(time_point now) {
  if constexpr (delaying_transport<T>) transport_.advance(*this, now);
  wheel_.advance(now, deadlines_at_once, links(), [&](std::uint32_t at) { time_out_connection(at, now); });
  for (auto due = operations_.due(now); due != no_operation; due = operations_.due(now)) {
    auto& row = rows_[operations_[due].connection];
    const bool subscribes = operations_[due].shape == nullptr;
    if (!operations_[due].in_output) row.session.forget(shared_, due);
    const auto at = operations_[due].connection;
    end_operation(due, {is_ended_by_us(row) ? outcome::cut_off : outcome::timed_out, 0}, 0, now);
    if (subscribes && row.now == stage::subscribing && --row.subscribes_open == 0) set_up(at, now);
  }
  operations_.give_back_room();
  shared_.exchanges.give_back_room();
  flush_reports();
}

template <stream_transport T>
std::optional<time_point> mqtt_native_driver<T>::next_deadline() const {
  if (!observations_.empty() || !changes_.empty() || !completions_.empty()) return time_point{};
  auto soonest = wheel_.next();
  const auto sooner = [&](std::optional<time_point> due) {
    if (due && (!soonest || *due < *soonest)) soonest = due;
  };
  sooner(operations_.next_deadline());
  if constexpr (delaying_transport<T>) sooner(transport_.next_deadline());
  return soonest;
}

template <stream_transport T>
void mqtt_native_driver<T>::abandon(outcome why, time_point now) {
  for (auto any = operations_.any(); any != no_operation; any = operations_.any()) {
    auto& row = rows_[operations_[any].connection];
    if (!operations_[any].in_output) row.session.forget(shared_, any);
    end_operation(any, {is_ended_by_us(row) ? outcome::cut_off : why, 0}, 0, now);
  }
  flush_reports();
}

template <stream_transport T>
driver_totals mqtt_native_driver<T>::totals() const {
  auto out = totals_;
  out.operations_in_flight = operations_.count();
  out.direct_sockets = transport_.direct_count();
  if constexpr (delaying_transport<T>) out.connections_up += transport_.ending();
  return out;
}

template <stream_transport T>
void mqtt_native_driver<T>::ready(std::span<const readiness> events, time_point now) {
  for (const readiness& event : events) expect(event.key);
  transport_.dispatch(events, *this, now);
  flush_reports();
}

}  // namespace wanwu

#include "protocols/drivers/mqtt_native_receiving.hpp"
#include "protocols/drivers/mqtt_native_sending.hpp"
