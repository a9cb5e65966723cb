// Quantities as people write them: 10 s, 250 ms, 60 %, 200/s, 256 kB, 1.2M.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocols/core/time.hpp"

namespace wanwu::lang {

/// "250 ms", "10s", "1.5 h": us ms s min h d. Nothing without a unit, when negative or above 100 years.
std::optional<duration> parse_duration(std::string_view text);
/// "10", "10k", "1.2M": a whole number up to 10^15.
std::optional<std::uint64_t> parse_count(std::string_view text);
/// "200/s", "6/min", "80k/s", "1/h" as starts per second.
std::optional<double> parse_rate(std::string_view text);
/// "60 %" as 0.6. Not limited to 100 %.
std::optional<double> parse_percent(std::string_view text);
/// "256 kB", "1 MB", "64 KiB", "12 B" in bytes.
std::optional<std::uint64_t> parse_size(std::string_view text);
/// "64 kbit/s", "1.5 Mbit/s", "2 kB/s" in bytes a second. Nothing when it is 0.
std::optional<double> parse_bandwidth(std::string_view text);

/// Shortest exact way to write it: "250 ms", "10 s", "15 min".
std::string format_duration(duration value);
/// "64 kbit/s", "2 Mbit/s".
std::string format_bandwidth(double bytes_per_s);
/// "10k", "1.2M", "950".
std::string format_count(std::uint64_t value);

}  // namespace wanwu::lang
