#include "protocols/coap/uri.hpp"

#include <array>

namespace wanwu::coap {

namespace {

constexpr int nibble(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

struct parts {
  std::string_view path;   ///< Without its leading "/".
  std::string_view query;  ///< Without its "?".
  bool has_path{}, has_query{};
};

parts split(std::string_view reference) noexcept {
  parts out;
  const auto question = reference.find('?');
  out.has_query = question != std::string_view::npos;
  if (out.has_query) out.query = reference.substr(question + 1);
  out.path = reference.substr(0, question);
  if (out.path.starts_with('/')) out.path.remove_prefix(1);
  out.has_path = !out.path.empty();
  return out;
}

template <class Each>
void each_part(std::string_view text, char separator, Each&& each) {
  for (std::size_t at = 0;;) {
    const auto end = text.find(separator, at);
    each(text.substr(at, end - at));
    if (end == std::string_view::npos) return;
    at = end + 1;
  }
}

/// One part decoded, into a buffer only when it has escapes.
class decoded_part {
 public:
  explicit decoded_part(std::string_view raw) noexcept : text_{raw} {
    if (raw.find('%') == std::string_view::npos) {
      whole_ = raw.size() <= uri_part_bytes_max;
      text_ = raw.substr(0, uri_part_bytes_max);
      return;
    }
    std::size_t count = 0;
    for (std::size_t i = 0; i < raw.size() && whole_; ++i) {
      char c = raw[i];
      if (c == '%') {
        const int high = i + 1 < raw.size() ? nibble(raw[i + 1]) : -1;
        const int low = i + 2 < raw.size() ? nibble(raw[i + 2]) : -1;
        if (high < 0 || low < 0) {
          whole_ = false;
          break;
        }
        c = static_cast<char>(high << 4 | low);
        i += 2;
      }
      whole_ = count < buffer_.size();
      if (whole_) buffer_[count++] = c;
    }
    text_ = {buffer_.data(), count};
  }
  std::string_view text() const noexcept { return text_; }
  bool whole() const noexcept { return whole_; }

 private:
  std::string_view text_;
  bool whole_ = true;
  std::array<char, uri_part_bytes_max> buffer_;
};

/// Characters a segment or argument may hold as they are (pchar of RFC 3986 without "&", which parts
/// arguments).
bool is_plain(char c, bool in_query) noexcept {
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) return true;
  constexpr std::string_view everywhere = "-._~!$'()*+,;=:@";
  if (everywhere.find(c) != std::string_view::npos) return true;
  return in_query ? c == '/' || c == '?' : c == '&';
}

void append_encoded(std::string& out, std::string_view raw, bool in_query) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (const char c : raw) {
    if (is_plain(c, in_query)) {
      out += c;
    } else {
      out += '%';
      out += digits[static_cast<unsigned char>(c) >> 4U];
      out += digits[static_cast<unsigned char>(c) & 0xFU];
    }
  }
}

std::string join(options_view options, option_number path, option_number query) {
  std::string out;
  for (const auto& o : options) {
    if (o.number != path) continue;
    out += '/';
    append_encoded(out, o.text(), false);
  }
  char separator = '?';
  for (const auto& o : options) {
    if (o.number != query) continue;
    if (out.empty()) out += '/';
    out += separator;
    append_encoded(out, o.text(), true);
    separator = '&';
  }
  return out;
}

}  // namespace

bool is_valid_reference(std::string_view reference) noexcept {
  if (reference.find('#') != std::string_view::npos) return false;
  const auto p = split(reference);
  bool valid = true;
  const auto judge = [&](std::string_view part) { valid = valid && decoded_part{part}.whole(); };
  each_part(p.path, '/', judge);
  each_part(p.query, '&', judge);
  return valid;
}

namespace {

bool add_parts(message_writer& out, option_number number, std::string_view text, char separator) {
  bool whole = true;
  each_part(text, separator, [&](std::string_view part) {
    const decoded_part decoded{part};
    whole = whole && decoded.whole();
    out.add(number, decoded.text());
  });
  return whole;
}

}  // namespace

bool add_uri_path(message_writer& out, std::string_view reference) {
  const auto p = split(reference);
  return !p.has_path || add_parts(out, option_number::uri_path, p.path, '/');
}

bool add_uri_query(message_writer& out, std::string_view reference) {
  const auto p = split(reference);
  return !p.has_query || add_parts(out, option_number::uri_query, p.query, '&');
}

void add_reference(message_draft& out, std::string_view reference) {
  const auto p = split(reference);
  if (p.has_path) {
    each_part(p.path, '/',
              [&](std::string_view part) { out.add(option_number::uri_path, decoded_part{part}.text()); });
  }
  if (p.has_query) {
    each_part(p.query, '&',
              [&](std::string_view part) { out.add(option_number::uri_query, decoded_part{part}.text()); });
  }
}

std::string reference_of(options_view options) {
  auto out = join(options, option_number::uri_path, option_number::uri_query);
  if (out.empty()) return "/";
  return out;
}

std::string location_of(options_view options) {
  return join(options, option_number::location_path, option_number::location_query);
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const int high = i + 1 < text.size() ? nibble(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? nibble(text[i + 2]) : -1;
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high << 4 | low);
    i += 2;
  }
  return out;
}

}  // namespace wanwu::coap
