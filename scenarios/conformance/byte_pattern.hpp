// Bytes as a suite writes them: hex digits, 'text', ${fields}, {len}; in patterns also ?? and ...
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "protocols/core/byte_writer.hpp"
#include "scenarios/language/expression.hpp"

namespace wanwu::conform {

/// A place and a sentence about what is wrong there.
struct pattern_error {
  std::string message, hint;
  std::size_t offset{}, length = 1;  ///< Into the source, bytes.
};

/// Compiled. Rendering makes bytes; matching compares with bytes that came.
class byte_pattern {
 public:
  /// `wildcards`: ?? and .. may stand in it (then it can be matched, not rendered).
  static tl::expected<byte_pattern, pattern_error> compile(std::string_view source,
                                                           const lang::name_resolver& names, bool wildcards);

  /// Appends the bytes. False when a value is null or does not fit its width.
  bool render(lang::eval_context& context, byte_writer& out) const;
  /// Whether all of `raw` fits.
  bool matches(lang::eval_context& context, bytes_view raw) const;
  const std::string& source() const noexcept { return source_; }

 private:
  enum class part_kind : std::uint8_t {
    literal,
    number8,
    number16,
    number32,
    counted_text,
    text,
    hex,
    remaining_length,
    any_byte,
    any_bytes
  };
  struct part {
    part_kind kind{};
    std::string literal;
    lang::expression what;
  };
  friend class pattern_compiler;
  bool put(const part& p, lang::eval_context& context, byte_writer& out) const;
  std::size_t taken(const part& p, lang::eval_context& context, bytes_view rest) const;
  std::string source_;
  std::vector<part> parts_;
};

}  // namespace wanwu::conform
