// Small questions about HTTP text, and the table of reason phrases.
#include "protocols/http/message.hpp"

#include <algorithm>
#include <array>

namespace wanwu::http {

namespace {

constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

struct phrase_row {
  std::uint16_t status;
  std::string_view phrase;
};
constexpr std::array<phrase_row, 31> phrases{{{100, "Continue"},
                                              {101, "Switching Protocols"},
                                              {200, "OK"},
                                              {201, "Created"},
                                              {202, "Accepted"},
                                              {204, "No Content"},
                                              {206, "Partial Content"},
                                              {301, "Moved Permanently"},
                                              {302, "Found"},
                                              {304, "Not Modified"},
                                              {307, "Temporary Redirect"},
                                              {308, "Permanent Redirect"},
                                              {400, "Bad Request"},
                                              {401, "Unauthorized"},
                                              {403, "Forbidden"},
                                              {404, "Not Found"},
                                              {405, "Method Not Allowed"},
                                              {406, "Not Acceptable"},
                                              {408, "Request Timeout"},
                                              {409, "Conflict"},
                                              {411, "Length Required"},
                                              {413, "Content Too Large"},
                                              {415, "Unsupported Media Type"},
                                              {422, "Unprocessable Content"},
                                              {426, "Upgrade Required"},
                                              {429, "Too Many Requests"},
                                              {431, "Request Header Fields Too Large"},
                                              {500, "Internal Server Error"},
                                              {501, "Not Implemented"},
                                              {503, "Service Unavailable"},
                                              {505, "HTTP Version Not Supported"}}};

}  // namespace

bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

bool is_field_text(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte != 0x7F) || c == '\t';
  });
}

bool is_request_target(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
}

std::string_view request::field(std::string_view name) const noexcept {
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [&](const field_line& f) { return equals_ignoring_case(f.name, name); });
  return found == fields.end() ? std::string_view{} : std::string_view{found->value};
}

std::string_view reason_phrase(std::uint16_t status) noexcept {
  const auto* const found = std::find_if(phrases.begin(), phrases.end(),
                                         [&](const phrase_row& row) { return row.status == status; });
  return found == phrases.end() ? std::string_view{} : found->phrase;
}

}  // namespace wanwu::http
