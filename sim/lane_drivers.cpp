// Which driver serves which lane, with the settings that the target file gives.
#include "protocols/drivers/coap_native.hpp"
#include "protocols/drivers/mqtt_native.hpp"
#include "protocols/drivers/mqtt_paho.hpp"
#include "sim/lane_settings.hpp"
#include "sim/engine.hpp"

namespace wanwu::sim {

mqtt_endpoint mqtt_settings(const world_plan& plan, const lane_plan& lane) {
  const lang::mqtt_endpoint_spec& spec = *plan.target->mqtt;
  mqtt_endpoint made;
  made.address = lane.address;
  made.sources = plan.sources;
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
  if (plan.target->coap) made.base_path = plan.target->coap->at.path;
  if (plan.user_sources) made.sources = plan.sources;
  return made;
}

driver_factory socket_drivers() {
  return [](const world_plan& plan, std::uint8_t index, reactor& events, driver_client& client) -> std::unique_ptr<driver> {
    const lane_plan& lane = plan.lanes[index];
    switch (lane.via) {
      case protocol::mqtt: {
        const mqtt_endpoint settings = mqtt_settings(plan, lane);
        return lane.stock ? make_mqtt_paho(settings, client) : make_mqtt_native(settings, events, client);
      }
      case protocol::coap: return make_coap_native(coap_settings(plan, lane), events, client);
      case protocol::http: break;
    }
    return nullptr;
  };
}

}  // namespace wanwu::sim
