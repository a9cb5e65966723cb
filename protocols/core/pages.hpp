// The pages of memory behind large arrays: what a burst has filled need not stay, and what is read here and
// there lies better in large ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <sys/mman.h>
#include <unistd.h>

namespace wanwu {

/// Empties `rows` and gives the pages that they filled back to the kernel. Their room stays: filling it again
/// allocates nothing. Worth it when nothing but a burst fills so many.
template <class Row>
void give_back_pages(std::vector<Row>& rows) {
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto begin = reinterpret_cast<std::uintptr_t>(rows.data());
  const std::uintptr_t first = (begin + page - 1) & ~(page - 1),
                       end = (begin + rows.size() * sizeof(Row)) & ~(page - 1);
  rows.clear();
  if (end > first) ::madvise(reinterpret_cast<void*>(first), end - first, MADV_DONTNEED);
}

/// Gives `rows` room for `count` elements, in pages of 2 MB where the kernel has them and the array is worth
/// it: the processor finds its places without walking its tables for nearly each access. Call before it is
/// filled: pages that exist stay as they are.
template <class Row>
void reserve_in_huge_pages(std::vector<Row>& rows, std::size_t count) {
  constexpr std::uintptr_t page = 2U << 20U;
  rows.reserve(count);
  const auto begin = reinterpret_cast<std::uintptr_t>(rows.data());
  const std::uintptr_t first = (begin + page - 1) & ~(page - 1),
                       end = (begin + count * sizeof(Row)) & ~(page - 1);
  if (end > first + page) ::madvise(reinterpret_cast<void*>(first), end - first, MADV_HUGEPAGE);
}

}  // namespace wanwu
