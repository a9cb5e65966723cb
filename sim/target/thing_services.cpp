// What the three protocols share.
#include "sim/target/thing_services.hpp"

#include "sim/target/journal.hpp"
#include "sim/target/json_text.hpp"

namespace wanwu::target {

namespace {

/// "things/ID/WHAT[/REST]" taken apart; `id` is empty when the topic is something else.
struct thing_topic {
  std::string_view id, what, rest;
};

thing_topic split_topic(std::string_view topic) {
  constexpr std::string_view start = "things/";
  if (!topic.starts_with(start)) return {};
  topic.remove_prefix(start.size());
  const auto id_end = topic.find('/');
  if (id_end == std::string_view::npos) return {};
  thing_topic t;
  t.id = topic.substr(0, id_end);
  const auto after = topic.substr(id_end + 1);
  const auto what_end = after.find('/');
  t.what = after.substr(0, what_end);
  if (what_end != std::string_view::npos) t.rest = after.substr(what_end + 1);
  return t;
}

}  // namespace

thing_services::thing_services(const target_settings& settings, broker& mqtt, target_totals& totals)
    : settings_{settings},
      mqtt_{mqtt},
      totals_{totals},
      things_{settings.bounds.things},
      commands_{settings.bounds, settings.seed ^ 0x5DEECE66DULL} {
  mqtt_.listen([this](const message_view& what, std::string_view client_id) { hear_mqtt(what, client_id); });
}

thing_services::~thing_services() = default;

std::string thing_services::journal_to(const std::string& path) {
  auto opened = journal::open(path);
  if (!opened) return opened.error();
  journal_ = std::move(*opened);
  return {};
}

std::int64_t thing_services::wall_ms(time_point now) const {
  return settings_.wall_ms_at_start +
         std::chrono::duration_cast<std::chrono::milliseconds>(now - settings_.started).count();
}

void thing_services::write_down(std::string_view kind, const known_thing* thing, std::string_view what,
                                std::string_view corr, std::string_view actor, std::string_view result,
                                bytes_view payload, time_point now) {
  if (!journal_) return;
  journal_->add({wall_ms(now), std::string{kind}, thing != nullptr ? thing->id : std::string{},
                 std::string{what}, std::string{corr}, std::string{actor}, std::string{result},
                 std::string{as_text(payload)}});
}

void thing_services::hear_mqtt(const message_view& what, std::string_view) {
  const auto topic = split_topic(what.topic);
  if (topic.id.empty()) return;
  if (topic.what == "telemetry" && topic.rest.empty()) {
    report(topic.id, protocol::mqtt, what.payload, what.received_at);
  } else if (topic.what == "events" && !topic.rest.empty()) {
    report_event(topic.id, topic.rest, protocol::mqtt, what.payload, what.received_at);
  } else if (topic.what == "description") {
    if (what.payload.size() > settings_.bounds.description_bytes) return;
    describe(topic.id, as_text(what.payload), protocol::mqtt, what.received_at);
  } else if (topic.what == "acks" && !topic.rest.empty()) {
    answer(topic.rest, what.payload, what.received_at);
  }
}

bool thing_services::report(std::string_view thing, protocol via, bytes_view payload, time_point now) {
  ++totals_.telemetry;
  known_thing* known = things_.find_or_make(thing);
  if (known == nullptr) return false;
  if (payload.size() <= settings_.bounds.telemetry_bytes) {
    known->last_reading.assign(payload.begin(), payload.end());
    known->last_at_ms = wall_ms(now);
  }
  if (listeners_.reported) listeners_.reported(*known, via, payload, now);
  return true;
}

bool thing_services::report_event(std::string_view thing, std::string_view name, protocol via,
                                  bytes_view payload, time_point now) {
  ++totals_.events;
  known_thing* known = things_.find_or_make(thing);
  if (known == nullptr) return false;
  write_down("event", known, name, {}, known->id, name_of(via), payload, now);
  return true;
}

directory::described thing_services::describe(std::string_view thing, std::string_view text, protocol via,
                                              time_point now) {
  const auto outcome = things_.describe(thing, text);
  const bool kept = outcome == directory::described::created || outcome == directory::described::replaced;
  if (kept) write_down("register", things_.find(thing), {}, {}, thing, name_of(via), {}, now);
  return outcome;
}

bool thing_services::forget(std::string_view thing, protocol via, time_point now) {
  if (!things_.forget(thing)) return false;
  write_down("unregister", things_.find(thing), {}, {}, thing, name_of(via), {}, now);
  return true;
}

command* thing_services::give(std::string_view thing, std::string_view action, bytes_view input,
                              std::string_view actor, time_point now) {
  known_thing* known = things_.find_or_make(thing);
  if (known == nullptr) return nullptr;
  std::string member;
  append_json_raw(member, {}, input.empty() ? as_bytes("null") : input);
  const auto text = std::string_view{member}.substr(std::string_view{R"("":)"}.size());
  command* made = commands_.give(thing, action, text, actor, wall_ms(now), now);
  if (made == nullptr) return nullptr;
  ++totals_.commands;
  write_down("command", known, action, made->id, actor, "requested", input, now);

  byte_writer properties;
  const std::string reply_to = "things/" + known->id + "/acks/" + made->id;
  mqtt::put_property(properties, mqtt::property_id::response_topic, reply_to);
  mqtt::put_property(properties, mqtt::property_id::correlation_data, made->id);
  const std::string topic = "things/" + known->id + "/commands/" + made->action + "/" + made->id;
  message_view m;
  m.topic = topic;
  m.payload = as_bytes(made->input);
  m.properties = properties.view();
  m.received_at = now;
  m.qos = 1;
  if (mqtt_.publish(m, now) > 0) delivered(*made, now);
  if (listeners_.queue_changed) listeners_.queue_changed(*known, now);
  return made;
}

void thing_services::delivered(command& what, time_point now) {
  if (what.delivered) return;
  commands_.mark_delivered(what, wall_ms(now));
  write_down("command", things_.find(what.thing), what.action, what.id, "target", "delivered", {}, now);
}

bool thing_services::answer(std::string_view command_id, bytes_view payload, time_point now) {
  command* known = commands_.find(command_id);
  if (known == nullptr) return false;
  if (known->finished) return true;  // said twice
  const auto status = find_text(payload, "status");
  const auto reason = find_text(payload, "reason");
  ++totals_.acks;
  commands_.answer(command_id, status, reason, wall_ms(now));
  known_thing* thing = things_.find(known->thing);
  write_down("command", thing, known->action, known->id, known->thing, known->trail.back().result, payload,
             now);
  if (thing != nullptr && listeners_.queue_changed) listeners_.queue_changed(*thing, now);
  return true;
}

void thing_services::advance(time_point now) {
  std::vector<std::string> changed;
  commands_.advance(now, wall_ms(now), changed);
  for (const auto& id : changed) {
    known_thing* thing = things_.find(id);
    if (thing != nullptr && listeners_.queue_changed) listeners_.queue_changed(*thing, now);
  }
}

std::string command_for_thing(const command& what) {
  std::string out = "{";
  append_json_member(out, "id", what.id);
  append_json_member(out, "action", what.action);
  append_json_raw(out, "input", as_bytes(what.input));
  out += '}';
  return out;
}

}  // namespace wanwu::target
