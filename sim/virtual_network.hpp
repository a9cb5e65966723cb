// A world in invented time: all workers, memory links and the embedded target's core, moved on window by
// window.
//
// A window is no longer than the links' latency, so nothing sent in it can arrive in it: workers need not
// wait for each other, and what they sent is sorted by (instant, lane, connection, sequence) before the
// target sees it. So the same seed and scenario give the same run on any number of workers.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/clock.hpp"
#include "sim/engine.hpp"
#include "sim/plan.hpp"
#include "sim/target/target_core.hpp"
#include "sim/virtual_links.hpp"
#include "sim/virtual_witness.hpp"
#include "sim/worker.hpp"

namespace wanwu::sim {

struct virtual_options {
  duration latency = std::chrono::milliseconds{2};  ///< One way.
  duration report_every = std::chrono::seconds{1};
  std::int64_t epoch_ms = 0;
  bool witness = true;  ///< Count arrivals, when the target file says how.
};

class virtual_network {
 public:
  /// `sink` gets all observations, ordered by (done_at, thing, operation, intended_at). The plan outlives
  /// this.
  virtual_network(const world_plan& plan, observation_sink& sink, const virtual_options& options = {});
  ~virtual_network();

  /// Runs to the end. `report` is called every report_every of invented time; it returns false to end the run
  /// early.
  void run(const std::function<bool(time_point now)>& report);
  void end_soon();

  /// The zero of every schedule in invented time.
  static constexpr time_point start_instant() { return time_point{std::chrono::hours{1}}; }
  time_point started() const { return started_; }
  engine_levels levels() const;
  const target::target_core& target() const { return *core_; }
  std::string script_problem() const;
  /// Why arrivals were not watched, all or in part; "" when they were. After run().
  std::string witness_problem() const { return witness_ ? witness_->problem() : ""; }

 private:
  struct station;
  class log;
  struct arrival;
  struct peer;

  void attach_lanes(station& at);
  void name_peers();
  void run_worker(station& at, time_point until);
  bool is_over();
  /// Lets all workers take leave at one instant, once none of them is owed an answer.
  void let_leave();
  /// Takes what has left by `from`; `peer_index` tells the peer of (lane, link).
  template <class PeerIndex>
  void collect(virtual_links& from, const PeerIndex& peer_index);
  void serve(time_point until);
  void hand_to_target(const arrival& one);
  void take_from_target(time_point now);

  const world_plan& plan_;
  virtual_options options_;
  virtual_clock clock_;
  time_point started_;
  std::unique_ptr<log> log_;
  std::unique_ptr<target::target_core> core_;
  std::vector<std::unique_ptr<station>> stations_;
  std::unique_ptr<virtual_witness> witness_;  ///< May be null.
  time_point lost_at_;  ///< Not before what has not arrived is lost. Set when all workers have ended.
  std::vector<std::uint32_t> lane_first_, witness_first_;  ///< Number of each lane's first peer.
  std::vector<peer> peers_;
  std::vector<arrival> arrivals_;  ///< On their way to the target; a heap.
  std::uint64_t sequence_ = 0;
};

}  // namespace wanwu::sim
