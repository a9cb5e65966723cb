// --source: which of this machine's IPv4 addresses things connect from.
#pragma once

#include <cstdint>
#include <string>

#include <tl/expected.hpp>

namespace wanwu::cli {

/// `count` addresses, 1 to 2^24, from `first` (host byte order) on.
struct source_addresses {
  std::uint32_t first{}, count{};
};

/// "127.1.0.0/16" (without the network's own and its broadcast address), "10.0.0.5-10.0.0.20", "10.0.0.5", or
/// the name of an interface whose addresses follow each other. The error is a sentence without a full stop.
tl::expected<source_addresses, std::string> parse_source_addresses(const std::string& text);

}  // namespace wanwu::cli
