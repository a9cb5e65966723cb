// A scenario ready to run: populations with compiled templates and models, connections, workers, rates, what
// it takes. Made once, immutable while running, shared by all workers.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "protocols/transport/address.hpp"
#include "scenarios/language/load.hpp"
#include "scenarios/things/catalogue.hpp"
#include "scenarios/things/thing_description.hpp"
#include "sim/compiled_message.hpp"
#include "sim/dynamics.hpp"
#include "sim/payload.hpp"
#include "sim/script.hpp"
#include "sim/timeline.hpp"

namespace wanwu::sim {

/// A place name a population's things live in, e.g. "district" of 40.
struct planned_place {
  std::string name;
  std::uint64_t count = 0;
  std::uint16_t slot = 0;
};

/// A `state:` or `update:` column: one double a thing.
struct planned_column {
  std::string name;
  column_type type = column_type::number;
  std::uint16_t slot = 0;
  std::optional<lang::expression> start;  ///< Drawn once a thing; none: the constant.
  double constant = 0;
  std::string constant_text;
  std::optional<lang::expression> update;  ///< At each reading.
};

/// One kind of thing, compiled. Things and connections are numbered from first_thing and first_connection on.
struct planned_population {
  std::uint16_t index = 0;
  const lang::population* source{};
  std::string kind, sector, id_stem;  ///< Things are called id_stem-000042.
  std::uint8_t lane = 0;              ///< Index into world_plan::lanes.
  std::uint32_t first_thing = 0, count = 0;
  std::uint32_t first_connection = 0, connections = 0;
  std::uint32_t things_per_connection = 1;
  bool is_gateway{};

  const things::thing_model* model{};
  std::shared_ptr<const dynamics> behaviour;
  std::optional<payload_writer> payload;  ///< Unless the payload is a body.
  std::optional<lang::text_template> payload_body;
  slot_needs payload_needs;
  std::optional<things::description_template> description;
  std::shared_ptr<const lang::slot_table> names;
  std::vector<std::uint16_t> property_slots;  ///< Slot of each model property; 0 = has none.
  std::vector<planned_place> places;
  std::vector<planned_column> columns;
  std::string script_text, script_file;

  duration period{};
  double jitter = 0;
  std::optional<compiled_message> telemetry, event, register_, read;
  std::optional<compiled_hearing> hearing;
  lang::text_template client_id, user;  ///< MQTT.

  std::string thing_name(std::uint32_t index_in_population) const;
};

/// All connections of one protocol by one kind of driver that suffer the same faults.
struct lane_plan {
  protocol via{};
  bool stock{};
  std::vector<std::uint16_t> faults;  ///< Indices into the scenario's faults; most lanes have none.
  std::uint32_t connections = 0;
  std::vector<std::uint16_t> populations;  ///< In order of first_connection.
  socket_address address;                  ///< Unspecified in virtual time.
};

/// What the machine and the target allow, and what the user said.
struct plan_options {
  std::uint32_t workers = 0;  ///< 0 = as many as cores and descriptors ask for.
  bool virtual_time{};
  bool any_machine{};               ///< Do not mind what this machine cannot carry: somebody else asks that.
  bool no_addresses{};              ///< The target is not there yet: plan without resolving it.
  std::vector<std::string> phases;  ///< Empty = all.
  std::uint32_t local_addresses = 0;      ///< Source addresses; 0 = as many as are needed (loopback only).
  std::uint32_t first_local_address = 0;  ///< Host byte order; 0 = 127.0.0.1 on.
  std::size_t payload_bytes = 0;  ///< 0: readings. Else telemetry is so many bytes of filler, and no events.
  std::optional<std::uint8_t> qos;  ///< Overrides the QoS of MQTT telemetry.
};

struct plan_problem {
  std::string text, hint;
  std::optional<lang::source_mark> mark;
};

/// Figures of `wanwu plan`.
struct plan_figures {
  double messages_per_s = 0, messages_per_s_max = 0;  ///< Telemetry, all phases' steady and highest rate.
  double bytes_per_s = 0;                             ///< Estimated payload and headers, outwards.
  std::uint64_t messages_total = 0, bytes_total = 0;  ///< The same over the whole run.
  std::uint64_t things = 0, connections = 0, sockets = 0;
  std::uint64_t endpoints = 0;         ///< Of the connections, those that are no socket of their own (CoAP).
  std::uint64_t memory_bytes = 0;      ///< User space, estimated.
  std::uint64_t kernel_bytes = 0;      ///< For the sockets of this end, estimated.
  double processors = 0;               ///< Busy with the highest rate, estimated.
  std::uint64_t descriptor_limit = 0;  ///< Of each worker.
  std::uint64_t ports = 0;             ///< That TCP connections may come from, over all source addresses.
  double connects_per_s_max = 0;
};

struct world_plan {
  std::shared_ptr<const lang::scenario> source;
  std::shared_ptr<const lang::target_file> target;
  std::shared_ptr<things::catalogue> models;
  world_frame frame;
  double speed = 1;  ///< Scenario seconds per second.
  std::uint64_t seed = 1;
  timeline when;
  std::vector<planned_population> populations;
  std::vector<lane_plan> lanes;
  std::vector<std::optional<lang::expression>> storm_who;  ///< By storm of the timeline; none = all.
  std::shared_ptr<const lang::slot_table> storm_names;
  std::uint32_t workers = 1;
  std::uint32_t http_pool = 0;  ///< TCP connections of the HTTP pool over all workers.
  source_pool sources;
  bool user_sources{};  ///< The user named them: for CoAP endpoints too.
  int mqtt_version = 5;
  std::optional<std::string> mqtt_password;  ///< Never printed, never recorded.
  std::string http_auth;                     ///< The Authorization header line. The same.
  bool virtual_time{};
  plan_figures figures;
  std::vector<std::string> notes;  ///< For the user, e.g. an operation the target lacks on a protocol.
  bytes filler;                    ///< plan_options::payload_bytes of text.

  std::uint32_t thing_count() const;
  /// Population of a thing.
  const planned_population& population_of(std::uint32_t thing) const;
};

/// Compiles everything. All problems at once; nothing is sent and no descriptor is opened. Resolves host
/// names.
tl::expected<std::unique_ptr<world_plan>, std::vector<plan_problem>> make_plan(
    std::shared_ptr<const lang::scenario> world, std::shared_ptr<const lang::target_file> target,
    const plan_options& options);

/// The plan as text for people, or as JSON.
std::string plan_text(const world_plan& plan);
std::string plan_json(const world_plan& plan);

}  // namespace wanwu::sim
