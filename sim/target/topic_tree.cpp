// Who subscribed to what.
#include "sim/target/topic_tree.hpp"

#include <algorithm>

namespace wanwu::target {

namespace {

/// Calls `visit` with each level, in order.
template <class F>
void for_each_level(std::string_view topic, F visit) {
  for (std::size_t from = 0;;) {
    const auto to = topic.find('/', from);
    if (to == std::string_view::npos) {
      visit(topic.substr(from));
      return;
    }
    visit(topic.substr(from, to - from));
    from = to + 1;
  }
}

/// True when `who` was in the list already, and now has the new options.
bool put(std::vector<subscriber>& list, const subscriber& who) {
  const auto same = [&](const subscriber& s) { return s.who == who.who; };
  const auto it = std::find_if(list.begin(), list.end(), same);
  if (it == list.end()) {
    list.push_back(who);
    return false;
  }
  *it = who;
  return true;
}

bool take(std::vector<subscriber>& list, session_id who) {
  const auto same = [&](const subscriber& s) { return s.who == who; };
  const auto it = std::find_if(list.begin(), list.end(), same);
  if (it == list.end()) return false;
  list.erase(it);
  return true;
}

}  // namespace

std::size_t topic_levels(std::string_view topic) noexcept {
  return 1 + static_cast<std::size_t>(std::count(topic.begin(), topic.end(), '/'));
}

topic_tree::topic_tree() {
  nodes_.emplace_back();
}

topic_tree::node_id topic_tree::literal(node_id parent, std::string_view level) const {
  const auto* found = branches_.find({parent, level});
  return found == nullptr ? none : *found;
}

topic_tree::node_id topic_tree::child(node_id parent, std::string_view level) {
  node& n = at(parent);
  if (level == "+") return n.plus;
  if (level == "#") return n.hash;
  return n.literals == 0 ? none : literal(parent, level);
}

topic_tree::node_id topic_tree::child_or_new(node_id parent, std::string_view level) {
  if (const auto known = child(parent, level); known != none) return known;
  node_id id{static_cast<std::uint32_t>(nodes_.size())};
  if (free_.empty()) {
    nodes_.emplace_back();
  } else {
    id = free_.back();
    free_.pop_back();
  }
  node& made = at(id);
  made.level = level;
  made.parent = parent;
  node& above = at(parent);
  if (level == "+") {
    above.plus = id;
  } else if (level == "#") {
    above.hash = id;
  } else {
    ++above.literals;
    branches_.add({parent, made.level}, id);
  }
  return id;
}

topic_tree::node_id topic_tree::find(std::string_view filter) {
  node_id here = none;
  bool lost = false;
  for_each_level(filter, [&](std::string_view level) {
    if (!lost) here = child(here, level);
    lost = lost || here == none;
  });
  return lost ? none : here;
}

bool topic_tree::add(std::string_view filter, std::string_view share, const subscriber& who) {
  node_id here = none;
  for_each_level(filter, [&](std::string_view level) { here = child_or_new(here, level); });
  topic_node& held = at(here).held;
  bool known = false;
  if (share.empty()) {
    known = put(held.plain, who);
  } else {
    const auto same = [&](const share_group& g) { return g.name == share; };
    auto group = std::find_if(held.shared.begin(), held.shared.end(), same);
    if (group == held.shared.end()) group = held.shared.insert(group, share_group{std::string{share}, {}, 0});
    known = put(group->members, who);
  }
  if (!known) ++count_;
  return known;
}

bool topic_tree::remove(std::string_view filter, std::string_view share, session_id who) {
  const node_id here = find(filter);
  if (here == none) return false;
  topic_node& held = at(here).held;
  bool known = false;
  if (share.empty()) {
    known = take(held.plain, who);
    if (held.plain.empty()) held.plain.shrink_to_fit();
  } else {
    const auto same = [&](const share_group& g) { return g.name == share; };
    const auto group = std::find_if(held.shared.begin(), held.shared.end(), same);
    if (group == held.shared.end()) return false;
    known = take(group->members, who);
    if (group->members.empty()) held.shared.erase(group);
  }
  if (!known) return false;
  --count_;
  prune(here);
  return true;
}

void topic_tree::prune(node_id leaf) {
  while (leaf != none) {
    node& n = at(leaf);
    const bool used = !n.held.plain.empty() || !n.held.shared.empty() || n.plus != none || n.hash != none ||
                      n.literals != 0;
    if (used) return;
    node& above = at(n.parent);
    if (above.plus == leaf) {
      above.plus = none;
    } else if (above.hash == leaf) {
      above.hash = none;
    } else {
      branches_.erase({n.parent, n.level});
      --above.literals;
    }
    const node_id parent = n.parent;
    n = node{};
    free_.push_back(leaf);
    leaf = parent;
  }
}

void topic_tree::match(std::string_view topic, std::vector<topic_node*>& found) {
  if (count_ == 0) return;
  levels_.clear();
  for_each_level(topic, [&](std::string_view level) { levels_.push_back(level); });
  // A filter that begins with a wildcard does not match a topic that begins with `$` [MQTT-4.7.2-1].
  const bool reserved = topic.starts_with('$');
  open_.clear();
  open_.push_back({none, 0});
  const auto visit = [&](node_id id) {
    if (!at(id).held.plain.empty() || !at(id).held.shared.empty()) found.push_back(&at(id).held);
  };
  while (!open_.empty()) {
    const auto [id, level] = open_.back();
    open_.pop_back();
    node& n = at(id);
    const bool wild = level > 0 || !reserved;
    const bool ended = level == levels_.size();
    if (ended) visit(id);
    if (n.hash != none && wild) visit(n.hash);  // `#` covers its parent level as well
    if (ended) continue;
    if (n.plus != none && wild) open_.push_back({n.plus, level + 1});
    if (n.literals == 0) continue;
    if (const auto below = literal(id, levels_[level]); below != none) open_.push_back({below, level + 1});
  }
}

}  // namespace wanwu::target
