// Steps of invented time; see the header.
#include "sim/virtual_sink.hpp"

#include <algorithm>

#include "sim/virtual_network.hpp"

namespace wanwu::sim {

virtual_sink::virtual_sink(const world_plan& plan, observation_sink& sink, const settings& how)
    : plan_{plan}, how_{how}, started_{virtual_network::start_instant()} {
  for (std::uint32_t w = 0; w < plan.workers; ++w) {
    station& at = stations_.emplace_back();
    at.next = started_;
    at.own = std::make_unique<worker>(worker_setup{.plan = plan,
                                                   .index = w,
                                                   .sink = sink,
                                                   .started = started_,
                                                   .epoch_ms = how.epoch_ms,
                                                   .tick = how.step,
                                                   .flood_window = 0});
    for (std::uint8_t i = 0; i < plan.lanes.size(); ++i) {
      auto made = std::make_unique<sink_driver>(plan.lanes[i].via, started_, at.own->client_of(i));
      at.sinks.push_back(made.get());
      at.own->attach(i, std::move(made));
    }
  }
}

void virtual_sink::run(const std::function<bool(time_point now)>& report) {
  time_point now = started_, next_report = started_ + how_.report_every;
  const auto on_step = [&](time_point at) {
    const auto steps = (at - started_ + how_.step - duration{1}) / how_.step;
    return started_ + how_.step * steps;
  };
  while (true) {
    time_point next = time_point::max();
    for (const station& at : stations_) {
      if (!at.own->finished()) next = std::min(next, at.next);
    }
    if (next == time_point::max()) break;
    now = std::max(now, on_step(next));
    while (next_report <= now) {
      if (!report(next_report)) end_soon();
      next_report += how_.report_every;
    }
    for (station& at : stations_) {
      if (at.own->finished() || at.next > now) continue;
      at.next = std::max(at.own->round(now), now + duration{1});
      // Nobody waits for an answer, so nobody has to wait for the others.
      if (const auto since = at.own->waits_to_leave()) {
        at.own->leave_at(*since);
        at.next = now + duration{1};
      }
    }
  }
  report(now);
}

void virtual_sink::end_soon() {
  for (station& at : stations_) {
    at.own->request_end();
    at.next = started_;
  }
}

engine_levels virtual_sink::levels() const {
  engine_levels out;
  out.connected_by_population.resize(plan_.populations.size());
  for (const station& at : stations_) {
    at.own->publish();
    add_numbers(out.all, at.own->numbers());
    at.own->add_connected(out.connected_by_population);
    out.workers_running += at.own->finished() ? 0U : 1U;
  }
  return out;
}

std::string virtual_sink::script_problem() const {
  for (const station& at : stations_) {
    if (!at.own->script_problem().empty()) return at.own->script_problem();
  }
  return "";
}

sink_totals virtual_sink::taken() const {
  sink_totals all;
  for (const station& at : stations_) {
    for (const sink_driver* sink : at.sinks) all += sink->taken();
  }
  return all;
}

}  // namespace wanwu::sim
