// The HTTP driver over any stream transport: users, the connections they share, and the requests on them.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "protocols/drivers/http_beast.hpp"
#include "protocols/drivers/http_requests.hpp"
#include "protocols/http/event_stream.hpp"
#include "protocols/http/response_parser.hpp"
#include "protocols/transport/impairment.hpp"
#include "protocols/transport/link.hpp"

namespace wanwu {

/// Links 0..plain_links-1 carry requests, those behind them one event stream each.
template <stream_transport Transport>
class http_pool : public driver, private readiness_listener {
 public:
  http_pool(const http_endpoint& target, Transport& transport, driver_client& client);
  http_pool(const http_pool&) = delete;
  http_pool& operator=(const http_pool&) = delete;

  void prepare(std::uint32_t count) override;
  void open(std::span<const connection_id> which, std::span<const time_point> intended,
            time_point now) override;
  void close(std::span<const connection_id> which, closing how, time_point now) override;
  void start(std::span<const intent> intents, time_point now) override;
  void advance(time_point now) override;
  std::optional<time_point> next_deadline() const override;
  void abandon(outcome why, time_point now) override;
  driver_totals totals() const override;
  void report_completions(bool wanted) override { reports_completions_ = wanted; }

  // What the transport calls, statically.
  void link_opened(link_id link, time_point now);
  void link_received(link_id link, bytes_view raw, time_point now);
  void link_writable(link_id link, time_point now);
  void link_ended(link_id link, time_point now);
  void link_failed(link_id link, std::error_code why, time_point now);

 private:
  static constexpr duration stream_pause =
      std::chrono::seconds{3};  ///< Before an ended stream is asked for again.

  enum class link_state : std::uint8_t { closed, opening, idle, busy };
  struct link_row {
    std::unique_ptr<http::response_parser> parser;  ///< Only while a response is half here.
    time_point opening_since;
    request_id current = request_id::none, first_waiting = request_id::none, last_waiting = request_id::none;
    std::uint32_t waiting = 0, users_up = 0, opening_turn = 0;
    connection_id opened_for{};
    link_state now{};
    bool was_up{};        ///< Has been connected before: the next time is a reconnect.
    bool has_answered{};  ///< A response has come on this very connection.
  };
  struct stream_row {
    connection_id user{};
    subscription wanted;
    login who;
    http::event_stream_parser events;
    time_point asked_at;
    std::optional<time_point> again_at;
    bytes unsent;
    bool active{}, accepted{}, told{};
  };
  struct opening_due {
    time_point at;
    std::uint32_t link{}, turn{};
  };

  void ready(std::span<const readiness> events, time_point now) override;

  // Users and connections.
  std::uint32_t link_of(connection_id user) const noexcept {
    return static_cast<std::uint32_t>(user) % static_cast<std::uint32_t>(plain_links_);
  }
  void open_link(std::uint32_t at, connection_id for_user, time_point since, time_point now);
  void set_user(connection_id user, connection_state state, outcome why, time_point now);
  void set_users_of(std::uint32_t at, connection_state state, outcome why, time_point now);
  void note_connect(std::uint32_t at, outcome result, int error, time_point now);
  void lose_link(std::uint32_t at, outcome why, time_point now);
  void after_close(std::uint32_t at, time_point now);

  // Requests.
  void begin(const intent& wanted, time_point now);
  void refuse_start(const intent& wanted, outcome why, time_point now);
  void send_now(std::uint32_t at, request_id id, bytes_view raw, time_point now);
  void send_next(std::uint32_t at, time_point now);
  void wait_in_line(std::uint32_t at, request_id id);
  void conclude(std::uint32_t at, time_point now);
  void retry(std::uint32_t at);
  void finish(request_id id, outcome result, std::uint16_t code, std::uint64_t received, time_point now);
  void fail_waiting(std::uint32_t at, outcome why, time_point now);
  void hear_answer(request_row& row, const http::response_parser& answer, time_point now);

  // Event streams.
  bool is_stream(std::uint32_t at) const noexcept { return at >= plain_links_; }
  void open_streams(connection_id user, time_point now);
  void ask_for_stream(std::uint32_t at, time_point now);
  void stream_received(std::uint32_t at, bytes_view raw, time_point now);
  void end_stream(std::uint32_t at, outcome why, std::uint16_t code, time_point now);
  void note_stream(stream_row& stream, outcome result, std::uint16_t code, time_point now);
  void close_streams(connection_id user, closing how, time_point now);

  std::unique_ptr<http::response_parser> take_parser();
  void flush();

  http_endpoint target_;
  Transport& transport_;
  driver_client& client_;
  http_requests requests_;
  std::size_t plain_links_ = 0;
  std::vector<link_row> links_;
  std::vector<connection_state> users_;
  std::vector<stream_row> streams_;   ///< Stream i is on link plain_links_ + i.
  std::deque<opening_due> openings_;  ///< In the order they fall due; those of past turns are skipped.
  std::unique_ptr<http::response_parser> scratch_;
  std::vector<std::unique_ptr<http::response_parser>> spare_parsers_;
  std::vector<observation> seen_;
  std::vector<connection_change> changes_;
  std::vector<connection_id> completions_;
  bool reports_completions_ = false;
  login asked_;
  driver_totals totals_;
};

}  // namespace wanwu
