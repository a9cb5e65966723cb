// The CoAP socket of the target: batches of datagrams to the core and back.
#pragma once

#include <mutex>

#include "protocols/transport/udp.hpp"
#include "sim/target/target_core.hpp"

namespace wanwu::target {

/// Belongs to its shard's thread; takes the core's lock once a batch of at most udp_transport::batch_max
/// datagrams.
class datagram_port final : public readiness_listener {
 public:
  datagram_port(reactor& events, std::mutex& lock, target_core& core)
      : transport_{events}, lock_{lock}, core_{core} {
    transport_.attach(*this);
  }

  tl::expected<socket_address, std::error_code> listen(const socket_address& address) {
    return transport_.listen(address);
  }
  void ready(std::span<const readiness> events, time_point now) override {
    transport_.dispatch(events, *this, now);
  }

  /// With the lock held.
  void take_output(target_core& core) {
    if (output_.empty()) std::swap(core.datagrams(), output_);
  }
  void flush(time_point now) {
    for (const auto& e : output_.entries()) transport_.send_to(e.local, e.peer, output_.bytes_of(e), now);
    output_.clear();
    transport_.flush(now);
  }

  // udp_transport's listener
  void datagrams_received(std::span<const datagram> batch, time_point now) {
    {
      const std::lock_guard held{lock_};
      for (const auto& one : batch) core_.receive_datagram(one, now);
      take_output(core_);
    }
    for (const auto& e : output_.entries()) transport_.send_to(e.local, e.peer, output_.bytes_of(e), now);
    output_.clear();
  }
  void datagram_refused(endpoint_id, const socket_address&, std::error_code, time_point) noexcept {}

 private:
  udp_transport transport_;
  std::mutex& lock_;
  target_core& core_;
  datagram_box output_;
};

}  // namespace wanwu::target
