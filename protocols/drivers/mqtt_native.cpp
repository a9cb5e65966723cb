#include "protocols/drivers/mqtt_native.hpp"

#include "protocols/drivers/mqtt_native_driver.hpp"
#include "protocols/transport/memory.hpp"
#include "protocols/transport/tcp.hpp"

namespace wanwu {

namespace {

/// A driver together with the transport it works on.
class mqtt_over_tcp final : public driver {
 public:
  mqtt_over_tcp(const mqtt_endpoint& target, reactor& events, driver_client& client)
      : transport_{events, {.sources = target.sources}}, driver_{target, transport_, client} {}

  void prepare(std::uint32_t count) override { driver_.prepare(count); }
  void open(std::span<const connection_id> which, std::span<const time_point> intended,
            time_point now) override {
    driver_.open(which, intended, now);
  }
  void close(std::span<const connection_id> which, closing how, time_point now) override {
    driver_.close(which, how, now);
  }
  void start(std::span<const intent> intents, time_point now) override { driver_.start(intents, now); }
  void advance(time_point now) override { driver_.advance(now); }
  std::optional<time_point> next_deadline() const override { return driver_.next_deadline(); }
  void abandon(outcome why, time_point now) override { driver_.abandon(why, now); }
  driver_totals totals() const override { return driver_.totals(); }
  void report_completions(bool wanted) override { driver_.report_completions(wanted); }

 private:
  tcp_transport transport_;
  mqtt_native_driver<tcp_transport> driver_;
};

}  // namespace

std::unique_ptr<driver> make_mqtt_native(const mqtt_endpoint& target, reactor& events,
                                         driver_client& client) {
  return std::make_unique<mqtt_over_tcp>(target, events, client);
}

std::unique_ptr<driver> make_mqtt_memory(const mqtt_endpoint& target, memory_transport& link,
                                         driver_client& client) {
  return std::make_unique<mqtt_native_driver<memory_transport>>(target, link, client);
}

}  // namespace wanwu
