// The witness of a run in invented time: listens through our own drivers over memory links, since Paho and
// libcoap know neither.
//
// So it is no second opinion on the codec: loss, duplicates, order and end-to-end time are counted from what
// came back out of the target, but both ends were written by us. What it counts is the same on any number of
// workers: readings are noted in the order (instant, thing), and count from an instant that all agree on.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/arrival_matcher.hpp"
#include "sim/virtual_links.hpp"
#include "sim/witness_ear.hpp"
#include "sim/witness_sample.hpp"

namespace wanwu::sim {

class virtual_witness final : public reading_tap {
 public:
  /// Null when the target file does not say how readings arrive. `latency` is that of the links, one way.
  static std::unique_ptr<virtual_witness> make(const world_plan& plan, observation_sink& sink,
                                               duration latency);
  ~virtual_witness() override;

  // For the workers: one tap serves all, for they take turns.
  bool samples(thing_id thing) const override { return sample_.has(thing); }
  void sent(const outgoing_reading& reading) override;
  void cut_off(const cut_reading& which) override { cuts_.push_back(which); }

  // For the network.
  virtual_links& links() { return links_; }
  /// Links that may be used on a lane of the plan.
  std::uint32_t link_count(std::uint8_t lane) const;
  void start(time_point now);
  /// When run() next has something to do.
  time_point next_event() const;
  /// Everything due before `until`, nothing of it before `from`.
  void run(time_point from, time_point until);
  /// Readings that may still come.
  std::size_t missing() const { return matcher_.missing(); }
  /// Whatever has not come is lost.
  void end(time_point at);
  /// Why it could not watch all or part, "" when it could. After end().
  const std::string& problem() const { return problem_; }

 private:
  virtual_witness(const world_plan& plan, observation_sink& sink, duration latency);
  void add(const witness_lane& lane);
  void hand_over();
  void settle(time_point now);

  struct note {
    time_point at;
    sent_reading what;
  };

  const world_plan& plan_;
  const witness_sample sample_;
  duration latency_;
  arrival_matcher matcher_;
  virtual_links links_;
  std::vector<std::unique_ptr<witness_ear>> ears_;
  std::vector<std::unique_ptr<driver>> drivers_;
  std::vector<note> notes_;        ///< Sent in this window.
  std::vector<cut_reading> cuts_;  ///< In this window.
  time_point started_;
  time_point next_ = time_point::max();
  time_point counts_from_ = time_point::max();  ///< Readings sent earlier are not of the sample.
  std::string problem_;
};

}  // namespace wanwu::sim
