// What a lane's driver must know of the target: the endpoint settings, made from the plan.
#pragma once

#include "protocols/drivers/coap_native.hpp"
#include "protocols/drivers/http_beast.hpp"
#include "protocols/drivers/mqtt_endpoint.hpp"
#include "protocols/transport/impairment.hpp"
#include "protocols/transport/memory.hpp"
#include "sim/plan.hpp"

namespace wanwu::sim {

/// Who asks for a driver: one of plan.workers, in a run that began at `started`.
struct lane_seat {
  std::uint32_t worker = 0;
  time_point started;
};

mqtt_endpoint mqtt_settings(const world_plan& plan, const lane_plan& lane);
coap_endpoint coap_settings(const world_plan& plan, const lane_plan& lane, const lane_seat& seat);
http_endpoint http_settings(const world_plan& plan, const lane_plan& lane);
/// The header line of HTTP Basic authentication (RFC 7617), ended by CRLF. A secret.
std::string basic_authorization(const std::string& user, const std::string& password);

/// The faults that the lane's links suffer; empty for most.
impaired_way way_of(const world_plan& plan, const lane_plan& lane, const lane_seat& seat);

/// The driver of a stream lane over memory, for virtual time; `way` as of way_of().
std::unique_ptr<driver> make_memory_driver(const world_plan& plan, const lane_plan& lane,
                                           const impaired_way& way, memory_transport& link,
                                           driver_client& client);

}  // namespace wanwu::sim
