// The head of one HTTP message.
#include "protocols/websocket/http_head.hpp"

#include <algorithm>

namespace wanwu::websocket {

namespace {

constexpr std::string_view head_end = "\r\n\r\n";

bool is_token(std::string_view text) noexcept {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           marks.find(c) != std::string_view::npos;
  });
}

std::string_view without_blanks(std::string_view text) noexcept {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

head_reader::state head_reader::take(bytes_view& in) {
  const auto before = text_.size();
  const auto room = in.first(std::min(in.size(), head_bytes_max - before));
  text_.append(as_text(room));
  // The end may lie across what came earlier and what came now.
  const auto found = text_.find(head_end, before < head_end.size() ? 0 : before - head_end.size() + 1);
  if (found != std::string::npos) {
    const auto size = found + head_end.size();
    text_.resize(size);
    in = in.subspan(size - before);
    return state::whole;
  }
  in = in.subspan(room.size());
  return text_.size() == head_bytes_max ? state::too_long : state::wants_more;
}

std::optional<std::size_t> head_size(bytes_view in) noexcept {
  const auto found = as_text(in).find(head_end);
  if (found == std::string_view::npos) return std::nullopt;
  return found + head_end.size();
}

std::optional<std::string_view> http_head::field(std::string_view name) const noexcept {
  for (const auto& each : fields) {
    if (http::equals_ignoring_case(each.name, name)) return each.value;
  }
  return std::nullopt;
}

std::vector<std::string_view> http_head::items(std::string_view name) const {
  std::vector<std::string_view> out;
  for (const auto& each : fields) {
    if (!http::equals_ignoring_case(each.name, name)) continue;
    std::string_view rest = each.value;
    while (true) {
      const auto comma = rest.find(',');
      const auto item = without_blanks(rest.substr(0, comma));
      if (!item.empty()) out.push_back(item);
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
  return out;
}

bool http_head::lists(std::string_view name, std::string_view token) const noexcept {
  const auto all = items(name);
  return std::any_of(all.begin(), all.end(),
                     [&](std::string_view each) { return http::equals_ignoring_case(each, token); });
}

std::optional<http_head> parse_head(std::string_view text) {
  if (text.size() > head_bytes_max || !text.ends_with(head_end)) return std::nullopt;
  text.remove_suffix(2);
  http_head out;
  for (bool first = true; !text.empty(); first = false) {
    const auto end = text.find("\r\n");
    const auto line = text.substr(0, end);
    text.remove_prefix(end + 2);
    if (!http::is_field_text(line)) return std::nullopt;
    if (first) {
      out.start = line;
      continue;
    }
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return std::nullopt;
    out.fields.push_back(
        {std::string{line.substr(0, colon)}, std::string{without_blanks(line.substr(colon + 1))}});
  }
  return out;
}

}  // namespace wanwu::websocket
