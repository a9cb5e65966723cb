// http_pool's event streams: a GET that never ends, on a connection of its own, asked for again when it does.
#pragma once

#include "protocols/drivers/http_pool.hpp"

namespace wanwu {

template <stream_transport T>
void http_pool<T>::open_streams(connection_id user, time_point now) {
  asked_ = {};
  client_.describe(user, asked_);
  std::uint32_t which = 0;
  for (const auto& wanted : asked_.subscriptions) {
    ++which;
    auto free = std::find_if(streams_.begin(), streams_.end(), [&](const stream_row& s) {
      return !s.active && (!delaying_transport<T> || s.user == user);
    });
    const auto index = static_cast<std::size_t>(free - streams_.begin());
    const auto at = static_cast<std::uint32_t>(plain_links_ + index);
    if (index == streams_.size()) {
      streams_.emplace_back();
      links_.emplace_back();
      transport_.prepare(at + 1);
    }
    if constexpr (delaying_transport<T>)
      transport_.number_after(link_id{at}, static_cast<std::uint32_t>(user), which);
    auto& stream = streams_[index];
    stream = {};
    stream.user = user;
    stream.wanted = wanted;
    stream.who.thing = asked_.thing;
    stream.who.population = asked_.population;
    stream.active = true;
    stream.asked_at = now;
    if (http::is_request_target(wanted.filter)) {
      open_link(at, user, now, now);
    } else {
      note_stream(stream, outcome::not_started, 0, now);
    }
  }
}

template <stream_transport T>
void http_pool<T>::ask_for_stream(std::uint32_t at, time_point now) {
  auto& stream = streams_[at - plain_links_];
  std::string raw = "GET " + target_.base_path + stream.wanted.filter + " HTTP/1.1\r\nHost: " + target_.host +
                    "\r\nAccept: text/event-stream\r\n" + target_.header_lines + "\r\n";
  const auto taken = transport_.send(link_id{at}, as_bytes(raw), now);
  totals_.bytes_out += raw.size();
  const auto rest = as_bytes(raw).subspan(std::min(taken, raw.size()));
  stream.unsent.assign(rest.begin(), rest.end());
  stream.events = {};
  stream.accepted = false;
  links_[at].parser = take_parser();
  links_[at].parser->start({http::body_use::stream, false});
}

template <stream_transport T>
void http_pool<T>::stream_received(std::uint32_t at, bytes_view raw, time_point now) {
  auto& stream = streams_[at - plain_links_];
  auto& parser = *links_[at].parser;
  const auto give_up = [&](outcome why) {
    transport_.close(link_id{at}, closing::abrupt, now);
    end_stream(at, why, parser.status(), now);
  };
  const auto malformed = [&] {
    ++totals_.wire_errors;
    give_up(outcome::malformed_answer);
  };
  if (!parser.receive(raw)) return malformed();
  if (!parser.has_head()) return;
  if (parser.status() != 200 || !parser.is_event_stream()) {
    return parser.status() / 100 == 2 ? malformed() : give_up(outcome::refused);
  }
  if (!stream.accepted) note_stream(stream, outcome::ok, parser.status(), now);
  stream.accepted = true;
  stream.events.receive(parser.body());
  parser.drop_body();
  for (auto event = stream.events.next(); !event || *event; event = stream.events.next()) {
    if (!event) return malformed();
    heard_message heard;
    heard.address = stream.wanted.filter;
    heard.payload = as_bytes((*event)->payload);
    heard.at = now;
    heard.connection = stream.user;
    heard.code = parser.status();
    heard.subscription_tag = stream.wanted.tag;
    ++totals_.messages_in;
    client_.heard({&heard, 1});
  }
}

/// The link is closed. A stream that had been accepted is asked for again without a word; a refusal is told
/// each time.
template <stream_transport T>
void http_pool<T>::end_stream(std::uint32_t at, outcome why, std::uint16_t code, time_point now) {
  auto& stream = streams_[at - plain_links_];
  if (!stream.accepted) note_stream(stream, why, code, now);
  lose_link(at, outcome::broken_link, now);
  ++links_[at].opening_turn;
  stream.accepted = false;
  stream.asked_at = now + stream_pause;
  stream.again_at = stream.asked_at;
}

template <stream_transport T>
void http_pool<T>::note_stream(stream_row& stream, outcome result, std::uint16_t code, time_point now) {
  if (stream.told && result == outcome::ok) return;
  stream.told = stream.told || result == outcome::ok;
  observation seen;
  seen.intended_at = seen.sent_at = stream.asked_at;
  seen.done_at = now;
  seen.thing = stream.who.thing;
  seen.population = stream.who.population;
  seen.code = code;
  seen.op = operation::subscribe;
  seen.via = protocol::http;
  seen.result = result;
  seen_.push_back(seen);
}

template <stream_transport T>
void http_pool<T>::close_streams(connection_id user, closing how, time_point now) {
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    if (!streams_[i].active || streams_[i].user != user) continue;
    const auto at = static_cast<std::uint32_t>(plain_links_ + i);
    streams_[i].active = false;
    streams_[i].again_at.reset();
    if (links_[at].now == link_state::closed) continue;
    transport_.close(link_id{at}, how, now);
    lose_link(at, outcome::broken_link, now);
    ++links_[at].opening_turn;
  }
}

}  // namespace wanwu
