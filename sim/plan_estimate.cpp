#include "sim/plan_estimate.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "protocols/mqtt/encode.hpp"
#include "protocols/mqtt/quick_encode.hpp"
#include "sim/population.hpp"
#include "sim/thing_context.hpp"

namespace wanwu::sim {

namespace {

/// Things looked at of each kind, and instants of each.
constexpr std::uint32_t things_looked_at = 4;
constexpr int instants_looked_at = 5;

// What this program keeps, measured: bytes of an idle thing's connection by protocol; what there is before
// the first of them; what each kind of thing has of its own, mostly histograms.
constexpr std::array<std::uint64_t, 3> bytes_per_connection{185, 27, 5};
constexpr std::uint64_t bytes_of_program = 16'000'000, bytes_per_kind = 700'000;
// Processor time of one reading with its answer by protocol, and of one connection, measured by tests/bench.
constexpr std::array<double, 3> us_per_reading{9, 6, 6};
constexpr double us_per_connect = 15;

/// The same world with a few things of each kind.
world_plan few_of(const world_plan& plan) {
  world_plan out = plan;
  out.workers = 1;
  for (lane_plan& lane : out.lanes) lane.connections = 0;
  std::uint32_t next = 0;
  for (planned_population& p : out.populations) {
    p.count = std::min(p.count, things_looked_at);
    p.connections = (p.count + p.things_per_connection - 1) / p.things_per_connection;
    p.first_thing = next;
    next += p.count;
    lane_plan& lane = out.lanes[p.lane];
    p.first_connection = lane.connections;
    lane.connections += p.connections;
  }
  return out;
}

std::size_t mqtt_bytes(const world_plan& plan, const request_shape& shape, std::string_view topic,
                       bytes_view payload) {
  const auto level = plan.mqtt_version == 5 ? mqtt::version::v5 : mqtt::version::v3_1_1;
  return mqtt::publish_size({.topic = topic,
                             .payload = payload,
                             .properties = shape.publish_properties,
                             .packet_id = 1,
                             .level = static_cast<mqtt::qos>(shape.qos)},
                            level);
}

/// RFC 7252 §3: header and token, an option for each segment of the path, Content-Format, the payload's
/// marker.
std::size_t coap_bytes(std::string_view path, bytes_view payload) {
  constexpr std::size_t header_and_token = 8, content_format = 3, marker = 1;
  std::size_t size = header_and_token + content_format + marker + payload.size();
  for (std::size_t from = 0; from < path.size();) {
    const std::size_t end = std::min(path.find('/', from), path.size());
    if (end > from) size += end - from + (end - from > 12 ? 2 : 1);
    from = end + 1;
  }
  return size;
}

std::size_t http_bytes(const world_plan& plan, const request_shape& shape, std::string_view path,
                       bytes_view payload) {
  const lang::url* at = plan.target->url_of(protocol::http);
  const std::size_t host = at == nullptr ? 0 : at->host.size() + 6 + at->path.size();
  constexpr std::string_view fixed = "  HTTP/1.1\r\nHost: \r\nContent-Type: \r\nContent-Length: 100\r\n\r\n";
  return fixed.size() + shape.method.size() + path.size() + host + shape.content_type.size() +
         shape.extra_headers.size() + plan.http_auth.size() + payload.size();
}

double sample(const world_plan& few, thing_context& context, const planned_population& p,
              std::uint32_t first_row) {
  const compiled_message& message = *p.telemetry;
  byte_writer address, payload;
  std::size_t total = 0;
  for (std::uint32_t i = 0; i < p.count; ++i) {
    for (int k = 0; k < instants_looked_at; ++k) {
      context.look_at(first_row + i, few.when.end * k / instants_looked_at);
      if (k == 0) context.draw_state();
      context.update_state();
      address.clear();
      payload.clear();
      if (!context.render_address(message, address) || !context.render_payload(message, payload)) continue;
      const bytes_view written = address.view();
      const std::string_view where{reinterpret_cast<const char*>(written.data()), written.size()};
      switch (message.shape.via) {
        case protocol::mqtt:
          total += mqtt_bytes(few, message.shape, where, payload.view());
          break;
        case protocol::coap:
          total += coap_bytes(where, payload.view());
          break;
        case protocol::http:
          total += http_bytes(few, message.shape, where, payload.view());
          break;
      }
    }
  }
  return p.count == 0 ? 0 : static_cast<double>(total) / (p.count * instants_looked_at);
}

void estimate_traffic(world_plan& plan) {
  plan_figures& f = plan.figures;
  const std::vector<double> bytes_each = reading_bytes(plan);
  double total = 0, total_bytes = 0;
  for (const phase_window& phase : plan.when.phases) {
    const auto length = static_cast<double>((phase.end - phase.begin).count()) / 1e9;
    const double share_begin = plan.when.ramp.share_at(phase.begin),
                 share_end = plan.when.ramp.share_at(phase.end - duration{1});
    double rate = 0, bytes_rate = 0, busy = 0, connects = 0;
    for (const planned_population& p : plan.populations) {
      if (length > 0) connects += std::abs(share_end - share_begin) * p.connections / length;
      if (!p.telemetry) continue;
      const load_profile& load = plan.when.loads[p.index];
      const double factor =
          length > 0 ? (load.load_at(phase.end) - load.load_at(phase.begin)) / 1e9 / length : 0;
      const double each = p.count * factor * 1e9 / static_cast<double>(p.period.count());
      const double now = each * std::max(share_begin, share_end);
      rate += now;
      bytes_rate += now * bytes_each[p.index];
      busy += now * us_per_reading[static_cast<std::size_t>(plan.lanes[p.lane].via)];
      const double count = each * (share_begin + share_end) / 2 * length;
      total += count;
      total_bytes += count * bytes_each[p.index];
    }
    f.messages_per_s_max = std::max(f.messages_per_s_max, rate);
    f.bytes_per_s = std::max(f.bytes_per_s, bytes_rate);
    f.connects_per_s_max = std::max(f.connects_per_s_max, connects);
    f.processors = std::max(f.processors, (busy + connects * us_per_connect) / 1e6);
  }
  f.messages_per_s = f.messages_per_s_max;
  f.messages_total = static_cast<std::uint64_t>(total);
  f.bytes_total = static_cast<std::uint64_t>(total_bytes);
}

void count_things(world_plan& plan) {
  plan_figures& f = plan.figures;
  f.things = plan.thing_count();
  std::uint64_t columns = 0;
  for (const planned_population& p : plan.populations) columns += std::uint64_t{p.count} * p.columns.size();
  f.memory_bytes = f.things * (sizeof(thing_row) + 8) + columns * sizeof(double) + bytes_of_program +
                   plan.populations.size() * bytes_per_kind;
  for (const lane_plan& lane : plan.lanes) {
    f.connections += lane.connections;
    if (lane.via == protocol::coap) f.endpoints += lane.connections;
    f.sockets += sockets_of(plan, lane);
    f.memory_bytes += lane.connections * (28 + bytes_per_connection[static_cast<std::size_t>(lane.via)]);
  }
  f.kernel_bytes = plan.virtual_time ? 0 : f.sockets * kernel_bytes_per_socket;
}

}  // namespace

std::uint64_t sockets_of(const world_plan& plan, const lane_plan& lane) {
  if (lane.via == protocol::mqtt) return lane.connections;
  if (lane.via == protocol::coap) return plan.workers;
  std::uint64_t all = 0;
  for (const lane_plan& other : plan.lanes) all += other.via == protocol::http ? other.connections : 0;
  return std::min<std::uint64_t>(lane.connections,
                                 (std::uint64_t{plan.http_pool} * lane.connections + all - 1) / all);
}

std::vector<double> reading_bytes(const world_plan& plan) {
  const world_plan few = few_of(plan);
  population things{few, 0};
  thing_context context{few, things, few.frame.start_ms};
  std::vector<double> out;
  std::uint32_t row = 0;
  for (const planned_population& p : few.populations) {
    out.push_back(p.telemetry ? sample(few, context, p, row) : 0);
    row += p.count;
  }
  return out;
}

void estimate_figures(world_plan& plan) {
  count_things(plan);
  estimate_traffic(plan);
}

}  // namespace wanwu::sim
