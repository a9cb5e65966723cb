// Reading --source.
#include "sim/cli/source_addresses.hpp"

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <vector>

#include <ifaddrs.h>
#include <net/if.h>

#include "protocols/transport/address.hpp"

namespace wanwu::cli {

namespace {

/// Those of the whole loopback: no machine has more.
constexpr unsigned shortest_prefix = 8;
constexpr std::uint32_t addresses_max = std::uint32_t{1} << (32 - shortest_prefix);

std::optional<std::uint32_t> read_v4(const std::string& text) {
  const auto read = parse_address(text + ":0");
  return read && read->is_v4() ? std::optional{read->v4()} : std::nullopt;
}

std::optional<source_addresses> read_network(const std::string& text, std::size_t slash) {
  unsigned prefix = 33;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + slash + 1, end, prefix);
  const auto base = read_v4(text.substr(0, slash));
  if (!base || error != std::errc{} || stop != end || prefix < shortest_prefix || prefix > 32)
    return std::nullopt;
  const std::uint32_t count = std::uint32_t{1} << (32 - prefix);
  const std::uint32_t first = *base & ~(count - 1);
  return count <= 2 ? source_addresses{first, count} : source_addresses{first + 1, count - 2};
}

std::vector<std::uint32_t> addresses_of_interface(const std::string& name) {
  std::vector<std::uint32_t> found;
  ifaddrs* all = nullptr;
  if (getifaddrs(&all) != 0) return found;
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> held{all, freeifaddrs};
  for (const ifaddrs* each = all; each != nullptr; each = each->ifa_next) {
    if (each->ifa_addr == nullptr || each->ifa_addr->sa_family != AF_INET || name != each->ifa_name) continue;
    found.push_back(socket_address::from_native(each->ifa_addr).v4());
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

tl::expected<source_addresses, std::string> parse_source_addresses(const std::string& text) {
  if (const auto slash = text.find('/'); slash != std::string::npos) {
    if (const auto network = read_network(text, slash)) return *network;
  } else if (if_nametoindex(text.c_str()) != 0) {
    const auto found = addresses_of_interface(text);
    if (found.empty()) return tl::unexpected{"the interface " + text + " has no IPv4 address"};
    const auto count = static_cast<std::uint32_t>(found.size());
    if (found.back() - found.front() == count - 1) return source_addresses{found.front(), count};
    return tl::unexpected{"the addresses of " + text + " do not follow each other: give FIRST-LAST"};
  } else {
    const auto dash = text.find('-');
    const auto first = read_v4(text.substr(0, dash));
    const auto last = dash == std::string::npos ? first : read_v4(text.substr(dash + 1));
    if (first && last && *first <= *last && *last - *first < addresses_max)
      return source_addresses{*first, *last - *first + 1};
  }
  return tl::unexpected{
      "this takes IPv4 addresses of this machine, at most a /8 of them, as in 127.1.0.0/16, "
      "10.0.0.5-10.0.0.20 or eth0, not '" +
      text + "'"};
}

}  // namespace wanwu::cli
