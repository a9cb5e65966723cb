#include "sim/conformance/case_run.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "protocols/http/message.hpp"
#include "sim/conformance/limits.hpp"

namespace wanwu::conform {

namespace {

std::vector<speaker> speakers_of(const case_settings& settings) {
  std::vector<speaker> out;
  for (const role_spec& role : settings.all.roles) {
    out.push_back({settings.unique + "-" + role.name, settings.target.user, settings.target.password,
                   role.version, role.over});
  }
  return out;
}

}  // namespace

void tell_target(case_scope& scope, const case_settings& settings) {
  const auto tell = [&](std::string_view name, const lang::value& known) {
    scope.set(std::string{target_prefix} + std::string{name}, known);
  };
  for (const auto& [name, value] : settings.announced) tell(name, value);
  if (!settings.target.user.empty()) tell("user", lang::value::of(std::string_view{settings.target.user}));
  if (settings.target.websocket) tell("websocket", lang::value::of(true));
  for (const auto& [name, value] : settings.target.capabilities) tell(name, value);
  scope.set("profile", lang::value::of(std::string_view{settings.target.profile}));
  scope.set("unique", lang::value::of(std::string_view{settings.unique}));
  for (const saved_value& each : settings.what.computed) scope.set(each.slot, scope.evaluate(each.what));
}

std::string why_not_applicable(const case_settings& settings) {
  for (const auto role : settings.what.roles_used) {
    const bool framed = settings.all.roles[role].over == link_carrier::websocket;
    if (framed && !settings.target.websocket) return "the target names no address for MQTT over WebSocket";
  }
  if (!settings.what.applies) return {};
  case_scope scope{*settings.what.names, settings.language.words()};
  tell_target(scope, settings);
  return scope.evaluate(*settings.what.applies).truth() ? "" : "applies: " + settings.what.applies_text;
}

case_run::case_run(const case_settings& settings, link_port& port, time_point now)
    : settings_{settings},
      scope_{*settings.what.names, settings.language.words()},
      links_{{settings.all, settings.what, settings.language, settings.target, scope_, port},
             speakers_of(settings),
             now},
      started_{now},
      step_started_{now} {
  tell_target(scope_, settings_);
}

const std::vector<step>& case_run::steps() const {
  switch (part_) {
    case part::preamble:
      return settings_.what.preamble;
    case part::body:
      return settings_.what.body;
    case part::postamble:
      break;
  }
  return settings_.what.postamble;
}

void case_run::advance(time_point now) {
  links_.advance(now);
  for (;;) {
    switch (phase_) {
      case phase::done:
        return;
      case phase::next_step:
        next_step(now);
        break;
      case phase::opening:
        go_on_opening(now);
        if (phase_ == phase::opening) return;
        break;
      case phase::matching:
        go_on_matching(now);
        if (phase_ == phase::matching) return;
        break;
      case phase::repeating:
        send_and_expect(now);
        break;
      case phase::pausing:
        if (now < until_) return;
        met(now);
        break;
    }
  }
}

void case_run::next_step(time_point now) {
  if (!begun_) {
    begun_ = true;
    if (part_ == part::body && settings_.mutation != nullptr) links_.edit_from_now(*settings_.mutation);
  }
  if (index_ >= steps().size()) return next_part(now);
  begin_step(now);
}

void case_run::next_part(time_point now) {
  if (part_ == part::body) links_.look_at_all(now);
  index_ = 0;
  begun_ = false;
  if (part_ == part::postamble) {
    links_.close_all(now);
    phase_ = phase::done;
    return;
  }
  part_ = part_ == part::preamble ? part::body : part::postamble;
}

void case_run::abandon(time_point now) {
  if (done()) return;
  links_.close_all(now);
  phase_ = phase::done;
}

void case_run::begin_step(time_point now) {
  step_started_ = now;
  lag_ = {};
  sifting_ = false;
  if (part_ == part::body) links_.step_begins(static_cast<std::uint32_t>(index_ + 1), now);
  const step& what = current();
  switch (what.what) {
    case step::kind::open:
      return begin_open(now);
    case step::kind::close:
      if (links_.at(what.role).seen == link_state::never_opened)
        return script_error("the link was never opened", now);
      links_.close(what.role, what.how == closing_manner::clean ? closing::clean : closing::abrupt, now);
      return met(now);
    case step::kind::stimulus:
      return begin_stimulus(now);
    case step::kind::verify:
      return begin_match(*what.expect, now);
    case step::kind::probe:
      return begin_probe(now);
    case step::kind::wait: {
      const auto length = scope_.evaluate(*what.pause);
      if (!length) return script_error("the wait is no length of time", now);
      until_ = now + *length;
      phase_ = phase::pausing;
      return;
    }
  }
}

void case_run::begin_open(time_point now) {
  std::string offer;
  if (settings_.all.roles[current().role].over == link_carrier::websocket) {
    byte_writer out;
    current().subprotocol.render(scope_.context(), out);
    offer = as_text(out.view());
    if (!http::is_field_text(offer)) return script_error("the subprotocol does not fit into a line", now);
  }
  links_.open(current().role, std::move(offer), now);
  until_ = now + limits::open_within;
  phase_ = phase::opening;
}

void case_run::go_on_opening(time_point now) {
  const step& what = current();
  const auto& link = links_.at(what.role);
  if (link.wire == case_link::wire_state::opening) {
    if (now < until_) return;
    links_.close(what.role, closing::abrupt, now);
    links_.at(what.role).open_error = "no answer to the attempt to connect";
  }
  if (!link.open_error.empty()) {
    refused_to_open_ = true;
    return unmet("cannot connect: " + link.open_error, now);
  }
  if (!what.connects) return met(now);
  message_text greeting = what.message;
  if (greeting.packet.empty() && !greeting.raw) greeting.packet = settings_.language.greeting();
  if (!send_message(greeting, {}, now)) return;
  if (what.expect != nullptr) return begin_match(*what.expect, now);
  own_ = {};
  own_.role = what.role;
  own_.pattern.packet = settings_.language.greeting_answer();
  own_.text = own_.pattern.packet;
  begin_match(own_, now);
}

/// False when the step has ended because of it.
bool case_run::send_message(const message_text& what, std::span<const saved_value> save, time_point now) {
  const auto role = current().role;
  auto& link = links_.at(role);
  if (link.socket && link.socket->now() == websocket::client::state::asking) {
    script_error("the upgrade is not answered yet: verify UPGRADE first", now);
    return false;
  }
  auto raw = link.talk->write(what, scope_);
  if (!raw) {
    script_error(raw.error(), now);
    return false;
  }
  const framing_text& framing = current().framing;
  const bool too_long =
      framing.what >= framing_text::kind::ping && raw->size() > websocket::control_bytes_max;
  if (too_long) {
    script_error("a ping or close carries at most 125 bytes", now);
    return false;
  }
  if (!links_.send(role, *raw, framing, now)) {
    if (link.seen == link_state::never_opened || link.seen == link_state::closed_by_us) {
      script_error("the link is not open", now);
    } else if (part_ == part::preamble) {
      unmet("the connection is closed", now);
    } else {
      skip("the connection is closed", now);  // the next verify of it will say so
    }
    return false;
  }
  if (save.empty()) return true;
  const auto sent = link.talk->read_own(std::move(*raw));
  for (const saved_value& each : save) scope_.set(each.slot, scope_.evaluate(each.what, *sent, {}));
  return true;
}

void case_run::begin_stimulus(time_point now) {
  const step& what = current();
  std::int64_t times = 1;
  if (what.times) {
    const auto wanted = scope_.evaluate(*what.times);
    if (!wanted.is_numeric() || wanted.integer() < 0 || wanted.integer() > limits::times_max)
      return script_error(fmt::format("times is no number from 0 to {}", limits::times_max), now);
    times = wanted.integer();
  }
  sent_ = 0;
  to_send_ = times;
  if (what.expect != nullptr && times > 0) return send_and_expect(now);
  while (sent_ < to_send_) {
    scope_.count(++sent_);
    if (!send_message(what.message, what.save_sent, now)) return;
  }
  met(now);
}

/// The next message of a stimulus with an `expect`, which is awaited before another goes out.
void case_run::send_and_expect(time_point now) {
  const step& what = current();
  const auto before = results_.size();
  scope_.count(++sent_);
  if (!send_message(what.message, what.save_sent, now)) {
    const bool skipped = results_.size() > before && results_.back().outcome == "skipped";
    if (!skipped) return;
    results_.pop_back();  // its `expect` is the verify that will say so
    --index_;
  }
  begin_match(*what.expect, now);
}

void case_run::begin_probe(time_point now) {
  const step& what = current();
  sifting_ = true;
  const bool own = what.message.packet.empty() && !what.message.raw;
  if (own) {
    auto& link = links_.at(what.role);
    if (!links_.send(what.role, link.talk->probe(), {}, now)) return unmet("the connection is closed", now);
  } else if (!send_message(what.message, {}, now)) {
    return;
  }
  if (what.expect != nullptr) return begin_match(*what.expect, now);
  own_ = {};
  own_.role = what.role;
  own_.pattern.packet = links_.at(what.role).talk->probe_answer();
  own_.text = own_.pattern.packet;
  begin_match(own_, now);
}

void case_run::begin_match(const condition& what, time_point now) {
  if (part_ == part::body && current().what != step::kind::open) links_.verify_begins(what.role, now);
  match_.emplace(what, static_cast<match_context&>(*this));
  match_->begin(now);
  phase_ = phase::matching;
}

bool case_run::offer_oldest(std::vector<std::size_t>& skip, time_point now) {
  std::uint16_t role = 0;
  const arrival* oldest = nullptr;
  for (std::uint16_t i = 0; i < links_.size(); ++i) {
    if (!match_->concerns(i)) continue;
    const auto& waiting = links_.at(i).waiting;
    if (skip[i] >= waiting.size()) links_.look(i, skip[i] + 1, now);
    if (skip[i] >= waiting.size()) continue;
    const arrival& first = waiting[skip[i]];
    if (oldest != nullptr && oldest->order < first.order) continue;
    oldest = &first;
    role = i;
  }
  if (oldest == nullptr) return false;
  match_->lapse(oldest->at);
  if (match_->now() != condition_run::state::waiting) return false;
  const bool passed_over = oldest->what == arrival::kind::packet && links_.at(role).well_behaved &&
                           links_.at(role).talk->looks_after(*oldest->packet) &&
                           !match_->names(oldest->packet->packet());
  if (passed_over) {
    links_.take(role, skip[role]);
    return true;
  }
  const auto done = match_->offer(role, *oldest);
  if (done == condition_run::taken::foreign && sifting_ && oldest->what == arrival::kind::packet) {
    ++skip[role];
    return true;
  }
  const auto gone = links_.take(role, skip[role]);
  if (done == condition_run::taken::foreign) match_->refuse(gone);
  return match_->now() == condition_run::state::waiting;
}

void case_run::go_on_matching(time_point now) {
  std::vector<std::size_t> skip(links_.size());
  while (match_->now() == condition_run::state::waiting && offer_oldest(skip, now)) {
  }
  match_->advance(now);
  if (match_->now() != condition_run::state::waiting) conclude(now);
}

/// What was decided by the clock counts only if the clock was read in time.
void case_run::judge_lag() {
  const bool failed = match_->now() == condition_run::state::unmet;
  const bool timed = match_->current().not_before.has_value();
  const auto span = match_->strictest();
  if (!span || !((failed && match_->by_time()) || timed) || lag_ * 10 <= *span) return;
  const auto ms = [](duration d) { return std::chrono::duration_cast<std::chrono::milliseconds>(d).count(); };
  lateness_ = fmt::format("this machine was {} ms late while {} ms were measured", ms(lag_), ms(*span));
}

void case_run::conclude(time_point now) {
  judge_lag();
  if (current().what == step::kind::open) greeting_ = match_->last();
  if (match_->now() == condition_run::state::unmet) {
    timed_out_ = timed_out_ || (match_->by_time() && part_ != part::postamble);
    return unmet(match_->received(), now);
  }
  if (match_->deviated() && part_ != part::postamble) deviation_ = true;
  if (current().what == step::kind::stimulus && sent_ < to_send_) {
    phase_ = phase::repeating;
    return;
  }
  met(now, match_->deviated() ? "deviation" : "met");
}

void case_run::note_lag(duration lag) {
  lag_ = std::max(lag_, lag);
}

bool case_run::alarming() const noexcept {
  if (refused_to_open_ || outcome_ > verdict::pass) return true;
  for (std::uint16_t i = 0; i < links_.size(); ++i) {
    if (links_.at(i).seen == link_state::closed_by_target) return true;
  }
  return false;
}

bool case_run::edit_took_place() const {
  return links_.editing() != nullptr && links_.editing()->took_place();
}

std::optional<time_point> case_run::deadline() const {
  std::optional<time_point> found = links_.deadline();
  const auto consider = [&](std::optional<time_point> one) {
    if (one && (!found || *one < *found)) found = one;
  };
  if (phase_ == phase::opening || phase_ == phase::pausing) consider(until_);
  if (phase_ == phase::matching && match_->deadline()) consider(*match_->deadline() + duration{1});
  return found;
}

}  // namespace wanwu::conform
