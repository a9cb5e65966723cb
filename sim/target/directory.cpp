// What the target knows of things.
#include "sim/target/directory.hpp"

#include <algorithm>

#include "sim/target/json_text.hpp"

namespace wanwu::target {

namespace {

constexpr std::size_t id_bytes_max = 128;

bool holds(const known_thing& thing, const thing_query& query) {
  return std::all_of(query.wanted.begin(), query.wanted.end(), [&](const auto& want) {
    if (want.first == "type")
      return std::find(thing.types.begin(), thing.types.end(), want.second) != thing.types.end();
    return std::find(thing.members.begin(), thing.members.end(), want) != thing.members.end();
  });
}

}  // namespace

bool is_thing_id(std::string_view id) noexcept {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view{"-._~:@"}.find(c) != std::string_view::npos;
  };
  return !id.empty() && id.size() <= id_bytes_max && std::all_of(id.begin(), id.end(), fits);
}

known_thing* directory::find(std::string_view id) {
  const auto* row = index_.find(id);
  return row == nullptr ? nullptr : &rows_[*row];
}

known_thing* directory::find_or_make(std::string_view id) {
  if (known_thing* known = find(id)) return known;
  if (rows_.size() >= things_max_ || !is_thing_id(id)) return nullptr;
  rows_.emplace_back().id = id;
  index_.add(rows_.back().id, static_cast<std::uint32_t>(rows_.size() - 1));
  return &rows_.back();
}

thing_index directory::index_of(const known_thing& thing) const {
  return thing_index{*index_.find(thing.id)};
}

directory::described directory::describe(std::string_view id, std::string_view text) {
  auto facts = read_description(text);
  if (!facts || !is_thing_id(id)) return described::invalid;
  known_thing* thing = find_or_make(id);
  if (thing == nullptr) return described::full;
  const auto bytes_after = description_bytes_ - thing->description.size() + text.size();
  if (bytes_after > description_bytes_max) return described::full;
  description_bytes_ = bytes_after;
  const bool is_new = thing->description.empty();
  unlist(*thing);
  thing->description = text;
  thing->types = std::move(facts->types);
  thing->members = std::move(facts->members);
  by_id_.emplace(thing->id, static_cast<std::uint32_t>(index_of(*thing)));
  for (const auto& type : thing->types) by_type_[type].insert(thing->id);
  return is_new ? described::created : described::replaced;
}

void directory::unlist(const known_thing& thing) {
  by_id_.erase(thing.id);
  for (const auto& type : thing.types) {
    const auto it = by_type_.find(type);
    if (it == by_type_.end()) continue;
    it->second.erase(thing.id);
    if (it->second.empty()) by_type_.erase(it);
  }
}

bool directory::forget(std::string_view id) {
  known_thing* thing = find(id);
  if (thing == nullptr || thing->description.empty()) return false;
  unlist(*thing);
  description_bytes_ -= thing->description.size();
  thing->description.clear();
  thing->description.shrink_to_fit();
  thing->types.clear();
  thing->members.clear();
  return true;
}

thing_page directory::search(const thing_query& query) const {
  thing_page page;
  const auto take = [&](const known_thing& thing) {
    if (!holds(thing, query)) return true;
    if (page.items.size() == query.limit) {
      page.more = true;
      return false;
    }
    page.items.push_back(&thing);
    return true;
  };
  const auto type =
      std::find_if(query.wanted.begin(), query.wanted.end(), [](const auto& w) { return w.first == "type"; });
  if (type != query.wanted.end()) {
    const auto listed = by_type_.find(type->second);
    if (listed == by_type_.end()) return page;
    for (auto it = listed->second.upper_bound(query.after); it != listed->second.end(); ++it) {
      if (!take(rows_[*index_.find(*it)])) break;
    }
    return page;
  }
  for (auto it = by_id_.upper_bound(query.after); it != by_id_.end(); ++it) {
    if (!take(rows_[it->second])) break;
  }
  return page;
}

}  // namespace wanwu::target
