// Why some bytes were refused, and the alias every decoder returns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <tl/expected.hpp>

namespace wanwu {

enum class wire_errc : std::uint8_t {
  truncated,       ///< The packet ends before a field that must be there.
  malformed,       ///< The bytes break the format.
  protocol_error,  ///< Well formed, but not allowed here (wrong packet, wrong combination of fields).
  too_large,       ///< Longer than the format or our own limit allows.
};

/// Name of the code as vectors and reports write it: "truncated", "malformed", ...
constexpr std::string_view name_of(wire_errc code) noexcept {
  switch (code) {
    case wire_errc::truncated:
      return "truncated";
    case wire_errc::malformed:
      return "malformed";
    case wire_errc::protocol_error:
      return "protocol_error";
    case wire_errc::too_large:
      return "too_large";
  }
  return "";
}

/// Why a decoder refused its input. A value, never thrown.
struct wire_error {
  wire_errc code{};
  std::size_t offset{};       ///< Bytes from the start of the packet to the first offending byte.
  std::string_view clause{};  ///< Id of the broken clause, "" when none applies. Static storage.

  friend bool operator==(const wire_error&, const wire_error&) = default;
};

template <class T>
using wire_result = tl::expected<T, wire_error>;  // becomes std::expected with C++23

}  // namespace wanwu
