// The tag resolution of YAML 1.2's core schema.
#include "scenarios/language/plain_scalar.hpp"

#include <charconv>
#include <cmath>
#include <limits>

namespace wanwu::lang {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

template <class Set>
bool all_of(std::string_view text, Set in_set) {
  if (text.empty()) return false;
  for (const char c : text) {
    if (!in_set(c)) return false;
  }
  return true;
}

/// [-+]? [0-9]+ | 0o [0-7]+ | 0x [0-9a-fA-F]+
bool looks_integer(std::string_view text, int& base, std::string_view& digits) {
  base = 10;
  if (text.starts_with("0o") || text.starts_with("0x")) {
    base = text[1] == 'o' ? 8 : 16;
    digits = text.substr(2);
    return all_of(digits, [&](char c) {
      if (base == 8) return c >= '0' && c <= '7';
      return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    });
  }
  digits = text;
  if (!digits.empty() && (digits[0] == '+' || digits[0] == '-')) digits.remove_prefix(1);
  return all_of(digits, is_digit);
}

/// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
bool looks_number(std::string_view text) {
  std::size_t i = !text.empty() && (text[0] == '+' || text[0] == '-') ? 1 : 0;
  std::size_t digits = 0;
  for (; i < text.size() && is_digit(text[i]); ++i) ++digits;
  if (i < text.size() && text[i] == '.') {
    for (++i; i < text.size() && is_digit(text[i]); ++i) ++digits;
  }
  if (digits == 0) return false;
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    return all_of(text.substr(i), is_digit);
  }
  return i == text.size();
}

bool resolve_integer(node& scalar) {
  int base = 10;
  std::string_view digits;
  if (!looks_integer(scalar.text, base, digits)) return false;
  const bool negative = scalar.text[0] == '-';
  const std::string signed_digits = (negative ? "-" : "") + std::string{digits};
  std::int64_t value = 0;
  const auto [end, error] =
      std::from_chars(signed_digits.data(), signed_digits.data() + signed_digits.size(), value, base);
  if (error != std::errc{}) {  // beyond 64 bits: a number
    scalar.kind = node_kind::number;
    scalar.number =
        negative ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
    std::from_chars(signed_digits.data(), signed_digits.data() + signed_digits.size(), scalar.number);
    return true;
  }
  scalar.kind = node_kind::integer;
  scalar.integer = value;
  scalar.number = static_cast<double>(value);
  return true;
}

bool resolve_special(node& scalar) {
  std::string_view text = scalar.text;
  bool negative = false;
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  if (text == ".inf" || text == ".Inf" || text == ".INF") {
    scalar.number =
        negative ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
  } else if (scalar.text == ".nan" || scalar.text == ".NaN" || scalar.text == ".NAN") {
    scalar.number = std::numeric_limits<double>::quiet_NaN();
  } else {
    return false;
  }
  scalar.kind = node_kind::number;
  return true;
}

}  // namespace

void resolve_plain(node& scalar) {
  const std::string& text = scalar.text;
  if (text.empty() || text == "null" || text == "Null" || text == "NULL" || text == "~") {
    scalar.kind = node_kind::null;
  } else if (text == "true" || text == "True" || text == "TRUE") {
    scalar.kind = node_kind::boolean;
    scalar.boolean = true;
  } else if (text == "false" || text == "False" || text == "FALSE") {
    scalar.kind = node_kind::boolean;
  } else if (resolve_integer(scalar) || resolve_special(scalar)) {
    return;
  } else if (looks_number(text)) {
    scalar.kind = node_kind::number;
    const char* begin = text.data() + (text[0] == '+' ? 1 : 0);
    std::from_chars(begin, text.data() + text.size(), scalar.number);
  } else {
    scalar.kind = node_kind::text;
  }
}

}  // namespace wanwu::lang
