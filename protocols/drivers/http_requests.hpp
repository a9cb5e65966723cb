// The requests of an HTTP driver between their start and their end: a table with lists, no allocation once
// grown.
#pragma once

#include <array>
#include <charconv>
#include <string>
#include <vector>

#include "protocols/core/byte_writer.hpp"
#include "protocols/drivers/driver.hpp"
#include "protocols/drivers/http_beast.hpp"

namespace wanwu {

/// Row of the request table.
enum class request_id : std::uint32_t { none = 0xFFFF'FFFF };

/// What all requests of one shape have in common on the wire: made at the shape's first use.
struct rendered_shape {
  const request_shape* shape{};
  std::string before;  ///< "POST /base"
  std::string after;   ///< " HTTP/1.1 CRLF Host: … CRLF …", all but Content-Length and the empty line.
  std::uint16_t timeout_class{};
  bool has_length{};  ///< Content-Length is sent even for an empty body.
  bool is_head{}, is_idempotent{};
};

struct request_row {
  time_point intended_at, sent_at, deadline;
  std::uint32_t shape{};  ///< Index into shapes().
  thing_id thing{};
  connection_id user{};
  std::uint32_t token{};
  std::uint32_t size{};                                             ///< Bytes of the whole request.
  std::uint32_t written{};                                          ///< Bytes the transport has taken.
  request_id next_waiting = request_id::none;                       ///< Behind it in its link's queue.
  request_id earlier = request_id::none, later = request_id::none;  ///< Its neighbours in its timeout class.
  bool done{};  ///< Its outcome is known: only its place is still needed.
  bool retried{};
  bytes wire;           ///< The request, kept while it waits, is half sent, or may be sent again.
  std::string address;  ///< Kept when the answer is wanted.
};

/// Renders requests and keeps those under way. Deadlines are lists by duration: all requests of one duration
/// fall due in the order they were added, so no timer is needed for each.
class http_requests {
 public:
  explicit http_requests(const http_endpoint& target) : target_{target} {}

  /// The shape's index; renders it when it is new.
  std::uint32_t shape_of(const request_shape* shape);
  const rendered_shape& shape_at(std::uint32_t index) const { return shapes_[index]; }

  /// The bytes of a request; they live until the next call.
  bytes_view render(const rendered_shape& shape, std::string_view address, bytes_view payload);

  request_id add(const intent& wanted, std::uint32_t shape, std::uint32_t size, time_point now);
  request_row& at(request_id id) { return rows_[static_cast<std::uint32_t>(id)]; }
  /// Marks it done and takes it out of its timeout class; the row stays until release().
  void finish(request_id id);
  void release(request_id id);
  /// The earliest request whose deadline has come, or none.
  request_id due(time_point now) const;
  std::optional<time_point> next_deadline() const;
  std::uint32_t under_way() const noexcept { return under_way_; }

 private:
  struct timeout_class {
    duration within{};
    request_id first = request_id::none, last = request_id::none;
  };
  std::uint16_t class_of(duration within);

  const http_endpoint& target_;
  byte_writer out_;
  std::vector<rendered_shape> shapes_;
  std::uint32_t last_shape_ = 0;
  std::vector<request_row> rows_;
  std::vector<request_id> free_;
  std::vector<timeout_class> classes_;
  std::uint32_t under_way_ = 0;
};

}  // namespace wanwu
