// Requests by Beast's basic_parser, which is fed from one buffer and told nothing twice.
#include "protocols/http/request_parser.hpp"

#include <boost/beast/http/basic_parser.hpp>

namespace wanwu::http {

namespace beast = boost::beast;

namespace {

// Beast asserts that the shortest last chunk, "0 CRLF CRLF", is there whole when it is given a chunk header
// again.
constexpr std::size_t last_chunk_bytes = 5;

std::string_view view_of(beast::string_view text) noexcept {
  return {text.data(), text.size()};
}

struct refusal {
  wire_errc code;
  std::uint16_t status;
};

refusal refusal_of(const beast::error_code& why) noexcept {
  if (why == beast::http::error::header_limit) return {wire_errc::too_large, 431};
  if (why == beast::http::error::body_limit) return {wire_errc::too_large, 413};
  if (why == beast::http::error::bad_version) return {wire_errc::malformed, 505};
  return {wire_errc::malformed, 400};
}

class request_sink final : public beast::http::basic_parser<true> {
 public:
  explicit request_sink(const message_limits& limits) {
    header_limit(static_cast<std::uint32_t>(limits.header_bytes));
    body_limit(limits.body_bytes);
    eager(true);
  }

  request made;
  bool wants_continue = false;

 private:
  using error_code = beast::error_code;
  using text = beast::string_view;

  void on_request_impl(beast::http::verb, text method, text target, int, error_code&) override {
    made.method = view_of(method);
    made.target = view_of(target);
  }
  void on_response_impl(int, text, int, error_code&) override {}
  void on_field_impl(beast::http::field name, text name_text, text value, error_code&) override {
    if (name == beast::http::field::expect)
      wants_continue = equals_ignoring_case(view_of(value), "100-continue");
    made.fields.push_back({std::string{view_of(name_text)}, std::string{view_of(value)}});
  }
  void on_header_impl(error_code&) override { made.keep_alive = keep_alive(); }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(text body, error_code&) override { return keep(body); }
  void on_chunk_header_impl(std::uint64_t, text, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, text body, error_code&) override { return keep(body); }
  void on_finish_impl(error_code&) override {}

  std::size_t keep(text body) {
    const bytes_view raw = as_bytes(view_of(body));
    made.body.insert(made.body.end(), raw.begin(), raw.end());
    return raw.size();
  }
};

}  // namespace

struct request_parser::machine {
  explicit machine(message_limits bounds) : limits{bounds} {}

  message_limits limits;
  std::optional<request_sink> sink;
  bytes held;  // received, from `used` on not yet parsed
  std::size_t used = 0;
  std::size_t message_bytes = 0;  // parsed of the current request
  std::optional<wire_error> failed;
  std::uint16_t status = 0;
  bool stalled = false;  // the last put() left bytes that need others behind them
  bool continue_told = false;

  void refuse(refusal why) {
    failed = wire_error{why.code, message_bytes, {}};
    status = why.status;
  }
  void begin() {
    sink.emplace(limits);
    message_bytes = 0;
    stalled = continue_told = false;
  }
  void forget_used() {
    held.erase(held.begin(), held.begin() + static_cast<std::ptrdiff_t>(used));
    used = 0;
  }
  bool starts_with_line_end() const noexcept {
    return held[used] == std::byte{'\r'} || held[used] == std::byte{'\n'};
  }
  bool step();
};

// Parses on; false when more bytes are needed or the request is refused.
bool request_parser::machine::step() {
  const std::size_t left = held.size() - used;
  if (stalled && sink->is_header_done() && sink->chunked() && left < last_chunk_bytes) return false;
  beast::error_code error;
  const std::size_t count = sink->put({held.data() + used, left}, error);
  used += count;
  message_bytes += count;
  stalled = count < left;
  if (error && error != beast::http::error::need_more) {
    refuse(refusal_of(error));
    return false;
  }
  // Beast bounds what one call sees; many short fields in many calls, and chunk extensions, are bounded here.
  const std::size_t header_seen = sink->is_header_done() ? 0 : message_bytes;
  if (!sink->is_done() && header_seen + (left - count) > limits.header_bytes) {
    refuse({wire_errc::too_large, 431});
    return false;
  }
  return count != 0;
}

request_parser::request_parser(message_limits limits) : machine_{std::make_unique<machine>(limits)} {}
request_parser::request_parser(request_parser&&) noexcept = default;
request_parser& request_parser::operator=(request_parser&&) noexcept = default;
request_parser::~request_parser() = default;

void request_parser::receive(bytes_view from_peer) {
  if (machine_->failed) return;
  machine_->held.insert(machine_->held.end(), from_peer.begin(), from_peer.end());
}

std::size_t request_parser::held() const noexcept {
  return machine_->held.size() - machine_->used;
}

std::uint16_t request_parser::refusal_status() const noexcept {
  return machine_->status;
}

bool request_parser::take_continue_wish() noexcept {
  auto& m = *machine_;
  if (!m.sink || !m.sink->is_header_done() || !m.sink->wants_continue || m.continue_told) return false;
  m.continue_told = true;
  return true;
}

wire_result<std::optional<request>> request_parser::next() {
  auto& m = *machine_;
  while (!m.failed && m.used < m.held.size()) {
    if (!m.sink && m.starts_with_line_end()) {
      ++m.used;  // RFC 9112 §2.2: an empty line before a request line is ignored
      continue;
    }
    if (!m.sink) m.begin();
    const bool goes_on = m.step();
    if (m.sink->is_done()) {
      std::optional<request> made{std::move(m.sink->made)};
      m.sink.reset();
      m.forget_used();
      return made;
    }
    if (!goes_on) break;
  }
  m.forget_used();
  if (m.failed) return tl::unexpected{*m.failed};
  return std::optional<request>{};
}

}  // namespace wanwu::http
