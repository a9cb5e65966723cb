#include "protocols/drivers/coap_ledger.hpp"

#include <algorithm>

#include "protocols/coap/content_format.hpp"

namespace wanwu {

coap_plan plan_for(const request_shape& shape) {
  coap_plan out;
  out.shape = &shape;
  out.method = coap::method_named(shape.method).value_or(coap::code::post);
  out.content_format = coap::content_format_of(shape.content_type);
  out.accept = coap::content_format_of(shape.accept);
  return out;
}

const coap_plan& coap_ledger::plan_of(const request_shape& shape) {
  if (last_plan_ != nullptr && last_plan_->shape == &shape) return *last_plan_;
  auto& plan = plans_[&shape];
  if (!plan) plan = std::make_unique<coap_plan>(plan_for(shape));
  last_plan_ = plan.get();
  return *last_plan_;
}

void coap_ledger::not_started(const intent& i, time_point now, outcome why) {
  observations_.push_back({.intended_at = i.intended_at,
                           .sent_at = now,
                           .done_at = now,
                           .thing = i.thing,
                           .population = i.shape->population,
                           .op = i.shape->op,
                           .via = protocol::coap,
                           .result = why});
}

void coap_ledger::not_opened(connection_id connection, time_point intended, time_point now) {
  login_ = {};
  client_.describe(connection, login_);
  changes_.push_back({now, connection, connection_state::down, outcome::local_error, 0});
  observations_.push_back({.intended_at = intended,
                           .sent_at = now,
                           .done_at = now,
                           .thing = login_.thing,
                           .population = login_.population,
                           .op = operation::connect,
                           .via = protocol::coap,
                           .result = outcome::local_error});
}

void coap_ledger::took_off(std::uint32_t slot, const intent& i, const coap_plan& plan) {
  if (slot >= flights_.size())
    flights_.resize(std::max<std::size_t>(std::size_t{slot} + 1, flights_.size() * 2));
  flights_[slot] = {i.intended_at, &plan, i.thing, i.token};
  if (i.shape->wants_answer) answered_paths_[slot] = i.address;
}

bool coap_ledger::take(const coap::session_event& e) {
  switch (e.what) {
    case kind::answered:
      take_answer(e);
      break;
    case kind::notified:
      take_notification(e);
      break;
    case kind::registered:
      take_registration(e, outcome::ok);
      break;
    case kind::registration_due:
    case kind::rest_due:
      return false;
    case kind::stray:
      break;
    case kind::timed_out:
      end(e, outcome::timed_out, 0);
      break;
    case kind::reset:
    case kind::declined:
      end(e, outcome::refused, coap::value_of(e.response));
      break;
    case kind::unreachable:
      end(e, outcome::unreachable, 0);
      break;
    case kind::malformed:
    case kind::too_large:
      end(e, outcome::malformed_answer, coap::value_of(e.response));
      break;
  }
  return true;
}

void coap_ledger::end(const coap::session_event& e, outcome result, std::uint16_t code) {
  if (e.exchange == coap::no_index) {
    take_registration(e, result);
    return;
  }
  const auto& f = flights_[e.exchange];
  const auto& shape = *f.plan->shape;
  observations_.push_back({.intended_at = f.intended_at,
                           .sent_at = e.sent_at,
                           .done_at = e.at,
                           .thing = f.thing,
                           .bytes_sent = e.bytes_sent,
                           .bytes_received = e.bytes_received,
                           .population = shape.population,
                           .code = code,
                           .op = shape.op,
                           .via = protocol::coap,
                           .result = result});
  if (reports_completions_) completions_.push_back(connection_id{e.endpoint});
  if (shape.wants_answer) answered_paths_.erase(e.exchange);
}

void coap_ledger::take_answer(const coap::session_event& e) {
  const auto& f = flights_[e.exchange];
  const auto& shape = *f.plan->shape;
  const std::uint16_t code = coap::value_of(e.response);
  const bool expected = shape.expect.empty()
                            ? coap::is_success(e.response)
                            : std::find(shape.expect.begin(), shape.expect.end(), code) != shape.expect.end();
  if (shape.wants_answer) {
    heard_paths_.push_back(std::move(answered_paths_[e.exchange]));
    heard_.push_back({.address = {},
                      .payload = e.payload,
                      .response_topic = {},
                      .correlation = {},
                      .at = e.at,
                      .connection = connection_id{e.endpoint},
                      .token = f.token,
                      .code = code});
  }
  end(e, expected ? outcome::ok : outcome::refused, code);
}

void coap_ledger::take_registration(const coap::session_event& e, outcome result) {
  if (result == outcome::ok && e.again) return;
  login_ = {};
  client_.describe(connection_id{e.endpoint}, login_);
  observations_.push_back({.intended_at = e.sent_at,
                           .sent_at = e.sent_at,
                           .done_at = e.at,
                           .thing = login_.thing,
                           .bytes_sent = e.bytes_sent,
                           .bytes_received = e.bytes_received,
                           .population = login_.population,
                           .code = coap::value_of(e.response),
                           .op = operation::subscribe,
                           .via = protocol::coap,
                           .result = result});
}

const subscription* coap_ledger::subscription_of(std::uint32_t connection, std::uint8_t tag) {
  login_ = {};
  client_.describe(connection_id{connection}, login_);
  const auto at = std::find_if(login_.subscriptions.begin(), login_.subscriptions.end(),
                               [&](const subscription& s) { return s.tag == tag; });
  return at != login_.subscriptions.end() ? &*at : nullptr;
}

void coap_ledger::take_notification(const coap::session_event& e) {
  const auto* s = subscription_of(e.endpoint, e.tag);
  heard_paths_.push_back(s != nullptr ? s->filter : std::string{});
  heard_.push_back({.address = {},
                    .payload = e.payload,
                    .response_topic = {},
                    .correlation = {},
                    .at = e.at,
                    .connection = connection_id{e.endpoint},
                    .token = 0,
                    .code = coap::value_of(e.response),
                    .subscription_tag = e.tag});
}

void coap_ledger::hand_over() {
  for (std::size_t i = 0; i < heard_.size(); ++i) heard_[i].address = heard_paths_[i];
  if (!changes_.empty()) client_.changed(changes_);
  if (!observations_.empty()) client_.record(observations_);
  if (!heard_.empty()) client_.heard(heard_);
  if (!completions_.empty()) client_.ready_for_more(completions_);
  changes_.clear();
  observations_.clear();
  heard_.clear();
  heard_paths_.clear();
  completions_.clear();
}

}  // namespace wanwu
