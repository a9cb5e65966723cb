// Large arrays that are read here and there: with pages of 2 MB the processor finds their places without
// walking its tables for nearly each access.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <sys/mman.h>

namespace wanwu::sim {

/// Gives `rows` room for `count` elements, in large pages where the kernel has them and the array is worth
/// it. Call before it is filled: pages that exist stay as they are.
template <class Row>
void reserve_in_huge_pages(std::vector<Row>& rows, std::size_t count) {
  constexpr std::uintptr_t page = 2U << 20U;
  rows.reserve(count);
  const auto begin = reinterpret_cast<std::uintptr_t>(rows.data());
  const std::uintptr_t first = (begin + page - 1) & ~(page - 1),
                       end = (begin + count * sizeof(Row)) & ~(page - 1);
  if (end > first + page) ::madvise(reinterpret_cast<void*>(first), end - first, MADV_HUGEPAGE);
}

}  // namespace wanwu::sim
