#include "reports/cases/hex_rows.hpp"

#include <algorithm>

#include "protocols/core/hex.hpp"

namespace wanwu::report {

namespace {

constexpr std::size_t row_bytes = 16;

std::string row_text(bytes_view raw, std::size_t offset) {
  if (offset >= raw.size()) return "";
  return to_hex(raw.subspan(offset, std::min(row_bytes, raw.size() - offset)));
}

}  // namespace

std::optional<std::size_t> first_difference(bytes_view expected, bytes_view received) noexcept {
  const auto shared = std::min(expected.size(), received.size());
  for (std::size_t i = 0; i < shared; ++i) {
    if (expected[i] != received[i]) return i;
  }
  if (expected.size() == received.size()) return std::nullopt;
  return shared;
}

std::vector<hex_row> align_hex(bytes_view expected, bytes_view received, std::size_t rows_max) {
  const auto difference = first_difference(expected, received);
  const auto rows = (std::max(expected.size(), received.size()) + row_bytes - 1) / row_bytes;
  const auto marked = difference.value_or(0) / row_bytes;
  // One row of what was still right, then what follows the difference.
  const auto first = rows <= rows_max || marked == 0 ? 0 : std::min(marked - 1, rows - rows_max);
  std::vector<hex_row> out;
  for (auto row = first; row < std::min(rows, first + rows_max); ++row) {
    hex_row one{row * row_bytes, row_text(expected, row * row_bytes), row_text(received, row * row_bytes),
                ""};
    if (difference && row == marked) one.mark = std::string(*difference % row_bytes * 3, ' ') + "^^";
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace wanwu::report
