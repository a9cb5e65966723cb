// http_pool's users and connections: opening, losing, closing, and what the engine hears of it.
#pragma once

#include <algorithm>
#include <cassert>
#include <cerrno>

#include "protocols/drivers/http_pool.hpp"

namespace wanwu {

/// Whether a connect failed for want of something of ours, which is never the target's fault.
inline bool is_local_failure(std::error_code why) noexcept {
  const int e = why.value();
  return e == EMFILE || e == ENFILE || e == EADDRNOTAVAIL || e == ENOBUFS || e == ENOMEM || e == EADDRINUSE ||
         e == EACCES || e == EPERM;
}

template <stream_transport T>
http_pool<T>::http_pool(const http_endpoint& target, T& transport, driver_client& client)
    : target_{target}, transport_{transport}, client_{client}, requests_{target_} {
  transport_.attach(*this);
}

template <stream_transport T>
void http_pool<T>::prepare(std::uint32_t count) {
  plain_links_ = target_.pool == 0 ? std::max(count, 1U) : std::min(target_.pool, std::max(count, 1U));
  links_.resize(plain_links_);
  users_.assign(count, connection_state::down);
  transport_.prepare(static_cast<std::uint32_t>(plain_links_));
}

template <stream_transport T>
void http_pool<T>::open(std::span<const connection_id> which, std::span<const time_point> intended,
                        time_point now) {
  for (std::size_t i = 0; i < which.size(); ++i) {
    const connection_id user = which[i];
    if (users_[static_cast<std::uint32_t>(user)] != connection_state::down) continue;
    const std::uint32_t at = link_of(user);
    const bool ready_now = links_[at].now == link_state::idle || links_[at].now == link_state::busy;
    set_user(user, ready_now ? connection_state::up : connection_state::opening, outcome::ok, now);
    if (links_[at].now == link_state::closed) open_link(at, user, intended[i], now);
    if (ready_now) open_streams(user, now);
  }
  flush();
}

template <stream_transport T>
void http_pool<T>::close(std::span<const connection_id> which, closing how, time_point now) {
  for (const connection_id user : which) {
    if (users_[static_cast<std::uint32_t>(user)] == connection_state::down) continue;
    const std::uint32_t at = link_of(user);
    close_streams(user, how, now);
    set_user(user, connection_state::down, outcome::ok, now);
    if (links_[at].users_up != 0 || links_[at].now == link_state::closed) continue;
    transport_.close(link_id{at}, how, now);
    lose_link(at, outcome::cut_off, now);
    fail_waiting(at, outcome::cut_off, now);
  }
  flush();
}

template <stream_transport T>
void http_pool<T>::open_link(std::uint32_t at, connection_id for_user, time_point since, time_point now) {
  auto& row = links_[at];
  row.now = link_state::opening;
  row.opening_since = since;
  row.opened_for = for_user;
  row.has_answered = false;
  openings_.push_back({now + target_.connect_timeout, at, ++row.opening_turn});
  transport_.open(link_id{at}, target_.address, now);
}

/// Counts users that are up or on their way: they keep the link.
template <stream_transport T>
void http_pool<T>::set_user(connection_id user, connection_state state, outcome why, time_point now) {
  auto& had = users_[static_cast<std::uint32_t>(user)];
  if (had == state) return;
  auto& link = links_[link_of(user)];
  if (had == connection_state::down) ++link.users_up;
  if (state == connection_state::down) --link.users_up;
  if (had == connection_state::up) --totals_.connections_up;
  if (state == connection_state::up) ++totals_.connections_up;
  had = state;
  if (state != connection_state::opening) changes_.push_back({now, user, state, why, 0});
}

template <stream_transport T>
void http_pool<T>::set_users_of(std::uint32_t at, connection_state state, outcome why, time_point now) {
  for (std::size_t user = at; user < users_.size(); user += plain_links_) {
    if (users_[user] == connection_state::down) continue;
    const connection_id id{static_cast<std::uint32_t>(user)};
    const bool was_opening = users_[user] == connection_state::opening;
    set_user(id, state, why, now);
    if (state == connection_state::up && was_opening) open_streams(id, now);
    if (state == connection_state::down) close_streams(id, closing::clean, now);
  }
}

template <stream_transport T>
void http_pool<T>::note_connect(std::uint32_t at, outcome result, int error, time_point now) {
  auto& row = links_[at];
  asked_ = {};
  client_.describe(row.opened_for, asked_);
  observation seen;
  seen.intended_at = row.opening_since;
  seen.sent_at = row.opening_since;
  seen.done_at = now;
  seen.thing = asked_.thing;
  seen.population = asked_.population;
  seen.op = row.was_up ? operation::reconnect : operation::connect;
  seen.via = protocol::http;
  seen.result = result;
  seen.code = static_cast<std::uint16_t>(error);
  seen_.push_back(seen);
}

template <stream_transport T>
void http_pool<T>::link_opened(link_id link, time_point now) {
  const auto at = static_cast<std::uint32_t>(link);
  ++links_[at].opening_turn;
  if (now - links_[at].opening_since > second_syn_after && transport_.needed_second_syn(link))
    ++totals_.second_syns;
  if (is_stream(at)) {
    links_[at].now = link_state::busy;
    return ask_for_stream(at, now);
  }
  note_connect(at, outcome::ok, 0, now);
  links_[at].now = link_state::idle;
  links_[at].was_up = true;
  set_users_of(at, connection_state::up, outcome::ok, now);
  send_next(at, now);
}

template <stream_transport T>
void http_pool<T>::link_failed(link_id link, std::error_code why, time_point now) {
  const auto at = static_cast<std::uint32_t>(link);
  const bool was_opening = links_[at].now == link_state::opening;
  const outcome result = is_local_failure(why) ? outcome::local_error : outcome::unreachable;
  if (is_stream(at)) return end_stream(at, was_opening ? result : outcome::broken_link, 0, now);
  if (was_opening) {
    ++links_[at].opening_turn;
    note_connect(at, result, why.value(), now);
    lose_link(at, outcome::broken_link, now);
    set_users_of(at, connection_state::down, result, now);
    return fail_waiting(at, result, now);
  }
  if (links_[at].now == link_state::busy) retry(at);
  lose_link(at, outcome::broken_link, now);
  after_close(at, now);
}

template <stream_transport T>
void http_pool<T>::link_ended(link_id link, time_point now) {
  const auto at = static_cast<std::uint32_t>(link);
  if (is_stream(at)) return end_stream(at, outcome::broken_link, 0, now);
  auto& row = links_[at];
  if (row.now == link_state::busy && row.parser && row.parser->receive_end()) {
    conclude(at, now);  // a body whose end is the connection's end
  } else if (row.now == link_state::busy) {
    retry(at);
  }
  lose_link(at, outcome::broken_link, now);
  after_close(at, now);
}

/// The link is closed: gives up the request on it as `why`.
template <stream_transport T>
void http_pool<T>::lose_link(std::uint32_t at, outcome why, time_point now) {
  auto& row = links_[at];
  if (row.current != request_id::none) {
    finish(row.current, why, 0, 0, now);
    requests_.release(row.current);
    row.current = request_id::none;
  }
  if (row.parser) spare_parsers_.push_back(std::move(row.parser));
  row.now = link_state::closed;
}

/// Users stay up: the connection comes back for whoever waits, or for the next request.
template <stream_transport T>
void http_pool<T>::after_close(std::uint32_t at, time_point now) {
  auto& row = links_[at];
  if (row.now != link_state::closed || row.first_waiting == request_id::none) return;
  open_link(at, requests_.at(row.first_waiting).user, now, now);
}

template <stream_transport T>
std::unique_ptr<http::response_parser> http_pool<T>::take_parser() {
  if (spare_parsers_.empty()) return std::make_unique<http::response_parser>(target_.limits);
  auto out = std::move(spare_parsers_.back());
  spare_parsers_.pop_back();
  return out;
}

template <stream_transport T>
void http_pool<T>::flush() {
  if (!changes_.empty()) client_.changed(changes_);
  changes_.clear();
  if (!seen_.empty()) client_.record(seen_);
  seen_.clear();
  if (!completions_.empty()) client_.ready_for_more(completions_);
  completions_.clear();
}

template <stream_transport T>
void http_pool<T>::ready(std::span<const readiness> events, time_point now) {
  transport_.dispatch(events, *this, now);
  flush();
}

template <stream_transport T>
driver_totals http_pool<T>::totals() const {
  driver_totals out = totals_;
  out.operations_in_flight = requests_.under_way();
  out.direct_sockets = transport_.direct_count();
  if constexpr (delaying_transport<T>) out.connections_up += transport_.ending();
  return out;
}

}  // namespace wanwu
