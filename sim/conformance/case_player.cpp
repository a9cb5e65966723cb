#include "sim/conformance/case_player.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "sim/conformance/limits.hpp"

namespace wanwu::conform {

namespace {

/// Letters and digits, the first a letter; the same for the same seed and number.
std::string unique_text(std::uint64_t seed, std::uint64_t number) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789";
  lang::chance draws{seed ^ (number * 0x9E3779B97F4A7C15ULL), 0};
  std::string out;
  while (out.size() < unique_size) out += letters[draws.next() % (out.empty() ? 26 : letters.size())];
  return out;
}

}  // namespace

case_player::case_player(const suite& all, const target_access& target, const suite_run_options& options,
                         std::span<const play> plays, std::function<void(std::size_t, const played&)> ended)
    : all_{all},
      target_{target},
      options_{options},
      plays_{plays},
      ended_{std::move(ended)},
      results_(plays.size()),
      progress_(plays.size(), progress::waiting) {
  for (played& one : results_) one.result.tries = 0;
}

case_player::~case_player() = default;

void case_player::note(std::string text) {
  if (options_.notes != nullptr) options_.notes->push_back(std::move(text));
}

case_settings case_player::settings_for(std::size_t index, std::string unique) const {
  return {all_,
          case_of(index),
          target_,
          mqtt_dialect(),
          known_.announced,
          std::move(unique),
          options_.strict,
          plays_[index].mutation};
}

void case_player::deliver(std::size_t index) {
  if (progress_[index] == progress::ended) return;
  progress_[index] = progress::ended;
  if (ended_) ended_(index, results_[index]);
}

/// A result of a case that no step of was played.
void case_player::blank(std::size_t index, verdict outcome, std::string reason, bool not_run) {
  struct nowhere final : link_port {
    void open(std::uint16_t) override {}
    void send(std::uint16_t, bytes_view) override {}
    void close(std::uint16_t, closing) override {}
  } port;
  case_run none{settings_for(index, {}), port, now_};
  auto& result = results_[index].result = none.take_result(now_);
  result.outcome = outcome;
  result.reason = std::move(reason);
  result.not_run = not_run;
  result.ms = 0;
  deliver(index);
}

bool case_player::begin() {
  now_ = std::chrono::steady_clock::now();
  auto board = link_board::create(target_.mqtt);
  if (board) {
    board_ = std::move(*board);
    std::vector<std::uint8_t> versions{5};  // whatever the suite speaks: only 5.0 announces what is offered
    for (const role_spec& role : all_.roles) {
      if (std::find(versions.begin(), versions.end(), role.version) == versions.end())
        versions.push_back(role.version);
    }
    known_ = discover(*board_, target_, std::move(versions));
  } else {
    known_.why = board.error().message();
  }
  if (known_.found != liveliness::silent) return true;
  for (std::size_t i = 0; i < plays_.size(); ++i)
    blank(i, verdict::inconclusive,
          fmt::format("the target at {} is not there: {}", target_.mqtt.text(), known_.why));
  return false;
}

std::string case_player::unspoken(const test_case& what) const {
  for (const auto role : what.roles_used) {
    const auto version = all_.roles[role].version;
    if (std::find(known_.refused.begin(), known_.refused.end(), version) != known_.refused.end())
      return fmt::format("the target says that it does not speak {}", mqtt_dialect().title_of(version));
  }
  return {};
}

void case_player::schedule() {
  for (std::size_t i = plays_.size(); i-- > 0;) {
    const test_case& what = case_of(i);
    if (auto why = why_not_applicable(settings_for(i, unique_text(options_.seed, 0))); !why.empty()) {
      blank(i, verdict::not_applicable, std::move(why));
    } else if (why = unspoken(what); !why.empty()) {
      blank(i, verdict::inconclusive, std::move(why));
    } else {
      (what.exclusive ? alone_ : what.timing ? timed_ : plain_).push_back(i);
    }
  }
}

std::vector<played> case_player::run() {
  if (!begin()) return std::move(results_);
  schedule();
  loop();
  for (std::size_t i = 0; i < plays_.size(); ++i) {
    if (progress_[i] == progress::ended) continue;
    blank(i, verdict::inconclusive,
          dead_since_.empty() ? "the run was ended before" : "the target is dead since " + dead_since_, true);
  }
  return std::move(results_);
}

void case_player::loop() {
  for (;;) {
    start_more();
    const bool idle = running_.empty() && check_ == nullptr && unchecked_.empty();
    if (idle) return;
    const auto before = now_;
    const auto wanted = next_deadline();
    const auto busy = time_point{std::chrono::steady_clock::now()} - before;
    now_ = board_->wait(wanted);
    measure_lag(wanted, busy);
    step_all();
    look_after_target();
  }
}

/// How late this thread was: by what it did itself, or by the machine that did not wake it.
void case_player::measure_lag(time_point wanted, duration busy) {
  const auto lag = std::max<duration>(now_ - wanted, busy);
  constexpr duration noticed = std::chrono::milliseconds{2};
  if (lag < noticed) return;
  for (const auto& one : running_) one->run->note_lag(lag);
}

time_point case_player::next_deadline() const {
  auto found = now_ + limits::heartbeat;
  const auto consider = [&](std::optional<time_point> one) {
    if (one && *one < found) found = *one;
  };
  for (const auto& one : running_) consider(one->run->deadline());
  if (check_ != nullptr) consider(check_->deadline());
  return found;
}

case_player::need case_player::look_at_need(std::size_t index) const {
  const auto& wanted = case_of(index).needs;
  if (wanted.empty() || plays_[index].independent) return need::met;
  auto found = need::met;
  for (std::size_t i = 0; i < plays_.size(); ++i) {
    const test_case& other = case_of(i);
    if (i == index || (other.id != wanted && other.family != wanted)) continue;
    if (progress_[i] != progress::ended) return need::open;
    const auto outcome = results_[i].result.outcome;
    if (outcome == verdict::not_applicable) {
      found = std::max(found, need::not_applicable);
    } else if (outcome != verdict::pass) {
      found = need::unmet;
    }
  }
  return found;
}

/// What another case decides for this one. True when it is not to be played.
bool case_player::settle_without_running(std::size_t index) {
  const auto found = look_at_need(index);
  if (found == need::met) return false;
  const auto& wanted = case_of(index).needs;
  if (found == need::not_applicable) {
    blank(index, verdict::not_applicable, fmt::format("needs {}, which does not apply", wanted));
  } else {
    blank(index, verdict::inconclusive, fmt::format("needs {}, which did not pass", wanted));
  }
  return true;
}

bool case_player::start_next(std::vector<std::size_t>& from, std::size_t running_max) {
  if (running_.size() >= running_max) return false;
  for (std::size_t at = from.size(); at-- > 0;) {
    const auto index = from[at];
    if (look_at_need(index) == need::open) continue;
    from.erase(from.begin() + static_cast<std::ptrdiff_t>(at));
    if (!settle_without_running(index)) start(index);
    return true;
  }
  return false;
}

void case_player::start_more() {
  // While it is open whether the target lives, nothing is added to the suspects.
  if (stopped() || !dead_since_.empty() || check_tries_ > 0) return;
  const bool busy = !running_.empty() || check_ != nullptr || !unchecked_.empty();
  if (!solo_.empty() || solo_running_) {
    if (busy || solo_running_) return;
    solo_running_ = true;
    const auto index = solo_.front();
    solo_.pop_front();
    return start(index);
  }
  const bool alone_runs = !running_.empty() && case_of(running_.front()->index).exclusive;
  if (alone_runs) return;
  const std::size_t jobs = std::max(1U, options_.jobs);
  // Cases that wait for time take long and do little: first, but never all the places.
  while (start_next(timed_, std::max<std::size_t>(1, jobs - jobs / 4))) {
  }
  while (start_next(plain_, jobs)) {
  }
  // What this machine was too late for is played again when there is less to do.
  const bool all_begun = timed_.empty() && plain_.empty();
  while ((all_begun || running_.empty()) && start_next(late_, std::max<std::size_t>(1, jobs / 8))) {
  }
  if (busy || !running_.empty()) return;
  if (all_begun) {
    start_next(alone_, 1);
  } else {  // they need each other, or an exclusive one
    if (!alone_.empty() && start_next(alone_, 1)) return;
    auto& rest = plain_.empty() ? timed_ : plain_;
    const auto index = rest.back();
    rest.pop_back();
    blank(index, verdict::inconclusive, fmt::format("needs {}, which was not played", case_of(index).needs));
  }
}

void case_player::start(std::size_t index) {
  progress_[index] = progress::running;
  auto one = std::make_unique<seat_of_case>(*board_, all_.roles.size());
  one->index = index;
  for (std::uint16_t role = 0; target_.websocket && role < all_.roles.size(); ++role) {
    if (all_.roles[role].over == link_carrier::websocket) one->seat.place(role, target_.websocket->at);
  }
  one->run =
      std::make_unique<case_run>(settings_for(index, unique_text(options_.seed, ++starts_)), one->seat, now_);
  one->seat.run = one->run.get();
  ++results_[index].result.tries;
  one->run->advance(now_);
  running_.push_back(std::move(one));
}

void case_player::step_all() {
  for (std::size_t i = 0; i < running_.size(); ++i) {
    auto& one = *running_[i];
    const auto due = one.run->deadline();
    if (!one.seat.touched && !one.run->done() && !(due && *due <= now_)) continue;
    one.seat.touched = false;
    one.run->advance(now_);
  }
  for (std::size_t i = running_.size(); i-- > 0;) {
    if (!running_[i]->run->done()) continue;
    const auto one = std::move(running_[i]);
    running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(i));
    finish(*one);
  }
}

void case_player::finish(seat_of_case& one) {
  const auto index = one.index;
  const auto& what = case_of(index);
  const std::string lateness = one.run->lateness();
  const auto tries = results_[index].result.tries;
  hurry_ = hurry_ || one.run->alarming();
  auto result = one.run->take_result(now_);
  result.tries = tries;
  results_[index].edit_took_place = one.run->edit_took_place();
  const bool may_repeat = !stopped() && !solo_running_;
  const bool measures_again =
      what.timing && result.outcome == verdict::fail && tries < plays_[index].tries_max;
  if (may_repeat && lateness.empty() && measures_again) return start(index);
  const bool too_late = !lateness.empty() && tries < limits::late_tries_max;
  // A slow target may only have been asked too much at once: what nothing but silence decided is played again
  // when less goes on. A case that measures time has tries of its own when it fails, not when it got no
  // further.
  const bool undecided = result.outcome == verdict::inconclusive;
  const bool silent = one.run->timed_out() && (!what.timing || undecided) && result.outcome > verdict::pass &&
                      tries == 1 && plays_[index].tries_max > 1 && options_.jobs > 1 &&
                      silent_again_ < limits::silent_again_max;
  if (may_repeat && (too_late || silent)) {
    if (!too_late) ++silent_again_;
    progress_[index] = progress::waiting;
    (what.exclusive ? alone_ : late_).push_back(index);
    return;
  }
  if (!lateness.empty() && result.outcome != verdict::error && result.findings.empty()) {
    result.outcome = verdict::inconclusive;
    result.reason = fmt::format("{}, at each of {} tries{}{}", lateness, tries,
                                result.reason.empty() ? "" : "; ", result.reason);
  }
  results_[index].result = std::move(result);
  if (unchecked_.empty()) first_unchecked_ = now_;
  unchecked_.push_back(index);
}

}  // namespace wanwu::conform
