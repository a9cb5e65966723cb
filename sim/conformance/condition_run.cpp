#include "sim/conformance/condition_run.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace wanwu::conform {

namespace {

using kind = condition::kind;

bool names_packet(const packet_pattern& pattern, std::string_view packet) {
  return pattern.packet.empty() || pattern.packet == packet;
}

bool names_anywhere(const condition& what, std::string_view packet) {
  const auto named = [&](const packet_pattern& p) { return p.packet == packet; };
  if (what.what == kind::packet && named(what.pattern)) return true;
  if (what.what == kind::bytes) return true;  // exact bytes may be any packet
  if (what.until && named(*what.until)) return true;
  if (std::any_of(what.ignore.begin(), what.ignore.end(), named)) return true;
  if (std::any_of(what.without.begin(), what.without.end(), named)) return true;
  for (const auto& option : what.options) {
    if (names_anywhere(*option, packet)) return true;
  }
  return what.then != nullptr && names_anywhere(*what.then, packet);
}

double seconds(duration d) {
  return std::chrono::duration<double>(d).count();
}

}  // namespace

bool fits(const packet_pattern& pattern, const message& seen, duration elapsed, case_scope& scope) {
  if (!names_packet(pattern, seen.packet())) return false;
  return !pattern.where || scope.evaluate(*pattern.where, seen, elapsed).truth();
}

condition_run::condition_run(const condition& what, match_context& in, window inherited)
    : at_{&what}, in_{in}, inherited_{inherited} {}

bool condition_run::has_children() const noexcept {
  return at_->what == kind::one_of || at_->what == kind::all_of;
}

void condition_run::begin(time_point now) {
  state_ = state::waiting;
  begin_here(now);
}

void condition_run::begin_here(time_point now) {
  begun_ = now;
  count_ = 0;
  had_last_word_ = false;
  children_.clear();
  window here = inherited_;
  if (at_->within) here.within = in_.scope().evaluate(*at_->within);
  if (at_->not_before) here.not_before = in_.scope().evaluate(*at_->not_before);
  if ((at_->within && !here.within) || (at_->not_before && !here.not_before))
    return fail("a wait that is no length of time");
  if (has_children()) {
    for (const auto& option : at_->options) {
      children_.push_back(std::make_unique<condition_run>(*option, in_, here));
      children_.back()->begin(now);
    }
    latest_.reset();
    earliest_.reset();
    return settle(now);
  }
  // `between` counts from what was last sent on the link, `within` from when the step begins to wait.
  const auto from = here.not_before ? in_.last_sent(at_->role) : now;
  const auto within = here.within.value_or(in_.default_wait());
  span_ = within;
  latest_ = from + within;
  earliest_ = here.not_before ? std::optional{from + *here.not_before} : std::nullopt;
  const auto link = in_.state_of(at_->role);
  if (at_->what == kind::quiet) {
    const auto length = in_.scope().evaluate(*at_->quiet);
    if (!length) return fail("a wait that is no length of time");
    span_ = *length;
    latest_ = now + *length;
    if (link != match_context::link_state::up) fail("the connection is closed");
  } else if (at_->what == kind::closed) {
    if (link == match_context::link_state::closed_by_target) fulfil(now);
    if (link == match_context::link_state::closed_by_us) fail("the connection was closed by the script");
  } else if (link != match_context::link_state::up) {
    fail("the connection is closed");
  }
}

bool condition_run::concerns(std::uint16_t role) const {
  if (state_ != state::waiting) return false;
  if (!has_children()) return at_->role == role;
  return std::any_of(children_.begin(), children_.end(), [&](const auto& c) { return c->concerns(role); });
}

bool condition_run::names(std::string_view packet) const {
  return names_anywhere(*at_, packet);
}

std::optional<time_point> condition_run::deadline() const {
  if (state_ != state::waiting) return std::nullopt;
  auto found = latest_;
  for (const auto& child : children_) {
    const auto one = child->deadline();
    if (one && (!found || *one < *found)) found = one;
  }
  return found;
}

std::optional<duration> condition_run::strictest() const {
  auto found = span_;
  for (const auto& child : children_) {
    const auto one = child->strictest();
    if (one && (!found || *one < *found)) found = one;
  }
  return found;
}

bool condition_run::ignored(const arrival& came) const {
  if (came.what != arrival::kind::packet) return false;
  return std::any_of(at_->ignore.begin(), at_->ignore.end(), [&](const packet_pattern& p) {
    return fits(p, *came.packet, came.elapsed, in_.scope());
  });
}

bool condition_run::matches(const arrival& came) const {
  if (came.what != arrival::kind::packet) return false;
  if (at_->what == kind::bytes) return at_->bytes->matches(in_.scope().context(), came.packet->raw());
  return fits(at_->pattern, *came.packet, came.elapsed, in_.scope());
}

condition_run::taken condition_run::offer(std::uint16_t role, const arrival& came) {
  if (!concerns(role)) return taken::foreign;
  const auto done = offer_here(role, came);
  // What nothing here names may still be listed as of no matter.
  if (done == taken::foreign && ignored(came)) return taken::yes;
  return done;
}

condition_run::taken condition_run::offer_here(std::uint16_t role, const arrival& came) {
  switch (at_->what) {
    case kind::packet:
    case kind::bytes:
      return offer_packet(came);
    case kind::closed:
      return offer_closed(came);
    case kind::quiet:
      break;
    case kind::one_of:
      return offer_one_of(role, came);
    case kind::all_of:
      return offer_all_of(role, came);
  }
  return taken::foreign;
}

/// Too early or too late: what fits comes at the wrong time.
condition_run::taken condition_run::check_window(const arrival& came) {
  const bool early = earliest_ && came.at < *earliest_;
  const bool late = latest_ && came.at > *latest_;
  if (!early && !late) return taken::yes;
  by_time_ = true;
  fail_by(came, fmt::format("too {}, after {:.3f} s: ", early ? "early" : "late", seconds(came.elapsed)));
  return taken::broken;
}

condition_run::taken condition_run::offer_packet(const arrival& came) {
  if (came.what != arrival::kind::packet) return taken::foreign;
  if (at_->until && fits(*at_->until, *came.packet, came.elapsed, in_.scope())) {
    if (count_ < at_->times_min) {
      fail_by(came, fmt::format("{} of {}, then ", count_, at_->times_min));
      return taken::broken;
    }
    last_ = came.packet;
    if (check_window(came) == taken::broken) return taken::broken;
    fulfil(came.at);
    return taken::yes;
  }
  in_.scope().count(count_ + 1);
  return matches(came) ? count_match(came) : taken::foreign;
}

condition_run::taken condition_run::count_match(const arrival& came) {
  if (count_ >= at_->times_max) {
    fail_by(came, at_->times_max == 0 ? "" : fmt::format("one more than {}: ", at_->times_max));
    return taken::broken;
  }
  if (check_window(came) == taken::broken) return taken::broken;
  ++count_;
  last_ = came.packet;
  for (const saved_value& each : at_->save)
    in_.scope().set(each.slot, in_.scope().evaluate(each.what, *came.packet, came.elapsed));
  if (!at_->until && count_ >= std::max(at_->times_min, 1U)) fulfil(came.at);
  return taken::yes;
}

/// Whether the target may say this before it closes.
bool condition_run::may_precede_close(const message& seen, duration elapsed, bool& refused) {
  refused = false;
  const bool excluded = std::any_of(at_->without.begin(), at_->without.end(), [&](const packet_pattern& p) {
    return fits(p, seen, elapsed, in_.scope());
  });
  if (excluded) return false;
  const auto code = seen.refusal();
  if (code && at_->codes != codes_rule::none && !had_last_word_) {
    refused = true;
    const auto& listed = at_->code_list;
    if (at_->codes == codes_rule::listed && std::find(listed.begin(), listed.end(), *code) == listed.end())
      deviated_ = true;
    return true;
  }
  return at_->has_without;
}

condition_run::taken condition_run::offer_closed(const arrival& came) {
  if (came.what == arrival::kind::closed) {
    if (check_window(came) == taken::broken) return taken::broken;
    fulfil(came.at);
    return taken::yes;
  }
  if (came.what != arrival::kind::packet || ignored(came)) return taken::foreign;
  bool refused = false;
  if (!may_precede_close(*came.packet, came.elapsed, refused)) return taken::foreign;
  had_last_word_ = had_last_word_ || refused;
  last_ = came.packet;
  return taken::yes;
}

condition_run::taken condition_run::offer_one_of(std::uint16_t role, const arrival& came) {
  std::vector<condition_run*> foreign;
  bool any = false;
  for (const auto& child : children_) {
    if (!child->concerns(role)) continue;
    switch (child->offer(role, came)) {
      case taken::yes:
        any = true;
        break;
      case taken::foreign:
        foreign.push_back(child.get());
        break;
      case taken::broken:
        break;
    }
  }
  if (!any && ignored(came)) return taken::yes;
  for (condition_run* child : foreign) child->refuse(came);
  settle(came.at);
  return state_ == state::unmet ? taken::broken : taken::yes;
}

condition_run::taken condition_run::offer_all_of(std::uint16_t role, const arrival& came) {
  auto done = taken::foreign;
  for (const auto& child : children_) {
    if (done != taken::foreign || !child->concerns(role)) continue;
    // One that would only pass it over leaves it to one that waits for it.
    if (child->ignored(came) && !child->matches(came)) continue;
    done = child->offer(role, came);
  }
  if (done == taken::foreign) {
    const bool passed = std::any_of(children_.begin(), children_.end(),
                                    [&](const auto& child) { return child->ignored(came); });
    return passed ? taken::yes : taken::foreign;
  }
  settle(came.at);
  return state_ == state::unmet ? taken::broken : done;
}

/// What the parts' states make of the whole.
void condition_run::settle(time_point at) {
  if (!has_children() || state_ != state::waiting) return;
  const auto is = [](state wanted) { return [wanted](const auto& child) { return child->now() == wanted; }; };
  if (at_->what == kind::one_of) {
    const auto met = std::find_if(children_.begin(), children_.end(), is(state::met));
    if (met != children_.end()) {
      deviated_ = deviated_ || (*met)->deviated();
      by_time_ = (*met)->by_time();
      last_ = (*met)->last();
      return fulfil(at);
    }
    if (!std::all_of(children_.begin(), children_.end(), is(state::unmet))) return;
  } else if (std::all_of(children_.begin(), children_.end(), is(state::met))) {
    return fulfil(at);
  }
  const auto unmet = std::find_if(children_.rbegin(), children_.rend(), is(state::unmet));
  if (unmet == children_.rend()) return;
  by_time_ = (*unmet)->by_time();
  received_bytes_ = (*unmet)->received_bytes();
  fail((*unmet)->received());
}

void condition_run::advance(time_point now) {
  if (state_ != state::waiting) return;
  if (has_children()) {
    for (const auto& child : children_) child->advance(now);
    return settle(now);
  }
  if (!latest_ || now <= *latest_) return;
  by_time_ = true;
  if (at_->what == kind::quiet) return fulfil(*latest_);
  fail(count_ == 0 ? std::string{} : fmt::format("only {} of {}", count_, at_->times_min));
}

void condition_run::lapse(time_point now) {
  if (state_ != state::waiting) return;
  for (const auto& child : children_) child->lapse(now);
  if (has_children()) return settle(now);
  if (at_->what == kind::quiet && now > *latest_) advance(now);
}

void condition_run::refuse(const arrival& came) {
  if (state_ == state::waiting) fail_by(came);
}

void condition_run::fulfil(time_point at) {
  if (at_->then == nullptr) {
    state_ = state::met;
    return;
  }
  at_ = at_->then.get();
  inherited_ = {};
  by_time_ = false;
  // An arrival may have waited while the script did something else: what follows gets its whole time.
  begin_here(std::max(at, begun_));
}

void condition_run::fail(std::string received) {
  state_ = state::unmet;
  received_ = std::move(received);
}

void condition_run::fail_by(const arrival& came, std::string_view prefix) {
  if (came.what == arrival::kind::packet) {
    const auto raw = came.packet->raw();
    received_bytes_.assign(raw.begin(), raw.end());
    return fail(fmt::format("{}{}", prefix, came.packet->describe()));
  }
  received_bytes_ = came.raw;
  fail(fmt::format("{}{}", prefix, came.text));
}

}  // namespace wanwu::conform
