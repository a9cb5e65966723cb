// Server-sent events (text/event-stream, WHATWG HTML §9.2): bytes in, events out.
#pragma once

#include <optional>
#include <string>

#include "protocols/core/bytes.hpp"
#include "protocols/core/wire_error.hpp"

namespace wanwu::http {

struct server_event {
  std::string name;     ///< "message" when the stream gives none.
  std::string id;       ///< The last id seen so far, "" at first.
  std::string payload;  ///< Data lines joined by LF.
};

/// Parses one stream. Comments, `retry` and unknown fields are passed over; an event without data is none. An
/// event cut by the end of the stream is dropped, as the standard says.
class event_stream_parser {
 public:
  static constexpr std::size_t event_bytes_max =
      std::size_t{1024} * 1024;  ///< One line, and all data of one event.

  void receive(bytes_view from_peer);
  /// The next whole event, or nothing yet; `too_large` ends the stream for good.
  wire_result<std::optional<server_event>> next();

 private:
  std::optional<std::size_t> find_line_end() const noexcept;
  bool take_line(std::string_view line);  ///< True when the line was empty and an event is complete.
  void forget_used();

  std::string held_;
  std::size_t used_ = 0;
  std::size_t taken_ = 0;  ///< Bytes of all lines before held_, for offsets.
  bool at_start_ = true, skip_line_feed_ = false, too_large_ = false;
  bool has_payload_ = false;
  server_event event_;
};

}  // namespace wanwu::http
