// Whether pages are there is asked of the kernel.
#include "protocols/core/pages.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

using namespace wanwu;

namespace {

/// Of the pages that lie wholly in the room of `rows`, how many are there.
std::size_t pages_of(const std::vector<std::uint64_t>& rows) {
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto begin = reinterpret_cast<std::uintptr_t>(rows.data());
  const std::uintptr_t first = (begin + page - 1) & ~(page - 1);
  std::vector<unsigned char> there((begin + rows.capacity() * sizeof rows[0] - first) / page);
  REQUIRE(::mincore(reinterpret_cast<void*>(first), there.size() * page, there.data()) == 0);
  return static_cast<std::size_t>(
      std::count_if(there.begin(), there.end(), [](unsigned char one) { return (one & 1U) != 0; }));
}

}  // namespace

TEST_CASE("Pages given back are gone, and their room is there to be filled again") {
  constexpr std::size_t count = 256 * 1024;
  std::vector<std::uint64_t> rows;
  rows.reserve(count);
  const auto* const place = rows.data();
  for (std::uint64_t round = 1; round <= 3; ++round) {
    rows.resize(count, round);
    CHECK(pages_of(rows) > 500);
    CHECK(std::all_of(rows.begin(), rows.end(), [=](std::uint64_t one) { return one == round; }));
    give_back_pages(rows);
    CHECK(rows.empty());
    CHECK(pages_of(rows) == 0);
    CHECK(rows.capacity() >= count);
    CHECK(rows.data() == place);
  }
}

TEST_CASE("What shares a page with others stays") {
  std::vector<std::uint64_t> few(3, 7), none;
  give_back_pages(few);
  give_back_pages(none);
  CHECK(few.empty());
  few.push_back(8);
  CHECK(few.front() == 8);
}
