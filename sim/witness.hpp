// Watches from outside whether readings arrive: independent clients (Paho, libcoap, an event stream) receive
// what a sample of things sent, so that loss, duplication, order and end-to-end time are not judged by the
// sender.
//
// Lost means: sent by a thing of the sample and not received by the end of the run and its drain. Over CoAP
// an observation promises the latest state only (RFC 7641 §1.3), so a reading that a later one has overtaken
// is not lost.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "protocols/drivers/driver.hpp"
#include "sim/arrival_matcher.hpp"
#include "sim/plan.hpp"
#include "sim/witness_sample.hpp"
#include "sim/worker.hpp"

namespace wanwu::sim {

class witness final {
 public:
  /// Null when the target file does not say how readings arrive, for any protocol of the plan. `sink` is used
  /// on the witness's own thread. The plan outlives the witness.
  static std::unique_ptr<witness> make(const world_plan& plan, observation_sink& sink);
  ~witness();

  /// One a worker, for engine_options.
  std::vector<reading_tap*> taps();
  /// After the workers have ended: waits for what is still on its way, counts the rest as lost, ends the
  /// thread.
  void finish();
  /// Why it could not watch all or part, "" when it could. After finish().
  const std::string& problem() const { return problem_; }

 private:
  class tap;
  witness(const world_plan& plan, observation_sink& sink);
  void watch();
  void drain_taps();
  std::unique_ptr<driver> make_driver(const witness_lane& lane, reactor& events, driver_client& client);

  const world_plan& plan_;
  const witness_sample sample_;
  arrival_matcher matcher_;
  std::vector<std::unique_ptr<tap>> taps_;
  std::atomic<bool> listening_{false}, ending_{false};
  std::string problem_;
  std::thread thread_;
};

}  // namespace wanwu::sim
