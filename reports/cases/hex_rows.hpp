// Expected and received bytes one below the other, the first difference marked.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "protocols/core/bytes.hpp"

namespace wanwu::report {

/// Sixteen bytes of both sides. Texts are hex with a space between bytes; "" = that side has ended.
struct hex_row {
  std::size_t offset{};
  std::string expected, received;
  std::string mark;  ///< Spaces and ^^ below the first byte that differs; "" in the other rows.
};

/// Where the two first differ; nothing when they are equal.
std::optional<std::size_t> first_difference(bytes_view expected, bytes_view received) noexcept;
/// At most `rows_max` rows, those around the first difference.
std::vector<hex_row> align_hex(bytes_view expected, bytes_view received, std::size_t rows_max = 8);

}  // namespace wanwu::report
