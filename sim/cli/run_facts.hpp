// From the plan to what the reports want to know of a run, and from the engine's numbers to theirs.
#pragma once

#include <string>

#include "reports/gauges.hpp"
#include "reports/run_record.hpp"
#include "sim/cli/test_run.hpp"
#include "sim/engine.hpp"
#include "sim/machine_counters.hpp"
#include "sim/plan.hpp"

namespace wanwu::cli {

report::run_shape shape_of(const sim::world_plan& plan);
/// `virtual_time` and inputs included; the id is made from the start.
report::run_record record_of(const sim::world_plan& plan, const run_wishes& wishes,
                             std::int64_t started_unix_ms);
/// In invented time there is nothing else to know.
report::gauges gauges_of(const sim::engine_levels& levels);

/// What the engine tells together with what the machine tells, as differences to when the reader was made.
class gauge_reader {
 public:
  report::gauges read(const sim::engine_levels& levels);

 private:
  sim::machine_counters before_ = sim::read_counters();
  std::int64_t clock_offset_ns_ = before_.clock_offset_ns;
};

/// Why nothing could be connected, and what would cure it; "" when something was.
std::string connection_trouble(const sim::world_plan& plan, const sim::worker_numbers& numbers);
/// What it means that connections needed a second SYN; "" when none did.
std::string backlog_trouble(const sim::worker_numbers& numbers);

}  // namespace wanwu::cli
