// Which driver serves which lane, with the settings that the target file gives.
#include <algorithm>

#include <openssl/evp.h>

#include "protocols/core/byte_writer.hpp"
#include "protocols/drivers/coap_native.hpp"
#include "protocols/drivers/mqtt_native.hpp"
#include "protocols/drivers/mqtt_paho.hpp"
#include "sim/engine.hpp"
#include "sim/lane_settings.hpp"
#include "sim/plan_estimate.hpp"

namespace wanwu::sim {

mqtt_endpoint mqtt_settings(const world_plan& plan, const lane_plan& lane) {
  mqtt_endpoint made;
  made.address = lane.address;
  made.sources = plan.sources;
  if (!plan.target->mqtt) return made;
  const lang::mqtt_endpoint_spec& spec = *plan.target->mqtt;
  made.level = spec.version == 5 ? mqtt::version::v5 : mqtt::version::v3_1_1;
  const auto keep_alive = std::chrono::duration_cast<std::chrono::seconds>(spec.keep_alive).count();
  made.keep_alive = static_cast<std::uint16_t>(std::clamp<std::int64_t>(keep_alive, 0, 65'535));
  made.clean_start = spec.clean_start;
  const auto expiry = std::chrono::duration_cast<std::chrono::seconds>(spec.session_expiry).count();
  made.session_expiry = static_cast<std::uint32_t>(std::clamp<std::int64_t>(expiry, 0, 0xFFFF'FFFF));
  return made;
}

coap_endpoint coap_settings(const world_plan& plan, const lane_plan& lane, const lane_seat& seat) {
  coap_endpoint made;
  made.target = lane.address;
  made.session.seed = plan.seed;
  made.session.endpoints = {seat.worker, plan.workers};
  if (plan.user_sources) made.sources = plan.sources;
  if (!plan.target->coap) return made;
  made.base_path = plan.target->coap->at.path;
  if (plan.target->coap->block > 0) made.session.block_bytes = plan.target->coap->block;
  return made;
}

http_endpoint http_settings(const world_plan& plan, const lane_plan& lane) {
  http_endpoint made;
  made.address = lane.address;
  made.sources = plan.sources;
  made.host = "localhost";
  // One connection a thing in virtual time: which things share one must not depend on the number of workers.
  const auto pool = static_cast<std::uint32_t>(sockets_of(plan, lane));
  made.pool = plan.virtual_time || pool >= lane.connections ? 0 : (pool + plan.workers - 1) / plan.workers;
  made.header_lines = plan.http_auth;
  if (!plan.target->http) return made;
  const lang::url& at = plan.target->http->at;
  if (at.given()) {
    made.host = at.host.find(':') == std::string::npos ? at.host : "[" + at.host + "]";
    if (at.port != 80) made.host += ":" + std::to_string(at.port);
  }
  made.base_path = at.path;
  return made;
}

std::string basic_authorization(const std::string& user, const std::string& password) {
  const std::string plain = user + ":" + password;
  std::string coded(4 * ((plain.size() + 2) / 3) + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(coded.data()),
                      reinterpret_cast<const unsigned char*>(plain.data()), static_cast<int>(plain.size()));
  coded.resize(static_cast<std::size_t>(size));
  return "Authorization: Basic " + coded + "\r\n";
}

namespace {

/// What begins a message that no target will take whole, in the words of the protocol.
bytes oversized_message(protocol via) {
  constexpr std::size_t coap_bytes = 8'000, http_bytes = std::size_t{128} * 1024, mqtt_bytes = 1'024;
  byte_writer out;
  const auto fill = [&](std::size_t size) {
    while (out.size() < size) out.u8('x');
  };
  switch (via) {
    case protocol::mqtt:  // PUBLISH with the longest remaining length there is, and the begin of its body
      for (const unsigned byte : {0x30U, 0xFFU, 0xFFU, 0xFFU, 0x7FU, 0x00U, 0x01U})
        out.u8(static_cast<std::uint8_t>(byte));
      fill(mqtt_bytes);
      break;
    case protocol::coap:  // CON POST with a payload that no datagram of CoAP should carry [RFC 7252 §4.6]
      for (const unsigned byte : {0x40U, 0x02U, 0xFFU, 0xFFU, 0xFFU}) out.u8(static_cast<std::uint8_t>(byte));
      fill(coap_bytes);
      break;
    case protocol::http:  // a request line that does not end
      out.append(as_bytes("GET /"));
      fill(http_bytes);
      break;
  }
  const bytes_view made = out.view();
  return {made.begin(), made.end()};
}

}  // namespace

impaired_way way_of(const world_plan& plan, const lane_plan& lane, const lane_seat& seat) {
  std::vector<impairment> faults;
  for (const std::uint16_t index : lane.faults) {
    const lang::fault& what = plan.source->faults[index];
    impairment made;
    made.key = stream_of(what.name);
    made.share = what.share;
    made.loss = what.black_hole ? 1 : what.loss;
    made.duplicate = what.duplicate;
    made.reorder = what.reorder;
    made.delay = what.delay;
    made.jitter = what.jitter;
    made.bytes_per_s = what.bytes_per_s;
    made.read_bytes_per_s = what.read_bytes_per_s;
    made.repeat = what.duplicate_ids;
    made.reset_after = what.reset;
    made.silent_after = what.half_open;
    made.mute_after = what.keep_alive_miss;
    made.garbage_after = what.garbage;
    made.oversized_after = what.oversized;
    made.leave_after = what.flapping;
    made.rival_after = what.takeover;
    made.oversized = oversized_message(lane.via);
    for (const fault_window& window : plan.when.faults) {
      // Until the last answer of the last phase is in.
      const bool to_the_end = window.end == plan.when.end;
      if (window.what == &what)
        made.when.push_back(
            {seat.started + window.begin, to_the_end ? time_point::max() : seat.started + window.end});
    }
    if (!made.when.empty()) faults.push_back(std::move(made));
  }
  // The same kind of link of another protocol or driver is another link.
  const auto lane_key = scramble(stream_of("lane") + static_cast<std::uint64_t>(&lane - plan.lanes.data()));
  return {std::move(faults), plan.seed ^ lane_key, {seat.worker, plan.workers}};
}

std::unique_ptr<driver> make_memory_driver(const world_plan& plan, const lane_plan& lane,
                                           const impaired_way& way, memory_transport& link,
                                           driver_client& client) {
  if (lane.via == protocol::http) {
    const http_endpoint settings = http_settings(plan, lane);
    return way.empty() ? make_http_memory(settings, link, client)
                       : make_http_memory(settings, way, link, client);
  }
  const mqtt_endpoint settings = mqtt_settings(plan, lane);
  return way.empty() ? make_mqtt_memory(settings, link, client)
                     : make_mqtt_memory(settings, way, link, client);
}

driver_factory socket_drivers() {
  return [](const world_plan& plan, std::uint8_t index, const lane_seat& seat, reactor& events,
            driver_client& client) -> std::unique_ptr<driver> {
    const lane_plan& lane = plan.lanes[index];
    const impaired_way way = way_of(plan, lane, seat);
    switch (lane.via) {
      case protocol::mqtt: {
        const mqtt_endpoint settings = mqtt_settings(plan, lane);
        if (lane.stock) return make_mqtt_paho(settings, client);
        return way.empty() ? make_mqtt_native(settings, events, client)
                           : make_mqtt_native(settings, way, events, client);
      }
      case protocol::coap: {
        const coap_endpoint settings = coap_settings(plan, lane, seat);
        return way.empty() ? make_coap_native(settings, events, client)
                           : make_coap_native(settings, way, events, client);
      }
      case protocol::http: {
        const http_endpoint settings = http_settings(plan, lane);
        return way.empty() ? make_http_beast(settings, events, client)
                           : make_http_beast(settings, way, events, client);
      }
    }
    return nullptr;
  };
}

}  // namespace wanwu::sim
