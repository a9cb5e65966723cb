#include "protocols/mqtt/topic.hpp"

#include "protocols/mqtt/wire_fields.hpp"

namespace wanwu::mqtt {

namespace {

constexpr std::string_view share_prefix = "$share/";

/// What names and filters have in common.
std::string_view broken_common_rule(std::string_view text) noexcept {
  if (text.empty()) return "MQTT-4.7.3-1";
  if (text.find('\0') != std::string_view::npos) return "MQTT-4.7.3-2";
  if (text.size() > 0xFFFF) return "MQTT-4.7.3-3";
  return {};
}

std::string_view broken_wildcard_rule(std::string_view filter, version level) noexcept {
  for (std::size_t i = 0; i < filter.size(); ++i) {
    const bool starts = i == 0 || filter[i - 1] == '/';
    const bool ends = i + 1 == filter.size();
    if (filter[i] == '#' && !(starts && ends)) return clause_pair{"MQTT-4.7.1-2", "MQTT-4.7.1-1"}.of(level);
    if (filter[i] == '+' && !(starts && (ends || filter[i + 1] == '/'))) {
      return clause_pair{"MQTT-4.7.1-3", "MQTT-4.7.1-2"}.of(level);
    }
  }
  return {};
}

/// Takes the first level off `rest`. `more` says whether a '/' followed.
std::string_view take_level(std::string_view& rest, bool& more) noexcept {
  const auto slash = rest.find('/');
  more = slash != std::string_view::npos;
  const auto level = rest.substr(0, slash);
  rest.remove_prefix(more ? slash + 1 : rest.size());
  return level;
}

}  // namespace

std::string_view broken_topic_name_rule(std::string_view name, version level) noexcept {
  if (const auto broken = broken_common_rule(name); !broken.empty()) return broken;
  if (name.find_first_of("#+") == std::string_view::npos) return {};
  return clause_pair{"MQTT-4.7.1-1", "MQTT-4.7.0-1"}.of(level);
}

std::string_view broken_filter_rule(std::string_view filter, version level) noexcept {
  if (const auto broken = broken_common_rule(filter); !broken.empty()) return broken;
  if (level == version::v5 && filter.starts_with(share_prefix)) {
    const auto shared = split_shared(filter);
    if (!shared || shared->group.empty()) return "MQTT-4.8.2-1";
    if (shared->group.find_first_of("#+") != std::string_view::npos || shared->filter.empty()) {
      return "MQTT-4.8.2-2";
    }
    filter = shared->filter;
  }
  return broken_wildcard_rule(filter, level);
}

std::optional<shared_filter> split_shared(std::string_view filter) noexcept {
  if (!filter.starts_with(share_prefix)) return std::nullopt;
  filter.remove_prefix(share_prefix.size());
  const auto slash = filter.find('/');
  if (slash == std::string_view::npos) return shared_filter{filter, {}};
  return shared_filter{filter.substr(0, slash), filter.substr(slash + 1)};
}

bool topic_matches(std::string_view filter, std::string_view name) noexcept {
  if (name.starts_with('$') && (filter.starts_with('+') || filter.starts_with('#'))) return false;
  for (;;) {
    if (filter == "#") return true;
    bool more_filter = false;
    bool more_name = false;
    const auto wanted = take_level(filter, more_filter);
    const auto got = take_level(name, more_name);
    if (wanted != "+" && wanted != got) return false;
    if (!more_name) return !more_filter || filter == "#";  // "a/#" matches "a" itself, section 4.7.1.2
    if (!more_filter) return false;
  }
}

}  // namespace wanwu::mqtt
