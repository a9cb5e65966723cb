// URLs, address ranges and secrets of a target file.
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <fstream>

#include <arpa/inet.h>

#include "scenarios/language/target_file.hpp"

namespace wanwu::lang {
namespace {

constexpr std::size_t secret_bytes_max = std::size_t{64} * 1024;

struct scheme_row {
  std::string_view name;
  std::uint16_t port;
};
constexpr std::array<scheme_row, 8> schemes{{{"mqtt", 1883},
                                             {"mqtts", 8883},
                                             {"ws", 80},
                                             {"wss", 443},
                                             {"coap", 5683},
                                             {"coaps", 5684},
                                             {"http", 80},
                                             {"https", 443}}};

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_';
}

/// Prefix length of an address without one: the whole address.
constexpr int v4_bits = 32, v6_bits = 128;

}  // namespace

std::optional<url> parse_url(std::string_view text) {
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos || text.size() > 1024) return std::nullopt;
  url out;
  out.scheme = text.substr(0, colon);
  const auto row =
      std::find_if(schemes.begin(), schemes.end(), [&](const scheme_row& r) { return r.name == out.scheme; });
  if (row == schemes.end()) return std::nullopt;
  out.port = row->port;
  std::string_view rest = text.substr(colon + 3);
  if (const std::size_t slash = rest.find('/'); slash != std::string_view::npos) {
    out.path = rest.substr(slash);
    rest = rest.substr(0, slash);
  }
  if (out.path == "/") out.path.clear();
  if (out.path.find_first_of("?# \t\r\n") != std::string::npos) return std::nullopt;
  std::string_view port;
  if (rest.starts_with("[")) {
    const std::size_t close = rest.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    out.host = rest.substr(1, close - 1);
    in6_addr ignored{};
    if (inet_pton(AF_INET6, out.host.c_str(), &ignored) != 1) return std::nullopt;
    port = rest.substr(close + 1);
    if (!port.empty() && port.front() != ':') return std::nullopt;
  } else {
    const std::size_t at = rest.find(':');
    out.host = rest.substr(0, at);
    port = at == std::string_view::npos ? std::string_view{} : rest.substr(at);
    if (!std::all_of(out.host.begin(), out.host.end(), is_host_character)) return std::nullopt;
  }
  if (out.host.empty()) return std::nullopt;
  if (port.empty()) return out;
  port.remove_prefix(1);
  const auto got = std::from_chars(port.data(), port.data() + port.size(), out.port);
  if (got.ec != std::errc{} || got.ptr != port.data() + port.size() || out.port == 0) return std::nullopt;
  return out;
}

std::string to_text(const url& u) {
  const bool v6 = u.host.find(':') != std::string::npos;
  return u.scheme + "://" + (v6 ? "[" + u.host + "]" : u.host) + ":" + std::to_string(u.port) + u.path;
}

std::optional<cidr> parse_cidr(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string address{text.substr(0, slash)};
  cidr out;
  int bits = v4_bits;
  if (inet_pton(AF_INET, address.c_str(), out.address.data()) != 1) {
    if (inet_pton(AF_INET6, address.c_str(), out.address.data()) != 1) return std::nullopt;
    out.v6 = true;
    bits = v6_bits;
  }
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    int prefix = -1;
    const auto got = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
    if (got.ec != std::errc{} || got.ptr != digits.data() + digits.size() || prefix < 0 || prefix > bits)
      return std::nullopt;
    bits = prefix;
  }
  out.prefix = static_cast<std::uint8_t>(bits);
  return out;
}

namespace {

bool contains(const cidr& range, std::span<const std::uint8_t> address) {
  if (address.size() != (range.v6 ? 16U : 4U)) return false;
  for (int bit = 0; bit < range.prefix; bit += 8) {
    const auto byte = static_cast<std::size_t>(bit / 8);
    const int left = std::min(8, range.prefix - bit);
    const auto mask = static_cast<std::uint8_t>(0xFFU << static_cast<unsigned>(8 - left));
    if ((range.address[byte] & mask) != (address[byte] & mask)) return false;
  }
  return true;
}

}  // namespace

bool allows(const limits_spec& limits, std::span<const std::uint8_t> address) noexcept {
  static const std::array<cidr, 2> loopback{*parse_cidr("127.0.0.0/8"), *parse_cidr("::1/128")};
  const std::span<const cidr> ranges =
      limits.allow.empty() ? std::span<const cidr>{loopback} : std::span<const cidr>{limits.allow};
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const cidr& range) { return contains(range, address); });
}

std::optional<std::string> resolve_secret(const secret_source& secret) {
  if (secret.from == secret_source::origin::env) {
    const char* found = std::getenv(secret.name.c_str());
    if (found != nullptr) return std::string{found};
    return secret.fallback;
  }
  if (secret.from != secret_source::origin::file) return std::nullopt;
  std::ifstream in{secret.name, std::ios::binary};
  if (!in) return std::nullopt;
  std::string text(secret_bytes_max + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(in.gcount(), 0)));
  if (text.size() > secret_bytes_max || in.bad()) return std::nullopt;
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  return text;
}

bool target_file::has(protocol p) const noexcept {
  return url_of(p) != nullptr;
}

const url* target_file::url_of(protocol p) const noexcept {
  switch (p) {
    case protocol::mqtt:
      return mqtt ? &mqtt->at : nullptr;
    case protocol::coap:
      return coap ? &coap->at : nullptr;
    case protocol::http:
      return http ? &http->at : nullptr;
  }
  return nullptr;
}

}  // namespace wanwu::lang
