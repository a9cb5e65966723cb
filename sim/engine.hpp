// Runs a plan against real sockets: one thread a worker, each with its own descriptors, reactor, drivers and
// things.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "protocols/transport/reactor.hpp"
#include "sim/link_samples.hpp"
#include "sim/plan.hpp"
#include "sim/wake_board.hpp"
#include "sim/worker.hpp"

namespace wanwu::sim {

struct lane_seat;

/// Makes the driver of a lane on a worker's thread, whose reactor it is given.
using driver_factory =
    std::function<std::unique_ptr<driver>(const world_plan& plan, std::uint8_t lane, const lane_seat& seat,
                                          reactor& events, driver_client& client)>;
/// The drivers of protocols/drivers, native and stock, as the plan and its target file say.
driver_factory socket_drivers();

struct engine_options {
  const pace* given = nullptr;     ///< See worker_setup; outlives the engine.
  std::uint32_t flood_window = 0;  ///< See worker_setup.
  /// By worker; may be shorter than the number of workers, then the rest have none.
  std::vector<reading_tap*> taps;
  std::int64_t epoch_ms = 0;  ///< Unix time of the scenario's clock at the start.
};

/// Sum of all workers.
struct engine_levels {
  worker_numbers all;
  std::vector<std::uint64_t> connected_by_population;
  double cpu = 0;                 ///< Of the busiest worker, 0 to 1, since the last call.
  double cpu_wait = 0;            ///< Share of the time that a worker, the worst, waited for a processor.
  worker_peaks peaks;             ///< Of the worst worker, since the last call.
  std::uint64_t descriptors = 0;  ///< Open in the fullest worker; 0 where the kernel does not tell.
  link_numbers links;
  std::uint32_t workers_running = 0;
};

class engine {
 public:
  /// `sinks`: one a worker. The plan outlives the engine.
  engine(const world_plan& plan, std::vector<observation_sink*> sinks, driver_factory drivers,
         engine_options options = {});
  ~engine();  ///< Ends at once if it still runs.

  /// Starts the threads and returns when all have opened their reactors: "" or why it cannot run. The
  /// schedule's zero is `started`.
  std::string start(time_point started);
  /// Ends the schedule: wait for answers, take leave. Workers look at least five times a second.
  void end_soon() noexcept;
  /// Ends without waiting for anything.
  void end_now() noexcept;
  bool finished() const noexcept;
  /// Call from one thread.
  engine_levels levels();
  /// First failure of a script, "" when none. After finished().
  std::string script_problem() const;

 private:
  struct seat;
  void work(seat& at);
  void run_rounds(seat& at, reactor& events);

  const world_plan& plan_;
  driver_factory drivers_;
  engine_options options_;
  time_point started_;
  std::vector<std::unique_ptr<seat>> seats_;
  std::atomic<bool> stop_now_{false};
  std::atomic<std::uint32_t> owing_;  ///< Workers that are owed answers.
  wake_board waking_;
};

}  // namespace wanwu::sim
