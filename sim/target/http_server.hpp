// The HTTP side of the target: an API over things, readings, commands and counters. HTTP/1.1, JSON,
// problem+json.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "protocols/http/request_parser.hpp"
#include "protocols/http/response_writer.hpp"
#include "sim/target/outbox.hpp"
#include "sim/target/target_core.hpp"
#include "sim/target/thing_services.hpp"

namespace wanwu::target {

/// A request's target taken apart: decoded path segments and query arguments. http_routes.cpp.
struct http_target {
  std::vector<std::string> path;
  std::vector<std::pair<std::string, std::string>> query;

  /// "" when there is none.
  std::string_view argument(std::string_view name) const;
};
/// Nothing when an escape is broken or there are too many parts.
std::optional<http_target> parse_http_target(std::string_view text);

/// What is to be answered.
struct http_answer {
  std::uint16_t status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::string fields;   ///< Complete lines, each ended by CRLF.
  bool stream = false;  ///< An event stream begins.
};

class http_server {
 public:
  http_server(const target_settings& settings, thing_services& services, std::vector<outbox>& lanes,
              target_totals& totals, std::function<target_totals()> count);

  std::uint32_t opened(std::uint32_t lane, link_name link, const socket_address& from, time_point now);
  void receive(std::uint32_t from, bytes_view raw, time_point now);
  void ended(std::uint32_t who);
  void backlog(std::uint32_t who, std::size_t unsent);
  void shut_down();
  std::size_t connections() const noexcept { return open_; }

  /// A thing has reported: open streams hear of it.
  void thing_reported(const known_thing& thing, protocol via, bytes_view payload, time_point now);

 private:
  struct client {
    link_name link;
    std::uint32_t lane = 0;
    bool open = false, closing = false, streaming = false;
    int stream_via = -1;  ///< Number of the one protocol wanted; -1 = all.
    std::size_t backlog = 0;
    std::unique_ptr<http::request_parser> parser;
  };

  void answer(client& c, const http::request& request, std::uint32_t who, time_point now);
  void refuse(client& c, std::uint16_t status);
  void close(client& c);

  // http_routes.cpp
  http_answer route(const http::request& request, const http_target& target, time_point now);
  http_answer route_thing(const http::request& request, const http_target& target, time_point now);
  http_answer route_thing_part(const http::request& request, const http_target& target, time_point now);
  http_answer describe(const http::request& request, const std::string& id, time_point now);
  http_answer search(const http_target& target) const;
  http_answer give_command(const http::request& request, const http_target& target, time_point now);
  http_answer pending(const http_target& target, time_point now);
  http_answer answer_command(const http::request& request, const std::string& id, time_point now);
  http_answer audit(const http_target& target) const;
  http_answer stats() const;
  http_answer own_description(const http::request& request) const;

  const target_settings& settings_;
  thing_services& services_;
  std::vector<outbox>& lanes_;
  target_totals& totals_;
  std::function<target_totals()> count_;
  std::deque<client> clients_;
  std::vector<std::uint32_t> free_;
  std::vector<std::uint32_t> streams_;
  std::size_t open_ = 0;
};

/// RFC 9457.
http_answer problem(std::uint16_t status, std::string_view detail);

}  // namespace wanwu::target
