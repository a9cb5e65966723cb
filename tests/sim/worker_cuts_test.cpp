// What a worker does with operations that its own storms have cut off: whom it tells, and what it makes
// again.
#include <functional>

#include <catch2/catch.hpp>

#include "sim/worker.hpp"
#include "tests/sim/invented_world.hpp"

using namespace wanwu;
using namespace wanwu::sim;
using namespace std::chrono_literals;

namespace {

const time_point t0{1000s};

/// A wire on which all connect at once, and the test says who is answered.
class told_driver final : public driver {
 public:
  explicit told_driver(driver_client& client) : client_{client} {}

  void prepare(std::uint32_t) override {}
  void open(std::span<const connection_id> which, std::span<const time_point>, time_point now) override {
    for (const connection_id each : which) tell(each, operation::connect, connection_state::up, now);
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
  driver_totals totals() const override { return {}; }

  std::function<bool(operation, time_point)> answers = [](operation, time_point) { return true; };
  std::array<std::size_t, operation_count> begun{};
  std::size_t cut = 0;

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
};

struct note_taker final : reading_tap {
  bool samples(thing_id thing) const override { return static_cast<std::uint32_t>(thing) % 2 == 0; }
  void sent(const outgoing_reading&) override {}
  void cut_off(const cut_reading& which) override { cuts.push_back(which); }
  std::vector<cut_reading> cuts;
};

constexpr std::size_t meters = 20;
constexpr duration cut_at = 5s;

/// Twenty meters that a storm cuts off after five seconds, for one.
struct stormy {
  explicit stormy(const std::string& drop, std::uint8_t qos = 1)
      : plan{plan_of(R"(
wanwu: scenario/v1
things: { m: { model: builtin/meter, count: 20, over: mqtt, every: 1 s } }
phases:
  - { name: ramp, ramp: 1 s }
  - { name: calm, hold: 4 s }
  - { name: blackout, hold: 5 s, storm: cut }
storms:
  cut: { share: 100 %, drop: )" +
                         drop + ", dark: 1 s, return: { within: 0 s, backoff: none } }\n",
                     1)} {
    plan->populations[0].telemetry->shape.qos = qos;
    subject.emplace(worker_setup{.plan = *plan, .sink = seen, .started = t0, .tap = &tap});
    auto made = std::make_unique<told_driver>(subject->client_of(0));
    wire = made.get();
    subject->attach(0, std::move(made));
  }
  void run_until(duration end) {
    for (; now < t0 + end; now += 1ms) subject->round(now);
  }
  std::size_t begun(operation op) const { return wire->begun[static_cast<std::size_t>(op)]; }

  std::unique_ptr<world_plan> plan;
  keeper seen;
  note_taker tap;
  std::optional<worker> subject;
  told_driver* wire = nullptr;
  time_point now = t0;
};

}  // namespace

TEST_CASE("At QoS 0 what left just before a storm without a goodbye may have gone with its links") {
  const std::string drop = GENERATE(as<std::string>{}, "abrupt", "clean");
  const std::uint8_t qos = GENERATE(std::uint8_t{0}, std::uint8_t{1});
  stormy world{drop, qos};
  world.run_until(9s);
  CHECK(world.seen.count(operation::disconnect) == meters);
  CHECK(world.tap.cuts.size() == (drop == "abrupt" && qos == 0 ? meters / 2 : 0));  // those of the sample
  for (const cut_reading& one : world.tap.cuts) {
    CHECK(world.tap.samples(one.thing));
    CHECK(one.until >= t0 + cut_at);
    CHECK(one.until < t0 + cut_at + 10ms);
    CHECK(one.since == one.until - arrive_within);
  }
}

TEST_CASE("Each reading whose answer a storm has cut off is told to the witness, by its intended start") {
  stormy world{GENERATE(as<std::string>{}, "abrupt", "clean")};
  world.wire->answers = [](operation op, time_point now) {
    return op != operation::telemetry || now < t0 + 4s;
  };
  world.run_until(cut_at + 100ms);
  CHECK(world.wire->cut == meters);  // one a second each
  CHECK(world.tap.cuts.size() == meters / 2);
  for (const cut_reading& one : world.tap.cuts) {
    CHECK(one.since == one.until);
    CHECK(one.since >= t0 + 4s - 1s);
    CHECK(one.since <= t0 + cut_at);
  }
}

TEST_CASE(
    "A registration that a storm has cut off is made again when its thing is back, and readings wait for "
    "it") {
  stormy world{"abrupt"};
  world.wire->answers = [](operation op, time_point now) {
    return op != operation::register_ || now > t0 + cut_at;
  };
  world.run_until(cut_at + 500ms);
  CHECK(world.wire->cut == meters);
  CHECK(world.begun(operation::register_) == meters);
  CHECK(world.begun(operation::telemetry) == 0);
  world.run_until(9s);
  CHECK(world.begun(operation::register_) == 2 * meters);
  CHECK(world.begun(operation::telemetry) > meters);
}
