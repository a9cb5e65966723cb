// The server's voice: responses and event streams as bytes.
#pragma once

#include <span>

#include "protocols/http/message.hpp"

namespace wanwu::http {

struct response {
  std::uint16_t status = 200;
  std::string_view content_type;  ///< "" when there is no body.
  std::string_view extra_fields;  ///< Complete lines, each ended by CRLF.
  bytes_view body;
  bool keep_alive = true;
  bool to_head = false;  ///< Answers HEAD: the length is told, the body is not sent.
};

/// Appends the whole response. 1xx, 204 and 304 get neither body nor Content-Length (RFC 9110 §8.6).
void write_response(byte_writer& out, const response& what);

/// Appends "100 Continue".
void write_continue(byte_writer& out);

/// Appends the head of a `text/event-stream` response, which lasts until the connection closes; events
/// follow.
void write_event_stream_head(byte_writer& out, std::string_view extra_fields = {});
/// Appends one event; `name` and `id` may be "". Line ends within `payload` become further data lines.
void write_event(byte_writer& out, std::string_view name, std::string_view id, std::string_view payload);

}  // namespace wanwu::http
