// After each case: does the target still live? When not: which case killed it, and can it be brought back?
#include <algorithm>

#include <fmt/format.h>

#include "sim/conformance/case_player.hpp"
#include "sim/conformance/limits.hpp"

namespace wanwu::conform {

void case_player::look_after_target() {
  if (check_ != nullptr) {
    const auto due = check_->deadline();
    if (check_->touched() || (due && *due <= now_)) check_->advance(now_);
    // Of a target that never answered any client no more is asked than at first.
    const bool enough = known_.found < liveliness::answers && check_->found() >= known_.found;
    if (check_->done() || enough) end_check();
    return;
  }
  if (unchecked_.empty() || now_ < check_after_) return;
  const bool due = now_ - first_unchecked_ >= limits::alive_shared || running_.empty();
  if (hurry_ || due || solo_running_) begin_check();
}

void case_player::begin_check() {
  being_checked_.insert(being_checked_.end(), unchecked_.begin(), unchecked_.end());
  unchecked_.clear();
  hurry_ = false;
  check_ = std::make_unique<target_check>(*board_, target_, known_.version,
                                          fmt::format("wanwu-look-{}", ++starts_), now_);
  if (check_->done()) end_check();
}

void case_player::end_check() {
  const bool alive = check_->found() >= known_.found;
  check_.reset();
  if (!alive && ++check_tries_ < limits::alive_tries) {
    // A full backlog or a moment of haste is no death: ask again a little later.
    unchecked_.insert(unchecked_.begin(), being_checked_.begin(), being_checked_.end());
    being_checked_.clear();
    check_after_ = now_ + limits::alive_shared * 4;
    hurry_ = true;
    return;
  }
  check_tries_ = 0;
  if (!alive) return target_died();
  for (const auto index : being_checked_) deliver(index);
  being_checked_.clear();
  solo_running_ = false;
}

void case_player::target_died() {
  auto suspects = std::move(being_checked_);
  being_checked_.clear();
  suspects.insert(suspects.end(), unchecked_.begin(), unchecked_.end());
  unchecked_.clear();
  for (const auto& one : running_) {
    one->run->abandon(now_);
    suspects.push_back(one->index);
  }
  running_.clear();
  const bool solo = solo_running_;
  solo_running_ = false;
  if (solo || (suspects.size() == 1 && !options_.restart)) {
    for (const auto index : suspects) {
      auto& result = results_[index].result;
      result.outcome = verdict::fail;
      result.reason = "the target died during this case";
      dead_since_ = result.id;
      deliver(index);
    }
    suspects.clear();
  }
  if (options_.restart && !stopped()) return bring_back(std::move(suspects));
  give_up(suspects);
}

void case_player::bring_back(std::vector<std::size_t> suspects) {
  if (!options_.restart()) {
    note("the target died and could not be started again");
    return give_up(suspects);
  }
  note(dead_since_.empty()
           ? fmt::format("the target died while {} cases ran and was started again", suspects.size())
           : fmt::format("the target died during {} and was started again", dead_since_));
  dead_since_.clear();
  now_ = std::chrono::steady_clock::now();
  for (const auto index : suspects) {
    results_[index].result.tries = 0;
    solo_.push_back(index);
  }
}

void case_player::give_up(const std::vector<std::size_t>& suspects) {
  std::string names;
  for (const auto index : suspects) {
    if (names.size() > 400) {
      names += ", …";
      break;
    }
    names += (names.empty() ? "" : ", ") + case_of(index).id;
  }
  if (dead_since_.empty()) dead_since_ = names.empty() ? std::string{"this run"} : names;
  solo_.clear();
  for (const auto index : suspects)
    blank(index, verdict::inconclusive, "the target died while these ran: " + names);
}

}  // namespace wanwu::conform
