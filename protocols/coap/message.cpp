#include "protocols/coap/message.hpp"

#include <algorithm>

#include "protocols/coap/block.hpp"
#include "protocols/core/hex.hpp"
#include "protocols/core/utf8.hpp"

namespace wanwu::coap {

namespace {

constexpr std::size_t text_shown_max = 64;  ///< Bytes of an option's value in one description.

void append_hex(std::string& out, bytes_view value) {
  out += '[';
  out += to_hex(value.first(std::min(value.size(), text_shown_max)));
  out += ']';
}

void append_text(std::string& out, bytes_view value) {
  const auto shown = as_text(value.first(value.size() < text_shown_max ? value.size() : text_shown_max));
  if (find_invalid_utf8(value)) {
    append_hex(out, value);
    return;
  }
  for (const char c : shown) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '?' : c;
  if (shown.size() < value.size()) out += "...";
}

void append_block(std::string& out, bytes_view value) {
  const auto b = decode_block(value);
  if (!b) {
    append_hex(out, value);
    return;
  }
  out += std::to_string(b->number);
  out += b->more ? "/more/" : "/last/";
  out += std::to_string(b->size());
}

void append_option(std::string& out, const option& o) {
  const auto* kind = find_option(o.number);
  out += ' ';
  if (kind != nullptr) {
    out += kind->name;
  } else {
    out += "option-";
    out += std::to_string(value_of(o.number));
  }
  const auto format = kind != nullptr ? kind->format : option_format::opaque;
  if (format == option_format::empty && o.value.empty()) return;
  out += ':';
  switch (format) {
    case option_format::uint:
      out += std::to_string(o.uint());
      break;
    case option_format::text:
      append_text(out, o.value);
      break;
    case option_format::block:
      append_block(out, o.value);
      break;
    case option_format::empty:
    case option_format::opaque:
      append_hex(out, o.value);
      break;
  }
}

}  // namespace

std::string_view name_of(message_type type) noexcept {
  constexpr std::array<std::string_view, 4> names{"CON", "NON", "ACK", "RST"};
  return names[static_cast<std::size_t>(type) & 3U];
}

std::string describe(const message& m) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out{name_of(m.type)};
  out += ' ';
  out += dotted(m.code);
  if (const auto name = name_of(m.code); !name.empty()) {
    out += ' ';
    out += name;
  }
  out += " id=0x";
  for (unsigned shift = 16; shift > 0; shift -= 4)
    out += digits[(unsigned{value_of(m.id)} >> (shift - 4)) & 0xFU];
  if (m.token.size() != 0) {
    out += " token=";
    append_hex(out, m.token.view());
  }
  for (const auto& o : m.options) append_option(out, o);
  if (!m.payload.empty()) {
    out += " payload=";
    out += std::to_string(m.payload.size());
    out += " B";
  }
  return out;
}

}  // namespace wanwu::coap
