// From tokens to instructions, checking types on the way: one pass, precedence climbing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scenarios/language/expression_code.hpp"
#include "scenarios/language/expression_lexer.hpp"

namespace wanwu::lang {

/// How deep the evaluation stack may get; also its size.
inline constexpr std::size_t stack_max = 96;

/// Compiles one source. After the first mistake nothing more is emitted; ok() says which.
class expression_compiler {
 public:
  expression_compiler(std::string_view source, const name_resolver& names);
  /// The type of the whole, or nothing after a mistake.
  std::optional<value_type> compile(expression_code& out);
  const expression_error& error() const noexcept { return error_; }
  /// Nothing that differs from evaluation to evaluation was used.
  bool is_fixed() const noexcept { return fixed_; }

 private:
  value_type ternary();
  value_type binary(int level);
  value_type unary();
  value_type primary();
  value_type name_or_call();
  value_type call(const token& name);
  value_type name_path(const token& first);
  value_type list_argument(const token& bracket, bool for_pick);
  std::optional<std::uint16_t> list_literal();
  value_type literal(const value& v, value_type type);
  value_type text_literal(const std::string& text);
  value_type members_of(value_type type, const std::vector<token>& parts, std::size_t from);
  value_type unknown_name(const std::vector<token>& parts);
  value_type operate(token_kind op, const token& at, value_type left, value_type right);
  value_type arithmetic(token_kind op, const token& at, value_type left, value_type right);

  void advance();
  bool expect(token_kind kind, const char* what);
  value_type fail(const token& at, std::string message, std::string hint = {});
  bool ok() const noexcept { return !failed_; }
  std::size_t emit(opcode op, std::size_t a = 0, std::size_t b = 0);
  void patch(std::size_t at);
  void stack(int change);

  std::string_view source_;
  expression_lexer lexer_;
  const name_resolver& names_;
  expression_code* out_ = nullptr;
  token now_;
  expression_error error_;
  std::size_t depth_ = 0;
  int height_ = 0;
  bool failed_ = false;
  bool fixed_ = true;
};

}  // namespace wanwu::lang
