// A scanner over JSON text: bounded, forgiving where strictness would not help, never past the end.
#include "scenarios/language/json_view.hpp"

#include <charconv>

namespace wanwu::lang {
namespace {

constexpr int depth_max = 64;

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/// A cursor that knows where values end.
struct scanner {
  std::string_view in;
  std::size_t at = 0;

  bool done() const { return at >= in.size(); }
  char peek() const { return done() ? '\0' : in[at]; }
  void blanks() {
    while (!done() && is_blank(in[at])) ++at;
  }
  bool take(char c) {
    blanks();
    if (peek() != c || done()) return false;
    ++at;
    return true;
  }
  /// A string with its quotes; false when it does not end.
  bool string(std::string_view& out) {
    if (peek() != '"') return false;
    const std::size_t begin = at++;
    while (!done() && in[at] != '"') at += in[at] == '\\' ? 2U : 1U;
    if (done()) return false;
    ++at;
    out = in.substr(begin, at - begin);
    return true;
  }
  /// Passes over one value of any kind.
  bool skip() {
    blanks();
    if (done()) return false;
    std::string_view ignored;
    if (peek() == '"') return string(ignored);
    if (peek() != '{' && peek() != '[') {
      const std::size_t begin = at;
      while (!done() && !is_blank(in[at]) && in[at] != ',' && in[at] != '}' && in[at] != ']' && in[at] != ':')
        ++at;
      return at > begin;
    }
    int depth = 0;
    while (!done()) {
      const char c = in[at];
      if (c == '"') {
        if (!string(ignored)) return false;
        continue;
      }
      ++at;
      if (c == '{' || c == '[') {
        if (++depth > depth_max) return false;
      } else if ((c == '}' || c == ']') && --depth == 0) {
        return true;
      }
    }
    return false;
  }
  bool value_text(std::string_view& out) {
    blanks();
    const std::size_t begin = at;
    if (!skip()) return false;
    out = in.substr(begin, at - begin);
    return true;
  }
};

bool same_key(std::string_view quoted, std::string_view key) {
  const std::string_view inner = quoted.substr(1, quoted.size() - 2);
  if (inner.find('\\') == std::string_view::npos) return inner == key;
  return json_text(quoted) == key;
}

void append_code_point(std::string& out, std::uint32_t c) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0U | (c >> 6U));
    put(0x80U | (c & 0x3FU));
  } else if (c < 0x10000) {
    put(0xE0U | (c >> 12U));
    put(0x80U | ((c >> 6U) & 0x3FU));
    put(0x80U | (c & 0x3FU));
  } else {
    put(0xF0U | (c >> 18U));
    put(0x80U | ((c >> 12U) & 0x3FU));
    put(0x80U | ((c >> 6U) & 0x3FU));
    put(0x80U | (c & 0x3FU));
  }
}

std::optional<std::uint32_t> hex4(std::string_view text) {
  std::uint32_t code = 0;
  if (text.size() < 4) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + 4, code, 16);
  if (error != std::errc{} || end != text.data() + 4) return std::nullopt;
  return code;
}

/// Undoes the \uXXXX at `at` (behind the u); moves `at` past it. Lone surrogates become U+FFFD.
void append_unicode(std::string& out, std::string_view inner, std::size_t& at) {
  const auto first = hex4(inner.substr(std::min(at, inner.size())));
  if (!first) return;
  at += 4;
  std::uint32_t code = *first;
  if (code >= 0xD800 && code < 0xDC00 && inner.substr(std::min(at, inner.size())).starts_with("\\u")) {
    const auto second = hex4(inner.substr(at + 2));
    if (second && *second >= 0xDC00 && *second < 0xE000) {
      at += 6;
      code = 0x10000 + ((code - 0xD800) << 10U) + (*second - 0xDC00);
    }
  }
  append_code_point(out, code >= 0xD800 && code < 0xE000 ? 0xFFFD : code);
}

}  // namespace

std::string_view json_member(std::string_view json, std::string_view key) noexcept {
  scanner in{json};
  if (!in.take('{')) return {};
  while (!in.done()) {
    in.blanks();
    std::string_view name, piece;
    if (!in.string(name) || !in.take(':') || !in.value_text(piece)) return {};
    if (same_key(name, key)) return piece;
    if (!in.take(',')) return {};
  }
  return {};
}

std::string_view json_element(std::string_view json, std::size_t index) noexcept {
  scanner in{json};
  if (!in.take('[')) return {};
  for (std::size_t i = 0; !in.done(); ++i) {
    in.blanks();
    std::string_view piece;
    if (in.peek() == ']' || !in.value_text(piece)) return {};
    if (i == index) return piece;
    if (!in.take(',')) return {};
  }
  return {};
}

value json_value(std::string_view piece) noexcept {
  if (piece.empty() || piece == "null") return {};
  if (piece == "true" || piece == "false") return value::of(piece == "true");
  if (piece.front() == '"') {
    if (piece.size() < 2 || piece.find('\\') != std::string_view::npos) return value::json(piece);
    return value::of(piece.substr(1, piece.size() - 2));
  }
  if (piece.front() == '{' || piece.front() == '[') return value::json(piece);
  std::int64_t whole = 0;
  const char* end = piece.data() + piece.size();
  if (std::from_chars(piece.data(), end, whole).ptr == end) return value::of(whole);
  double number = 0;
  const auto got = std::from_chars(piece.data(), end, number);
  return got.ec == std::errc{} && got.ptr == end ? value::of(number) : value{};
}

std::string json_text(std::string_view piece) {
  if (piece.size() < 2 || piece.front() != '"') return std::string{piece};
  const std::string_view inner = piece.substr(1, piece.size() - 2);
  std::string out;
  for (std::size_t i = 0; i < inner.size();) {
    const char c = inner[i++];
    if (c != '\\' || i >= inner.size()) {
      out += c;
      continue;
    }
    const char escaped = inner[i++];
    switch (escaped) {
      case 'n':
        out += '\n';
        break;
      case 't':
        out += '\t';
        break;
      case 'r':
        out += '\r';
        break;
      case 'b':
        out += '\b';
        break;
      case 'f':
        out += '\f';
        break;
      case 'u':
        append_unicode(out, inner, i);
        break;
      default:
        out += escaped;
    }
  }
  return out;
}

std::optional<json_path> json_path::compile(std::string_view text) {
  constexpr std::size_t steps_max = 32;
  if (text.empty() || text[0] != '$') return std::nullopt;
  json_path out;
  for (std::size_t i = 1; i < text.size();) {
    if (out.steps_.size() >= steps_max) return std::nullopt;
    if (text[i] == '.') {
      std::size_t end = text.find_first_of(".[", i + 1);
      if (end == std::string_view::npos) end = text.size();
      if (end == i + 1) return std::nullopt;
      out.steps_.push_back({std::string{text.substr(i + 1, end - i - 1)}, 0, false});
      i = end;
      continue;
    }
    const std::size_t close = text.find(']', i);
    if (text[i] != '[' || close == std::string_view::npos) return std::nullopt;
    const std::string_view inner = text.substr(i + 1, close - i - 1);
    step next;
    next.every = inner == "*";
    if (!next.every) {
      const auto got = std::from_chars(inner.data(), inner.data() + inner.size(), next.index);
      if (inner.empty() || got.ec != std::errc{} || got.ptr != inner.data() + inner.size())
        return std::nullopt;
    }
    out.steps_.push_back(next);
    i = close + 1;
  }
  return out;
}

std::string_view json_path::find(std::string_view json) const noexcept {
  scanner in{json};
  std::string_view piece;
  if (!in.value_text(piece)) return {};
  for (const step& s : steps_) {
    piece = s.key.empty() ? json_element(piece, s.index) : json_member(piece, s.key);
    if (piece.empty()) return {};
  }
  return piece;
}

void json_path::collect(std::string_view json, std::size_t limit,
                        std::vector<std::string_view>& found) const {
  scanner in{json};
  std::string_view piece;
  if (!in.value_text(piece)) return;
  found.push_back(piece);
  for (const step& s : steps_) {
    std::vector<std::string_view> next;
    for (const std::string_view from : found) {
      if (!s.every) {
        const auto one = s.key.empty() ? json_element(from, s.index) : json_member(from, s.key);
        if (!one.empty() && next.size() < limit) next.push_back(one);
        continue;
      }
      scanner items{from};
      if (!items.take('[')) continue;
      std::string_view one;
      while (next.size() < limit && items.value_text(one)) {
        next.push_back(one);
        if (!items.take(',')) break;
      }
    }
    found.swap(next);
  }
  if (found.size() > limit) found.resize(limit);
}

}  // namespace wanwu::lang
