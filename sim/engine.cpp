// Threads, their start and their end.
#include "sim/engine.hpp"

#include <algorithm>
#include <fstream>
#include <latch>
#include <thread>

#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "protocols/core/processors.hpp"
#include "protocols/transport/descriptors.hpp"
#include "sim/lane_settings.hpp"
#include "sim/limits.hpp"
#include "sim/processor_time.hpp"
#include "sim/time_slice.hpp"

namespace wanwu::sim {

namespace {

duration round_pause(std::uint32_t workers) {
  return std::clamp(limits::round_min * workers / (processors() * limits::workers_a_core_at_round_min),
                    limits::round_min, limits::round_max);
}

/// How long a thread was ready to run while others had the processor; 0 where the kernel does not tell.
duration processor_wait_of(pid_t thread) {
  std::ifstream in{"/proc/self/task/" + std::to_string(thread) + "/schedstat"};
  std::int64_t ran = 0, waited = 0;
  return in >> ran >> waited ? duration{waited} : duration{};
}

/// Linux tells it as the size of the folder from 6.2 on, 0 before.
std::uint64_t descriptors_of(pid_t thread) {
  struct stat found {};
  const std::string folder = "/proc/self/task/" + std::to_string(thread) + "/fd";
  return stat(folder.c_str(), &found) == 0 && found.st_size > 0 ? static_cast<std::uint64_t>(found.st_size)
                                                                : 0;
}

}  // namespace

/// One worker's place: its thread and what is shared with it.
struct engine::seat {
  std::uint32_t index{};
  observation_sink* sink{};
  std::thread thread;
  std::latch* ready{};
  std::string problem;  ///< Written before `ready` counts down.
  std::atomic<worker*> working{nullptr};
  std::atomic<bool> finished{false};
  std::string script_problem;
  link_samples links;
  std::atomic<pid_t> thread_id{0};
  clockid_t clock{};
  bool has_clock = false;
  duration cpu_before{}, wait_before{};
  time_point looked_at;
  std::unique_ptr<worker> own_worker;  ///< Lives until the engine does, so that the run may read its numbers.
};

engine::engine(const world_plan& plan, std::vector<observation_sink*> sinks, driver_factory drivers,
               engine_options options)
    : plan_{plan},
      drivers_{std::move(drivers)},
      options_{std::move(options)},
      owing_{plan.workers},
      waking_{plan.workers} {
  for (std::uint32_t i = 0; i < plan.workers; ++i) {
    auto s = std::make_unique<seat>();
    s->index = i;
    s->sink = sinks[i];
    seats_.push_back(std::move(s));
  }
}

engine::~engine() {
  end_now();
  for (auto& s : seats_) {
    if (s->thread.joinable()) s->thread.join();
  }
}

std::string engine::start(time_point started) {
  started_ = started;
  std::latch ready{static_cast<std::ptrdiff_t>(seats_.size())};
  for (auto& s : seats_) {
    s->ready = &ready;
    s->thread = std::thread{[this, &seat_of = *s] { work(seat_of); }};
    s->has_clock = pthread_getcpuclockid(s->thread.native_handle(), &s->clock) == 0;
  }
  ready.wait();
  for (auto& s : seats_) {
    if (!s->problem.empty()) return s->problem;
    // What the first second takes is counted from here; how they were set up before is not.
    s->cpu_before = s->has_clock ? processor_time_of(s->clock).value_or(duration{}) : duration{};
    s->wait_before = processor_wait_of(s->thread_id);
    s->looked_at = std::chrono::steady_clock::now();
  }
  return "";
}

void engine::work(seat& at) {
  at.thread_id = gettid();
  // A target on the same machine may have as many threads; a schedule is kept only by who comes to its turn.
  ask_for_time_slice(limits::time_slice);
  if (const auto why = own_descriptor_table(); why) {
    at.problem = "a worker cannot have a descriptor table of its own: " + why.message();
    at.finished = true;
    at.ready->count_down();
    return;
  }
  auto made = reactor::create();
  if (!made) {
    at.problem = "a worker cannot open its epoll: " + made.error().message();
    at.finished = true;
    at.ready->count_down();
    return;
  }
  // Opened and closed here: in another thread the same numbers are other descriptors.
  const std::unique_ptr<reactor> events = std::move(*made);
  worker_setup setup{.plan = plan_,
                     .index = at.index,
                     .sink = *at.sink,
                     .started = started_,
                     .epoch_ms = options_.epoch_ms,
                     .tap = at.index < options_.taps.size() ? options_.taps[at.index] : nullptr,
                     .look_around = [&at] { at.links.look(); },
                     .given = options_.given,
                     .flood_window = options_.flood_window,
                     .owing = &owing_};
  at.own_worker = std::make_unique<worker>(setup);
  for (std::uint8_t lane = 0; lane < plan_.lanes.size(); ++lane) {
    at.own_worker->attach(
        lane, drivers_(plan_, lane, {at.index, started_}, *events, at.own_worker->client_of(lane)));
  }
  at.working = at.own_worker.get();
  at.ready->count_down();
  waking_.join(at.index);
  run_rounds(at, *events);
  waking_.leave(at.index);
  at.script_problem = at.own_worker->script_problem();
  at.own_worker->publish();
  at.own_worker->detach();
  at.finished = true;
}

void engine::run_rounds(seat& at, reactor& events) {
  worker& own = *at.own_worker;
  time_point now = std::chrono::steady_clock::now();
  if (now < started_) now = events.wait(started_);
  time_point last = now;
  // A closed loop has no schedule to wait for: it goes on with each answer.
  const bool closed_loop = options_.flood_window != 0;
  const duration shortest = closed_loop ? duration{} : limits::round_min;
  const duration pause = closed_loop ? duration{} : round_pause(plan_.workers);
  const bool naps = pause > limits::round_min;
  while (!stop_now_.load(std::memory_order_relaxed)) {
    waking_.awake(at.index, now);
    time_point next = own.round(now);
    if (own.finished()) break;
    waking_.look(at.index, now);
    // Many things a second are taken in sips, also while answers come in between: a system call for each
    // would cost more than the wait. Who was not done has waited enough.
    const time_point soonest = own.has_more() ? last : last + shortest;
    next = std::max(next, soonest);
    waking_.asleep(at.index, naps ? std::min(next, last + pause) : next);
    // Woken for each answer, so many threads would spend the processor on being woken; for what is due they
    // wake.
    if (naps) std::this_thread::sleep_until(std::min(next, last + pause));
    do {
      now = events.wait(next);
      next = soonest;
    } while (now < soonest);
    last = now;
  }
}

void engine::end_soon() noexcept {
  for (auto& s : seats_) {
    if (worker* w = s->working.load()) w->request_end();
  }
}

void engine::end_now() noexcept {
  stop_now_ = true;
}

bool engine::finished() const noexcept {
  return std::all_of(seats_.begin(), seats_.end(), [](const auto& s) { return s->finished.load(); });
}

engine_levels engine::levels() {
  engine_levels out;
  out.connected_by_population.resize(plan_.populations.size());
  const time_point now = std::chrono::steady_clock::now();
  for (auto& s : seats_) {
    worker* w = s->working.load();
    if (w == nullptr) continue;
    const worker_numbers numbers = w->numbers();
    add_numbers(out.all, numbers);
    const worker_peaks peaks = w->take_peaks();
    out.peaks = {std::max(out.peaks.lag_ns, peaks.lag_ns), std::max(out.peaks.drift_ns, peaks.drift_ns)};
    const link_numbers links = s->links.numbers();
    out.links.samples += links.samples;
    out.links.sent += links.sent;
    out.links.sent_again += links.sent_again;
    out.links.round_trip_us_max = std::max(out.links.round_trip_us_max, links.round_trip_us_max);
    w->add_connected(out.connected_by_population);
    if (s->finished) continue;
    ++out.workers_running;
    out.descriptors = std::max(out.descriptors, descriptors_of(s->thread_id) + numbers.direct_sockets);
    const duration cpu = s->has_clock ? processor_time_of(s->clock).value_or(duration{}) : duration{};
    const duration wait = processor_wait_of(s->thread_id);
    if (now > s->looked_at) {
      const auto since = static_cast<double>((now - s->looked_at).count());
      out.cpu = std::max(out.cpu, static_cast<double>((cpu - s->cpu_before).count()) / since);
      // The kernel adds a wait when it ends, which may have been longer than this.
      const double waited = static_cast<double>((wait - s->wait_before).count()) / since;
      out.cpu_wait = std::max(out.cpu_wait, std::min(waited, 1.0));
    }
    s->cpu_before = cpu;
    s->wait_before = wait;
    s->looked_at = now;
  }
  return out;
}

std::string engine::script_problem() const {
  for (const auto& s : seats_) {
    if (s->finished && !s->script_problem.empty()) return s->script_problem;
  }
  return "";
}

}  // namespace wanwu::sim
