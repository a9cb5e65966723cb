// The same work as floor.cpp, through the drivers' seam as the engine uses it: intents in, observations out.
#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "protocols/drivers/coap_native.hpp"
#include "protocols/drivers/http_beast.hpp"
#include "protocols/drivers/mqtt_native.hpp"
#include "protocols/transport/descriptors.hpp"
#include "protocols/transport/reactor.hpp"
#include "tests/bench/measurement.hpp"

using namespace wanwu;
using namespace wanwu::bench;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t batch_max = 1024;
constexpr std::uint64_t in_flight_max = 1024;
constexpr std::uint32_t opening_max = 50;  // Debian's mosquitto listens with a backlog of 100
constexpr std::uint32_t window = 8;        // on the way for each pair of publisher and subscriber

struct tally final : driver_client {
  explicit tally(const job& wanted) : work{wanted} {}

  void describe(connection_id connection, login& out) override {
    const auto n = static_cast<std::uint32_t>(connection);
    out.client_id.assign("bench").append(std::to_string(n));
    out.thing = thing_id{n};
    if (n >= publishers)
      out.subscriptions.push_back({"bench/" + std::to_string(100000 + n - publishers), 0, 0, false});
  }
  void changed(std::span<const connection_change> changes) override {
    for (const auto& c : changes) {
      up += c.now == connection_state::up ? 1U : 0U;
      down += c.now == connection_state::down ? 1U : 0U;
    }
  }
  void record(std::span<const observation> seen) override {
    for (const auto& o : seen) {
      if (o.op != operation::telemetry) continue;
      (o.result == outcome::ok ? done : failed) += 1;
      if (is_closed_loop) idle.push_back(static_cast<std::uint32_t>(o.thing));
    }
  }
  void heard(std::span<const heard_message> messages) override {
    for (const auto& m : messages) {
      ++delivered;
      idle.push_back(static_cast<std::uint32_t>(m.connection) - publishers);
    }
  }

  job work;
  std::uint32_t publishers = 0xFFFF'FFFF;
  bool is_closed_loop = true;
  std::uint32_t up = 0, down = 0;
  std::uint64_t done = 0, failed = 0, delivered = 0;
  std::deque<std::uint32_t> idle;  // connections that may start another operation
};

struct bench {
  explicit bench(const job& wanted) : work{wanted}, client{wanted} {
    raise_descriptor_limit();
    auto made_reactor = reactor::create();
    if (!made_reactor) give_up("reactor");
    events = std::move(*made_reactor);
    shape.op = operation::telemetry;
    shape.method = "POST";
    payload.assign(work.payload, 'x');
    make_driver();
    made->prepare(work.connections);
    if (work.row == "mqtt-idle-bytes") return;  // addresses are the bench's, not the driver's
    for (std::uint32_t n = 0; n < work.connections; ++n) addresses.push_back(address_of(n));
  }

  std::string address_of(std::uint32_t n) const {
    if (shape.via == protocol::coap) return "/things/a/telemetry";
    return (shape.via == protocol::http ? "/things/" : "bench/") + std::to_string(100000 + n);
  }

  void make_driver() {
    const auto target = socket_address::from_v4(0x7F000001, work.port);
    if (work.row.starts_with("mqtt")) {
      mqtt_endpoint to;
      to.address = target;
      to.level = mqtt::version::v3_1_1;
      to.keep_alive = 0;
      shape.via = protocol::mqtt;
      shape.qos = work.row == "mqtt-qos1" ? 1 : 0;
      made = make_mqtt_native(to, *events, client);
    } else if (work.row == "http-post") {
      http_endpoint to;
      to.address = target;
      to.host = "127.0.0.1";
      shape.via = protocol::http;
      shape.content_type = "application/json";
      made = make_http_beast(to, *events, client);
    } else {
      coap_endpoint to;
      to.target = target;
      to.sources = source_pool{0x7F100000, work.connections};
      shape.via = protocol::coap;
      made = make_coap_native(to, *events, client);
    }
  }

  time_point now() const { return std::chrono::steady_clock::now(); }

  // In the order of the engine's loop: what was started is advanced before anybody waits.
  void turn(const std::function<bool()>& has_work) {
    made->advance(now());
    events->wait(has_work() ? std::optional{time_point{}} : made->next_deadline());
  }

  void open_all() {
    std::vector<connection_id> which;
    std::uint32_t asked = 0;
    while (client.up < work.connections) {
      which.clear();
      while (asked < work.connections && asked - client.up < opening_max)
        which.push_back(connection_id{asked++});
      if (!which.empty()) made->open(which, std::vector<time_point>(which.size(), now()), now());
      turn([&] {
        return client.up == work.connections || (asked < work.connections && asked - client.up < opening_max);
      });
      if (client.down != 0) give_up("a connection went down");
    }
  }

  intent intent_for(std::uint32_t n, time_point at) const {
    intent out;
    out.shape = &shape;
    out.address = addresses[n];
    out.payload = as_bytes(payload);
    out.intended_at = at;
    out.thing = thing_id{n};
    out.connection = connection_id{n};
    return out;
  }

  // Each connection starts its next operation when the last is done, the longest idle first.
  void closed_loop(const std::uint64_t& finished, std::uint32_t starters, std::uint32_t each) {
    std::vector<intent> batch;
    std::uint64_t started = 0;
    for (std::uint32_t i = 0; i < each; ++i) {
      for (std::uint32_t n = 0; n < starters; ++n) client.idle.push_back(n);
    }
    const auto may_start = [&] {
      return !client.idle.empty() && started < work.operations &&
             started - finished - client.failed < in_flight_max;
    };
    while (finished + client.failed < work.operations) {
      const time_point at = now();
      batch.clear();
      for (; may_start() && batch.size() < batch_max; ++started) {
        batch.push_back(intent_for(client.idle.front(), at));
        client.idle.pop_front();
      }
      made->start(batch, at);
      turn([&] { return finished + client.failed == work.operations || may_start(); });
    }
  }

  // A tick a millisecond, as the engine's timer wheel has; each starts what fell due since the last.
  double paced() {
    client.is_closed_loop = false;
    std::vector<intent> batch;
    const time_point start = now();
    duration latest{};
    std::uint64_t started = 0;
    for (std::uint64_t tick = 0; started < work.operations; ++tick) {
      const std::uint64_t due = std::min(work.operations, (tick + 1) * work.rate / 1000);
      const time_point at = now();
      batch.clear();
      for (; started < due; ++started) {
        batch.push_back(
            intent_for(static_cast<std::uint32_t>(started % work.connections), start + tick * 1ms));
      }
      made->start(batch, at);
      const time_point next = start + (tick + 1) * 1ms;
      latest = std::max(latest, duration{now() - next});
      for (time_point woke = at; woke < next;) {
        woke = events->wait(next);
        made->advance(woke);
      }
    }
    while (client.done + client.failed < work.operations) turn([] { return false; });
    return std::chrono::duration<double, std::milli>(latest).count();
  }

  job work;
  tally client;
  std::unique_ptr<reactor> events;
  std::unique_ptr<driver> made;
  request_shape shape;
  std::string payload;
  std::vector<std::string> addresses;
};

int run(const job& work) {
  const std::uint64_t before = private_bytes();
  bench b{work};
  const bool is_end_to_end = work.row == "mqtt-e2e";
  if (is_end_to_end) b.client.publishers = work.connections / 2;
  if (is_end_to_end) b.client.is_closed_loop = false;
  const stopwatch opening;
  b.open_all();
  if (work.row == "mqtt-connect") {
    opening.print(b.client.up);
    return 0;
  }
  if (work.row == "mqtt-idle-bytes") {
    const std::uint64_t grown = private_bytes() - before;
    opening.print(b.client.up, ("bytes=" + std::to_string(grown)).c_str());
    return 0;
  }
  const stopwatch clock;
  std::string more;
  if (work.rate != 0) {
    more = "late_ms=" + std::to_string(b.paced());
  } else if (is_end_to_end) {
    b.closed_loop(b.client.delivered, b.client.publishers, window);
  } else {
    b.closed_loop(b.client.done, work.connections, 1);
  }
  more += " failed=" + std::to_string(b.client.failed);
  clock.print(is_end_to_end ? b.client.delivered : b.client.done, more.c_str());
  return b.client.failed == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  return run(read_job(argc, argv));
}
