// The end of the way inside the program: a driver that every connection reaches and that takes every
// operation at the instant it was due. Nothing is spoken; what would be sent is counted and folded into a
// digest.
#pragma once

#include <vector>

#include "protocols/drivers/driver.hpp"

namespace wanwu::sim {

/// What a sink took. Sums, so that the parts of several workers add up to the same in any order.
struct sink_totals {
  std::uint64_t messages{}, bytes{};
  std::uint64_t digest{};  ///< Of thing, address, payload and due instant of every message.

  sink_totals& operator+=(const sink_totals& o) noexcept {
    messages += o.messages;
    bytes += o.bytes;
    digest += o.digest;
    return *this;
  }
};

class sink_driver final : public driver {
 public:
  /// Instants count from `started` in the digest. `client` outlives the driver.
  sink_driver(protocol via, time_point started, driver_client& client);

  void prepare(std::uint32_t count) override;
  void open(std::span<const connection_id> which, std::span<const time_point> intended,
            time_point now) override;
  void close(std::span<const connection_id> which, closing how, time_point now) override;
  void start(std::span<const intent> intents, time_point now) override;
  void advance(time_point now) override;
  std::optional<time_point> next_deadline() const override;
  void abandon(outcome, time_point) override {}
  driver_totals totals() const override { return totals_; }

  const sink_totals& taken() const noexcept { return taken_; }

 private:
  void tell(time_point now);

  protocol via_;
  time_point started_;
  driver_client& client_;
  driver_totals totals_;
  sink_totals taken_;
  std::vector<connection_id> opened_, closed_;  ///< Not told yet.
  time_point changed_at_;
  std::vector<connection_change> changes_;
  std::vector<observation> observations_;
};

}  // namespace wanwu::sim
