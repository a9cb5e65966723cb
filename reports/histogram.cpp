#include "reports/histogram.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace wanwu::report {

histogram::histogram(int digits) noexcept
    : mask_{digits == 3 ? 2047U : 255U}, half_bits_{digits == 3 ? 10 : 7}, digits_{digits == 3 ? 3 : 2} {}

void histogram::grow(std::size_t index) {
  if (!packed_.empty()) unpack();
  if (index < counts_.size()) return;
  const std::size_t half = std::size_t{1} << half_bits_;
  const std::size_t all = index_of(highest_us) + 1;
  counts_.resize(std::min(all, (index / half + 1) * half));  // whole octaves, so growth is rare
}

void histogram::pack() {
  constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
  const auto buckets = std::exchange(counts_, std::vector<std::uint64_t>{});
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    for (std::uint64_t left = buckets[i]; left != 0; left -= std::min(left, most))
      packed_.push_back({static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(std::min(left, most))});
  }
  packed_.shrink_to_fit();
}

void histogram::unpack() {
  const auto held = std::exchange(packed_, {});
  if (!held.empty()) grow(held.back().index);
  for (const auto& one : held) counts_[one.index] += one.count;
}

histogram histogram::unpacked() const {
  histogram out{*this};
  out.unpack();
  return out;
}

std::uint64_t histogram::lowest_at(std::size_t index) const noexcept {
  const std::size_t half = std::size_t{1} << half_bits_;
  if (index < 2 * half) return index;
  const auto bucket = (index >> half_bits_) - 1;
  return static_cast<std::uint64_t>((index & (half - 1)) + half) << bucket;
}

std::uint64_t histogram::highest_at(std::size_t index) const noexcept {
  return lowest_at(index + 1) - 1;
}

void histogram::merge(const histogram& other) {
  if (other.total_ == 0) return;
  if (!packed_.empty()) unpack();
  for (const auto& one : other.packed_) {
    if (other.digits_ != digits_) {
      record(other.lowest_at(one.index), one.count);
      continue;
    }
    if (one.index >= counts_.size()) grow(one.index);
    counts_[one.index] += one.count;
    total_ += one.count;
  }
  if (!other.packed_.empty()) return;
  if (other.digits_ == digits_) {
    if (other.counts_.size() > counts_.size()) counts_.resize(other.counts_.size());
    for (std::size_t i = 0; i < other.counts_.size(); ++i) counts_[i] += other.counts_[i];
    total_ += other.total_;
    return;
  }
  for (std::size_t i = 0; i < other.counts_.size(); ++i) {
    if (other.counts_[i] != 0) record(other.lowest_at(i), other.counts_[i]);
  }
}

void histogram::clear() noexcept {
  std::fill(counts_.begin(), counts_.end(), 0);
  packed_.clear();
  total_ = 0;
}

std::uint64_t histogram::percentile(double percent) const noexcept {
  if (!packed_.empty()) return unpacked().percentile(percent);
  if (total_ == 0) return 0;
  const double wanted =
      std::ceil(std::clamp(percent, 0.0, 100.0) / 100.0 * static_cast<double>(total_) - 1e-9);
  const std::uint64_t rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(wanted));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen >= rank) return highest_at(i);
  }
  return max();
}

std::uint64_t histogram::min() const noexcept {
  if (!packed_.empty()) return unpacked().min();
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] != 0) return lowest_at(i);
  }
  return 0;
}

std::uint64_t histogram::max() const noexcept {
  if (!packed_.empty()) return unpacked().max();
  for (std::size_t i = counts_.size(); i > 0; --i) {
    if (counts_[i - 1] != 0) return highest_at(i - 1);
  }
  return 0;
}

double histogram::mean() const noexcept {
  if (!packed_.empty()) return unpacked().mean();
  if (total_ == 0) return 0;
  double sum = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] == 0) continue;
    const double middle = (static_cast<double>(lowest_at(i)) + static_cast<double>(highest_at(i))) / 2;
    sum += middle * static_cast<double>(counts_[i]);
  }
  return sum / static_cast<double>(total_);
}

std::uint64_t histogram::count_above(std::uint64_t value_us) const noexcept {
  if (!packed_.empty()) return unpacked().count_above(value_us);
  std::uint64_t above = 0;
  for (std::size_t i = index_of(std::min(value_us, highest_us)) + 1; i < counts_.size(); ++i)
    above += counts_[i];
  return above;
}

bool operator==(const histogram& a, const histogram& b) noexcept {
  if (a.digits_ != b.digits_ || a.total_ != b.total_) return false;
  if (!a.packed_.empty() || !b.packed_.empty()) return a.unpacked().counts_alike(b.unpacked());
  return a.counts_alike(b);
}

bool histogram::counts_alike(const histogram& other) const noexcept {
  const auto& shorter = counts_.size() < other.counts_.size() ? counts_ : other.counts_;
  const auto& longer = counts_.size() < other.counts_.size() ? other.counts_ : counts_;
  return std::equal(shorter.begin(), shorter.end(), longer.begin()) &&
         std::all_of(longer.begin() + static_cast<std::ptrdiff_t>(shorter.size()), longer.end(),
                     [](std::uint64_t n) { return n == 0; });
}

}  // namespace wanwu::report
