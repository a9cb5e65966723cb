// Cutting an expression into words.
#include "scenarios/language/expression_lexer.hpp"

#include <array>
#include <charconv>
#include <utility>

#include "scenarios/language/units.hpp"

namespace wanwu::lang {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

constexpr std::array<std::string_view, 6> time_units{"us", "ms", "s", "min", "h", "d"};

constexpr std::array<std::pair<std::string_view, token_kind>, 23> signs{
    {{"||", token_kind::or_},        {"&&", token_kind::and_},        {"==", token_kind::equal},
     {"!=", token_kind::not_equal},  {"<=", token_kind::less_equal},  {">=", token_kind::greater_equal},
     {"??", token_kind::coalesce},   {"<", token_kind::less},         {">", token_kind::greater},
     {"!", token_kind::not_},        {"?", token_kind::question},     {":", token_kind::colon},
     {",", token_kind::comma},       {".", token_kind::dot},          {"(", token_kind::left_paren},
     {")", token_kind::right_paren}, {"[", token_kind::left_bracket}, {"]", token_kind::right_bracket},
     {"+", token_kind::plus},        {"-", token_kind::minus},        {"*", token_kind::star},
     {"/", token_kind::slash},       {"%", token_kind::percent}}};

tl::unexpected<expression_error> refuse(std::string message, std::string hint, std::size_t offset,
                                        std::size_t length) {
  return tl::unexpected{expression_error{std::move(message), std::move(hint), offset, length}};
}

}  // namespace

void expression_lexer::blanks() {
  while (at_ < source_.size() && (source_[at_] == ' ' || source_[at_] == '\t' || source_[at_] == '\n')) ++at_;
}

/// "20 %" is a share when no operand follows: then it cannot be a remainder.
bool expression_lexer::percent_is_unit(std::size_t at) const {
  while (at < source_.size() && source_[at] == ' ') ++at;
  if (at >= source_.size()) return true;
  const char c = source_[at];
  return !is_digit(c) && !is_letter(c) && c != '(' && c != '-' && c != '"' && c != '\'' && c != '[' &&
         c != '.';
}

/// 0x82 and 0b1111: no fraction, no unit.
tl::expected<token, expression_error> expression_lexer::based_number(int base) {
  token out;
  out.kind = token_kind::integer;
  out.offset = at_;
  std::size_t end = at_ + 2;
  while (end < source_.size() && (is_letter(source_[end]) || is_digit(source_[end]))) ++end;
  const char *from = source_.data() + at_ + 2, *to = source_.data() + end;
  const auto got = std::from_chars(from, to, out.integer, base);
  if (from == to || (got.ec == std::errc{} && got.ptr != to) || got.ec == std::errc::invalid_argument) {
    return refuse("`" + std::string{source_.substr(at_, end - at_)} + "` is not a number",
                  base == 16 ? "0x takes the digits 0 to 9 and a to f" : "0b takes the digits 0 and 1", at_,
                  end - at_);
  }
  if (got.ec != std::errc{}) return refuse("the number is too large", {}, at_, end - at_);
  out.number = static_cast<double>(out.integer);
  out.length = end - at_;
  at_ = end;
  return out;
}

tl::expected<token, expression_error> expression_lexer::number_token() {
  const std::string_view rest = source_.substr(at_);
  if (rest.starts_with("0x")) return based_number(16);
  if (rest.starts_with("0b")) return based_number(2);
  token out;
  out.offset = at_;
  bool whole = true;
  while (at_ < source_.size() && is_digit(source_[at_])) ++at_;
  if (at_ + 1 < source_.size() && source_[at_] == '.' && is_digit(source_[at_ + 1])) {
    whole = false;
    for (++at_; at_ < source_.size() && is_digit(source_[at_]);) ++at_;
  }
  if (at_ + 1 < source_.size() && (source_[at_] == 'e' || source_[at_] == 'E')) {
    std::size_t digits = at_ + 1;
    if (source_[digits] == '+' || source_[digits] == '-') ++digits;
    if (digits < source_.size() && is_digit(source_[digits])) {
      whole = false;
      for (at_ = digits; at_ < source_.size() && is_digit(source_[at_]);) ++at_;
    }
  }
  const std::string_view digits = source_.substr(out.offset, at_ - out.offset);
  const auto got = std::from_chars(digits.data(), digits.data() + digits.size(), out.number);
  if (got.ec != std::errc{}) return refuse("the number is too large", {}, out.offset, digits.size());
  out.kind = token_kind::number;
  if (whole && std::from_chars(digits.data(), digits.data() + digits.size(), out.integer).ec == std::errc{}) {
    out.kind = token_kind::integer;
  }
  // A unit directly behind, or after one blank.
  std::size_t unit = at_;
  if (unit < source_.size() && source_[unit] == ' ') ++unit;
  if (unit < source_.size() && source_[unit] == '%' && percent_is_unit(unit + 1)) {
    at_ = unit + 1;
    out.kind = token_kind::number;
    out.number /= 100;
  }
  std::size_t end = unit;
  while (end < source_.size() && (is_letter(source_[end]) || is_digit(source_[end]))) ++end;
  const std::string_view word = source_.substr(unit, end - unit);
  for (const std::string_view known : time_units) {
    if (word != known) continue;
    const auto length = parse_duration(std::string{digits} + std::string{word});
    if (!length)
      return refuse("the length of time is out of range", "up to 100 years", out.offset, end - out.offset);
    out.kind = token_kind::time;
    out.integer = length->count();
    at_ = end;
  }
  if (out.kind != token_kind::time && end > unit && unit == at_) {
    return refuse("`" + std::string{word} + "` is not a unit", "us ms s min h d, or %", unit, word.size());
  }
  out.length = at_ - out.offset;
  return out;
}

tl::expected<token, expression_error> expression_lexer::text_token() {
  token out;
  out.kind = token_kind::text;
  out.offset = at_;
  const char quote = source_[at_++];
  while (at_ < source_.size() && source_[at_] != quote) {
    char c = source_[at_++];
    if (c == '\\' && at_ < source_.size()) {
      c = source_[at_++];
      if (c == 'n')
        c = '\n';
      else if (c == 't')
        c = '\t';
      else if (c != '\\' && c != '"' && c != '\'') {
        return refuse("an escape that is not known", R"(\n \t \\ \" \')", at_ - 2, 2);
      }
    }
    out.text += c;
  }
  if (at_ >= source_.size()) return refuse("the text does not end", "a quote is missing", out.offset, 1);
  ++at_;
  out.length = at_ - out.offset;
  return out;
}

tl::expected<token, expression_error> expression_lexer::sign_token() {
  for (const auto& [text, kind] : signs) {
    if (!source_.substr(at_).starts_with(text)) continue;
    token out;
    out.kind = kind;
    out.offset = at_;
    out.length = text.size();
    at_ += text.size();
    return out;
  }
  const char c = source_[at_];
  std::string hint;
  if (c == '=') hint = "`==` compares";
  if (c == '&') hint = "`&&` is and";
  if (c == '|') hint = "`||` is or";
  std::size_t length = 1;
  while (at_ + length < source_.size() &&
         (static_cast<unsigned char>(source_[at_ + length]) & 0xC0U) == 0x80U)
    ++length;
  return refuse("`" + std::string{source_.substr(at_, length)} + "` means nothing here", std::move(hint), at_,
                1);
}

tl::expected<token, expression_error> expression_lexer::next() {
  blanks();
  token out;
  out.offset = at_;
  out.length = 1;
  if (at_ >= source_.size()) return out;
  const char c = source_[at_];
  if (is_digit(c)) return number_token();
  if (c == '"' || c == '\'') return text_token();
  if (!is_letter(c)) return sign_token();
  while (at_ < source_.size() && (is_letter(source_[at_]) || is_digit(source_[at_]))) ++at_;
  out.length = at_ - out.offset;
  out.text = std::string{source_.substr(out.offset, out.length)};
  out.kind = out.text == "in" ? token_kind::in : token_kind::name;
  return out;
}

}  // namespace wanwu::lang
