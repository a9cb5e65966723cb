// A growing byte buffer with big-endian fields: where every encoder writes.
#pragma once

#include <cstring>
#include <memory>

#include "protocols/core/bytes.hpp"

namespace wanwu {

/// Appends; never shrinks its memory, so one writer that is cleared and used again stops allocating.
/// Header-only on purpose: encoders on the hot path must inline.
class byte_writer {
 public:
  void u8(std::uint8_t v) { *grow(1) = static_cast<std::byte>(v); }
  void u16(std::uint16_t v) {
    std::byte* to = grow(2);
    to[0] = static_cast<std::byte>(v >> 8U);
    to[1] = static_cast<std::byte>(v & 0xFFU);
  }
  void u32(std::uint32_t v) {
    u16(static_cast<std::uint16_t>(v >> 16U));
    u16(static_cast<std::uint16_t>(v & 0xFFFFU));
  }
  void append(bytes_view raw) {
    if (!raw.empty()) std::memcpy(grow(raw.size()), raw.data(), raw.size());
  }
  void append(std::string_view text) { append(as_bytes(text)); }

  /// Makes room for `count` more bytes, counts them as written and returns where they start. The
  /// pointer lives until the next call that appends. Give back what was not used with drop_last().
  std::byte* grow(std::size_t count) {
    if (capacity_ - size_ < count) reserve(size_ + count);
    std::byte* at = data_.get() + size_;
    size_ += count;
    return at;
  }
  void drop_last(std::size_t count) noexcept { size_ -= count; }
  void clear() noexcept { size_ = 0; }
  /// Overwrites a byte written before; `at` < size().
  void patch_u8(std::size_t at, std::uint8_t v) noexcept { data_[at] = static_cast<std::byte>(v); }
  void patch_u16(std::size_t at, std::uint16_t v) noexcept {
    patch_u8(at, static_cast<std::uint8_t>(v >> 8U));
    patch_u8(at + 1, static_cast<std::uint8_t>(v & 0xFFU));
  }

  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  bytes_view view() const noexcept { return {data_.get(), size_}; }
  bytes_view view_from(std::size_t at) const noexcept { return view().subspan(at); }

 private:
  void reserve(std::size_t wanted) {
    std::size_t capacity = capacity_ < 256 ? 256 : capacity_;
    while (capacity < wanted) capacity *= 2;
    auto bigger = std::make_unique_for_overwrite<std::byte[]>(capacity);
    if (size_ != 0) std::memcpy(bigger.get(), data_.get(), size_);
    data_ = std::move(bigger);
    capacity_ = capacity;
  }

  std::unique_ptr<std::byte[]> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace wanwu
