// Rendering of responses and server-sent events.
#include "protocols/http/response_writer.hpp"

#include <array>
#include <charconv>

namespace wanwu::http {

namespace {

void append_number(byte_writer& out, std::uint64_t value) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(std::string_view{digits.data(), static_cast<std::size_t>(end - digits.data())});
}

bool may_have_body(std::uint16_t status) noexcept {
  return status >= 200 && status != 204 && status != 304;
}

void append_line(byte_writer& out, std::string_view name, std::string_view value) {
  out.append(name);
  out.append(value);
  out.append("\n");
}

}  // namespace

void write_response(byte_writer& out, const response& what) {
  out.append("HTTP/1.1 ");
  append_number(out, what.status);
  out.append(" ");
  out.append(reason_phrase(what.status));
  out.append("\r\n");
  if (!what.content_type.empty()) {
    out.append("Content-Type: ");
    out.append(what.content_type);
    out.append("\r\n");
  }
  if (may_have_body(what.status)) {
    out.append("Content-Length: ");
    append_number(out, what.body.size());
    out.append("\r\n");
  }
  out.append(what.extra_fields);
  if (!what.keep_alive) out.append("Connection: close\r\n");
  out.append("\r\n");
  if (may_have_body(what.status) && !what.to_head) out.append(what.body);
}

void write_continue(byte_writer& out) {
  out.append("HTTP/1.1 100 Continue\r\n\r\n");
}

void write_event_stream_head(byte_writer& out, std::string_view extra_fields) {
  out.append("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n");
  out.append(extra_fields);
  out.append("Connection: close\r\n\r\n");
}

void write_event(byte_writer& out, std::string_view name, std::string_view id, std::string_view payload) {
  if (!name.empty()) append_line(out, "event: ", name);
  if (!id.empty()) append_line(out, "id: ", id);
  while (true) {
    const auto end = payload.find_first_of("\r\n");
    append_line(out, "data: ", payload.substr(0, end));
    if (end == std::string_view::npos) break;
    const bool is_pair = payload.substr(end).starts_with("\r\n");
    payload.remove_prefix(end + (is_pair ? 2 : 1));
  }
  out.append("\n");
}

}  // namespace wanwu::http
