// A driver without a wire and the worker above it, for tests of what a worker does.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "sim/worker.hpp"
#include "tests/sim/invented_world.hpp"

namespace wanwu::sim {

/// A wire on which all connect at once, and the test says who is answered.
class told_driver final : public driver {
 public:
  explicit told_driver(driver_client& client) : client_{client} {}

  void prepare(std::uint32_t) override {}
  void open(std::span<const connection_id> which, std::span<const time_point>, time_point now) override {
    waiting_.insert(waiting_.end(), which.begin(), which.end());
    if (lets_in) let_in(now);
  }
  /// All that wait for it are connected.
  void let_in(time_point now) {
    for (const connection_id each : std::exchange(waiting_, {}))
      tell(each, operation::connect, connection_state::up, now);
  }
  void close(std::span<const connection_id> which, closing, time_point now) override {
    for (const connection_id each : which) {
      std::erase_if(under_way_, [&](const flight& one) {
        if (one.connection == each) end(one, outcome::cut_off, now);
        return one.connection == each;
      });
      tell(each, operation::disconnect, connection_state::down, now);
    }
  }
  void start(std::span<const intent> intents, time_point now) override {
    for (const intent& each : intents) {
      ++begun[static_cast<std::size_t>(each.shape->op)];
      const flight one{each.connection, each.shape, each.thing, each.intended_at};
      if (answers(each.shape->op, now)) {
        end(one, outcome::ok, now);
      } else {
        under_way_.push_back(one);
      }
    }
  }
  void advance(time_point) override {}
  std::optional<time_point> next_deadline() const override { return std::nullopt; }
  void abandon(outcome, time_point) override {}
  driver_totals totals() const override {
    return {.operations_in_flight = static_cast<std::uint32_t>(under_way_.size())};
  }

  std::function<bool(operation, time_point)> answers = [](operation, time_point) { return true; };
  std::array<std::size_t, operation_count> begun{};
  std::size_t cut = 0;
  bool lets_in = true;  ///< At once.

 private:
  struct flight {
    connection_id connection;
    const request_shape* shape;
    thing_id thing;
    time_point intended_at;
  };
  void end(const flight& one, outcome how, time_point now) {
    cut += how == outcome::cut_off ? 1U : 0U;
    record(one.shape->op, one.thing, one.intended_at, how, now);
  }
  void tell(connection_id each, operation op, connection_state now_is, time_point now) {
    login who;
    client_.describe(each, who);
    record(op, who.thing, now, outcome::ok, now);
    const connection_change change{now, each, now_is, outcome::ok, 0};
    client_.changed({&change, 1});
  }
  void record(operation op, thing_id thing, time_point intended, outcome how, time_point now) {
    observation seen;
    seen.intended_at = intended;
    seen.sent_at = seen.done_at = now;
    seen.thing = thing;
    seen.op = op;
    seen.result = how;
    client_.record({&seen, 1});
  }

  driver_client& client_;
  std::vector<flight> under_way_;
  std::vector<connection_id> waiting_;
};

/// One worker whose only lane has a told_driver; its rounds are a millisecond apart.
struct told_worker {
  explicit told_worker(const std::string& world) : plan{plan_of(world, 1)} {}
  /// `with` has what a test adds; called once, when the plan is as it shall be.
  void begin(worker_setup with) {
    subject.emplace(with);
    auto made = std::make_unique<told_driver>(subject->client_of(0));
    wire = made.get();
    subject->attach(0, std::move(made));
  }
  /// Its clock is one that goes on by itself, as far as it knows: bounds of a round and lateness apply.
  void begin_in_real_time() {
    plan->virtual_time = false;
    begin({.plan = *plan, .sink = seen, .started = t0});
  }
  void run_until(duration end) {
    for (; now < t0 + end; now += std::chrono::milliseconds{1}) subject->round(now);
  }
  std::size_t begun(operation op) const { return wire->begun[static_cast<std::size_t>(op)]; }

  static constexpr time_point t0{std::chrono::seconds{1000}};
  std::unique_ptr<world_plan> plan;
  keeper seen;
  std::optional<worker> subject;
  told_driver* wire = nullptr;
  time_point now = t0;
};

}  // namespace wanwu::sim
