// Which things a witness watches, where their readings come out of the target, and how one is recognised.
#pragma once

#include <array>
#include <span>
#include <string>
#include <vector>

#include "protocols/drivers/driver.hpp"
#include "protocols/drivers/mqtt_endpoint.hpp"
#include "sim/arrival_matcher.hpp"
#include "sim/plan.hpp"
#include "sim/worker.hpp"

namespace wanwu::sim {

/// How long a witness waits until all it subscribed to is granted.
inline constexpr duration listen_within = std::chrono::seconds{5};

/// One protocol's way of listening: where readings of the sample come out.
struct witness_lane {
  std::uint8_t lane{};  ///< Of the plan; the witness connects as its things do.
  protocol via{};
  std::vector<subscription> subscriptions;
  std::string client_id, user;
};

/// Fixed from its construction on, so that any thread may ask. The plan outlives it.
class witness_sample {
 public:
  explicit witness_sample(const world_plan& plan);

  /// None when the target file does not say how readings arrive, for any protocol of the plan.
  std::span<const witness_lane> lanes() const { return lanes_; }
  bool has(thing_id thing) const { return sampled_[static_cast<std::uint32_t>(thing)]; }
  sent_reading note_of(const outgoing_reading& reading) const;
  /// Tells `into` that `heard` came by `via`.
  void hear(protocol via, const heard_message& heard, arrival_matcher& into) const;
  const world_plan& plan() const { return plan_; }

 private:
  /// Where the readings of one thing come out.
  struct outlet {
    thing_id thing{};
    std::uint8_t lane{};
    protocol via{};
    bool tells_address{};
    std::string filter, user;
  };
  void choose_things();
  void choose_subscriptions();
  outlet outlet_of(thing_context& context, thing_id thing, std::uint32_t row,
                   const planned_population& kind) const;
  witness_lane& lane_for(const outlet& of);
  std::uint64_t key_of(const outgoing_reading& reading) const;
  bool by_address(protocol via) const { return by_address_[static_cast<std::size_t>(via)]; }

  const world_plan& plan_;
  std::vector<witness_lane> lanes_;
  std::array<bool, 3> by_address_{};  ///< By protocol: what is heard comes with the address it was sent to.
  std::vector<bool> sampled_;         ///< By thing.
};

/// How a witness connects: as its things do, but without a past.
mqtt_endpoint witness_mqtt_settings(const world_plan& plan, const witness_lane& lane);

}  // namespace wanwu::sim
