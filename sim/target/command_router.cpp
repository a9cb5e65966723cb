// Commands from people to things.
#include "sim/target/command_router.hpp"

#include <algorithm>

namespace wanwu::target {

command* command_router::give(std::string_view thing, std::string_view action, std::string_view input,
                              std::string_view actor, std::int64_t at_ms, time_point now) {
  auto& queue = waiting_[std::string{thing}];
  if (unfinished_ >= bounds_.pending_commands || queue.size() >= bounds_.pending_per_thing) return nullptr;
  constexpr std::string_view digits = "0123456789abcdef";
  std::string id;
  do {
    id.clear();
    auto bits = chance_.next();
    for (int i = 0; i < 16; ++i, bits >>= 4U) id += digits[bits & 0xFU];
  } while (all_.contains(id));
  command& made = all_[id];
  made.id = id;
  made.thing = thing;
  made.action = action;
  made.actor = actor;
  made.input = input;
  made.given_at = now;
  made.trail.push_back({at_ms, made.actor, "requested", {}});
  queue.push_back(id);
  by_age_.push_back(id);
  ++unfinished_;
  return &made;
}

void command_router::mark_delivered(command& what, std::int64_t at_ms) {
  if (what.delivered || what.finished) return;
  what.delivered = true;
  what.trail.push_back({at_ms, "target", "delivered", {}});
}

command* command_router::answer(std::string_view id, std::string_view status, std::string_view reason,
                                std::int64_t at_ms) {
  command* known = find(id);
  if (known == nullptr || known->finished) return known;
  mark_delivered(*known, at_ms);
  finish(*known,
         {at_ms, known->thing, std::string{status.empty() ? "accepted" : status}, std::string{reason}});
  return known;
}

command* command_router::find(std::string_view id) {
  const auto it = all_.find(std::string{id});
  return it == all_.end() ? nullptr : &it->second;
}

const std::deque<std::string>& command_router::waiting_for(std::string_view thing) const {
  static const std::deque<std::string> nothing;
  const auto it = waiting_.find(std::string{thing});
  return it == waiting_.end() ? nothing : it->second;
}

void command_router::finish(command& what, audit_entry last) {
  what.finished = true;
  what.trail.push_back(std::move(last));
  --unfinished_;
  const auto queue = waiting_.find(what.thing);
  if (queue != waiting_.end()) {
    std::erase(queue->second, what.id);
    if (queue->second.empty()) waiting_.erase(queue);
  }
  finished_.push_back(what.id);
  if (finished_.size() <= bounds_.finished_commands) return;
  all_.erase(finished_.front());
  finished_.pop_front();
}

void command_router::advance(time_point now, std::int64_t at_ms, std::vector<std::string>& ended) {
  while (!by_age_.empty()) {
    const auto it = all_.find(by_age_.front());
    const bool is_over = it == all_.end() || it->second.finished;
    if (!is_over && it->second.given_at + answer_within > now) return;
    if (!is_over) {
      ended.push_back(it->second.thing);
      finish(it->second, {at_ms, "target", "timed out", {}});
    }
    by_age_.pop_front();
  }
}

std::optional<time_point> command_router::next_deadline() const {
  if (by_age_.empty()) return std::nullopt;
  const auto it = all_.find(by_age_.front());
  return it == all_.end() || it->second.finished ? time_point{} : it->second.given_at + answer_within;
}

}  // namespace wanwu::target
