// Publish to subscribe through the drivers' seam, as the engine uses it: `wanwu load` has no things that only
// listen. Half the connections publish, each to one of the other half, one message on the way for each pair.
#include <algorithm>
#include <memory>
#include <vector>

#include "protocols/drivers/mqtt_native.hpp"
#include "protocols/transport/descriptors.hpp"
#include "protocols/transport/reactor.hpp"
#include "tests/bench/measurement.hpp"

using namespace wanwu;
using namespace wanwu::bench;

namespace {

constexpr std::uint32_t opening_max = 50;  // Debian's mosquitto listens with a backlog of 100

struct tally final : driver_client {
  explicit tally(std::uint32_t pair_count) : pairs{pair_count} {}

  void describe(connection_id connection, login& out) override {
    const auto n = static_cast<std::uint32_t>(connection);
    out.client_id.assign("bench").append(std::to_string(n));
    out.thing = thing_id{n};
    if (n >= pairs) out.subscriptions.push_back({topic_of(n - pairs), 0, 0, false});
  }
  void changed(std::span<const connection_change> changes) override {
    for (const auto& c : changes) {
      up += c.now == connection_state::up ? 1U : 0U;
      down += c.now == connection_state::down ? 1U : 0U;
    }
  }
  void record(std::span<const observation> seen) override {
    for (const auto& o : seen) failed += o.op == operation::telemetry && o.result != outcome::ok ? 1U : 0U;
  }
  void heard(std::span<const heard_message> messages) override {
    for (const auto& m : messages) {
      ++delivered;
      idle.push_back(static_cast<std::uint32_t>(m.connection) - pairs);
    }
  }

  std::uint32_t pairs;
  std::uint32_t up = 0, down = 0;
  std::uint64_t failed = 0, delivered = 0;
  std::vector<std::uint32_t> idle;  ///< Pairs with nothing on the way.
};

void open_all(driver& made, reactor& events, tally& client, std::uint32_t count) {
  std::vector<connection_id> which;
  for (std::uint32_t asked = 0; client.up < count;) {
    const time_point now = std::chrono::steady_clock::now();
    which.clear();
    while (asked < count && asked - client.up < opening_max) which.push_back(connection_id{asked++});
    if (!which.empty()) made.open(which, std::vector<time_point>(which.size(), now), now);
    made.advance(now);
    events.wait(made.next_deadline());
    if (client.down != 0) give_up("a connection went down");
  }
}

int run(const job& work) {
  raise_descriptor_limit();
  auto events = reactor::create();
  if (!events) give_up("reactor");
  tally client{work.connections / 2};
  mqtt_endpoint to;
  to.address = socket_address::from_v4(0x7F000001, work.port);
  to.level = mqtt::version::v5;
  const auto made = make_mqtt_native(to, **events, client);
  made->prepare(work.connections);
  open_all(*made, **events, client, work.connections);

  request_shape shape;
  shape.op = operation::telemetry;
  shape.via = protocol::mqtt;
  const std::string_view content_type{
      "\x03\x00\x10"
      "application/json",
      19};
  shape.publish_properties.assign(as_bytes(content_type).begin(), as_bytes(content_type).end());
  const std::string payload(work.payload, 'x');
  std::vector<std::string> topics;
  for (std::uint32_t n = 0; n < client.pairs; ++n) topics.push_back(topic_of(n));
  for (std::uint32_t n = 0; n < client.pairs; ++n) client.idle.push_back(n);

  const stopwatch clock;
  std::vector<intent> batch;
  std::uint64_t started = 0;
  while (client.delivered < work.operations && client.failed == 0) {
    const time_point now = std::chrono::steady_clock::now();
    batch.clear();
    for (const std::uint32_t n : client.idle) {
      if (started == work.operations) break;
      ++started;
      intent& next = batch.emplace_back();
      next.shape = &shape;
      next.address = topics[n];
      next.payload = as_bytes(payload);
      next.intended_at = now;
      next.thing = thing_id{n};
      next.connection = connection_id{n};
    }
    client.idle.clear();
    made->start(batch, now);
    made->advance(now);
    (*events)->wait(made->next_deadline());
  }
  clock.print(client.delivered, ("failed=" + std::to_string(client.failed)).c_str());
  return client.failed == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  return run(read_job(argc, argv));
}
