// The client's ear: bytes in, one HTTP/1.1 response after the other out.
#pragma once

#include <memory>

#include "protocols/core/wire_error.hpp"
#include "protocols/http/message.hpp"

namespace wanwu::http {

/// What becomes of a response's body.
enum class body_use : std::uint8_t {
  count,   ///< Counted and forgotten.
  keep,    ///< In body() when complete.
  stream,  ///< In body() piece by piece, until drop_body(); no bound on the whole.
};

struct expectation {
  body_use use = body_use::count;
  bool to_head = false;  ///< The request was HEAD: there is no body, whatever the fields say.
};

/// Parses the response to one request at a time; start() again for the next, with no memory given back or
/// taken. Interim responses (1xx) are passed over. One thread.
class response_parser {
 public:
  static constexpr int interim_max = 8;  ///< 1xx responses before one that counts.

  explicit response_parser(message_limits limits = {});
  response_parser(response_parser&&) noexcept;
  response_parser& operator=(response_parser&&) noexcept;
  ~response_parser();

  void start(expectation wanted);
  /// How many bytes belong to this response; fewer than given only when complete(). Offsets in errors count
  /// from its first byte. After an error the connection is beyond repair.
  wire_result<std::size_t> receive(bytes_view from_peer);
  /// The peer closed: completes a body that has no length, and is `truncated` for any other.
  wire_result<void> receive_end();

  bool complete() const noexcept;
  bool has_begun() const noexcept;  ///< At least one byte since start().
  bool has_head() const noexcept;   ///< Status and fields are known.
  std::uint16_t status() const noexcept;
  bool keep_alive() const noexcept;  ///< Once complete: whether the connection may carry another request.
  bool is_event_stream() const noexcept;
  std::uint64_t body_bytes() const noexcept;  ///< Decoded so far, kept or not.
  bytes_view body() const noexcept;           ///< Lives until the next receive(), drop_body() or start().
  void drop_body() noexcept;

 private:
  struct machine;
  std::unique_ptr<machine> machine_;
};

}  // namespace wanwu::http
