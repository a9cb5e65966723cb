// A queue of instants: whoever must be looked at again, soonest first.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "protocols/core/time.hpp"

namespace wanwu::target {

/// A binary heap of 24-byte entries. Entries are not cancelled: the owner checks, when one comes up, whether
/// it still holds (`generation`), and puts it back at a later instant if the peer has been active meanwhile.
class deadline_queue {
 public:
  struct entry {
    time_point at;
    std::uint32_t who{};
    std::uint32_t generation{};
    std::uint32_t order{};  ///< Breaks ties by the order of adding, so that runs repeat.
    std::uint8_t kind{};
  };

  void add(time_point at, std::uint8_t kind, std::uint32_t who, std::uint32_t generation) {
    heap_.push_back({at, who, generation, ++added_, kind});
    std::push_heap(heap_.begin(), heap_.end(), later);
  }
  /// Takes the soonest entry due by `now`.
  std::optional<entry> take_due(time_point now) {
    if (heap_.empty() || heap_.front().at > now) return std::nullopt;
    std::pop_heap(heap_.begin(), heap_.end(), later);
    const entry due = heap_.back();
    heap_.pop_back();
    return due;
  }
  std::optional<time_point> next() const {
    if (heap_.empty()) return std::nullopt;
    return heap_.front().at;
  }
  std::size_t size() const noexcept { return heap_.size(); }

 private:
  static bool later(const entry& a, const entry& b) {
    if (a.at != b.at) return a.at > b.at;
    return static_cast<std::int32_t>(a.order - b.order) > 0;
  }

  std::vector<entry> heap_;
  std::uint32_t added_ = 0;
};

}  // namespace wanwu::target
