#include "reports/histogram.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace wanwu::report {

histogram::histogram(int digits) noexcept
    : mask_{digits == 3 ? 2047U : 255U}, half_bits_{digits == 3 ? 10 : 7}, digits_{digits == 3 ? 3 : 2} {}

template <class Visit>
void histogram::visit_counts(Visit visit) const {
  for (const auto& one : packed_) {
    if (visit(std::size_t{one.index}, std::uint64_t{one.count})) return;
  }
  for (std::size_t where = 0; where < pages_.size(); ++where) {
    for (std::size_t i = 0; i < pages_[where].size(); ++i) {
      if (pages_[where][i] != 0 && visit(where * page_buckets + i, pages_[where][i])) return;
    }
  }
}

void histogram::open_page(std::size_t where) {
  if (!packed_.empty()) unpack();
  if (where >= pages_.size()) pages_.resize(where + 1);
  if (pages_[where].empty()) pages_[where].resize(page_buckets);
}

void histogram::pack() {
  constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
  if (!packed_.empty()) return;
  visit_counts([&](std::size_t index, std::uint64_t count) {
    for (std::uint64_t left = count; left != 0; left -= std::min(left, most)) {
      packed_.push_back(
          packed_count{static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(std::min(left, most))});
    }
    return false;
  });
  packed_.shrink_to_fit();
  pages_ = decltype(pages_){};
}

void histogram::unpack() {
  const auto held = std::exchange(packed_, {});
  total_ = 0;
  for (const auto& one : held) add(one.index, one.count);
}

std::size_t histogram::memory_bytes() const noexcept {
  std::size_t bytes = pages_.capacity() * sizeof(pages_[0]) + packed_.capacity() * sizeof(packed_count);
  for (const auto& page : pages_) bytes += page.capacity() * sizeof(page[0]);
  return bytes;
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
  const bool alike = other.digits_ == digits_;
  other.visit_counts([&](std::size_t index, std::uint64_t count) {
    if (alike) {
      add(index, count);
    } else {
      record(other.lowest_at(index), count);
    }
    return false;
  });
}

void histogram::clear() noexcept {
  for (auto& page : pages_) {
    if (std::all_of(page.begin(), page.end(), [](std::uint64_t n) { return n == 0; })) {
      page = std::vector<std::uint64_t>{};  // `= {}` would keep the memory
    } else {
      std::fill(page.begin(), page.end(), 0);
    }
  }
  packed_ = decltype(packed_){};
  total_ = 0;
}

std::uint64_t histogram::percentile(double percent) const noexcept {
  const double wanted =
      std::ceil(std::clamp(percent, 0.0, 100.0) / 100.0 * static_cast<double>(total_) - 1e-9);
  const std::uint64_t rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(wanted));
  std::uint64_t seen = 0, found = 0;
  visit_counts([&](std::size_t index, std::uint64_t count) {
    seen += count;
    found = highest_at(index);
    return seen >= rank;
  });
  return found;
}

std::uint64_t histogram::min() const noexcept {
  std::uint64_t found = 0;
  visit_counts([&](std::size_t index, std::uint64_t) {
    found = lowest_at(index);
    return true;
  });
  return found;
}

std::uint64_t histogram::max() const noexcept {
  std::uint64_t found = 0;
  visit_counts([&](std::size_t index, std::uint64_t) {
    found = highest_at(index);
    return false;
  });
  return found;
}

double histogram::mean() const noexcept {
  if (total_ == 0) return 0;
  double sum = 0;
  visit_counts([&](std::size_t index, std::uint64_t count) {
    const double middle =
        (static_cast<double>(lowest_at(index)) + static_cast<double>(highest_at(index))) / 2;
    sum += middle * static_cast<double>(count);
    return false;
  });
  return sum / static_cast<double>(total_);
}

std::uint64_t histogram::count_above(std::uint64_t value_us) const noexcept {
  const std::size_t last = index_of(std::min(value_us, highest_us));
  std::uint64_t above = 0;
  visit_counts([&](std::size_t index, std::uint64_t count) {
    above += index > last ? count : 0;
    return false;
  });
  return above;
}

std::vector<std::pair<std::size_t, std::uint64_t>> histogram::counts() const {
  std::vector<std::pair<std::size_t, std::uint64_t>> out;
  visit_counts([&](std::size_t index, std::uint64_t count) {
    if (!out.empty() && out.back().first == index) {
      out.back().second += count;
    } else {
      out.emplace_back(index, count);
    }
    return false;
  });
  return out;
}

bool operator==(const histogram& a, const histogram& b) noexcept {
  return a.digits_ == b.digits_ && a.total_ == b.total_ && a.counts() == b.counts();
}

}  // namespace wanwu::report
