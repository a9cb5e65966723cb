#include "protocols/coap/link_format.hpp"

#include <algorithm>

#include "protocols/core/bytes.hpp"
#include "protocols/core/utf8.hpp"

namespace wanwu::coap {

namespace {

constexpr std::string_view grammar = "RFC6690-2-1";

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

/// parmname of RFC 5987, with "*" for the extended form.
bool is_name_char(char c) noexcept {
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c)) return true;
  constexpr std::string_view others = "!#$&+-.^_`|~*";
  return others.find(c) != std::string_view::npos;
}

/// ptoken of RFC 6690 §2: what a value may hold without quotes.
bool is_token_char(char c) noexcept {
  constexpr std::string_view not_in_token = "\"(),;<>?\\ ";
  return c > 0x20 && c < 0x7F &&
         (not_in_token.find(c) == std::string_view::npos || c == '(' || c == ')' || c == '<' || c == '>' ||
          c == '?');
}

class parser {
 public:
  explicit parser(std::string_view text) noexcept : text_{text} {}

  wire_result<std::vector<link>> document() {
    std::vector<link> out;
    if (const auto bad = find_invalid_utf8(as_bytes(text_))) return refuse(wire_errc::malformed, *bad);
    skip_blanks();
    while (ok() && at_ < text_.size()) {
      if (out.size() == links_max) return refuse(wire_errc::too_large, at_);
      out.push_back(one_link());
      skip_blanks();
      if (at_ == text_.size()) break;
      expect(',');
      skip_blanks();
      if (ok() && at_ == text_.size()) fail(wire_errc::truncated, at_, grammar);
    }
    if (error_) return tl::unexpected{*error_};
    return out;
  }

 private:
  bool ok() const noexcept { return !error_; }
  void fail(wire_errc code, std::size_t at, std::string_view clause) noexcept {
    if (!error_) error_ = wire_error{code, at, clause};
  }
  tl::unexpected<wire_error> refuse(wire_errc code, std::size_t at) const noexcept {
    return tl::unexpected{wire_error{code, at, grammar}};
  }
  bool at(char c) const noexcept { return at_ < text_.size() && text_[at_] == c; }
  void skip_blanks() noexcept {
    while (at(' ') || at('\t') || at('\r') || at('\n')) ++at_;
  }
  void expect(char c) noexcept {
    if (at(c)) {
      ++at_;
    } else {
      fail(at_ == text_.size() ? wire_errc::truncated : wire_errc::malformed, at_, grammar);
    }
  }

  link one_link() {
    link out;
    expect('<');
    const auto end = text_.find('>', at_);
    if (end == std::string_view::npos) fail(wire_errc::truncated, text_.size(), grammar);
    if (!ok()) return out;
    out.target = text_.substr(at_, end - at_);
    at_ = end + 1;
    skip_blanks();
    while (ok() && at(';')) {
      ++at_;
      if (out.attributes.size() == link_attributes_max) fail(wire_errc::too_large, at_, grammar);
      skip_blanks();
      attribute(out);
      skip_blanks();
    }
    return out;
  }

  void attribute(link& out) {
    const auto start = at_;
    while (at_ < text_.size() && is_name_char(text_[at_])) ++at_;
    if (at_ == start) fail(at_ == text_.size() ? wire_errc::truncated : wire_errc::malformed, at_, grammar);
    if (!ok()) return;
    link_attribute made{std::string{text_.substr(start, at_ - start)}, std::nullopt};
    check_name(out, made.name, start);
    if (at('=')) {
      ++at_;
      made.value = at('"') ? quoted() : plain();
    }
    if (ok()) out.attributes.push_back(std::move(made));
  }

  /// Attributes that a link may carry once, or never.
  void check_name(const link& out, std::string_view name, std::size_t start) noexcept {
    if (name == "href") fail(wire_errc::malformed, start, "RFC6690-2-2");
    constexpr std::string_view once[][2] = {
        {"rt", "RFC6690-3.1-1"}, {"if", "RFC6690-3.2-1"}, {"sz", "RFC6690-3.3-1"}, {"ct", "RFC7252-7.2.1-2"}};
    for (const auto& [single, clause] : once) {
      if (name == single && out.find(name) != nullptr) fail(wire_errc::malformed, start, clause);
    }
  }

  std::string quoted() {
    std::string out;
    ++at_;
    while (at_ < text_.size() && text_[at_] != '"') {
      if (text_[at_] == '\\') ++at_;
      if (at_ < text_.size()) out += text_[at_++];
    }
    expect('"');
    return out;
  }

  std::string plain() {
    const auto start = at_;
    while (at_ < text_.size() && is_token_char(text_[at_])) ++at_;
    if (at_ == start) fail(at_ == text_.size() ? wire_errc::truncated : wire_errc::malformed, at_, grammar);
    return std::string{text_.substr(start, at_ - start)};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::optional<wire_error> error_;
};

bool is_number(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit) &&
         (text.size() == 1 || text[0] != '0');
}

bool value_matches(std::string_view value, const link_filter& filter) noexcept {
  return filter.prefix ? value.starts_with(filter.value) : value == filter.value;
}

}  // namespace

const link_attribute* link::find(std::string_view name) const noexcept {
  const auto at = std::find_if(attributes.begin(), attributes.end(),
                               [&](const link_attribute& a) { return a.name == name; });
  return at != attributes.end() ? &*at : nullptr;
}

wire_result<std::vector<link>> parse_links(std::string_view text) {
  return parser{text}.document();
}

void append_link(std::string& out, const link& l) {
  if (!out.empty()) out += ',';
  out += '<' + l.target + '>';
  for (const auto& a : l.attributes) {
    out += ';' + a.name;
    if (!a.value) continue;
    out += '=';
    if (is_number(*a.value)) {
      out += *a.value;
      continue;
    }
    out += '"';
    for (const char c : *a.value) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    out += '"';
  }
}

std::string print_links(const std::vector<link>& links) {
  std::string out;
  for (const auto& l : links) append_link(out, l);
  return out;
}

std::optional<link_filter> parse_link_filter(std::string_view query) {
  const auto equals = query.find('=');
  if (equals == std::string_view::npos || equals == 0) return std::nullopt;
  link_filter out{std::string{query.substr(0, equals)}, std::string{query.substr(equals + 1)}, false};
  if (out.value.ends_with('*')) {
    out.prefix = true;
    out.value.pop_back();
  }
  return out;
}

bool matches(const link& l, const link_filter& filter) {
  if (filter.name == "href") return value_matches(l.target, filter);
  for (const auto& a : l.attributes) {
    if (a.name != filter.name) continue;
    const std::string_view value = a.value ? std::string_view{*a.value} : std::string_view{};
    if (value_matches(value, filter)) return true;
    for (std::size_t at = 0; at <= value.size();) {
      const auto end = std::min(value.find(' ', at), value.size());
      if (value_matches(value.substr(at, end - at), filter)) return true;
      at = end + 1;
    }
  }
  return false;
}

}  // namespace wanwu::coap
