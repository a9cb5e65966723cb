// HDR histogram: counts of values in buckets of equal relative width, so that merging is adding and
// percentiles carry a known error.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wanwu::report {

/// Values are whole microseconds, 0 to one hour; larger ones count as one hour. Two significant digits (error
/// below 1 %) or three (below 0.1 %). Memory grows with how different the values are: 1 kB for what lies
/// within a factor of two (2) or an eighth of that (3), at most 28 kB or 193 kB. Everything told about the
/// values is derived from the buckets, so a decoded histogram tells the same.
class histogram {
 public:
  static constexpr std::uint64_t highest_us = 3'600'000'000;

  explicit histogram(int digits = 2) noexcept;

  /// Adds `count` values. Allocates only when no value like it has been seen since the last but one clear().
  void record(std::uint64_t value_us, std::uint64_t count = 1) {
    add(index_of(value_us < highest_us ? value_us : highest_us), count);
  }
  /// Adds the other's counts. A 3-digit one merges into a 2-digit one exactly; the other way keeps 2 digits'
  /// error.
  void merge(const histogram& other);
  /// Forgets the values. Keeps the memory of those there were since the last clear(), and gives back what a
  /// burst before that has left: one that is cleared each second is as large as what a second brings.
  void clear() noexcept;
  /// Keeps only buckets that hold something, some 8 bytes each: for values that are seldom added to or asked
  /// for from now on. The next that is added brings the buckets back.
  void pack();

  std::uint64_t count() const noexcept { return total_; }
  int digits() const noexcept { return digits_; }
  /// What it has allocated.
  std::size_t memory_bytes() const noexcept;
  double error_bound() const noexcept { return digits_ == 3 ? 0.001 : 0.01; }
  /// The largest value that cannot be told from the one at this percentile (0 to 100); 0 when empty.
  std::uint64_t percentile(double percent) const noexcept;
  std::uint64_t min() const noexcept;
  std::uint64_t max() const noexcept;
  double mean() const noexcept;
  /// How many values are above `value_us` (counted by bucket).
  std::uint64_t count_above(std::uint64_t value_us) const noexcept;

  /// HdrHistogram's compressed V2 encoding in base64: the last column of a `.hlog` line.
  std::string encode() const;
  /// The reverse. Refuses anything damaged, too large, or of another range than ours.
  static std::optional<histogram> decode(std::string_view base64);

  friend bool operator==(const histogram& a, const histogram& b) noexcept;

 private:
  std::size_t index_of(std::uint64_t value) const noexcept {
    const int bucket = static_cast<int>(std::bit_width(value | mask_)) - (half_bits_ + 1);
    const auto sub = static_cast<std::size_t>(value >> bucket);
    return ((static_cast<std::size_t>(bucket) + 1) << half_bits_) + sub - (std::size_t{1} << half_bits_);
  }
  std::uint64_t lowest_at(std::size_t index) const noexcept;
  std::uint64_t highest_at(std::size_t index) const noexcept;
  void add(std::size_t index, std::uint64_t count) {
    const std::size_t where = index / page_buckets;
    if (where >= pages_.size() || pages_[where].empty()) [[unlikely]]
      open_page(where);  // also when packed: then there is no page
    pages_[where][index % page_buckets] += count;
    total_ += count;
  }
  void open_page(std::size_t where);
  void unpack();
  /// Calls `visit(index, count)` for each bucket that holds something, in order, until it returns true; large
  /// counts of a packed one come in several parts.
  template <class Visit>
  void visit_counts(Visit visit) const;

  /// Each bucket that holds something and its whole count, in order.
  std::vector<std::pair<std::size_t, std::uint64_t>> counts() const;

  static constexpr std::size_t page_buckets = 128;

  /// A bucket's count, or a part of it: larger ones are in several.
  struct packed_count {
    std::uint32_t index{}, count{};
  };

  std::vector<std::vector<std::uint64_t>>
      pages_;  ///< Buckets, page_buckets together; those of values never seen are empty.
  std::vector<packed_count> packed_;  ///< Instead of pages, in the order of buckets.
  std::uint64_t total_{};
  std::uint64_t mask_;
  int half_bits_;
  int digits_;
};

}  // namespace wanwu::report
