// Which driver serves which lane, with the settings that the target file gives.
#include <algorithm>

#include <openssl/evp.h>

#include "protocols/drivers/coap_native.hpp"
#include "protocols/drivers/mqtt_native.hpp"
#include "protocols/drivers/mqtt_paho.hpp"
#include "sim/engine.hpp"
#include "sim/lane_settings.hpp"

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

coap_endpoint coap_settings(const world_plan& plan, const lane_plan& lane) {
  coap_endpoint made;
  made.target = lane.address;
  made.session.seed = plan.seed;
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
  made.pool = plan.virtual_time || plan.http_pool >= lane.connections
                  ? 0
                  : (plan.http_pool + plan.workers - 1) / plan.workers;
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

std::unique_ptr<driver> make_memory_driver(const world_plan& plan, const lane_plan& lane,
                                           memory_transport& link, driver_client& client) {
  if (lane.via == protocol::http) return make_http_memory(http_settings(plan, lane), link, client);
  return make_mqtt_memory(mqtt_settings(plan, lane), link, client);
}

driver_factory socket_drivers() {
  return [](const world_plan& plan, std::uint8_t index, reactor& events,
            driver_client& client) -> std::unique_ptr<driver> {
    const lane_plan& lane = plan.lanes[index];
    switch (lane.via) {
      case protocol::mqtt: {
        const mqtt_endpoint settings = mqtt_settings(plan, lane);
        return lane.stock ? make_mqtt_paho(settings, client) : make_mqtt_native(settings, events, client);
      }
      case protocol::coap:
        return make_coap_native(coap_settings(plan, lane), events, client);
      case protocol::http:
        return make_http_beast(http_settings(plan, lane), events, client);
    }
    return nullptr;
  };
}

}  // namespace wanwu::sim
