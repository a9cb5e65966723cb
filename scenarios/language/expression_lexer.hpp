// The words of the expression language.
#pragma once

#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "scenarios/language/expression.hpp"

namespace wanwu::lang {

enum class token_kind : std::uint8_t {
  end,
  integer,
  number,
  time,
  text,
  name,
  question,
  colon,
  comma,
  dot,
  left_paren,
  right_paren,
  left_bracket,
  right_bracket,
  or_,
  and_,
  not_,
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  plus,
  minus,
  star,
  slash,
  percent,
  coalesce,
  in,
};

struct token {
  token_kind kind = token_kind::end;
  std::size_t offset = 0, length = 0;  ///< In the source, bytes.
  std::string text;                    ///< name, or a text literal with its escapes undone.
  double number = 0;
  std::int64_t integer = 0;  ///< Also the nanoseconds of a time.
};

/// Cuts the source into tokens, one ahead.
class expression_lexer {
 public:
  explicit expression_lexer(std::string_view source) : source_{source} {}
  /// The next token, or why there is none.
  tl::expected<token, expression_error> next();

 private:
  tl::expected<token, expression_error> number_token();
  tl::expected<token, expression_error> based_number(int base);
  tl::expected<token, expression_error> text_token();
  tl::expected<token, expression_error> sign_token();
  bool percent_is_unit(std::size_t at) const;
  void blanks();

  std::string_view source_;
  std::size_t at_ = 0;
};

}  // namespace wanwu::lang
