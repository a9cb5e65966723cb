#include "reports/writers/safe_text.hpp"

#include <algorithm>

#include "protocols/core/utf8.hpp"

namespace wanwu::report {

namespace {

constexpr std::size_t page_bytes_max = 2'000;
constexpr std::string_view replacement = "\xEF\xBF\xBD";

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

}  // namespace

std::string terminal_safe(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto bad = find_invalid_utf8(as_bytes(text));
    for (const char c : text.substr(0, bad.value_or(text.size()))) out += is_control(c) ? ' ' : c;
    if (!bad) break;
    out += replacement;
    text.remove_prefix(std::min(text.size(), *bad + 1));
  }
  return out;
}

std::string page_safe(std::string_view text) {
  return terminal_safe(text.substr(0, page_bytes_max));
}

std::string xml_safe(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t length = lead < 0x80 ? 1 : (lead >= 0xF0 ? 4 : (lead >= 0xE0 ? 3 : 2));
    const auto character = text.substr(at, length);
    const bool control = lead < 0x20 && lead != '\t' && lead != '\n' && lead != '\r';
    const bool forbidden = character == "\xEF\xBF\xBE" || character == "\xEF\xBF\xBF";
    if (control || forbidden || lead == 0x7F || find_invalid_utf8(as_bytes(character))) {
      out += replacement;
      ++at;
      if (forbidden) at += 2;
      continue;
    }
    out += character;
    at += length;
  }
  return out;
}

std::string markdown_safe(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (is_control(c))
      out += ' ';
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '&')
      out += "&amp;";
    else if (c == '@')
      out += "&#64;";
    else if (std::string_view{"|`*_[]\\#~"}.find(c) != std::string_view::npos)
      (out += '\\') += c;
    else
      out += c;
  }
  return out;
}

}  // namespace wanwu::report
