// From a scenario to numbers and compiled parts.
#include "sim/plan.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "sim/lane_settings.hpp"
#include "sim/limits.hpp"
#include "sim/plan_machine.hpp"
#include "sim/plan_population.hpp"

namespace wanwu::sim {

namespace {

constexpr std::size_t name_digits_max = 20;

std::int64_t wall_clock_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::vector<std::uint16_t> faults_of(const lang::scenario& world, std::size_t population) {
  std::vector<std::uint16_t> hit;
  for (std::size_t i = 0; i < world.faults.size(); ++i) {
    const auto& kinds = world.faults[i].kinds;
    if (std::find(kinds.begin(), kinds.end(), population) != kinds.end())
      hit.push_back(static_cast<std::uint16_t>(i));
  }
  return hit;
}

/// Nothing when the world would need more than there can be.
std::optional<std::uint8_t> lane_of(world_plan& plan, const lang::population& p, std::size_t index) {
  const bool stock = p.driver == lang::driver_choice::stock;
  std::vector<std::uint16_t> faults = faults_of(*plan.source, index);
  for (std::size_t i = 0; i < plan.lanes.size(); ++i) {
    const lane_plan& known = plan.lanes[i];
    if (known.via == p.over && known.stock == stock && known.faults == faults)
      return static_cast<std::uint8_t>(i);
  }
  if (plan.lanes.size() >= limits::lanes_max) return std::nullopt;
  plan.lanes.push_back({p.over, stock, std::move(faults), 0, {}, {}});
  return static_cast<std::uint8_t>(plan.lanes.size() - 1);
}

/// Things are called after their kind; kinds of one name in two sectors get the sector in front.
std::string stem_of(const lang::scenario& world, const lang::population& p) {
  const auto same = std::count_if(world.populations.begin(), world.populations.end(),
                                  [&](const lang::population& o) { return o.name == p.name; });
  return same > 1 ? p.sector + "-" + p.name : p.name;
}

void number_population(world_plan& plan, planned_population& made, std::uint32_t& next_thing) {
  const lang::population& source = *made.source;
  made.count = static_cast<std::uint32_t>(source.count);
  made.is_gateway = source.gateway > 1;
  made.things_per_connection = std::max(source.gateway, 1U);
  made.connections = (made.count + made.things_per_connection - 1) / made.things_per_connection;
  made.first_thing = next_thing;
  next_thing += made.count;
  lane_plan& lane = plan.lanes[made.lane];
  made.first_connection = lane.connections;
  lane.connections += made.connections;
  lane.populations.push_back(made.index);
}

void compile_storms(world_plan& plan, std::vector<plan_problem>& problems) {
  plan.storm_names = std::make_shared<const lang::slot_table>(lang::storm_slots(*plan.source));
  for (const storm_window& storm : plan.when.storms) {
    auto& who = plan.storm_who.emplace_back();
    if (storm.what->who.empty()) continue;
    auto compiled = lang::compile_expression(storm.what->who, *plan.storm_names);
    if (compiled) {
      who = std::move(*compiled);
    } else {
      problems.push_back({compiled.error().message, compiled.error().hint, storm.what->who_mark});
    }
  }
}

void override_telemetry(world_plan& plan, const plan_options& options) {
  for (planned_population& p : plan.populations) {
    if (p.telemetry && options.qos) p.telemetry->shape.qos = *options.qos;
    if (options.payload_bytes > 0) p.event.reset();  // no readings: nothing that could happen in them
  }
  plan.filler.resize(options.payload_bytes);
  for (std::size_t i = 0; i < plan.filler.size(); ++i) plan.filler[i] = static_cast<std::byte>('a' + i % 26);
}

void take_clock(world_plan& plan, const lang::scenario& world) {
  plan.seed = world.seed;
  plan.speed = world.clock.speed;
  plan.frame.seed = world.seed;
  plan.frame.utc_offset_s = world.clock.utc_offset_s;
  if (world.clock.start_ns) {
    plan.frame.start_ms = *world.clock.start_ns / 1'000'000;
  } else if (!plan.virtual_time) {
    plan.frame.start_ms = wall_clock_ms();
  }
}

std::optional<std::string> take_secret(const lang::secret_source& source,
                                       std::vector<plan_problem>& problems) {
  if (!source.given()) return std::nullopt;
  auto secret = lang::resolve_secret(source);
  if (!secret) {
    const bool env = source.from == lang::secret_source::origin::env;
    problems.push_back({(env ? "the environment variable " : "the file ") + source.name + " with a secret " +
                            (env ? "is not set" : "cannot be read"),
                        "", source.mark});
  }
  return secret;
}

void take_secrets(world_plan& plan, std::vector<plan_problem>& problems) {
  if (plan.target->mqtt) plan.mqtt_password = take_secret(plan.target->mqtt->password, problems);
  if (!plan.target->http) return;
  const lang::http_endpoint_spec& http = *plan.target->http;
  if (const auto bearer = take_secret(http.bearer, problems))
    plan.http_auth = "Authorization: Bearer " + *bearer + "\r\n";
  const auto password = take_secret(http.password, problems);
  if (http.user.empty()) return;
  const lang::slot_table none{false};
  const auto user = lang::compile_text(http.user.text, http.user.mark, lang::place::plain, none);
  if (!user || !user->is_literal()) {
    problems.push_back({"the HTTP user is one for all things", "write it without ${}", http.user.mark});
    return;
  }
  plan.http_auth = basic_authorization(std::string{user->literal()}, password.value_or(""));
}

}  // namespace

std::string planned_population::thing_name(std::uint32_t index_in_population) const {
  std::string digits = std::to_string(index_in_population);
  if (digits.size() < 6) digits.insert(0, 6 - digits.size(), '0');
  return id_stem + "-" + digits.substr(0, name_digits_max);
}

std::uint32_t world_plan::thing_count() const {
  return populations.empty() ? 0 : populations.back().first_thing + populations.back().count;
}

const planned_population& world_plan::population_of(std::uint32_t thing) const {
  const auto after =
      std::upper_bound(populations.begin(), populations.end(), thing,
                       [](std::uint32_t t, const planned_population& p) { return t < p.first_thing; });
  return *(after - 1);
}

tl::expected<std::unique_ptr<world_plan>, std::vector<plan_problem>> make_plan(
    std::shared_ptr<const lang::scenario> world, std::shared_ptr<const lang::target_file> target,
    const plan_options& options) {
  auto plan = std::make_unique<world_plan>();
  std::vector<plan_problem> problems;
  plan->source = world;
  plan->target = target;
  plan->virtual_time = options.virtual_time;
  plan->models = std::make_shared<things::catalogue>(world->folder);
  if (target->mqtt) plan->mqtt_version = target->mqtt->version;
  take_clock(*plan, *world);
  take_secrets(*plan, problems);
  plan->when = lay_out(*world, options.phases);

  std::uint64_t total = 0;
  for (const lang::population& p : world->populations) total += p.count;
  if (total == 0) {
    problems.push_back({"the world has no things", "give at least one kind a count above 0", std::nullopt});
    return tl::unexpected(std::move(problems));
  }
  if (total > limits::things_max) {
    problems.push_back({"the world has " + std::to_string(total) + " things; this version carries at most " +
                            std::to_string(limits::things_max),
                        "use --scale", std::nullopt});
    return tl::unexpected(std::move(problems));
  }
  std::uint32_t next_thing = 0;
  plan->populations.reserve(world->populations.size());
  for (const lang::population& source : world->populations) {
    planned_population& made = plan->populations.emplace_back();
    made.index = static_cast<std::uint16_t>(plan->populations.size() - 1);
    const auto lane = lane_of(*plan, source, made.index);
    if (!lane) {
      problems.push_back(
          {"the kinds suffer more than " + std::to_string(limits::lanes_max) + " different sets of faults",
           "let faults share their `who`", source.mark});
      return tl::unexpected(std::move(problems));
    }
    made.lane = *lane;
    compile_population(*world, source, *target, *plan, made, problems);
    made.id_stem = stem_of(*world, source);
    number_population(*plan, made, next_thing);
  }
  compile_storms(*plan, problems);
  override_telemetry(*plan, options);
  if (!problems.empty()) return tl::unexpected(std::move(problems));
  if (!options.virtual_time && !options.no_addresses) find_addresses(*plan, problems);
  fit_to_machine(*plan, options, problems);
  if (!problems.empty()) return tl::unexpected(std::move(problems));
  return plan;
}

}  // namespace wanwu::sim
