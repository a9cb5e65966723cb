// Names for raw bytes, and the two casts between bytes and text that the code needs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace wanwu {

using bytes = std::vector<std::byte>;
using bytes_view = std::span<const std::byte>;

/// The same memory seen as bytes; lives as long as `text` does.
inline bytes_view as_bytes(std::string_view text) noexcept {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

/// The same memory seen as characters, no promise of being UTF-8; lives as long as `raw` does.
inline std::string_view as_text(bytes_view raw) noexcept {
  return {reinterpret_cast<const char*>(raw.data()), raw.size()};
}

}  // namespace wanwu
