// Frames from a stream of bytes that may be cut anywhere.
#include "protocols/websocket/frame_reader.hpp"

#include <algorithm>

#include "protocols/core/utf8.hpp"

namespace wanwu::websocket {

namespace {

constexpr std::uint8_t length_bits = 0x7F, masked_bit = 0x80, last_bit = 0x80, reserved_bits = 0x70,
                       code_bits = 0x0F;

std::uint8_t octet(std::byte b) noexcept {
  return std::to_integer<std::uint8_t>(b);
}

bool is_known(std::uint8_t code) noexcept {
  return code <= 2 || (code >= 8 && code <= 10);
}

std::uint64_t number_of(bytes_view raw) noexcept {
  std::uint64_t out = 0;
  for (const auto b : raw) out = out << 8U | octet(b);
  return out;
}

/// Section 7.4: what a peer may put into a Close frame.
bool is_sendable(std::uint64_t code) noexcept {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

}  // namespace

std::size_t frame_reader::header_size() const noexcept {
  if (header_kept_ < 2) return 2;
  const auto second = octet(header_[1]);
  const std::size_t length = (second & length_bits) == 126 ? 2 : (second & length_bits) == 127 ? 8 : 0;
  return 2 + length + ((second & masked_bit) != 0 ? 4 : 0);
}

/// True when the header is whole.
bool frame_reader::take_header(bytes_view& in) {
  while (header_kept_ < header_size()) {
    const auto count = std::min(in.size(), header_size() - header_kept_);
    if (count == 0) return false;
    std::copy_n(in.begin(), count, header_.begin() + header_kept_);
    header_kept_ = static_cast<std::uint8_t>(header_kept_ + count);
    in = in.subspan(count);
    if (header_kept_ == 2) return true;  // judged before the rest of it is waited for
  }
  return true;
}

std::optional<wire_error> frame_reader::judge_header(opcode code, bool is_last, std::uint8_t length) const {
  const auto first = octet(header_[0]), second = octet(header_[1]);
  if ((first & reserved_bits) != 0) return refuse(wire_errc::malformed, 0, "RFC6455-5.2");
  if (!is_known(first & code_bits)) return refuse(wire_errc::malformed, 0, "RFC6455-5.2");
  if (((second & masked_bit) != 0) != (sender_ == side::client))
    return refuse(wire_errc::protocol_error, 1, "RFC6455-5.1");
  if (is_control(code)) {
    if (!is_last) return refuse(wire_errc::protocol_error, 0, "RFC6455-5.5");
    if (length > control_bytes_max) return refuse(wire_errc::malformed, 1, "RFC6455-5.5");
    return std::nullopt;
  }
  const bool goes_on = code == opcode::continuation;
  if (goes_on != in_message_) return refuse(wire_errc::protocol_error, 0, "RFC6455-5.4");
  return std::nullopt;
}

std::optional<wire_error> frame_reader::begin_frame() {
  const auto first = octet(header_[0]);
  const auto short_length = static_cast<std::uint8_t>(octet(header_[1]) & length_bits);
  frame_ = static_cast<opcode>(first & code_bits);
  is_last_ = (first & last_bit) != 0;
  if (auto wrong = judge_header(frame_, is_last_, short_length)) return wrong;
  if (header_kept_ < header_size()) return std::nullopt;

  const bytes_view header{header_};
  const std::size_t length_bytes = short_length == 126 ? 2 : short_length == 127 ? 8 : 0;
  left_ = length_bytes == 0 ? short_length : number_of(header.subspan(2, length_bytes));
  // "The minimal number of bytes MUST be used", and the most significant bit of eight is 0.
  if ((length_bytes == 2 && left_ < 126) || (length_bytes == 8 && (left_ <= 0xFFFF || left_ >> 63U != 0)))
    return refuse(wire_errc::malformed, 2, "RFC6455-5.2");
  if (sender_ == side::client) std::copy_n(header_.begin() + 2 + length_bytes, 4, key_.begin());
  key_at_ = 0;
  control_kept_ = 0;
  in_frame_ = true;
  if (is_control(frame_)) return std::nullopt;
  if (frame_ != opcode::continuation) message_ = frame_;
  in_message_ = true;
  return std::nullopt;
}

piece frame_reader::take_data(bytes_view& in, byte_writer& data) {
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(in.size(), left_));
  if (count != 0) {
    std::byte* const to = data.grow(count);
    std::memcpy(to, in.data(), count);
    if (sender_ == side::client) apply_mask({to, count}, key_, key_at_);
  }
  key_at_ = (key_at_ + count) % key_.size();
  in = in.subspan(count);
  left_ -= count;
  piece out{message_, count, left_ == 0, left_ == 0 && is_last_, {}};
  if (out.ends_frame) {
    in_frame_ = false;
    header_kept_ = 0;
  }
  if (out.ends_message) in_message_ = false;
  return out;
}

std::optional<piece> frame_reader::take_control(bytes_view& in) {
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(in.size(), left_));
  std::copy_n(in.begin(), count, control_.begin() + control_kept_);
  control_kept_ = static_cast<std::uint8_t>(control_kept_ + count);
  in = in.subspan(count);
  left_ -= count;
  if (left_ != 0) return std::nullopt;
  if (sender_ == side::client) apply_mask({control_.data(), control_kept_}, key_, 0);
  in_frame_ = false;
  header_kept_ = 0;
  return piece{frame_, 0, true, false, bytes_view{control_}.first(control_kept_)};
}

wire_result<std::optional<piece>> frame_reader::next(bytes_view& in, byte_writer& data) {
  while (!in_frame_) {
    if (!take_header(in)) return std::optional<piece>{};
    if (auto wrong = begin_frame()) return tl::unexpected{*wrong};
  }
  if (!is_control(frame_)) {
    if (in.empty() && left_ != 0) return std::optional<piece>{};
    return std::optional{take_data(in, data)};
  }
  auto found = take_control(in);
  if (!found || found->code != opcode::close || found->control.empty()) return found;
  // Section 5.5.1: a code of two bytes, then a reason in UTF-8.
  const bool whole = found->control.size() >= 2;
  if (!whole || !is_sendable(number_of(found->control.first(2))))
    return tl::unexpected{refuse(wire_errc::malformed, 2, whole ? "RFC6455-7.4" : "RFC6455-5.5.1")};
  if (find_invalid_utf8(found->control.subspan(2)))
    return tl::unexpected{refuse(wire_errc::malformed, 4, "RFC6455-5.5.1")};
  return found;
}

}  // namespace wanwu::websocket
