// A bounds-checked cursor over bytes from the peer.
#pragma once

#include <optional>

#include "protocols/core/bytes.hpp"
#include "protocols/core/wire_error.hpp"

namespace wanwu {

/// Reads big-endian fields and remembers the first failure only.
/// After a failure every read returns zero/empty and consumes nothing, so a decoder is straight-line
/// code with one check at its end. Offsets in errors count from the first byte given, plus `base`.
class byte_reader {
 public:
  explicit byte_reader(bytes_view in, std::size_t base = 0) noexcept : in_{in}, base_{base} {}

  std::uint8_t u8() noexcept;
  std::uint16_t u16() noexcept;
  std::uint32_t u32() noexcept;
  bytes_view take(std::size_t count) noexcept;
  bytes_view rest() noexcept { return take(error_ ? 0 : remaining()); }

  std::size_t remaining() const noexcept { return in_.size() - offset_; }
  std::size_t offset() const noexcept { return base_ + offset_; }

  /// Records `code` against `clause` unless `holds`. The error's offset is where the reader stands
  /// now, or `at` (an offset() taken earlier).
  void require(bool holds, std::string_view clause, wire_errc code = wire_errc::malformed) noexcept;
  void require_at(std::size_t at, bool holds, std::string_view clause,
                  wire_errc code = wire_errc::malformed) noexcept;
  /// Bytes left over are `malformed`.
  void expect_end(std::string_view clause = {}) noexcept { require(error_ || remaining() == 0, clause); }

  bool ok() const noexcept { return !error_; }
  const std::optional<wire_error>& error() const noexcept { return error_; }

 private:
  void fail(wire_errc code, std::size_t at, std::string_view clause = {}) noexcept;

  bytes_view in_;
  std::size_t offset_ = 0;
  std::size_t base_ = 0;
  std::optional<wire_error> error_;
};

/// Ends a decoder: the value if every read held, else the first error.
template <class T>
wire_result<T> finish(const byte_reader& in, T value) {
  if (in.error()) return tl::unexpected{*in.error()};
  return value;
}

}  // namespace wanwu
