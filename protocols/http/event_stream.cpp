// Line by line through a text/event-stream.
#include "protocols/http/event_stream.hpp"

#include <algorithm>
#include <utility>

namespace wanwu::http {

namespace {
constexpr std::string_view byte_order_mark{"\xEF\xBB\xBF"};
}

void event_stream_parser::receive(bytes_view from_peer) {
  if (!too_large_) held_.append(as_text(from_peer));
}

std::optional<std::size_t> event_stream_parser::find_line_end() const noexcept {
  const auto at = held_.find_first_of("\r\n", used_);
  if (at == std::string::npos) return std::nullopt;
  return at;
}

wire_result<std::optional<server_event>> event_stream_parser::next() {
  while (!too_large_) {
    if (skip_line_feed_ && used_ < held_.size()) {
      used_ += held_[used_] == '\n' ? 1U : 0U;  // CR LF is one line end, wherever the bytes were split
      skip_line_feed_ = false;
    }
    if (at_start_ && held_.size() < byte_order_mark.size() && byte_order_mark.starts_with(held_)) break;
    if (at_start_ && std::string_view{held_}.starts_with(byte_order_mark)) used_ = byte_order_mark.size();
    at_start_ = false;
    const auto end = find_line_end();
    const std::size_t line_bytes = end.value_or(held_.size()) - used_;
    too_large_ = line_bytes + event_.payload.size() > event_bytes_max;
    if (too_large_ || !end) break;
    const bool is_event = take_line(std::string_view{held_}.substr(used_, line_bytes));
    skip_line_feed_ = held_[*end] == '\r';
    used_ = *end + 1;
    if (!is_event) continue;
    server_event made{event_.name.empty() ? "message" : std::move(event_.name), event_.id,
                      std::move(event_.payload)};
    event_.name.clear();
    event_.payload.clear();
    has_payload_ = false;
    return std::optional{std::move(made)};
  }
  forget_used();
  if (too_large_) return tl::unexpected{wire_error{wire_errc::too_large, taken_, {}}};
  return std::optional<server_event>{};
}

bool event_stream_parser::take_line(std::string_view line) {
  if (line.empty()) {
    if (has_payload_) return true;
    event_.name.clear();
    return false;
  }
  const auto colon = std::min(line.find(':'), line.size());
  const auto field = line.substr(0, colon);
  auto value = line.substr(std::min(colon + 1, line.size()));
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (field == "data") {
    if (has_payload_) event_.payload += '\n';
    event_.payload += value;
    has_payload_ = true;
  } else if (field == "event") {
    event_.name = value;
  } else if (field == "id" && value.find('\0') == std::string_view::npos) {
    event_.id = value;
  }
  return false;
}

void event_stream_parser::forget_used() {
  held_.erase(0, used_);
  taken_ += used_;
  used_ = 0;
  if (too_large_) held_.clear();
}

}  // namespace wanwu::http
