// http_pool's requests: starting, waiting, sending, concluding, and giving up.
#pragma once

#include <algorithm>

#include "protocols/drivers/http_pool.hpp"

namespace wanwu {

template <stream_transport T>
void http_pool<T>::start(std::span<const intent> intents, time_point now) {
  for (const intent& wanted : intents) begin(wanted, now);
  flush();
}

template <stream_transport T>
void http_pool<T>::begin(const intent& wanted, time_point now) {
  const auto user = static_cast<std::uint32_t>(wanted.connection);
  const std::uint32_t at = link_of(wanted.connection);
  auto& link = links_[at];
  const bool may_start = users_[user] == connection_state::up && link.waiting < target_.queue_max &&
                         http::is_request_target(wanted.address);
  if (!may_start) return refuse_start(wanted, outcome::not_started, now);
  const std::uint32_t shape = requests_.shape_of(wanted.shape);
  const bytes_view raw = requests_.render(requests_.shape_at(shape), wanted.address, wanted.payload);
  const request_id id = requests_.add(wanted, shape, static_cast<std::uint32_t>(raw.size()), now);
  if (link.now == link_state::idle && link.first_waiting == request_id::none)
    return send_now(at, id, raw, now);
  requests_.at(id).wire.assign(raw.begin(), raw.end());
  wait_in_line(at, id);
  if (link.now == link_state::closed) open_link(at, wanted.connection, now, now);
}

template <stream_transport T>
void http_pool<T>::refuse_start(const intent& wanted, outcome why, time_point now) {
  observation seen;
  seen.intended_at = wanted.intended_at;
  seen.sent_at = seen.done_at = now;
  seen.thing = wanted.thing;
  seen.population = wanted.shape->population;
  seen.op = wanted.shape->op;
  seen.via = protocol::http;
  seen.result = why;
  seen_.push_back(seen);
}

template <stream_transport T>
void http_pool<T>::wait_in_line(std::uint32_t at, request_id id) {
  auto& link = links_[at];
  (link.last_waiting == request_id::none ? link.first_waiting
                                         : requests_.at(link.last_waiting).next_waiting) = id;
  link.last_waiting = id;
  ++link.waiting;
}

template <stream_transport T>
void http_pool<T>::send_now(std::uint32_t at, request_id id, bytes_view raw, time_point now) {
  auto& link = links_[at];
  auto& row = requests_.at(id);
  link.now = link_state::busy;
  link.current = id;
  row.sent_at = now;
  row.written = static_cast<std::uint32_t>(transport_.send(link_id{at}, raw, now));
  totals_.bytes_out += row.written;
  ++totals_.messages_out;
  const bool may_be_sent_again =
      link.has_answered && requests_.shape_at(row.shape).is_idempotent && !row.retried;
  const bool is_kept = !row.wire.empty();
  if (!is_kept && (row.written < raw.size() || may_be_sent_again)) row.wire.assign(raw.begin(), raw.end());
}

template <stream_transport T>
void http_pool<T>::send_next(std::uint32_t at, time_point now) {
  auto& link = links_[at];
  while (link.first_waiting != request_id::none && link.now == link_state::idle) {
    const request_id id = link.first_waiting;
    auto& row = requests_.at(id);
    link.first_waiting = row.next_waiting;
    if (link.first_waiting == request_id::none) link.last_waiting = request_id::none;
    --link.waiting;
    if (row.done) {
      requests_.release(id);  // timed out, or given up, while it waited
    } else {
      send_now(at, id, row.wire, now);
    }
  }
}

template <stream_transport T>
void http_pool<T>::link_writable(link_id link, time_point now) {
  const auto at = static_cast<std::uint32_t>(link);
  if (is_stream(at)) {
    auto& unsent = streams_[at - plain_links_].unsent;
    const auto taken = transport_.send(link, unsent, now);
    unsent.erase(unsent.begin(),
                 unsent.begin() + static_cast<std::ptrdiff_t>(std::min(taken, unsent.size())));
    return;
  }
  if (links_[at].now != link_state::busy) return;
  auto& row = requests_.at(links_[at].current);
  if (row.written >= row.wire.size()) return;
  const auto taken = transport_.send(link, bytes_view{row.wire}.subspan(row.written), now);
  row.written += static_cast<std::uint32_t>(taken);
  totals_.bytes_out += taken;
}

/// Most responses come whole in one piece: they are parsed where all links parse, and the link keeps nothing.
template <stream_transport T>
void http_pool<T>::link_received(link_id link, bytes_view raw, time_point now) {
  const auto at = static_cast<std::uint32_t>(link);
  totals_.bytes_in += raw.size();
  if (is_stream(at)) return stream_received(at, raw, now);
  auto& row = links_[at];
  const bool is_expected = row.now == link_state::busy;
  if (is_expected && !row.parser) {
    row.parser = scratch_ ? std::move(scratch_) : take_parser();
    const auto& shape = requests_.shape_at(requests_.at(row.current).shape);
    row.parser->start(
        {shape.shape->wants_answer ? http::body_use::keep : http::body_use::count, shape.is_head});
  }
  const auto used = is_expected ? row.parser->receive(raw) : wire_result<std::size_t>{std::size_t{0}};
  if (used && is_expected && !row.parser->complete()) return;
  bool keeps = false;
  if (!used) {
    ++totals_.wire_errors;
    finish(row.current, outcome::malformed_answer, row.parser->status(), raw.size(), now);
  } else if (is_expected) {
    keeps = row.parser->keep_alive() && *used == raw.size();
    if (*used < raw.size()) ++totals_.wire_errors;  // bytes that answer nothing
    conclude(at, now);
  }
  if (keeps) return send_next(at, now);
  transport_.close(link, used ? closing::clean : closing::abrupt, now);
  lose_link(at, outcome::broken_link, now);
  after_close(at, now);
}

/// The response to the link's request is complete.
template <stream_transport T>
void http_pool<T>::conclude(std::uint32_t at, time_point now) {
  auto& link = links_[at];
  auto& row = requests_.at(link.current);
  const auto& shape = *requests_.shape_at(row.shape).shape;
  const std::uint16_t status = link.parser->status();
  const bool is_ok = shape.expect.empty()
                         ? status / 100 == 2
                         : std::find(shape.expect.begin(), shape.expect.end(), status) != shape.expect.end();
  ++totals_.messages_in;
  if (shape.wants_answer && !row.done) hear_answer(row, *link.parser, now);
  finish(link.current, is_ok ? outcome::ok : outcome::refused, status, link.parser->body_bytes(), now);
  requests_.release(link.current);
  link.current = request_id::none;
  link.now = link_state::idle;
  link.has_answered = true;
  if (scratch_) {
    spare_parsers_.push_back(std::move(link.parser));
  } else {
    scratch_ = std::move(link.parser);
  }
}

template <stream_transport T>
void http_pool<T>::hear_answer(request_row& row, const http::response_parser& answer, time_point now) {
  heard_message heard;
  heard.address = row.address;
  heard.payload = answer.body();
  heard.at = now;
  heard.connection = row.user;
  heard.token = row.token;
  heard.code = answer.status();
  client_.heard({&heard, 1});
}

/// A kept-alive connection may be closed by the target just as a request leaves: RFC 9112 §9.3.1 lets a
/// client send idempotent requests again, others never.
template <stream_transport T>
void http_pool<T>::retry(std::uint32_t at) {
  auto& link = links_[at];
  auto& row = requests_.at(link.current);
  const bool is_safe = link.has_answered && !link.parser && !row.retried && !row.done && !row.wire.empty() &&
                       requests_.shape_at(row.shape).is_idempotent;
  if (!is_safe) return;
  row.retried = true;
  row.written = 0;
  row.next_waiting = link.first_waiting;
  link.first_waiting = link.current;
  if (link.last_waiting == request_id::none) link.last_waiting = link.current;
  ++link.waiting;
  ++totals_.retransmissions;
  link.current = request_id::none;
}

template <stream_transport T>
void http_pool<T>::finish(request_id id, outcome result, std::uint16_t code, std::uint64_t received,
                          time_point now) {
  auto& row = requests_.at(id);
  if (row.done) return;
  requests_.finish(id);
  const auto& shape = *requests_.shape_at(row.shape).shape;
  observation seen;
  seen.intended_at = row.intended_at;
  seen.sent_at = row.sent_at == time_point{} ? now : row.sent_at;
  seen.done_at = now;
  seen.thing = row.thing;
  seen.bytes_sent = row.written;
  seen.bytes_received = static_cast<std::uint32_t>(std::min<std::uint64_t>(received, 0xFFFF'FFFF));
  seen.population = shape.population;
  seen.code = code;
  seen.op = shape.op;
  seen.via = protocol::http;
  seen.result = result;
  seen_.push_back(seen);
  if (reports_completions_) completions_.push_back(row.user);
  row.sent_at = time_point{};
}

template <stream_transport T>
void http_pool<T>::fail_waiting(std::uint32_t at, outcome why, time_point now) {
  auto& link = links_[at];
  for (request_id id = link.first_waiting; id != request_id::none;) {
    const request_id next = requests_.at(id).next_waiting;
    finish(id, why, 0, 0, now);
    requests_.release(id);
    id = next;
  }
  link.first_waiting = link.last_waiting = request_id::none;
  link.waiting = 0;
}

template <stream_transport T>
void http_pool<T>::advance(time_point now) {
  if constexpr (delaying_transport<T>) transport_.advance(*this, now);
  while (!openings_.empty() && openings_.front().at <= now) {
    const auto late = openings_.front();
    openings_.pop_front();
    if (links_[late.link].now != link_state::opening || links_[late.link].opening_turn != late.turn) continue;
    transport_.close(link_id{late.link}, closing::abrupt, now);
    link_failed(link_id{late.link}, std::make_error_code(std::errc::timed_out), now);
  }
  for (auto id = requests_.due(now); id != request_id::none; id = requests_.due(now)) {
    const std::uint32_t at = link_of(requests_.at(id).user);
    finish(id, outcome::timed_out, 0, 0, now);
    if (links_[at].current != id) continue;  // it waits, and is passed over when its turn comes
    transport_.close(link_id{at}, closing::abrupt, now);
    lose_link(at, outcome::broken_link, now);
    after_close(at, now);
  }
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    auto& stream = streams_[i];
    if (!stream.active || !stream.again_at || *stream.again_at > now) continue;
    stream.again_at.reset();
    open_link(static_cast<std::uint32_t>(plain_links_ + i), stream.user, now, now);
  }
  flush();
}

template <stream_transport T>
std::optional<time_point> http_pool<T>::next_deadline() const {
  auto earliest = requests_.next_deadline();
  const auto consider = [&](time_point at) {
    if (!earliest || at < *earliest) earliest = at;
  };
  if (!openings_.empty()) consider(openings_.front().at);
  if constexpr (delaying_transport<T>) {
    if (const auto due = transport_.next_deadline()) consider(*due);
  }
  for (const auto& stream : streams_) {
    if (stream.active && stream.again_at) consider(*stream.again_at);
  }
  return earliest;
}

/// What waits is dropped; the answer to what was sent already will be passed over.
template <stream_transport T>
void http_pool<T>::abandon(outcome why, time_point now) {
  for (std::uint32_t at = 0; at < plain_links_; ++at) {
    fail_waiting(at, why, now);
    if (links_[at].current != request_id::none) finish(links_[at].current, why, 0, 0, now);
  }
  flush();
}

}  // namespace wanwu
