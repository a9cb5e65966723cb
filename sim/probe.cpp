// The walk: connect, register, telemetry, event, read, hear a command, answer it.
#include "sim/probe.hpp"

#include <algorithm>
#include <deque>

#include "sim/engine.hpp"
#include "sim/event_payload.hpp"
#include "sim/heard_command.hpp"
#include "sim/lane_settings.hpp"
#include "sim/outbox.hpp"
#include "sim/thing_context.hpp"

namespace wanwu::sim {

namespace {

constexpr connection_id only{0};
constexpr std::size_t answer_bytes_max = 256;

/// Notes what one driver reports about its one thing.
class prober final : public driver_client {
 public:
  prober(const world_plan& plan, population& things, thing_context& context, const planned_population& kind)
      : plan_{plan}, things_{things}, context_{context}, kind_{kind} {}

  void record(std::span<const observation> seen) override {
    seen_.insert(seen_.end(), seen.begin(), seen.end());
  }
  void describe(connection_id, login& out) override {
    context_.look_at_connection(kind_.lane, 0);
    const auto text_of = [&](const lang::text_template& text) {
      scratch_.clear();
      context_.render(text, needs_of(text, context_.slot_count()), scratch_);
      return std::string{as_text(scratch_.view())};
    };
    out.thing = thing_id{kind_.first_thing};
    out.population = kind_.index;
    out.client_id = kind_.client_id.empty() ? std::string{context_.id()} : text_of(kind_.client_id);
    out.has_user = !kind_.user.empty();
    if (out.has_user) out.user = text_of(kind_.user);
    out.has_password = plan_.mqtt_password.has_value();
    if (out.has_password) out.password = *plan_.mqtt_password;
    context_.look_at(row(), {});
    if (kind_.hearing && !kind_.hearing->poll)
      out.subscriptions.push_back({text_of(kind_.hearing->where), kind_.hearing->form->qos, 1, false});
  }
  void changed(std::span<const connection_change> changes) override {
    for (const connection_change& c : changes) state_ = c.now;
  }
  void heard(std::span<const heard_message> messages) override {
    for (const heard_message& m : messages)
      answer_ = as_text(m.payload.first(std::min(m.payload.size(), answer_bytes_max)));
  }

  const observation* find(operation op) const {
    const auto found =
        std::find_if(seen_.begin(), seen_.end(), [&](const observation& o) { return o.op == op; });
    return found == seen_.end() ? nullptr : &*found;
  }
  std::uint32_t row() const { return *things_.row_of(thing_id{kind_.first_thing}); }
  connection_state state() const { return state_; }
  std::string take_answer() { return std::exchange(answer_, {}); }
  void forget() { seen_.clear(); }

 private:
  const world_plan& plan_;
  population& things_;
  thing_context& context_;
  const planned_population& kind_;
  std::vector<observation> seen_;
  connection_state state_ = connection_state::down;
  std::string answer_;
  byte_writer scratch_;
};

/// One protocol's walk.
class walk {
 public:
  walk(const world_plan& plan, const planned_population& kind, duration patience, reactor& events,
       population& things, thing_context& context, probe_report& out)
      : plan_{plan},
        kind_{kind},
        via_{plan.lanes[kind.lane].via},
        patience_{patience},
        events_{events},
        context_{context},
        out_{out},
        client_{plan, things, context, kind},
        wire_{socket_drivers()(plan, kind.lane, lane_seat{}, events, client_)} {
    wire_->prepare(1);
  }

  void run() {
    if (!connect()) return;
    context_.look_at(client_.row(), {});
    context_.draw_state();
    if (kind_.hearing && !kind_.hearing->poll) note_subscription();
    step(kind_.register_, operation::register_, "register");
    step(kind_.telemetry, operation::telemetry, "telemetry");
    probe_event();
    probe_read();
    if (kind_.hearing && kind_.hearing->poll)
      step(kind_.hearing->poll, operation::subscribe, "commands (poll)");
    if (!kind_.hearing)
      out_.notes.push_back("the target does not say how things hear commands over " +
                           std::string{name_of(via_)});
    const time_point now = clock_now();
    wire_->close({&only, 1}, closing::clean, now);
    wire_->advance(events_.wait(now + std::chrono::milliseconds{20}));
  }

 private:
  static time_point clock_now() { return std::chrono::steady_clock::now(); }

  template <class Done>
  bool wait_for(Done done) {
    const time_point until = clock_now() + patience_;
    while (true) {
      const time_point now = events_.wait(std::min(until, clock_now() + std::chrono::milliseconds{5}));
      wire_->advance(now);
      if (done()) return true;
      if (now >= until) return false;
    }
  }

  bool connect() {
    const time_point begun = clock_now();
    wire_->open({&only, 1}, {&begun, 1}, begun);
    const auto tried = [&] {
      return client_.find(operation::connect) != nullptr &&
             client_.find(operation::connect)->result != outcome::ok;
    };
    wait_for([&] { return client_.state() == connection_state::up || tried(); });
    probe_step made;
    made.op = operation::connect;
    made.via = via_;
    made.took = clock_now() - begun;
    made.result = client_.state() == connection_state::up ? outcome::ok : outcome::timed_out;
    if (const observation* seen = client_.find(operation::connect)) {
      made.result = seen->result;
      made.code = seen->code;
      made.took = seen->done_at - seen->intended_at;
    }
    if (via_ == protocol::coap && made.result == outcome::ok) made.note = "CoAP has no handshake";
    out_.steps.push_back(made);
    return client_.state() == connection_state::up;
  }

  void note_subscription() {
    wait_for([&] { return client_.find(operation::subscribe) != nullptr; });
    probe_step made;
    made.op = operation::subscribe;
    made.via = via_;
    made.result = outcome::timed_out;
    made.took = patience_;
    if (const observation* seen = client_.find(operation::subscribe)) {
      made.result = seen->result;
      made.code = seen->code;
      made.took = service_time(*seen);
    }
    made.note = "commands";
    out_.steps.push_back(made);
  }

  void probe_event() {
    if (kind_.event && !kind_.model->events.empty()) {
      event_json_.clear();
      write_event(*kind_.model, 0, context_.values(), random_stream{plan_.seed}, event_json_);
      context_.set(lang::slot::event_name,
                   lang::value::of(std::string_view{kind_.model->events.front().name}));
      context_.set(lang::slot::event_payload, lang::value::json(as_text(event_json_.view())));
    }
    step(kind_.event, operation::event, "event");
  }

  void probe_read() {
    if (!kind_.model->properties.empty()) {
      context_.set(lang::slot::property,
                   lang::value::of(std::string_view{kind_.model->properties.front().name}));
    }
    step(kind_.read, operation::read, "read");
  }

  void step(const std::optional<compiled_message>& message, operation op, std::string_view name) {
    if (!message) {
      out_.notes.push_back("the target has no " + std::string{name} + " over " + std::string{name_of(via_)});
      return;
    }
    client_.forget();
    client_.take_answer();
    probe_step made;
    made.op = op;
    made.via = via_;
    request_shape& shape = shapes_.emplace_back(message->shape);  // drivers may keep what they made of it
    shape.wants_answer = via_ != protocol::mqtt;
    shape.answer_within = patience_;
    const time_point begun = clock_now();
    outbox out;
    out.begin(shape, thing_id{kind_.first_thing}, only, begun, 1);
    bool whole = context_.render_address(*message, out.arena());
    out.begin_payload();
    whole = whole && context_.render_payload(*message, out.arena());
    if (!whole) {
      made.result = outcome::local_error;
      made.note = "the target file's template gives no valid " +
                  std::string{via_ == protocol::mqtt ? "topic" : "path"} + " for " +
                  std::string{context_.id()};
      out_.steps.push_back(made);
      return;
    }
    out.flush(*wire_, begun);
    if (!wait_for([&] { return client_.find(op) != nullptr; }))
      wire_->abandon(outcome::timed_out, clock_now());
    made.result = outcome::timed_out;
    made.took = patience_;
    if (const observation* seen = client_.find(op)) {
      made.result = seen->result;
      made.code = seen->code;
      made.took = service_time(*seen);
    }
    made.answer = client_.take_answer();
    out_.steps.push_back(made);
  }

  const world_plan& plan_;
  const planned_population& kind_;
  protocol via_;
  duration patience_;
  reactor& events_;
  thing_context& context_;
  probe_report& out_;
  std::deque<request_shape> shapes_;  ///< Outlive the driver.
  prober client_;
  std::unique_ptr<driver> wire_;
  byte_writer event_json_;
};

}  // namespace

probe_report probe(const world_plan& plan, duration patience) {
  probe_report out;
  auto events = reactor::create();
  if (!events) {
    out.trouble = "cannot open an epoll: " + events.error().message();
    return out;
  }
  population things{plan, 0};
  thing_context context{plan, things, plan.frame.start_ms};
  for (const planned_population& kind : plan.populations)
    walk{plan, kind, patience, **events, things, context, out}.run();
  return out;
}

}  // namespace wanwu::sim
