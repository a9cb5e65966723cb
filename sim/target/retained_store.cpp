// The last retained message of each topic.
#include "sim/target/retained_store.hpp"

#include "protocols/mqtt/topic.hpp"

namespace wanwu::target {

namespace {

/// What every matching topic begins with.
std::string_view literal_start(std::string_view filter) noexcept {
  const auto wild = filter.find_first_of("+#");
  if (wild == std::string_view::npos) return filter;
  auto start = filter.substr(0, wild);
  // `a/#` matches `a` too, so the separator is not part of what must be there.
  if (filter[wild] == '#' && start.ends_with('/')) start.remove_suffix(1);
  return start;
}

}  // namespace

retained_store::kept::iterator retained_store::erase(kept::iterator it) {
  bytes_ -= it->second->size();
  return kept_.erase(it);
}

bool retained_store::has_room(std::string_view topic, std::size_t size) const {
  const auto old = kept_.find(topic);
  const std::size_t count = kept_.size() - (old == kept_.end() ? 0 : 1);
  const std::size_t held = bytes_ - (old == kept_.end() ? 0 : old->second->size());
  return count < count_max_ && held + size <= bytes_max_;
}

bool retained_store::put(const message_ptr& m) {
  if (const auto old = kept_.find(m->topic); old != kept_.end()) erase(old);
  if (m->payload.empty()) return true;
  if (kept_.size() >= count_max_ || bytes_ + m->size() > bytes_max_) return false;
  kept_.emplace(m->topic, m);
  bytes_ += m->size();
  return true;
}

void retained_store::match(std::string_view filter, time_point now,
                           const std::function<void(const message_ptr&)>& visit) {
  const auto start = literal_start(filter);
  for (auto it = kept_.lower_bound(start); it != kept_.end() && it->first.starts_with(start);) {
    if (!mqtt::topic_matches(filter, it->first)) {
      ++it;
      continue;
    }
    if (expired(it->second->view(), now)) {
      it = erase(it);
      continue;
    }
    visit(it->second);
    ++it;
  }
}

}  // namespace wanwu::target
