// The server's ear: bytes in, whole HTTP/1.1 requests out.
#pragma once

#include <memory>
#include <optional>

#include "protocols/core/wire_error.hpp"
#include "protocols/http/message.hpp"

namespace wanwu::http {

/// Parses the requests of one connection, pipelined ones too. After an error the connection is beyond repair:
/// answer refusal_status() and close. One thread.
class request_parser {
 public:
  explicit request_parser(message_limits limits = {});
  request_parser(request_parser&&) noexcept;
  request_parser& operator=(request_parser&&) noexcept;
  ~request_parser();

  /// Keeps a copy of what the peer sent, to be taken apart by next().
  void receive(bytes_view from_peer);
  /// The oldest complete request, or nothing yet. Offsets in errors count from the start of that request.
  wire_result<std::optional<request>> next();
  /// Once for each request that asks for "100 Continue" before its body, after next() said nothing yet.
  bool take_continue_wish() noexcept;
  /// The status that tells the client why next() refused: 400, 413, 431 or 505; 0 when nothing was refused.
  std::uint16_t refusal_status() const noexcept;
  /// Bytes kept that no request has used up: bounded by what was received since the last next().
  std::size_t held() const noexcept;

 private:
  struct machine;
  std::unique_ptr<machine> machine_;
};

}  // namespace wanwu::http
