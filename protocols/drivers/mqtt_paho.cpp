#include "protocols/drivers/mqtt_paho.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include "protocols/drivers/mqtt_paho_connection.hpp"
#include "protocols/mqtt/reason_code.hpp"
#include "protocols/mqtt/topic.hpp"

namespace wanwu {

namespace {

using namespace std::chrono_literals;

constexpr auto poll_every = 10ms;
constexpr auto check_answers_every = 50ms;
constexpr auto farewell_within = 2s;  ///< A client that is closing in order is destroyed after that.

class mqtt_paho_driver final : public driver {
 public:
  mqtt_paho_driver(const mqtt_endpoint& target, driver_client& client) : target_{target}, client_{client} {}

  void prepare(std::uint32_t count) override { rows_.resize(std::min(count, paho_connections_max)); }

  void open(std::span<const connection_id> which, std::span<const time_point> intended,
            time_point now) override {
    for (std::size_t i = 0; i < which.size(); ++i) {
      const auto at = static_cast<std::uint32_t>(which[i]);
      if (at >= rows_.size()) {  // beyond what Paho can carry
        change(at, connection_state::down, outcome::local_error, 0, now);
        observations_.push_back({intended[i],
                                 now,
                                 now,
                                 {},
                                 0,
                                 0,
                                 0,
                                 0,
                                 operation::connect,
                                 protocol::mqtt,
                                 outcome::local_error});
        continue;
      }
      if (rows_[at].now == stage::down) open_one(at, intended[i], now);
    }
  }

  void close(std::span<const connection_id> which, closing how, time_point now) override {
    for (const auto connection : which) {
      const auto at = static_cast<std::uint32_t>(connection);
      if (at >= rows_.size() || rows_[at].now == stage::down) continue;
      auto& row = rows_[at];
      const bool was_open = row.now != stage::opening;
      // Paho knows no abrupt end: destroying a client says DISCONNECT too, if it can at once.
      if (was_open && how == closing::clean) say_goodbye(row, now);
      end(at, was_open ? outcome::ok : outcome::not_started, 0, now);
      if (how == closing::abrupt) row.client.reset();
    }
  }

  void start(std::span<const intent> intents, time_point now) override {
    for (const auto& each : intents) start_one(each, now);
  }

  void advance(time_point now) override {
    taken_.clear();
    const auto dropped = queue_.take(taken_);
    for (std::uint64_t i = 0; i < dropped; ++i) {
      observations_.push_back(
          {now, now, now, {}, 0, 0, 0, 0, operation::arrived, protocol::mqtt, outcome::local_error});
    }
    for (const auto& each : taken_) handle(each);
    flush_heard();
    std::erase_if(awaited_, [&](std::uint32_t at) {
      if (rows_[at].awaits && rows_[at].client->has_left()) connect(at, now);
      return !rows_[at].awaits;
    });
    if (now >= next_check_) {
      time_out(now);
      std::erase_if(retired_, [&](const auto& old) { return old.client->has_left() || now >= old.until; });
      next_check_ = now + check_answers_every;
    }
    flush();
  }

  std::optional<time_point> next_deadline() const override {
    const bool idle = actions_.empty() && retired_.empty() && observations_.empty() && changes_.empty() &&
                      totals_.connections_up == 0;
    if (idle) return std::nullopt;
    return std::chrono::steady_clock::now() + poll_every;
  }

  void abandon(outcome why, time_point now) override {
    for (const auto& [number, action] : std::exchange(actions_, {})) {
      if (action.op == operation::connect || action.op == operation::reconnect) continue;
      finish(action, is_ended_by_us(rows_[action.connection]) ? outcome::cut_off : why, 0, now);
    }
    flush();
  }

  driver_totals totals() const override {
    auto out = totals_;
    out.operations_in_flight = static_cast<std::uint32_t>(actions_.size());
    return out;
  }
  void report_completions(bool wanted) override { reports_completions_ = wanted; }

 private:
  using stage = paho_connection::stage;
  struct retired_client {
    std::unique_ptr<paho_client> client;
    time_point until;
  };

  /// An operation of its kept session that gets no answer then had no chance to.
  static bool is_ended_by_us(const paho_connection& row) { return row.now == stage::down && !row.lost; }

  void open_one(std::uint32_t at, time_point intended, time_point now);
  void connect(std::uint32_t at, time_point now);
  void start_one(const intent& what, time_point now);
  void subscribe_all(std::uint32_t at, time_point now);
  void say_goodbye(paho_connection& row, time_point now);
  void handle(const paho_event& what);
  void handle_connect(std::uint32_t at, const paho_event& what, const pending_action& action);
  void handle_message(const paho_event& what);
  void time_out(time_point now);
  void end(std::uint32_t at, outcome why, std::uint16_t code, time_point now);

  std::uint64_t begin(pending_action action, duration within) {
    action.deadline = action.sent_at + within;
    actions_.emplace(++last_action_, action);
    return last_action_;
  }
  void finish(const pending_action& action, outcome why, std::uint16_t code, time_point at) {
    observations_.push_back({action.intended_at, action.sent_at, at, action.thing, action.bytes, 0,
                             action.population, code, action.op, protocol::mqtt, why});
    if (reports_completions_ && action.shape != nullptr)
      completions_.push_back(connection_id{action.connection});
  }
  void change(std::uint32_t at, connection_state now_is, outcome why, std::uint16_t code, time_point now) {
    changes_.push_back({now, connection_id{at}, now_is, why, code});
  }
  void flush_heard() {
    if (heard_.empty()) return;
    if (!changes_.empty()) client_.changed(std::exchange(changes_, {}));
    client_.heard(heard_);
    heard_.clear();
  }
  void flush() {
    if (!changes_.empty()) client_.changed(std::exchange(changes_, {}));
    if (!observations_.empty()) client_.record(std::exchange(observations_, {}));
    if (!completions_.empty()) client_.ready_for_more(std::exchange(completions_, {}));
  }

  mqtt_endpoint target_;
  driver_client& client_;
  paho_event_queue queue_;
  std::vector<paho_connection> rows_;
  std::vector<retired_client> retired_;
  std::vector<std::uint32_t> awaited_;  ///< Rows that await their client's goodbye, and may have ceased to.
  std::map<std::uint64_t, pending_action> actions_;
  std::uint64_t last_action_ = 0;
  time_point next_check_{};
  driver_totals totals_;
  bool reports_completions_ = false;
  std::vector<paho_event> taken_;
  std::vector<observation> observations_;
  std::vector<connection_change> changes_;
  std::vector<heard_message> heard_;
  std::vector<connection_id> completions_;
};

void mqtt_paho_driver::open_one(std::uint32_t at, time_point intended, time_point now) {
  auto& row = rows_[at];
  login who;
  client_.describe(connection_id{at}, who);
  if (!row.lost) row.intended_at = intended;
  row.opened_at = now;
  row.thing = who.thing;
  row.population = who.population;
  row.subscriptions = who.subscriptions;
  row.farewell = 0;
  change(at, connection_state::opening, outcome::ok, 0, now);
  if (!row.client || target_.clean_start || row.client_id != who.client_id) {
    row.client_id = who.client_id;
    row.client = std::make_unique<paho_client>(target_, row.client_id, at, ++row.life, queue_);
  }
  row.now = stage::opening;
  pending_action action;
  action.intended_at = row.intended_at;
  action.sent_at = now;
  action.op = row.was_up ? operation::reconnect : operation::connect;
  action.connection = at;
  action.thing = row.thing;
  action.population = row.population;
  row.opening = begin(action, target_.connect_timeout);
  // Paho takes a connect before a disconnect that waits and drops it, since it is connected still.
  row.awaits = !row.client->has_left();
  if (row.awaits) return awaited_.push_back(at);
  connect(at, now);
}

void mqtt_paho_driver::connect(std::uint32_t at, time_point now) {
  login who;
  client_.describe(connection_id{at}, who);
  rows_[at].awaits = false;
  if (!rows_[at].client->connect(who, rows_[at].opening)) end(at, outcome::local_error, 0, now);
}

void mqtt_paho_driver::start_one(const intent& what, time_point now) {
  const auto at = static_cast<std::uint32_t>(what.connection);
  const auto& shape = *what.shape;
  pending_action action;
  action.intended_at = what.intended_at;
  action.sent_at = now;
  action.shape = &shape;
  action.op = shape.op;
  action.connection = at;
  action.thing = what.thing;
  action.population = shape.population;
  action.bytes = static_cast<std::uint32_t>(what.address.size() + what.payload.size());
  const auto refuse = [&](std::uint16_t code) {
    observations_.push_back({what.intended_at, now, now, what.thing, 0, 0, shape.population, code, shape.op,
                             protocol::mqtt, outcome::not_started});
  };
  if (at >= rows_.size() || rows_[at].now == stage::down || rows_[at].now == stage::opening) return refuse(0);
  const auto number = begin(action, shape.answer_within);
  if (!rows_[at].client->publish(what, number)) {
    actions_.erase(number);
    return refuse(static_cast<std::uint16_t>(mqtt::reason_code::quota_exceeded));
  }
  ++totals_.messages_out;
  totals_.bytes_out += action.bytes;
}

void mqtt_paho_driver::subscribe_all(std::uint32_t at, time_point now) {
  auto& row = rows_[at];
  const auto& wanted = row.subscriptions;
  row.subscribes_open = 0;
  row.now = stage::subscribing;
  for (const auto& each : wanted) {
    pending_action action;
    action.intended_at = action.sent_at = now;
    action.op = operation::subscribe;
    action.connection = at;
    action.thing = row.thing;
    action.population = row.population;
    const auto number = begin(action, target_.connect_timeout);
    if (row.client->subscribe(each, number)) {
      ++row.subscribes_open;
    } else {
      actions_.erase(number);
      finish(action, outcome::not_started, 0, now);
    }
  }
}

void mqtt_paho_driver::say_goodbye(paho_connection& row, time_point now) {
  if (!row.client->disconnect()) return row.client.reset();
  if (target_.clean_start) retired_.push_back({std::move(row.client), now + farewell_within});
}

void mqtt_paho_driver::handle(const paho_event& what) {
  if (what.what == paho_event::kind::message) return handle_message(what);
  if (what.action == 0) {
    auto& row = rows_[what.connection];
    if (row.life != what.life || row.now == stage::down) return;
    if (what.what == paho_event::kind::dismissed) row.farewell = what.code;
    if (row.now == stage::opening) return;  // told by the connect itself
    return end(what.connection, outcome::broken_link, row.farewell != 0 ? row.farewell : what.code, what.at);
  }
  const auto found = actions_.find(what.action);
  if (found == actions_.end()) return;  // given up before
  const auto action = found->second;
  actions_.erase(found);
  if (action.op == operation::connect || action.op == operation::reconnect) {
    return handle_connect(action.connection, what, action);
  }
  auto& row = rows_[action.connection];
  const bool answered = what.what == paho_event::kind::succeeded || what.code != 0;
  const bool ok = answered && what.code < 0x80;
  if (action.shape != nullptr && !action.shape->expect.empty() && answered) {
    const auto& expect = action.shape->expect;
    const bool expected = std::find(expect.begin(), expect.end(), what.code) != expect.end();
    finish(action, expected ? outcome::ok : outcome::refused, what.code, what.at);
  } else {
    const auto unanswered = is_ended_by_us(row) ? outcome::cut_off : outcome::broken_link;
    finish(action, ok ? outcome::ok : answered ? outcome::refused : unanswered, what.code, what.at);
  }
  if (action.op == operation::subscribe && row.now == stage::subscribing && --row.subscribes_open == 0) {
    row.now = stage::up;
    change(action.connection, connection_state::up, outcome::ok, 0, what.at);
  }
}

void mqtt_paho_driver::handle_connect(std::uint32_t at, const paho_event& what,
                                      const pending_action& action) {
  auto& row = rows_[at];
  if (row.now != stage::opening || row.opening != what.action) return;
  if (what.what == paho_event::kind::failed) {
    return end(at, what.code != 0 ? outcome::refused : outcome::unreachable, what.code, what.at);
  }
  finish(action, outcome::ok, 0, what.at);
  row.lost = false;
  row.was_up = true;
  ++totals_.connections_up;
  if (!what.resumed && !row.subscriptions.empty()) subscribe_all(at, what.at);
  if (row.now == stage::opening || row.subscribes_open == 0) {
    row.now = stage::up;
    change(at, connection_state::up, outcome::ok, 0, what.at);
  }
}

void mqtt_paho_driver::handle_message(const paho_event& what) {
  const auto& row = rows_[what.connection];
  if (row.life != what.life) return;
  // Of a session that is kept, Paho has confirmed it while it said goodbye: it does not come again.
  if (row.now == stage::down && target_.clean_start) return;
  ++totals_.messages_in;
  totals_.bytes_in += what.topic.size() + what.payload.size();
  heard_message out;
  out.address = what.topic;
  out.payload = as_bytes(what.payload);
  out.response_topic = what.response_topic;
  out.correlation = as_bytes(what.correlation);
  out.at = what.at;
  out.connection = connection_id{what.connection};
  out.qos = what.qos;
  out.retained = what.retained;
  out.duplicate = what.duplicate;
  for (const auto& each : row.subscriptions) {
    const auto shared = mqtt::split_shared(each.filter);
    if (!mqtt::topic_matches(shared ? shared->filter : std::string_view{each.filter}, what.topic)) continue;
    out.subscription_tag = each.tag;
    break;
  }
  heard_.push_back(out);
}

void mqtt_paho_driver::time_out(time_point now) {
  std::vector<std::uint64_t> due;
  for (const auto& [number, action] : actions_) {
    if (action.deadline <= now) due.push_back(number);
  }
  for (const auto number : due) {
    const auto found = actions_.find(number);
    if (found == actions_.end()) continue;  // went with its connection
    const auto action = found->second;
    actions_.erase(found);
    auto& row = rows_[action.connection];
    if (action.op == operation::connect || action.op == operation::reconnect) {
      if (row.now == stage::opening && row.opening == number)
        end(action.connection, outcome::timed_out, 0, now);
      continue;
    }
    finish(action, is_ended_by_us(row) ? outcome::cut_off : outcome::timed_out, 0, now);
    if (action.op != operation::subscribe || row.now != stage::subscribing || --row.subscribes_open != 0)
      continue;
    row.now = stage::up;
    change(action.connection, connection_state::up, outcome::ok, 0, now);
  }
}

void mqtt_paho_driver::end(std::uint32_t at, outcome why, std::uint16_t code, time_point now) {
  auto& row = rows_[at];
  const bool was_open = row.now == stage::subscribing || row.now == stage::up;
  row.now = stage::down;
  row.awaits = false;
  if (was_open) {
    --totals_.connections_up;
    observations_.push_back(
        {now, now, now, row.thing, 0, 0, row.population, code, operation::disconnect, protocol::mqtt, why});
    row.lost = why != outcome::ok;
    if (row.lost) row.intended_at = now;
  } else {
    const auto intended = row.lost ? row.opened_at : row.intended_at;
    observations_.push_back({intended, row.opened_at, now, row.thing, 0, 0, row.population, code,
                             row.was_up ? operation::reconnect : operation::connect, protocol::mqtt, why});
  }
  for (auto each = actions_.begin(); each != actions_.end();) {
    const bool kept =
        each->second.connection != at || (!target_.clean_start && each->second.shape != nullptr);
    if (kept) {
      ++each;
      continue;
    }
    const bool opening = each->second.op == operation::connect || each->second.op == operation::reconnect;
    if (!opening) finish(each->second, why == outcome::ok ? outcome::cut_off : outcome::broken_link, 0, now);
    each = actions_.erase(each);
  }
  change(at, connection_state::down, why, code, now);
}

}  // namespace

std::unique_ptr<driver> make_mqtt_paho(const mqtt_endpoint& target, driver_client& client) {
  return std::make_unique<mqtt_paho_driver>(target, client);
}

}  // namespace wanwu
