// The operations an MQTT driver has under way, in the order of their deadlines. No allocation an operation.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "protocols/core/pages.hpp"
#include "protocols/drivers/driver.hpp"

namespace wanwu {

inline constexpr std::uint32_t no_operation = std::numeric_limits<std::uint32_t>::max();

/// One operation that has begun and not ended. 64 bytes.
struct mqtt_operation {
  time_point intended_at, sent_at, deadline;
  const request_shape* shape{};  ///< nullptr: a subscription of the connection's own.
  std::uint32_t connection{};
  thing_id thing{};
  std::uint32_t bytes{};
  std::uint32_t next = no_operation, before = no_operation;
  std::uint16_t population{};
  std::uint8_t line{};  ///< Which of the deadline lines it stands in.
  bool in_output{};     ///< QoS 0 whose bytes the kernel has not taken yet: the output queue still names it.
  bool reported{};      ///< Its observation has been made; only the output queue keeps it.
};

/// Operations that wait equally long stand in one line, so the first in line is due first: O(1) to add and to
/// take out, exact deadlines, no timer.
class mqtt_operations {
 public:
  /// Room for so many at once; beyond it there is an allocation now and then.
  void reserve(std::size_t count) { rows_.reserve(count); }
  std::uint32_t begin(const mqtt_operation& what, duration within) {
    std::uint32_t at = free_;
    if (at == no_operation) {
      at = static_cast<std::uint32_t>(rows_.size());
      rows_.emplace_back();
    } else {
      free_ = rows_[at].next;
    }
    auto& row = rows_[at] = what;
    row.deadline = what.sent_at + within;
    row.line = line_for(within);
    auto& line = lines_[row.line];
    row.next = no_operation;
    row.before = line.last;
    (line.last == no_operation ? line.first : rows_[line.last].next) = at;
    line.last = at;
    ++count_;
    ++taken_;
    return at;
  }
  /// Out of its line; the row stays until drop().
  void leave_line(std::uint32_t at) noexcept {
    auto& row = rows_[at];
    auto& line = lines_[row.line];
    (row.before == no_operation ? line.first : rows_[row.before].next) = row.next;
    (row.next == no_operation ? line.last : rows_[row.next].before) = row.before;
    --count_;
  }
  void drop(std::uint32_t at) noexcept {
    rows_[at].next = free_;
    free_ = at;
    --taken_;
  }
  /// When no row is taken, what many have filled goes back to the kernel. Else nothing happens.
  void give_back_room() {
    if (taken_ != 0 || rows_.size() <= kept_rows) return;
    give_back_pages(rows_);
    free_ = no_operation;
  }
  mqtt_operation& operator[](std::uint32_t at) noexcept { return rows_[at]; }

  /// One that is due by `now`, if any; it stays in its line.
  std::uint32_t due(time_point now) const noexcept {
    for (const auto& line : lines_) {
      if (line.first != no_operation && rows_[line.first].deadline <= now) return line.first;
    }
    return no_operation;
  }
  std::uint32_t any() const noexcept { return due(time_point::max()); }
  std::optional<time_point> next_deadline() const noexcept {
    std::optional<time_point> earliest;
    for (const auto& line : lines_) {
      if (line.first == no_operation) continue;
      const auto at = rows_[line.first].deadline;
      if (!earliest || at < *earliest) earliest = at;
    }
    return earliest;
  }
  std::uint32_t count() const noexcept { return count_; }
  /// Made since the room was given back, taken or not any more.
  std::size_t row_count() const noexcept { return rows_.size(); }

 private:
  struct waiting_line {
    duration within;
    std::uint32_t first = no_operation, last = no_operation;
  };
  static constexpr std::size_t kept_rows = 256;  ///< Not worth a system call.
  static constexpr std::size_t lines_max = 255;  ///< Distinct answer times; further ones share the last line.

  std::uint8_t line_for(duration within) {
    const auto found =
        std::find_if(lines_.begin(), lines_.end(), [&](const auto& line) { return line.within == within; });
    const auto at = static_cast<std::size_t>(found - lines_.begin());
    if (found != lines_.end()) return static_cast<std::uint8_t>(at);
    if (lines_.size() == lines_max) return lines_max - 1;
    lines_.push_back({within});
    return static_cast<std::uint8_t>(at);
  }

  std::vector<mqtt_operation> rows_;
  std::vector<waiting_line> lines_;
  std::uint32_t free_ = no_operation;
  std::uint32_t count_ = 0;  ///< In their lines.
  std::uint32_t taken_ = 0;  ///< Not dropped.
};

}  // namespace wanwu
