#include "protocols/drivers/mqtt_native.hpp"

#include "protocols/drivers/mqtt_native_driver.hpp"
#include "protocols/transport/impaired_streams.hpp"
#include "protocols/transport/memory.hpp"
#include "protocols/transport/tcp.hpp"

namespace wanwu {

namespace {

/// A driver together with what it works on: a carrier makes the transport.
template <class Carrier>
class carried_mqtt final : public driver {
 public:
  template <class... Way>
  carried_mqtt(const mqtt_endpoint& target, driver_client& client, Way&&... way)
      : carrier_{std::forward<Way>(way)...}, driver_{target, carrier_.transport, client} {}

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
  Carrier carrier_;
  mqtt_native_driver<typename Carrier::transport_type> driver_;
};

struct tcp_carrier {
  using transport_type = tcp_transport;
  tcp_carrier(reactor& events, const tcp_settings& how) : transport{events, how} {}
  tcp_transport transport;
};

struct impaired_tcp_carrier {
  using transport_type = impaired_streams<tcp_transport>;
  impaired_tcp_carrier(reactor& events, const mqtt_endpoint& target, const impaired_way& way)
      : sockets{events, {.sources = target.sources}}, transport{sockets, way} {}
  tcp_transport sockets;
  transport_type transport;
};

struct impaired_memory_carrier {
  using transport_type = impaired_streams<memory_transport>;
  impaired_memory_carrier(memory_transport& link, const impaired_way& way) : transport{link, way} {}
  transport_type transport;
};

}  // namespace

std::unique_ptr<driver> make_mqtt_native(const mqtt_endpoint& target, reactor& events,
                                         driver_client& client) {
  return std::make_unique<carried_mqtt<tcp_carrier>>(target, client, events,
                                                     tcp_settings{.sources = target.sources});
}

std::unique_ptr<driver> make_mqtt_native(const mqtt_endpoint& target, const impaired_way& way,
                                         reactor& events, driver_client& client) {
  return std::make_unique<carried_mqtt<impaired_tcp_carrier>>(target, client, events, target, way);
}

std::unique_ptr<driver> make_mqtt_memory(const mqtt_endpoint& target, memory_transport& link,
                                         driver_client& client) {
  return std::make_unique<mqtt_native_driver<memory_transport>>(target, link, client);
}

std::unique_ptr<driver> make_mqtt_memory(const mqtt_endpoint& target, const impaired_way& way,
                                         memory_transport& link, driver_client& client) {
  return std::make_unique<carried_mqtt<impaired_memory_carrier>>(target, client, link, way);
}

}  // namespace wanwu
