// The head of one HTTP message, and where what follows it begins.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/core/bytes.hpp"
#include "protocols/http/message.hpp"

namespace wanwu::websocket {

/// A head is longer than this only when somebody wants to fill our memory.
inline constexpr std::size_t head_bytes_max = 8192;

/// Collects a head that comes in pieces.
class head_reader {
 public:
  enum class state : std::uint8_t { wants_more, whole, too_long };
  /// Takes what belongs to the head from the front of `in`; what is left of it then belongs to what follows.
  state take(bytes_view& in);
  /// Start line to empty line, both with it; whole when take() said so.
  std::string_view text() const noexcept { return text_; }
  void clear() { text_.clear(); }

 private:
  std::string text_;
};

/// A head in its lines.
struct http_head {
  std::string start;
  std::vector<http::field_line> fields;

  /// Value of the first field of that name; nothing when there is none.
  std::optional<std::string_view> field(std::string_view name) const noexcept;
  /// Whether a field of that name lists this token; case does not matter.
  bool lists(std::string_view name, std::string_view token) const noexcept;
  /// All items of all fields of that name, in order, without blanks around them (RFC 9110 section 5.6.1).
  std::vector<std::string_view> items(std::string_view name) const;
};

/// Bytes of the head that `in` begins with, its empty line included; nothing = it is not whole.
std::optional<std::size_t> head_size(bytes_view in) noexcept;

/// Lines that end with CRLF, fields of a token and a colon; no folded ones, no control characters. Nothing =
/// it is no head (RFC 9112 section 5).
std::optional<http_head> parse_head(std::string_view text);

}  // namespace wanwu::websocket
