// A world in invented time that speaks to nobody: every message is rendered, taken by a sink and forgotten.
// What the generator itself can do, for as many things as memory holds.
//
// The clock moves in steps that all workers share. Readings are those of the instant they were due, and a
// step only decides when a thing comes up, alike on all workers: so the digest is the same on any number of
// them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/engine.hpp"
#include "sim/plan.hpp"
#include "sim/sink_driver.hpp"
#include "sim/worker.hpp"

namespace wanwu::sim {

class virtual_sink {
 public:
  struct settings {
    duration step = std::chrono::milliseconds{32};  ///< Long enough that many things of a kind are due in it.
    duration report_every = std::chrono::seconds{1};
    std::int64_t epoch_ms = 0;
  };

  /// `sink` gets the observations of one worker after the other, each in order. The plan outlives this.
  virtual_sink(const world_plan& plan, observation_sink& sink, const settings& how);

  /// Runs to the end. `report` is called every report_every of invented time; it returns false to end the run
  /// early.
  void run(const std::function<bool(time_point now)>& report);
  void end_soon();
  engine_levels levels() const;
  std::string script_problem() const;
  /// What all workers' sinks took.
  sink_totals taken() const;

 private:
  struct station {
    std::unique_ptr<worker> own;
    std::vector<const sink_driver*> sinks;  ///< By lane; the worker owns them.
    time_point next;
  };

  const world_plan& plan_;
  settings how_;
  time_point started_;
  std::vector<station> stations_;
};

}  // namespace wanwu::sim
