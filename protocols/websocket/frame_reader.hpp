// Frames from a stream of bytes that may be cut anywhere. RFC 6455 section 5.
#pragma once

#include <optional>

#include "protocols/core/wire_error.hpp"
#include "protocols/websocket/frame.hpp"

namespace wanwu::websocket {

/// What the reader came upon next.
struct piece {
  opcode code{};         ///< Of data: text or binary, as the message began.
  std::size_t size{};    ///< Of data: bytes that were appended.
  bool ends_frame{};     ///< Of data: its frame is complete. A control frame is always given whole.
  bool ends_message{};   ///< Of data: its message is complete too.
  bytes_view control{};  ///< Of a control frame: its payload; lives until the next call.
};

/// Keeps a header and at most one control frame, 139 bytes, whatever the peer sends.
class frame_reader {
 public:
  /// Reads what that side sends.
  explicit frame_reader(side sender) noexcept : sender_{sender} {}

  /// Takes bytes from the front of `in` up to the next piece. Data is appended to `data`, unmasked, as soon
  /// as it is there: a long frame gives many pieces, and an empty frame gives one of size 0. Nothing = `in`
  /// is used up. Errors: `malformed` or `protocol_error` with the section of the RFC; then this reader is of
  /// no more use.
  wire_result<std::optional<piece>> next(bytes_view& in, byte_writer& data);

 private:
  bool take_header(bytes_view& in);
  std::size_t header_size() const noexcept;
  std::optional<wire_error> begin_frame();
  std::optional<wire_error> judge_header(opcode code, bool is_last, std::uint8_t length) const;
  piece take_data(bytes_view& in, byte_writer& data);
  std::optional<piece> take_control(bytes_view& in);
  wire_error refuse(wire_errc code, std::size_t offset, std::string_view clause) const noexcept {
    return {code, offset, clause};
  }

  side sender_;
  std::array<std::byte, header_bytes_max> header_{};
  std::array<std::byte, control_bytes_max> control_{};
  std::uint8_t header_kept_ = 0, control_kept_ = 0;
  bool in_frame_ = false, in_message_ = false;
  bool is_last_ = false;
  opcode frame_{};    ///< Of the frame that is being read.
  opcode message_{};  ///< Of the message that is not complete yet.
  masking_key key_{};
  std::size_t key_at_ = 0;
  std::uint64_t left_ = 0;  ///< Bytes of the frame's payload that have not come.
};

}  // namespace wanwu::websocket
