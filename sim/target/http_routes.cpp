// The HTTP side of the target: what each path and method does.
#include <algorithm>
#include <charconv>

#include "protocols/coap/uri.hpp"
#include "sim/target/http_server.hpp"
#include "sim/target/json_text.hpp"

namespace wanwu::target {

namespace {

constexpr std::size_t parts_max = 32;
constexpr std::size_t page_default = 100, page_max = 1000;

http_answer not_allowed(std::string_view allowed) {
  auto answer = problem(405, "this resource does not know that method");
  answer.fields = "Allow: " + std::string{allowed} + "\r\n";
  return answer;
}

http_answer just(std::uint16_t status) {
  http_answer answer;
  answer.status = status;
  return answer;
}

http_answer json(std::uint16_t status, std::string body) {
  http_answer answer;
  answer.status = status;
  answer.body = std::move(body);
  return answer;
}

bool is_get(const http::request& request) {
  return request.method == "GET" || request.method == "HEAD";
}

void append_escaped(std::string& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (const char c : text) {
    if (is_thing_id({&c, 1})) {
      out += c;
    } else {
      out += '%';
      out += digits[static_cast<unsigned char>(c) >> 4U];
      out += digits[static_cast<unsigned char>(c) & 0xFU];
    }
  }
}

}  // namespace

std::string_view http_target::argument(std::string_view name) const {
  const auto it = std::find_if(query.begin(), query.end(), [&](const auto& q) { return q.first == name; });
  return it == query.end() ? std::string_view{} : std::string_view{it->second};
}

std::optional<http_target> parse_http_target(std::string_view text) {
  if (!text.starts_with('/')) return std::nullopt;
  http_target target;
  const auto mark = text.find('?');
  auto path = text.substr(1, mark == std::string_view::npos ? mark : mark - 1);
  while (!path.empty()) {
    const auto to = path.find('/');
    auto segment = coap::percent_decode(path.substr(0, to));
    if (!segment || target.path.size() == parts_max) return std::nullopt;
    target.path.push_back(std::move(*segment));
    if (to == std::string_view::npos) break;
    path.remove_prefix(to + 1);
  }
  auto query = mark == std::string_view::npos ? std::string_view{} : text.substr(mark + 1);
  while (!query.empty()) {
    const auto to = query.find('&');
    const auto pair = query.substr(0, to);
    const auto equals = pair.find('=');
    auto name = coap::percent_decode(pair.substr(0, equals));
    auto value =
        coap::percent_decode(equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1));
    if (!name || !value || target.query.size() == parts_max) return std::nullopt;
    if (!name->empty()) target.query.emplace_back(std::move(*name), std::move(*value));
    if (to == std::string_view::npos) break;
    query.remove_prefix(to + 1);
  }
  return target;
}

http_answer problem(std::uint16_t status, std::string_view detail) {
  http_answer answer;
  answer.status = status;
  answer.content_type = "application/problem+json";
  answer.body = "{";
  append_json_member(answer.body, "type", "about:blank");
  append_json_member(answer.body, "title", http::reason_phrase(status));
  append_json_member(answer.body, "status", status);
  append_json_member(answer.body, "detail", detail);
  answer.body += '}';
  return answer;
}

http_answer http_server::route(const http::request& request, const http_target& target, time_point now) {
  const auto& path = target.path;
  const auto size = path.size();
  if (size >= 1 && path[0] == "things") return route_thing(request, target, now);
  if (size == 2 && path[0] == "actions") {
    return request.method == "PATCH" ? answer_command(request, path[1], now) : not_allowed("PATCH");
  }
  const bool known =
      size == 0 || (size == 1 && (path[0] == "audit" || path[0] == "stats" || path[0].empty())) ||
      (size == 2 &&
       ((path[0] == "telemetry" && path[1] == "stream") || (path[0] == ".well-known" && path[1] == "wot")));
  if (!known) return problem(404, "there is nothing here");
  if (!is_get(request)) return not_allowed("GET, HEAD");
  if (size == 1 && path[0] == "audit") return audit(target);
  if (size == 1 && path[0] == "stats") return stats();
  if (size == 2 && path[0] == "telemetry") {
    if (streams_.size() >= settings_.bounds.streams) return problem(503, "too many streams are open");
    http_answer answer;
    answer.stream = true;
    return answer;
  }
  return own_description(request);
}

http_answer http_server::route_thing(const http::request& request, const http_target& target,
                                     time_point now) {
  const auto& path = target.path;
  if (path.size() == 1) return is_get(request) ? search(target) : not_allowed("GET, HEAD");
  if (!is_thing_id(path[1])) return problem(404, "that is no id of a thing");
  if (path.size() > 2) return route_thing_part(request, target, now);
  if (is_get(request)) {
    const known_thing* thing = services_.things().find(path[1]);
    if (thing == nullptr || thing->description.empty()) return problem(404, "no such thing is registered");
    auto answer = json(200, thing->description);
    answer.content_type = "application/td+json";
    return answer;
  }
  if (request.method == "PUT") return describe(request, path[1], now);
  if (request.method != "DELETE") return not_allowed("GET, HEAD, PUT, DELETE");
  return services_.forget(path[1], protocol::http, now) ? just(204)
                                                        : problem(404, "no such thing is registered");
}

http_answer http_server::describe(const http::request& request, const std::string& id, time_point now) {
  if (request.body.size() > settings_.bounds.description_bytes)
    return problem(413, "the description is too long");
  switch (services_.describe(id, as_text(request.body), protocol::http, now)) {
    case directory::described::created: {
      auto answer = just(201);
      answer.fields = "Location: /things/" + id + "\r\n";
      return answer;
    }
    case directory::described::replaced:
      return just(204);
    case directory::described::invalid:
      return problem(400, "a description is a JSON object");
    case directory::described::full:
      return problem(507, "the directory is full");
  }
  return problem(500, "the description was not understood");
}

http_answer http_server::route_thing_part(const http::request& request, const http_target& target,
                                          time_point now) {
  const auto& path = target.path;
  const auto& part = path[2];
  if (path.size() == 3 && part == "telemetry") {
    if (is_get(request)) {
      const known_thing* thing = services_.things().find(path[1]);
      if (thing == nullptr || thing->last_reading.empty()) return problem(404, "it has not reported yet");
      return json(200, std::string{as_text(thing->last_reading)});
    }
    if (request.method != "POST") return not_allowed("GET, HEAD, POST");
    const bool kept = services_.report(path[1], protocol::http, request.body, now);
    return kept ? just(202) : problem(507, "the directory is full");
  }
  if (path.size() == 3 && part == "actions")
    return is_get(request) ? pending(target, now) : not_allowed("GET, HEAD");
  if (path.size() != 4) return problem(404, "there is nothing here");
  if (part == "events") {
    if (request.method != "POST") return not_allowed("POST");
    const bool kept = services_.report_event(path[1], path[3], protocol::http, request.body, now);
    return kept ? just(202) : problem(507, "the directory is full");
  }
  if (part == "properties") {
    if (!is_get(request)) return not_allowed("GET, HEAD");
    const known_thing* thing = services_.things().find(path[1]);
    const auto value = thing == nullptr ? std::nullopt : find_reading(thing->last_reading, path[3]);
    if (!value) return problem(404, "no reading has that property");
    std::string body = "{\"value\":" + *value;
    append_json_member(body, "at", thing->last_at_ms);
    return json(200, body + '}');
  }
  if (part == "actions")
    return request.method == "POST" ? give_command(request, target, now) : not_allowed("POST");
  return problem(404, "there is nothing here");
}

http_answer http_server::search(const http_target& target) const {
  thing_query query;
  query.limit = page_default;
  for (const auto& [name, value] : target.query) {
    if (name == "after") {
      query.after = value;
    } else if (name == "limit") {
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), query.limit);
      const bool fits = error == std::errc{} && end == value.data() + value.size() && query.limit >= 1;
      if (!fits) return problem(400, "limit is a number from 1 on");
      query.limit = std::min(query.limit, page_max);
    } else {
      query.wanted.emplace_back(name, value);
    }
  }
  const auto page = services_.things().search(query);
  std::string body = "{\"items\":[";
  for (const known_thing* thing : page.items) {
    if (body.back() == '}') body += ',';
    body += '{';
    append_json_member(body, "id", thing->id);
    if (!thing->types.empty()) append_json_member(body, "type", thing->types.front());
    append_json_raw(body, "description", as_bytes(thing->description));
    body += '}';
  }
  body += ']';
  if (page.more) {
    std::string next = "/things?";
    for (const auto& [name, value] : query.wanted) {
      append_escaped(next, name);
      next += '=';
      append_escaped(next, value);
      next += '&';
    }
    next += "limit=" + std::to_string(query.limit) + "&after=";
    append_escaped(next, page.items.back()->id);
    append_json_member(body, "next", next);
  }
  return json(200, body + '}');
}

http_answer http_server::give_command(const http::request& request, const http_target& target,
                                      time_point now) {
  if (!is_thing_id(target.path[3])) return problem(400, "that is no name of an action");
  const auto actor = request.field("From");
  const command* made =
      services_.give(target.path[1], target.path[3], request.body, actor.empty() ? "anonymous" : actor, now);
  if (made == nullptr) return problem(429, "too many commands wait for an answer");
  std::string body = "{";
  append_json_member(body, "id", made->id);
  append_json_member(body, "state", made->trail.back().result);
  auto answer = json(202, body + '}');
  answer.fields = "Location: /audit?corr=" + made->id + "\r\n";
  return answer;
}

http_answer http_server::pending(const http_target& target, time_point now) {
  const auto state = target.argument("state");
  if (!state.empty() && state != "pending") return problem(400, "state=pending is the only one listed");
  // The oldest one stands beside the list too, so that who wants one command at a time need not read a list.
  std::string first;
  std::string items;
  for (const auto& id : services_.commands().waiting_for(target.path[1])) {
    command* each = services_.commands().find(id);
    if (each == nullptr) continue;
    services_.delivered(*each, now);
    const auto text = command_for_thing(*each);
    if (first.empty()) first = text.substr(1, text.size() - 2) + ",";
    items += (items.empty() ? "" : ",") + text;
  }
  return json(200, "{" + first + "\"items\":[" + items + "]}");
}

http_answer http_server::answer_command(const http::request& request, const std::string& id, time_point now) {
  return services_.answer(id, request.body, now) ? just(204) : problem(404, "no such command is known");
}

http_answer http_server::audit(const http_target& target) const {
  const auto id = target.argument("corr");
  if (id.empty()) return problem(400, "which command? say corr=ID");
  const command* known = services_.commands().find(id);
  std::string body = "{\"entries\":[";
  if (known != nullptr) {
    for (const auto& step : known->trail) {
      if (body.back() == '}') body += ',';
      body += '{';
      append_json_member(body, "at", step.at_ms);
      append_json_member(body, "actor", step.actor);
      append_json_member(body, "action", known->action);
      append_json_member(body, "thing", known->thing);
      append_json_member(body, "result", step.result);
      if (!step.reason.empty()) append_json_member(body, "reason", step.reason);
      body += '}';
    }
  }
  return json(200, body + "]}");
}

http_answer http_server::stats() const {
  const auto t = count_();
  const std::pair<std::string_view, std::uint64_t> table[] = {
      {"mqtt_packets_in", t.mqtt_packets_in},
      {"mqtt_publishes_in", t.mqtt_publishes_in},
      {"mqtt_publishes_out", t.mqtt_publishes_out},
      {"mqtt_dropped", t.mqtt_dropped},
      {"mqtt_bytes_in", t.mqtt_bytes_in},
      {"mqtt_bytes_out", t.mqtt_bytes_out},
      {"mqtt_connects", t.mqtt_connects},
      {"mqtt_refused", t.mqtt_refused},
      {"mqtt_wire_errors", t.mqtt_wire_errors},
      {"mqtt_connections", t.mqtt_connections},
      {"mqtt_sessions", t.mqtt_sessions},
      {"mqtt_subscriptions", t.mqtt_subscriptions},
      {"mqtt_retained", t.mqtt_retained},
      {"coap_requests", t.coap_requests},
      {"coap_duplicates", t.coap_duplicates},
      {"coap_responses", t.coap_responses},
      {"coap_notifications", t.coap_notifications},
      {"coap_wire_errors", t.coap_wire_errors},
      {"coap_observers", t.coap_observers},
      {"http_requests", t.http_requests},
      {"http_wire_errors", t.http_wire_errors},
      {"http_connections", t.http_connections},
      {"telemetry", t.telemetry},
      {"events", t.events},
      {"commands", t.commands},
      {"acks", t.acks},
      {"things", t.things},
  };
  std::string body = "{";
  for (const auto& [name, value] : table) append_json_member(body, name, static_cast<std::int64_t>(value));
  return json(200, body + '}');
}

http_answer http_server::own_description(const http::request& request) const {
  auto host = request.field("Host");
  if (!http::is_request_target(host)) host = "localhost";
  std::string body = R"({"@context":"https://www.w3.org/2022/wot/td/v1.1","@type":"ThingDirectory")";
  append_json_member(body, "title", "wanwu embedded target");
  append_json_member(body, "base", "http://" + std::string{host} + "/");
  body +=
      R"(,"securityDefinitions":{"none":{"scheme":"nosec"}},"security":"none",)"
      R"("properties":{"things":{"readOnly":true,"forms":[{"href":"things","op":"readproperty"}]},)"
      R"("stats":{"readOnly":true,"forms":[{"href":"stats","op":"readproperty"}]}},)"
      R"("events":{"telemetry":{"forms":[{"href":"telemetry/stream","op":"subscribeevent","subprotocol":"sse"}]}}})";
  auto answer = json(200, body);
  answer.content_type = "application/td+json";
  return answer;
}

}  // namespace wanwu::target
