// Responses by Beast's basic_parser, whose callbacks do nothing that is not asked for: they run once a field.
#include "protocols/http/response_parser.hpp"

#include <optional>

#include <boost/beast/http/basic_parser.hpp>

namespace wanwu::http {

namespace beast = boost::beast;

namespace {

// Beast asserts that the shortest last chunk, "0 CRLF CRLF", is there whole when it is given a chunk header
// again.
constexpr std::size_t last_chunk_bytes = 5;

class response_sink final : public beast::http::basic_parser<false> {
 public:
  response_sink(const message_limits& limits, expectation wanted, bytes& kept)
      : wanted_{wanted}, kept_{kept} {
    header_limit(static_cast<std::uint32_t>(limits.header_bytes));
    if (wanted.use == body_use::stream) {
      body_limit(boost::none);
    } else {
      body_limit(limits.body_bytes);
    }
    eager(true);
    skip(wanted.to_head);
  }

  std::uint16_t status = 0;
  bool is_event_stream = false;
  std::uint64_t body_bytes = 0;

 private:
  using error_code = beast::error_code;
  using text = beast::string_view;

  void on_request_impl(beast::http::verb, text, text, int, error_code&) override {}
  void on_response_impl(int code, text, int, error_code&) override {
    status = static_cast<std::uint16_t>(code);
  }
  void on_field_impl(beast::http::field name, text, text value, error_code&) override {
    if (name != beast::http::field::content_type) return;
    constexpr std::string_view wanted{"text/event-stream"};
    const std::string_view media{value.data(), value.size()};
    is_event_stream = equals_ignoring_case(media.substr(0, wanted.size()), wanted);
  }
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(text body, error_code&) override { return take(body); }
  void on_chunk_header_impl(std::uint64_t, text, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, text body, error_code&) override { return take(body); }
  void on_finish_impl(error_code&) override {}

  std::size_t take(text body) {
    body_bytes += body.size();
    if (wanted_.use != body_use::count) {
      const bytes_view raw = as_bytes({body.data(), body.size()});
      kept_.insert(kept_.end(), raw.begin(), raw.end());
    }
    return body.size();
  }

  expectation wanted_;
  bytes& kept_;
};

// Beast looks at an incomplete header only when its end has come: a peer that speaks something else is found
// out here.
bool begins_like_http(std::string_view raw) noexcept {
  constexpr std::string_view version{"HTTP/1."};
  return version.substr(0, raw.size()) == raw.substr(0, version.size());
}

wire_errc code_of(const beast::error_code& why) noexcept {
  if (why == beast::http::error::header_limit || why == beast::http::error::body_limit)
    return wire_errc::too_large;
  if (why == beast::http::error::partial_message) return wire_errc::truncated;
  return wire_errc::malformed;
}

}  // namespace

struct response_parser::machine {
  explicit machine(message_limits bounds) : limits{bounds} {}

  message_limits limits;
  expectation wanted;
  std::optional<response_sink> sink;
  bytes kept;                     // body
  bytes held;                     // received and not yet parsed: part of a line
  std::size_t message_bytes = 0;  // parsed of the current response
  int interim = 0;

  void restart() {
    sink.emplace(limits, wanted, kept);
    message_bytes = 0;
  }
  tl::unexpected<wire_error> refuse(wire_errc code) const {
    return tl::unexpected{wire_error{code, message_bytes, {}}};
  }
  wire_result<std::size_t> parse(bytes_view from);
  wire_result<bool> pass_interim();
};

// Parses what it can of `from` and returns how much that was.
wire_result<std::size_t> response_parser::machine::parse(bytes_view from) {
  std::size_t used = 0;
  while (used < from.size()) {
    if (message_bytes == 0 && !begins_like_http(as_text(from.subspan(used))))
      return refuse(wire_errc::malformed);
    beast::error_code error;
    const std::size_t count = sink->put({from.data() + used, from.size() - used}, error);
    used += count;
    message_bytes += count;
    if (error && error != beast::http::error::need_more) return refuse(code_of(error));
    // Beast bounds what one call sees; many short fields in many calls, and chunk extensions, are bounded
    // here.
    const std::size_t header_seen = sink->is_header_done() ? 0 : message_bytes;
    if (!sink->is_done() && header_seen + (from.size() - used) > limits.header_bytes && error) {
      return refuse(wire_errc::too_large);
    }
    if (sink->is_done()) {
      const auto interim_passed = pass_interim();
      if (!interim_passed) return tl::unexpected{interim_passed.error()};
      if (!*interim_passed) break;
    } else if (count == 0 || error) {
      break;
    }
  }
  return used;
}

// True when the message was an interim response, after which another is awaited.
wire_result<bool> response_parser::machine::pass_interim() {
  if (sink->status / 100 != 1) return false;
  // RFC 9110 §15.2.2: 101 answers an Upgrade that we never send.
  if (sink->status == 101 || ++interim > interim_max) return refuse(wire_errc::protocol_error);
  restart();
  return true;
}

response_parser::response_parser(message_limits limits) : machine_{std::make_unique<machine>(limits)} {}
response_parser::response_parser(response_parser&&) noexcept = default;
response_parser& response_parser::operator=(response_parser&&) noexcept = default;
response_parser::~response_parser() = default;

void response_parser::start(expectation wanted) {
  auto& m = *machine_;
  m.wanted = wanted;
  m.kept.clear();
  m.held.clear();
  m.interim = 0;
  m.restart();
}

wire_result<std::size_t> response_parser::receive(bytes_view from_peer) {
  auto& m = *machine_;
  if (complete()) return std::size_t{0};
  if (m.held.empty()) {
    const auto used = m.parse(from_peer);
    if (!used || complete()) return used;
    const auto rest = from_peer.subspan(*used);
    m.held.assign(rest.begin(), rest.end());
    return from_peer.size();
  }
  m.held.insert(m.held.end(), from_peer.begin(), from_peer.end());
  if (m.sink->is_header_done() && m.sink->chunked() && m.held.size() < last_chunk_bytes)
    return from_peer.size();
  const auto used = m.parse(m.held);
  if (!used) return used;
  const std::size_t left = m.held.size() - *used;
  m.held.erase(m.held.begin(), m.held.begin() + static_cast<std::ptrdiff_t>(*used));
  if (!complete()) return from_peer.size();
  m.held.clear();
  return from_peer.size() - left;
}

wire_result<void> response_parser::receive_end() {
  auto& m = *machine_;
  if (complete()) return {};
  if (!m.sink || !m.sink->got_some()) return m.refuse(wire_errc::truncated);
  beast::error_code error;
  m.sink->put_eof(error);
  if (error) return m.refuse(code_of(error));
  return {};
}

bool response_parser::complete() const noexcept {
  return machine_->sink && machine_->sink->is_done();
}
bool response_parser::has_begun() const noexcept {
  return machine_->sink && (machine_->sink->got_some() || machine_->interim != 0);
}
bool response_parser::has_head() const noexcept {
  return machine_->sink && machine_->sink->is_header_done();
}
std::uint16_t response_parser::status() const noexcept {
  return machine_->sink ? machine_->sink->status : std::uint16_t{0};
}
bool response_parser::keep_alive() const noexcept {
  return has_head() && machine_->sink->keep_alive();
}
bool response_parser::is_event_stream() const noexcept {
  return machine_->sink && machine_->sink->is_event_stream;
}
std::uint64_t response_parser::body_bytes() const noexcept {
  return machine_->sink ? machine_->sink->body_bytes : 0;
}
bytes_view response_parser::body() const noexcept {
  return machine_->kept;
}
void response_parser::drop_body() noexcept {
  machine_->kept.clear();
}

}  // namespace wanwu::http
