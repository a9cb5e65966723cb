// The HTTP side of the target: connections, requests, event streams.
#include "sim/target/http_server.hpp"

#include <algorithm>

#include "sim/target/json_text.hpp"

namespace wanwu::target {

namespace {

/// A stream whose reader lets this much pile up loses events, as an event source may.
constexpr std::size_t stream_backlog_max = 4UL << 20;
/// Parsing and answering more than this at once waits for nobody: the peer has sent it all already.
constexpr int pipelined_max = 1000;

}  // namespace

http_server::http_server(const target_settings& settings, thing_services& services,
                         std::vector<outbox>& lanes, target_totals& totals,
                         std::function<target_totals()> count)
    : settings_{settings}, services_{services}, lanes_{lanes}, totals_{totals}, count_{std::move(count)} {}

std::uint32_t http_server::opened(std::uint32_t lane, link_name link, const socket_address&, time_point) {
  auto index = static_cast<std::uint32_t>(clients_.size());
  if (free_.empty()) {
    clients_.emplace_back();
  } else {
    index = free_.back();
    free_.pop_back();
  }
  client& c = clients_[index];
  c = client{};
  c.link = link;
  c.lane = lane;
  c.open = true;
  ++open_;
  return index;
}

void http_server::ended(std::uint32_t who) {
  client& c = clients_[who];
  if (!c.open) return;
  if (c.streaming) std::erase(streams_, who);
  c = client{};
  free_.push_back(who);
  --open_;
}

void http_server::backlog(std::uint32_t who, std::size_t unsent) {
  clients_[who].backlog = unsent;
}

void http_server::close(client& c) {
  c.closing = true;
  c.parser.reset();
  lanes_[c.lane].close(c.link);
}

void http_server::shut_down() {
  for (auto& c : clients_) {
    if (c.open && !c.closing) close(c);
  }
}

void http_server::receive(std::uint32_t from, bytes_view raw, time_point now) {
  client& c = clients_[from];
  if (!c.open || c.closing || c.streaming) return;  // a stream's client has nothing more to say
  if (!c.parser) {
    http::message_limits limits;
    limits.body_bytes = std::max(settings_.bounds.description_bytes, std::size_t{1} << 20U);
    c.parser = std::make_unique<http::request_parser>(limits);
  }
  c.parser->receive(raw);
  for (int i = 0; i < pipelined_max && !c.closing && !c.streaming; ++i) {
    auto next = c.parser->next();
    if (!next) {
      ++totals_.http_wire_errors;
      return refuse(c, c.parser->refusal_status());
    }
    if (!*next) {
      if (!c.parser->take_continue_wish()) return;
      outbox& box = lanes_[c.lane];
      const auto at = box.size();
      http::write_continue(box.writer());
      box.wrote(c.link, at);
      return;
    }
    answer(c, **next, from, now);
  }
}

void http_server::refuse(client& c, std::uint16_t status) {
  const auto said = problem(status == 0 ? std::uint16_t{400} : status, "the request cannot be read");
  outbox& box = lanes_[c.lane];
  const auto at = box.size();
  http::response r;
  r.status = said.status;
  r.content_type = said.content_type;
  r.body = as_bytes(said.body);
  r.keep_alive = false;
  http::write_response(box.writer(), r);
  box.wrote(c.link, at);
  close(c);
}

void http_server::answer(client& c, const http::request& request, std::uint32_t who, time_point now) {
  ++totals_.http_requests;
  const auto target = parse_http_target(request.target);
  const auto said =
      target ? route(request, *target, now) : problem(400, "the target is no path of this server");
  outbox& box = lanes_[c.lane];
  const auto at = box.size();
  if (said.stream) {
    http::write_event_stream_head(box.writer(), "Cache-Control: no-store\r\n");
    box.wrote(c.link, at);
    if (request.method == "HEAD") return close(c);
    c.streaming = true;
    c.parser.reset();
    const auto via = target->argument("via");
    for (const auto p : {protocol::mqtt, protocol::coap, protocol::http}) {
      if (via == name_of(p)) c.stream_via = static_cast<int>(p);
    }
    streams_.push_back(who);
    return;
  }
  http::response r;
  r.status = said.status;
  r.content_type = said.body.empty() ? std::string_view{} : std::string_view{said.content_type};
  r.extra_fields = said.fields;
  r.body = as_bytes(said.body);
  r.keep_alive = request.keep_alive;
  r.to_head = request.method == "HEAD";
  http::write_response(box.writer(), r);
  box.wrote(c.link, at);
  if (!request.keep_alive) close(c);
}

void http_server::thing_reported(const known_thing& thing, protocol via, bytes_view payload, time_point now) {
  if (streams_.empty()) return;
  std::string text = "{";
  append_json_member(text, "thing", thing.id);
  append_json_member(text, "receivedAt", services_.wall_ms(now));
  append_json_member(text, "via", name_of(via));
  append_json_raw(text, "payload", payload);
  text += '}';
  for (const auto who : streams_) {
    client& c = clients_[who];
    if (c.backlog > stream_backlog_max) continue;
    if (c.stream_via >= 0 && c.stream_via != static_cast<int>(via)) continue;
    outbox& box = lanes_[c.lane];
    const auto at = box.size();
    http::write_event(box.writer(), "telemetry", {}, text);
    box.wrote(c.link, at);
  }
}

}  // namespace wanwu::target
