// One thread's share of the world: pops what is due, renders it, hands it to the drivers, and lets things
// hear and answer. Knows no protocol and no socket; who calls round() decides what time it is.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <unordered_set>

#include "sim/arrival_matcher.hpp"
#include "sim/lane.hpp"
#include "sim/outbox.hpp"
#include "sim/pace.hpp"
#include "sim/schedule.hpp"
#include "sim/script.hpp"
#include "sim/thing_context.hpp"
#include "sim/timer_wheel.hpp"
#include "sim/worker_levels.hpp"

namespace wanwu::sim {

struct heard_command;

/// A reading on its way. The views live during the call.
struct outgoing_reading {
  std::string_view address;
  bytes_view payload;
  time_point intended_at, sent_at;
  thing_id thing{};
  std::uint16_t population{};
  protocol via{};
};

/// Takes note of the readings of a sample of things. Called on the worker's thread; must not block.
class reading_tap {
 public:
  virtual ~reading_tap() = default;
  virtual bool samples(thing_id thing) const = 0;
  virtual void sent(const outgoing_reading& reading) = 0;
  /// We ended the link of a thing of the sample before what it had sent was answered.
  virtual void cut_off(const cut_reading& which) = 0;
};

struct worker_setup {
  const world_plan& plan;
  std::uint32_t index = 0;
  observation_sink& sink;
  time_point started;                   ///< T0: schedules count from here.
  std::int64_t epoch_ms = 0;            ///< Unix time of the scenario's clock at T0.
  reading_tap* tap = nullptr;           ///< May be null.
  std::function<void()> look_around{};  ///< Called ten times a second, on the worker's thread. May be empty.
  const pace* given = nullptr;          ///< Not null: the load is what it says, instead of the plan's.
  duration tick{};                      ///< Steps in which its clock moves; 0: none.
  std::uint32_t flood_window =
      0;  ///< Not 0: no schedule; each connection always has so many readings in flight.
  /// How many workers of the run are owed answers, this one included at first. Not null: it waits until none
  /// is before it takes leave, since closing a million connections keeps a machine busy for seconds.
  std::atomic<std::uint32_t>* owing = nullptr;
};

class worker {
 public:
  explicit worker(const worker_setup& setup);
  ~worker();
  worker(const worker&) = delete;

  /// The client that the driver of a lane must be made with.
  driver_client& client_of(std::uint8_t lane);
  void attach(std::uint8_t lane, std::unique_ptr<driver> wire);
  /// Destroys the drivers, and with them their sockets. Numbers stay readable; nothing else may be called.
  void detach();

  /// Everything due by `now`. Returns when it wants to be called next (at the latest; sooner does no harm).
  time_point round(time_point now);
  /// The last round ended at its bound (limits::starts_a_round, opened_a_round) with more to do: another may
  /// follow as soon as what has come in is looked at.
  bool has_more() const noexcept { return has_more_; }

  /// From any thread: end the schedule, wait for answers still owed, take leave.
  void request_end() noexcept { end_requested_.store(true, std::memory_order_relaxed); }
  bool finished() const { return stage_ == stage::gone; }
  /// In virtual time a worker whose things are owed no answer any more waits for the others, so that when its
  /// things take leave does not depend on which worker they are on: since when it waits, and until when.
  std::optional<time_point> waits_to_leave() const { return drained_at_; }
  void leave_at(time_point instant) { leave_at_ = instant; }
  worker_numbers numbers() const noexcept { return shared_.read(); }
  /// The worst since the last call. From one thread, any.
  worker_peaks take_peaks() noexcept { return peaks_shared_.take(); }
  /// Adds the things connected of each population to `into`. From any thread.
  void add_connected(std::vector<std::uint64_t>& into) const noexcept;
  void publish();
  /// The first failure of a script, "" when there was none. After finished().
  const std::string& script_problem() const { return script_problem_; }

 private:
  class lane_client;
  enum class stage : std::uint8_t { running, draining, leaving, gone };
  struct pending_ack {
    std::uint32_t row{};
    time_point heard_at;
    std::string corr, status, reason, response_topic, correlation;
    bool has_response_topic{}, has_correlation{};
  };

  // worker.cpp: the loop
  void strike_storms(time_point now);
  void note_drift(time_point now);
  void follow_stage(time_point now);
  void drain(bool owed, time_point now);
  void take_leave(time_point now);
  time_point next_deadline(time_point now) const;
  void flush(std::uint8_t lane_index, time_point now);
  /// Only between two things: drivers report back from inside, and that looks at other things.
  void flush_full(time_point now);
  /// The same when only things of this lane have sent something.
  void flush_full_of(std::uint8_t lane_index, time_point now) {
    if (out_[lane_index].size() >= limits::batch_max) flush(lane_index, now);
  }
  void flush_all(time_point now);
  void record_own();

  // worker_things.cpp: readings
  void pop_readings(time_point now);
  /// Rows of one population, at most sampled_together_max, together or one after the other.
  void read_things(const population_block& block, std::span<const std::uint32_t> rows, time_point now);
  /// Which of these rows read now, with their starts in reading_rows_ and reading_starts_; counts and arms.
  void begin_readings(const population_block& block, std::span<const std::uint32_t> rows, time_point now);
  void send_reading(std::uint32_t row, time_point intended, time_point now);
  void fire_conditions(std::uint32_t row, time_point intended, time_point now);
  void arm(std::uint32_t row, time_point from);
  void things_up(std::uint8_t lane_index, std::uint32_t connection, time_point now);
  void start_thing(std::uint32_t row, time_point now);
  void describe_things(time_point now);
  void flood(time_point now);
  void take_pace();
  void count_start(time_point intended, time_point now);
  void fail(const compiled_message& message, std::uint32_t row, time_point intended, outcome why,
            time_point now);

  // worker_events.cpp: events by rate, polls, scripts
  void arm_event(std::uint32_t row, time_point after);
  void pop_events(time_point now);
  void send_event(std::uint32_t row, std::string_view name, std::string_view payload, time_point intended,
                  time_point now);
  void send_model_event(std::uint32_t row, std::size_t index, time_point intended, time_point now);
  void pop_polls(time_point now);
  void run_script(std::uint32_t row, script::callback which, const heard_command* command,
                  const heard_message* message, time_point intended, time_point now);
  void obey(std::uint32_t row, std::span<const script_request> requests, const heard_command* command,
            const heard_message* message, time_point intended, time_point now);
  script* script_of(std::uint32_t row);
  script_thing describe_to_script(std::uint32_t row);

  // worker_commands.cpp: hearing and answering
  void hear(std::uint8_t lane_index, const heard_message& message);
  std::optional<std::uint32_t> addressee(std::uint8_t lane_index, const heard_message& message);
  void carry_out(std::uint32_t row, const heard_command& command, const heard_message& message);
  void answer(std::uint32_t row, const heard_command& command, const heard_message& message,
              std::string_view status, std::string_view reason);
  bool is_repeated(std::uint32_t row, const heard_command& command);
  void send_acks(time_point now);
  void note(std::uint8_t lane_index, std::span<const connection_change> changes);
  void take(std::span<const observation> seen);
  void tell_cut_off(std::uint32_t row, time_point now);
  void describe(std::uint8_t lane_index, std::uint32_t connection, login& out);

  since_start at(time_point t) const { return t - setup_.started; }

  worker_setup setup_;
  const world_plan& plan_;
  population things_;
  thing_context context_;
  std::vector<std::unique_ptr<lane>> lanes_;
  std::vector<std::unique_ptr<lane_client>> clients_;
  std::vector<outbox> out_;          ///< By lane.
  std::vector<load_profile> loads_;  ///< By population, when the load is given while the run goes on.
  std::vector<schedule> schedules_;  ///< By population.
  std::size_t paced_ = 0;            ///< Stretches taken.
  timer_wheel readings_;
  std::unique_ptr<timer_wheel> events_, polls_;  ///< Only when a population needs them.
  std::vector<std::int64_t> event_ms_;           ///< By row, scenario time of its next event by rate.
  std::vector<std::uint32_t> due_;
  std::vector<std::uint32_t> reading_rows_;  ///< Of read_things(), with when each was to start.
  std::vector<since_start> reading_starts_;
  std::vector<std::unique_ptr<script>> scripts_;  ///< By population, empty when it has none.
  std::vector<std::uint32_t> to_describe_, flood_ready_, flood_next_;
  byte_writer event_json_, scratch_;
  std::string script_problem_;
  std::deque<pending_ack> acks_;
  std::unordered_set<std::uint64_t> commands_seen_;
  std::deque<std::uint64_t> commands_order_;
  std::vector<observation> own_;  ///< Observations that no driver makes.
  std::size_t next_storm_ = 0;
  stage stage_ = stage::running;
  time_point stage_until_;
  bool told_all_ = false;                 ///< While leaving: every connection was said goodbye to.
  std::optional<time_point> drained_at_;  ///< While draining with nothing owed.
  time_point leave_at_;
  time_point published_;
  worker_numbers counts_;
  shared_numbers shared_;
  time_point wanted_ = time_point::max(), last_round_;  ///< When the loop was to come round again, and came.
  bool has_more_ = false;
  bool held_up_ = false;  ///< Came so late to this round that what has no schedule gives way.
  worker_peaks peaks_;
  shared_peaks peaks_shared_;
  std::vector<std::atomic<std::uint64_t>> shared_connected_;  ///< By population.
  std::atomic<bool> end_requested_{false};
};

}  // namespace wanwu::sim
