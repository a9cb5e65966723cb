// Recursive descent over the text; the first error stops it.
#include "scenarios/things/json_tree.hpp"

#include <charconv>
#include <cmath>
#include <cstring>
#include <set>
#include <utility>

#include "protocols/core/utf8.hpp"

namespace wanwu::things {

const json_value* json_value::find(std::string_view key) const noexcept {
  for (const auto& member : members) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

namespace {

void append_utf8(std::uint32_t code, std::string& out) {
  const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xC0U | (code >> 6U));
  } else {
    if (code < 0x10000) {
      put(0xE0U | (code >> 12U));
    } else {
      put(0xF0U | (code >> 18U));
      put(0x80U | ((code >> 12U) & 0x3FU));
    }
    put(0x80U | ((code >> 6U) & 0x3FU));
  }
  put(0x80U | (code & 0x3FU));
}

class parser {
 public:
  explicit parser(std::string_view text) : text_(text) {}

  tl::expected<json_value, json_error> document() {
    json_value root;
    if (text_.starts_with("\xEF\xBB\xBF")) next_ = line_start_ = 3;
    if (value(root, 0)) {
      skip_space();
      if (next_ != text_.size()) fail("nothing may follow the document");
    }
    if (!message_.empty()) return tl::unexpected(json_error{failed_at_, message_});
    return root;
  }

 private:
  bool fail(std::string message) {
    if (message_.empty()) {
      message_ = std::move(message);
      failed_at_ = here();
    }
    return false;
  }
  text_place here() const { return {line_, next_ - line_start_ + 1}; }
  bool at_end() const { return next_ >= text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[next_]; }

  void skip_space() {
    while (!at_end() && std::strchr(" \t\r\n", text_[next_]) != nullptr && text_[next_] != '\0') {
      if (text_[next_++] == '\n') {
        ++line_;
        line_start_ = next_;
      }
    }
  }

  bool value(json_value& out, int depth) {
    skip_space();
    out.at = here();
    if (depth > json_depth_max) return fail("nested too deep");
    if (++values_ > json_values_max) return fail("too many values");
    if (at_end()) return fail("the document ends where a value should be");
    switch (peek()) {
      case '{':
        return object(out, depth);
      case '[':
        return array(out, depth);
      case '"':
        out.kind = json_value::type::string;
        return string(out.text);
      case 't':
        out.boolean = true;
        return word("true", out, json_value::type::boolean);
      case 'f':
        return word("false", out, json_value::type::boolean);
      case 'n':
        return word("null", out, json_value::type::null);
      default:
        return number(out);
    }
  }

  bool word(std::string_view expected, json_value& out, json_value::type kind) {
    if (text_.substr(next_, expected.size()) != expected) return fail("not a JSON value");
    next_ += expected.size();
    out.kind = kind;
    return true;
  }

  bool digits() {
    const auto before = next_;
    while (peek() >= '0' && peek() <= '9') ++next_;
    return next_ != before;
  }

  bool number(json_value& out) {
    const auto start = next_;
    if (peek() == '-') ++next_;
    if (peek() == '0') {
      ++next_;
    } else if (!digits()) {
      return fail("not a JSON value");
    }
    if (peek() == '.' && (++next_, !digits())) return fail("a digit must follow the point");
    if (peek() == 'e' || peek() == 'E') {
      ++next_;
      if (peek() == '+' || peek() == '-') ++next_;
      if (!digits()) return fail("a digit must follow the exponent's sign");
    }
    out.kind = json_value::type::number;
    const auto [end, error] = std::from_chars(text_.data() + start, text_.data() + next_, out.number);
    if (error != std::errc{} || !std::isfinite(out.number)) return fail("the number is out of range");
    return true;
  }

  bool hex4(std::uint32_t& out) {
    if (text_.size() - next_ < 4) return fail("\\u needs four hexadecimal digits");
    const auto* begin = text_.data() + next_;
    const auto [end, error] = std::from_chars(begin, begin + 4, out, 16);
    if (error != std::errc{} || end != begin + 4) return fail("\\u needs four hexadecimal digits");
    next_ += 4;
    return true;
  }

  bool escape(std::string& out) {
    constexpr std::string_view letters = "\"\\/bfnrt";
    constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
    const char letter = peek();
    if (letter != 'u') {
      const auto which = letter == '\0' ? std::string_view::npos : letters.find(letter);
      if (which == std::string_view::npos) return fail("unknown escape");
      out += meanings[which];
      ++next_;
      return true;
    }
    ++next_;
    std::uint32_t code = 0;
    if (!hex4(code)) return false;
    if (code >= 0xD800 && code < 0xDC00 && text_.substr(next_, 2) == "\\u") {
      next_ += 2;
      std::uint32_t low = 0;
      if (!hex4(low)) return false;
      if (low < 0xDC00 || low > 0xDFFF) return fail("a high surrogate without its low one");
      code = 0x10000 + ((code - 0xD800) << 10U) + (low - 0xDC00);
    } else if (code >= 0xD800 && code <= 0xDFFF) {
      return fail("half of a surrogate pair");
    }
    append_utf8(code, out);
    return true;
  }

  bool string(std::string& out) {
    ++next_;
    while (true) {
      if (at_end()) return fail("the string is not closed");
      const char c = text_[next_];
      if (static_cast<unsigned char>(c) < 0x20) return fail("a control character inside a string");
      ++next_;
      if (c == '"') return true;
      if (c != '\\') {
        out += c;
      } else if (!escape(out)) {
        return false;
      }
    }
  }

  bool object(json_value& out, int depth) {
    out.kind = json_value::type::object;
    ++next_;
    std::set<std::string> seen;
    for (skip_space(); peek() != '}';) {
      if (!out.members.empty()) {
        if (peek() != ',') return fail("expected `,` or `}`");
        ++next_;
        skip_space();
      }
      json_member member;
      member.at = here();
      if (peek() != '"') return fail("expected a key in quotes");
      if (!string(member.key)) return false;
      if (!seen.insert(member.key).second) {
        next_ = line_start_ + member.at.column - 1;
        return fail("the key `" + member.key + "` stands here twice");
      }
      skip_space();
      if (peek() != ':') return fail("expected `:` after the key");
      ++next_;
      if (!value(member.value, depth + 1)) return false;
      out.members.push_back(std::move(member));
      skip_space();
    }
    ++next_;
    return true;
  }

  bool array(json_value& out, int depth) {
    out.kind = json_value::type::array;
    ++next_;
    for (skip_space(); peek() != ']';) {
      if (!out.items.empty()) {
        if (peek() != ',') return fail("expected `,` or `]`");
        ++next_;
      }
      out.items.emplace_back();
      if (!value(out.items.back(), depth + 1)) return false;
      skip_space();
    }
    ++next_;
    return true;
  }

  std::string_view text_;
  std::size_t next_ = 0, line_ = 1, line_start_ = 0, values_ = 0;
  std::string message_;
  text_place failed_at_;
};

}  // namespace

tl::expected<json_value, json_error> parse_json(std::string_view text) {
  if (find_invalid_utf8(as_bytes(text))) return tl::unexpected(json_error{{}, "not UTF-8"});
  return parser{text}.document();
}

}  // namespace wanwu::things
