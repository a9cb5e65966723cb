// Topic names, topic filters and shared subscriptions: what is well formed, and what matches what.
#pragma once

#include <optional>
#include <string_view>

#include "protocols/mqtt/packet_type.hpp"

namespace wanwu::mqtt {

/// The clause a topic name breaks ("" in well-formed ones): empty, U+0000, wildcards. Needs valid UTF-8.
/// Section 4.7.
std::string_view broken_topic_name_rule(std::string_view name, version level) noexcept;

/// The clause a topic filter breaks: empty, U+0000, wildcards out of place, a bad $share form (5.0 only).
std::string_view broken_filter_rule(std::string_view filter, version level) noexcept;

/// A shared subscription taken apart: $share/{group}/{filter}. Views into the argument.
struct shared_filter {
  std::string_view group;
  std::string_view filter;
};
/// Nothing when `filter` does not start with "$share/". 5.0 section 4.8.2.
std::optional<shared_filter> split_shared(std::string_view filter) noexcept;

/// Whether a topic name is matched by a (well-formed, not shared) filter. Code point by code point,
/// [MQTT-4.7.3-4]; a leading wildcard does not match a leading '$' [MQTT-4.7.2-1].
bool topic_matches(std::string_view filter, std::string_view name) noexcept;

}  // namespace wanwu::mqtt
