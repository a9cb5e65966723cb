// A hash map for a million entries that never stands still for long.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <limits>
#include <unordered_map>

namespace wanwu::target {

/// Cut into parts by hash: a map that grows moves all its entries at once, which takes one of a million some
/// 200 ms and everybody waits; here it moves one part's. Values live where they are until erase().
template <class Key, class Value, class Hash = std::hash<Key>>
class split_map {
 public:
  /// nullptr when there is none.
  const Value* find(const Key& key) const {
    const auto& part = parts_[part_of(key)];
    const auto it = part.find(key);
    return it == part.end() ? nullptr : &it->second;
  }
  /// `key` must not be taken.
  void add(const Key& key, const Value& value) {
    parts_[part_of(key)].emplace(key, value);
    ++size_;
  }
  void erase(const Key& key) { size_ -= parts_[part_of(key)].erase(key); }
  std::size_t size() const noexcept { return size_; }

 private:
  static constexpr int part_bits = 8;
  /// By the highest bits: within a part the lowest choose the bucket.
  static std::size_t part_of(const Key& key) {
    return Hash{}(key) >> (std::numeric_limits<std::size_t>::digits - part_bits);
  }

  std::array<std::unordered_map<Key, Value, Hash>, std::size_t{1} << part_bits> parts_;
  std::size_t size_ = 0;
};

}  // namespace wanwu::target
