// Rendering compiled templates: literals are copied, slots written where they belong, the rest evaluated.
#include "scenarios/language/template.hpp"

#include <algorithm>
#include <array>

#include "scenarios/language/json_view.hpp"
#include "scenarios/language/number_text.hpp"
#include "scenarios/language/slots.hpp"

namespace wanwu::lang {
namespace {

constexpr std::string_view hex_digits = "0123456789ABCDEF";

/// Which bytes go through as they are, by place.
struct byte_class {
  std::array<bool, 256> safe{};
};

constexpr byte_class make_uri_class() {
  byte_class out;  // RFC 3986 §2.3: unreserved
  for (unsigned c = 0; c < 256; ++c) {
    out.safe[c] = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                  c == '.' || c == '_' || c == '~';
  }
  return out;
}
constexpr byte_class make_json_class() {
  byte_class out;  // RFC 8259 §7
  for (unsigned c = 0; c < 256; ++c) out.safe[c] = c >= 0x20 && c != '"' && c != '\\';
  return out;
}
constexpr byte_class make_topic_class(bool slash) {
  byte_class out;  // MQTT 5 §4.7: no wildcards in a name; a value must not add a level either
  for (unsigned c = 0; c < 256; ++c) out.safe[c] = c != '+' && c != '#' && c != 0 && (slash || c != '/');
  return out;
}
constexpr byte_class uri_bytes = make_uri_class();
constexpr byte_class topic_bytes = make_topic_class(true), topic_level_bytes = make_topic_class(false);
constexpr byte_class json_bytes = make_json_class();

bool is_safe(std::string_view text, const byte_class& bytes) {
  bool safe = true;
  for (const char c : text) safe &= bytes.safe[static_cast<unsigned char>(c)];
  return safe;
}

void write_percent(std::string_view text, byte_writer& out) {
  if (is_safe(text, uri_bytes)) return out.append(text);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (uri_bytes.safe[byte]) {
      out.u8(byte);
    } else {
      const char encoded[3]{'%', hex_digits[byte >> 4U], hex_digits[byte & 0xFU]};
      out.append(std::string_view{encoded, 3});
    }
  }
}

void write_json_escaped(std::string_view text, byte_writer& out) {
  if (is_safe(text, json_bytes)) return out.append(text);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (json_bytes.safe[byte]) {
      out.u8(byte);
    } else if (c == '"' || c == '\\') {
      const char escaped[2]{'\\', c};
      out.append(std::string_view{escaped, 2});
    } else if (c == '\n') {
      out.append(std::string_view{"\\n"});
    } else {
      const char escaped[6]{'\\', 'u', '0', '0', hex_digits[byte >> 4U], hex_digits[byte & 0xFU]};
      out.append(std::string_view{escaped, 6});
    }
  }
}

template <class Write>
void with_number_text(byte_writer& out, Write write) {
  char* to = reinterpret_cast<char*>(out.grow(number_text_max));
  out.drop_last(number_text_max - write(to));
}

bool write_at(const value& v, place where, bool whole, byte_writer& out) {
  if (where == place::json_value) {
    write_json_value(v, out);
    return true;
  }
  if (!v.is_text()) {  // numbers and words need no escape anywhere
    write_value(v, out);
    return true;
  }
  const std::string_view text = v.text();
  switch (where) {
    case place::plain:
      out.append(text);
      return true;
    case place::topic:
      if (!is_safe(text, whole ? topic_bytes : topic_level_bytes)) return false;
      out.append(text);
      return true;
    case place::uri_path:
      if (text == "." || text == "..") return false;  // would climb out of the path
      write_percent(text, out);
      return true;
    case place::uri_query:
      write_percent(text, out);
      return true;
    case place::json_string:
      write_json_escaped(text, out);
      return true;
    case place::json_value:
      break;
  }
  return true;
}

}  // namespace

void write_value(const value& v, byte_writer& out) {
  switch (v.kind()) {
    case value_kind::null:
      return;
    case value_kind::boolean:
      return out.append(std::string_view{v.truth() ? "true" : "false"});
    case value_kind::text:
    case value_kind::json:
      return out.append(v.text());
    case value_kind::number:
      return with_number_text(out, [&](char* to) { return write_number(to, v.number()); });
    case value_kind::time:
      return with_number_text(out, [&](char* to) { return write_number(to, v.number() / 1e9); });
    default:
      return with_number_text(out, [&](char* to) { return write_integer(to, v.integer()); });
  }
}

void write_json_value(const value& v, byte_writer& out) {
  if (v.is_null() || (v.kind() == value_kind::json && v.text().empty())) {
    out.append(std::string_view{"null"});
  } else if (v.kind() == value_kind::text) {
    out.u8('"');
    write_json_escaped(v.text(), out);
    out.u8('"');
  } else {
    write_value(v, out);
  }
}

bool text_template::render_range(std::size_t from, std::size_t to, eval_context& context,
                                 byte_writer& out) const {
  for (std::size_t i = from; i < to; ++i) {
    const segment& s = segments_[i];
    switch (s.kind) {
      case step::literal:
        out.append(std::string_view{text_}.substr(s.begin, s.size));
        break;
      case step::slot:
        if (!write_at(s.slot < context.slots.size() ? context.slots[s.slot] : value{}, s.where, s.whole, out))
          return false;
        break;
      case step::expression:
        context.scratch_used = 0;
        if (!write_at(expressions_[s.begin].evaluate(context), s.where, s.whole, out)) return false;
        break;
      case step::repeat: {
        bool first = true;
        for (const reading& r : context.readings) {
          if (index_of(slot::value) < context.slots.size()) {
            context.slots[index_of(slot::property)] = value::of(r.name);
            context.slots[index_of(slot::value)] = r.now;
          }
          if (!first) out.u8(',');
          first = false;
          if (!render_range(i + 1, i + 1 + s.size, context, out)) return false;
        }
        i += s.size;
        break;
      }
    }
  }
  return true;
}

bool text_template::render(eval_context& context, byte_writer& out) const {
  const std::size_t before = out.size();
  if (render_range(0, segments_.size(), context, out)) return true;
  out.drop_last(out.size() - before);
  return false;
}

bool text_template::is_literal() const noexcept {
  return segments_.empty() || (segments_.size() == 1 && segments_[0].kind == step::literal);
}

std::string_view text_template::literal() const noexcept {
  return is_literal() ? std::string_view{text_} : std::string_view{};
}

bool text_template::uses(std::uint16_t number) const noexcept {
  return std::any_of(segments_.begin(), segments_.end(), [&](const segment& s) {
    if (s.kind == step::slot) return s.slot == number;
    return s.kind == step::expression && expressions_[s.begin].uses_slot(number);
  });
}

}  // namespace wanwu::lang
