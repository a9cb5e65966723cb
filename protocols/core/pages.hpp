// The pages of memory behind arrays that a burst fills: what it has filled need not stay.
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

}  // namespace wanwu
