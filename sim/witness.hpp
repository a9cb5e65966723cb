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
#include "sim/worker.hpp"

namespace wanwu::sim {

/// One protocol's way of listening: where readings of the sample come out.
struct witness_lane {
  std::uint8_t lane{};  ///< Of the plan; the witness connects as its things do.
  protocol via{};
  std::vector<subscription> subscriptions;
  std::string client_id, user;
};

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
  class ear;
  witness(const world_plan& plan, observation_sink& sink);
  void choose_things();
  void choose_subscriptions();
  void listen_for(thing_context& context, std::uint32_t row, const planned_population& kind);
  witness_lane& lane_for(std::uint8_t lane, protocol via);
  std::uint64_t key_of(const outgoing_reading& reading) const;
  void watch();
  void drain_taps();
  std::unique_ptr<driver> make_driver(const witness_lane& lane, reactor& events, driver_client& client);

  const world_plan& plan_;
  arrival_matcher matcher_;
  std::vector<witness_lane> lanes_;   ///< Fixed before the threads start, like the sample.
  std::array<bool, 3> by_address_{};  ///< By protocol.
  std::vector<bool> sampled_;         ///< By thing; fixed before the threads start.
  std::vector<std::unique_ptr<tap>> taps_;
  std::atomic<bool> listening_{false}, ending_{false};
  std::string problem_;
  std::thread thread_;
};

}  // namespace wanwu::sim
