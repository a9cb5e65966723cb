// From a driver's callbacks to arrivals.
#include "sim/witness_ear.hpp"

namespace wanwu::sim {

void witness_ear::record(std::span<const observation> seen) {
  for (const observation& o : seen) {
    if (o.op != operation::subscribe) continue;
    ++answered_;
    if (o.result != outcome::ok) was_refused_ = true;
  }
}

void witness_ear::describe(connection_id which, login& out) {
  const auto& password = sample_.plan().mqtt_password;
  out.client_id = lane_.client_id;
  out.user = lane_.user;
  out.has_user = !lane_.user.empty();
  out.has_password = lane_.via == protocol::mqtt && password.has_value();
  if (out.has_password) out.password = *password;
  if (how_ == spread::together) {
    out.subscriptions = lane_.subscriptions;
  } else {
    out.subscriptions.push_back(lane_.subscriptions[static_cast<std::uint32_t>(which)]);
  }
}

void witness_ear::changed(std::span<const connection_change> changes) {
  for (const connection_change& c : changes) {
    is_up_ = c.now == connection_state::up;
    is_down_ = c.now == connection_state::down;
  }
}

void witness_ear::heard(std::span<const heard_message> messages) {
  before_();
  for (const heard_message& m : messages) {
    if (!m.retained) sample_.hear(lane_.via, m, matcher_);
  }
}

std::string witness_ear::trouble() const {
  if (was_refused_) return "the target refused a subscription";
  return is_up_ ? "" : "not connected at the end";
}

std::string settle_unheard(std::span<const std::unique_ptr<witness_ear>> ears, arrival_matcher& matcher) {
  std::string problem;
  for (const auto& ear : ears) {
    const std::string why = ear->trouble();
    if (why.empty()) continue;
    matcher.nobody_listens(ear->via());
    problem += std::string{problem.empty() ? "" : "; "} + "the witness could not listen over " +
               std::string{name_of(ear->via())} + ": " + why;
  }
  return problem;
}

}  // namespace wanwu::sim
