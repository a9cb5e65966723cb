// The sample and its subscriptions; keys that the sender and the listener agree on.
#include "sim/witness_sample.hpp"

#include <algorithm>

#include <unistd.h>

#include "protocols/mqtt/topic.hpp"
#include "sim/heard_command.hpp"
#include "sim/lane_settings.hpp"
#include "sim/limits.hpp"
#include "sim/random.hpp"

namespace wanwu::sim {

namespace {

constexpr std::uint64_t sample_chance = stream_of("witness.sample");

constexpr std::size_t subscriptions_max = 255;  // each has a tag of its own

/// A path or filter once; several things may come out at the same place.
void add(witness_lane& into, std::string filter) {
  const auto known = std::find_if(into.subscriptions.begin(), into.subscriptions.end(),
                                  [&](const subscription& s) { return s.filter == filter; });
  if (known != into.subscriptions.end() || filter.empty() || into.subscriptions.size() >= subscriptions_max)
    return;
  const auto tag = static_cast<std::uint8_t>(into.subscriptions.size() + 1);
  into.subscriptions.push_back({std::move(filter), 1, tag, false});
}

}  // namespace

witness_sample::witness_sample(const world_plan& plan) : plan_{plan} {
  choose_things();
  choose_subscriptions();
}

void witness_sample::choose_things() {
  sampled_.resize(plan_.thing_count());
  double rate_left = limits::witness_rate_max;
  const std::size_t each = std::max<std::size_t>(
      limits::witness_things_max / std::max<std::size_t>(plan_.populations.size(), 1), 1);
  std::size_t chosen = 0;
  for (const planned_population& kind : plan_.populations) {
    const lane_plan& lane = plan_.lanes[kind.lane];
    if (!kind.telemetry || kind.count == 0 || !plan_.target->ops.arrived[static_cast<std::size_t>(lane.via)])
      continue;
    const double rate = 1e9 / static_cast<double>(kind.period.count());
    const auto wanted = std::min({each, std::size_t{kind.count},
                                  limits::witness_things_max - std::min(chosen, limits::witness_things_max),
                                  static_cast<std::size_t>(std::max(rate_left / rate, 0.0))});
    if (wanted == 0) continue;
    // Evenly over the population, from a hashed start.
    const std::uint64_t start = random_stream(plan_.seed, kind.index, sample_chance).bits(0) % kind.count;
    for (std::size_t i = 0; i < wanted; ++i) {
      sampled_[kind.first_thing +
               static_cast<std::uint32_t>((start + i * kind.count / wanted) % kind.count)] = true;
    }
    chosen += wanted;
    rate_left -= rate * static_cast<double>(wanted);
  }
}

witness_lane& witness_sample::lane_for(const outlet& of) {
  for (witness_lane& known : lanes_) {
    if (known.via == of.via) return known;
  }
  witness_lane fresh;
  fresh.lane = of.lane;
  fresh.via = of.via;
  fresh.user = of.user;
  fresh.client_id = "wanwu-witness";
  if (!plan_.virtual_time) fresh.client_id += "-" + std::to_string(getpid());
  by_address_[static_cast<std::size_t>(of.via)] = of.via != protocol::http;
  return lanes_.emplace_back(std::move(fresh));
}

void witness_sample::choose_subscriptions() {
  std::vector<outlet> outlets;
  for (std::uint32_t w = 0; w < plan_.workers; ++w) {
    population things{plan_, w};
    thing_context context{plan_, things, plan_.frame.start_ms};
    for (const planned_population& kind : plan_.populations) {
      for (std::uint32_t i = 0; i < kind.count; ++i) {
        const thing_id thing{kind.first_thing + i};
        if (!has(thing)) continue;
        if (const auto row = things.row_of(thing)) outlets.push_back(outlet_of(context, thing, *row, kind));
      }
    }
  }
  // The same order whatever worker has which thing.
  std::sort(outlets.begin(), outlets.end(),
            [](const outlet& a, const outlet& b) { return a.thing < b.thing; });
  for (outlet& one : outlets) {
    witness_lane& into = lane_for(one);
    if (!one.tells_address) by_address_[static_cast<std::size_t>(one.via)] = false;
    add(into, std::move(one.filter));
  }
}

witness_sample::outlet witness_sample::outlet_of(thing_context& context, thing_id thing, std::uint32_t row,
                                                 const planned_population& kind) const {
  outlet out;
  out.thing = thing;
  out.lane = kind.lane;
  out.via = plan_.lanes[kind.lane].via;
  const lang::arrival& form = *plan_.target->ops.arrived[static_cast<std::size_t>(out.via)];
  context.look_at(row, {});
  context.draw_state();
  byte_writer text;
  const auto render = [&](const lang::template_source& source, lang::place where) {
    text.clear();
    const auto compiled = lang::compile_text(source.text, source.mark, where, *kind.names);
    if (compiled) context.render(*compiled, needs_of(*compiled, context.slot_count()), text);
    return std::string{as_text(text.view())};
  };
  if (plan_.target->mqtt && !plan_.target->mqtt->user.empty())
    out.user = render(plan_.target->mqtt->user, lang::place::plain);
  if (out.via == protocol::http) {
    out.filter = render(form.stream, lang::place::uri_path);
    return out;
  }
  out.filter = out.via == protocol::mqtt ? render(form.subscribe, lang::place::topic)
                                         : render(form.observe, lang::place::uri_path);
  text.clear();
  context.render_address(*kind.telemetry, text);
  const std::string address{as_text(text.view())};
  if (out.via == protocol::coap) {
    out.tells_address = out.filter == address;
    return out;
  }
  const bool fixed = !kind.telemetry->needs.readings && !kind.telemetry->needs.values &&
                     !kind.telemetry->address.uses(static_cast<std::uint16_t>(lang::slot::seq));
  out.tells_address = fixed && mqtt::topic_matches(out.filter, address);
  if (out.tells_address) out.filter = address;
  return out;
}

std::uint64_t witness_sample::key_of(const outgoing_reading& reading) const {
  if (reading.via == protocol::http) {
    const std::string canonical = canonical_json(as_text(reading.payload));
    return reading_key({}, canonical.empty() ? reading.payload : as_bytes(canonical));
  }
  return reading_key(by_address(reading.via) ? reading.address : std::string_view{}, reading.payload);
}

sent_reading witness_sample::note_of(const outgoing_reading& reading) const {
  return {key_of(reading), reading.intended_at, reading.thing, reading.population, reading.via};
}

void witness_sample::hear(protocol via, const heard_message& heard, arrival_matcher& into) const {
  if (via != protocol::http) {
    into.arrived(reading_key(by_address(via) ? heard.address : std::string_view{}, heard.payload), heard.at);
    return;
  }
  for (const std::string& part : json_parts(as_text(heard.payload))) {
    if (into.arrived(reading_key({}, as_bytes(part)), heard.at)) return;
  }
}

mqtt_endpoint witness_mqtt_settings(const world_plan& plan, const witness_lane& lane) {
  mqtt_endpoint settings = mqtt_settings(plan, plan.lanes[lane.lane]);
  settings.clean_start = true;
  settings.session_expiry = 0;
  return settings;
}

}  // namespace wanwu::sim
