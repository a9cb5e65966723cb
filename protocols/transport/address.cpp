// Parsing and printing of addresses, networks and target URLs, and the one call to the resolver.

#include "protocols/transport/address.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>

#include <arpa/inet.h>
#include <netdb.h>

namespace wanwu {

namespace {

constexpr std::size_t host_bytes_max = 253;  // RFC 1035 §2.3.4
constexpr std::size_t url_bytes_max = 2048;

tl::unexpected<address_error> refuse(std::string text, std::size_t offset = 0) {
  return tl::unexpected{address_error{std::move(text), offset}};
}

template <class Number>
std::optional<Number> number_of(std::string_view text, unsigned long max) {
  unsigned long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > max) return std::nullopt;
  return static_cast<Number>(value);
}

std::optional<socket_address> number_address(std::string_view host, std::uint16_t port) {
  std::array<char, 64> text{};
  if (host.empty() || host.size() >= text.size()) return std::nullopt;
  std::copy(host.begin(), host.end(), text.begin());
  in_addr v4{};
  if (::inet_pton(AF_INET, text.data(), &v4) == 1) return socket_address::from_v4(ntohl(v4.s_addr), port);
  sockaddr_in6 v6{};
  if (::inet_pton(AF_INET6, text.data(), &v6.sin6_addr) != 1) return std::nullopt;
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  return socket_address::from_native(reinterpret_cast<const sockaddr*>(&v6));
}

struct host_and_port {
  std::string_view host, port;  // port without its colon
  bool has_port{}, bracketed{};
  std::size_t port_offset{};
};

address_result<host_and_port> split_authority(std::string_view text, std::size_t base) {
  host_and_port out;
  std::string_view rest;
  if (text.starts_with('[')) {
    const auto closing = text.find(']');
    if (closing == std::string_view::npos) return refuse("'[' without ']'", base);
    out.host = text.substr(1, closing - 1);
    out.bracketed = true;
    rest = text.substr(closing + 1);
    if (!rest.empty() && rest.front() != ':')
      return refuse("only ':port' may follow ']'", base + closing + 1);
  } else {
    const auto colon = std::min(text.find(':'), text.size());
    out.host = text.substr(0, colon);
    rest = text.substr(colon);
    if (text.find(':', colon + 1) != std::string_view::npos) {
      return refuse("an IPv6 address needs brackets, as in [::1]:1883", base);
    }
  }
  out.has_port = !rest.empty();
  if (out.has_port) {
    out.port = rest.substr(1);
    out.port_offset = base + text.size() - out.port.size();
  }
  return out;
}

struct scheme_row {
  std::string_view name;
  protocol via;
  std::uint16_t port;
};
constexpr std::array<scheme_row, 3> schemes{
    {{"mqtt", protocol::mqtt, 1883}, {"coap", protocol::coap, 5683}, {"http", protocol::http, 80}}};
constexpr std::array<std::string_view, 9> schemes_to_come{"mqtts", "coaps",    "https",     "ws",     "wss",
                                                          "ssl",   "coap+tcp", "coaps+tcp", "coap+ws"};

address_result<scheme_row> find_scheme(std::string_view name) {
  std::string lower{name};
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  for (const auto& row : schemes) {
    if (row.name == lower) return row;
  }
  if (std::find(schemes_to_come.begin(), schemes_to_come.end(), lower) != schemes_to_come.end()) {
    return refuse(lower + ":// is not supported yet; mqtt://, coap:// and http:// are");
  }
  if (lower == "tcp") return refuse("write mqtt:// instead of tcp://");
  return refuse("unknown scheme '" + lower + "'; mqtt, coap and http are known");
}

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_';
}

std::optional<address_error> check_host(const host_and_port& where, std::size_t base) {
  if (where.host.empty()) return address_error{"the host is missing", base};
  if (where.host.size() > host_bytes_max) return address_error{"a host name has at most 253 bytes", base};
  if (where.bracketed) {
    const auto number = number_address(where.host, 0);
    if (!number || where.host.find(':') == std::string_view::npos)
      return address_error{"not an IPv6 address", base + 1};
    return std::nullopt;
  }
  const auto bad = std::find_if_not(where.host.begin(), where.host.end(), is_host_character);
  if (bad == where.host.end()) return std::nullopt;
  return address_error{"a host name cannot hold this character",
                       base + static_cast<std::size_t>(bad - where.host.begin())};
}

std::optional<address_error> check_path(std::string_view path, std::size_t base) {
  for (std::size_t i = 0; i < path.size(); ++i) {
    const char c = path[i];
    if (c == '?' || c == '#')
      return address_error{"a query or fragment does not belong in a target's URL", base + i};
    if (c <= ' ' || c > '~' || c == '"' || c == '<' || c == '>' || c == '\\') {
      return address_error{"this character must be percent-encoded", base + i};
    }
  }
  return std::nullopt;
}

bool is_in_block(const std::byte* a, const std::byte* b, unsigned bits) {
  const unsigned whole = bits / 8;
  if (std::memcmp(a, b, whole) != 0) return false;
  if (bits % 8 == 0) return true;
  const auto mask = static_cast<std::byte>(0xFF00U >> bits % 8 & 0xFFU);
  return (a[whole] & mask) == (b[whole] & mask);
}

}  // namespace

socket_address socket_address::from_v4(std::uint32_t host, std::uint16_t port) noexcept {
  socket_address out;
  out.inet_.v4.sin_family = AF_INET;
  out.inet_.v4.sin_port = htons(port);
  out.inet_.v4.sin_addr.s_addr = htonl(host);
  return out;
}

socket_address socket_address::from_native(const sockaddr* raw) noexcept {
  socket_address out;
  if (raw == nullptr) return out;
  if (raw->sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, raw, sizeof v4);
    return from_v4(ntohl(v4.sin_addr.s_addr), ntohs(v4.sin_port));
  }
  if (raw->sa_family != AF_INET6) return out;
  std::memcpy(&out.inet_.v6, raw, sizeof out.inet_.v6);
  const auto& address = out.inet_.v6.sin6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&address)) {
    std::uint32_t last = 0;
    std::memcpy(&last, address.s6_addr + 12, sizeof last);
    return from_v4(ntohl(last), out.port());
  }
  return out;
}

bool socket_address::is_loopback() const noexcept {
  if (is_v4()) return v4() >> 24U == 127;
  return is_v6() && IN6_IS_ADDR_LOOPBACK(&inet_.v6.sin6_addr);
}

bool socket_address::is_multicast() const noexcept {
  if (is_v4()) return v4() >> 28U == 0xE;
  return is_v6() && IN6_IS_ADDR_MULTICAST(&inet_.v6.sin6_addr);
}

std::vector<std::uint8_t> socket_address::raw() const {
  std::vector<std::uint8_t> out(is_v6() ? 16 : 4);
  if (is_v6())
    std::memcpy(out.data(), &inet_.v6.sin6_addr, out.size());
  else
    std::memcpy(out.data(), &inet_.v4.sin_addr, out.size());
  return out;
}

std::string socket_address::text() const {
  std::array<char, INET6_ADDRSTRLEN> number{};
  if (is_v4()) {
    ::inet_ntop(AF_INET, &inet_.v4.sin_addr, number.data(), number.size());
    return std::string{number.data()}.append(":").append(std::to_string(port()));
  }
  if (!is_v6()) return "";
  ::inet_ntop(AF_INET6, &inet_.v6.sin6_addr, number.data(), number.size());
  std::string out{"["};
  out.append(number.data()).append("]:").append(std::to_string(port()));
  return out;
}

bool operator==(const socket_address& a, const socket_address& b) noexcept {
  if (a.family() != b.family() || a.port() != b.port()) return false;
  if (a.is_v4()) return a.inet_.v4.sin_addr.s_addr == b.inet_.v4.sin_addr.s_addr;
  return !a.is_v6() || (std::memcmp(&a.inet_.v6.sin6_addr, &b.inet_.v6.sin6_addr, sizeof(in6_addr)) == 0 &&
                        a.inet_.v6.sin6_scope_id == b.inet_.v6.sin6_scope_id);
}

address_result<socket_address> parse_address(std::string_view text) {
  const auto where = split_authority(text, 0);
  if (!where) return tl::unexpected{where.error()};
  const auto port = where->has_port ? number_of<std::uint16_t>(where->port, 65535) : std::nullopt;
  if (!port)
    return refuse("a port from 0 to 65535 is missing", where->has_port ? where->port_offset : text.size());
  const auto address = number_address(where->host, *port);
  const bool shape_fits = address && where->bracketed == (where->host.find(':') != std::string_view::npos);
  if (!shape_fits) return refuse("not an IPv4 address or a bracketed IPv6 address");
  return *address;
}

bool network::contains(const socket_address& address) const noexcept {
  if (address.family() != first.family()) return false;
  if (address.is_v6()) {
    return is_in_block(reinterpret_cast<const std::byte*>(&address.v6().sin6_addr),
                       reinterpret_cast<const std::byte*>(&first.v6().sin6_addr), prefix_bits);
  }
  const std::uint32_t mask = prefix_bits == 0 ? 0 : ~std::uint32_t{0} << (32U - prefix_bits);
  return address.is_v4() && ((address.v4() ^ first.v4()) & mask) == 0;
}

address_result<network> parse_network(std::string_view text) {
  const auto slash = std::min(text.find('/'), text.size());
  const auto address = number_address(text.substr(0, slash), 0);
  if (!address) return refuse("not an IPv4 or IPv6 address");
  const std::uint8_t bits_max = address->is_v4() ? 32 : 128;
  if (slash == text.size()) return network{*address, bits_max};
  const auto bits = number_of<std::uint8_t>(text.substr(slash + 1), bits_max);
  if (!bits) return refuse("the prefix is a number from 0 to " + std::to_string(bits_max), slash + 1);
  return network{*address, *bits};
}

address_result<target_url> parse_target_url(std::string_view text) {
  if (text.size() > url_bytes_max) return refuse("a URL has at most 2048 bytes");
  const auto colon = text.find("://");
  if (colon == std::string_view::npos) return refuse("a URL begins with mqtt://, coap:// or http://");
  const auto scheme = find_scheme(text.substr(0, colon));
  if (!scheme) return tl::unexpected{scheme.error()};
  const std::size_t start = colon + 3;
  const auto end = std::min(text.find_first_of("/?#", start), text.size());
  const auto authority = text.substr(start, end - start);
  if (authority.find('@') != std::string_view::npos) {
    return refuse("user and password do not belong in a URL; write them under auth in the target file",
                  start);
  }
  const auto where = split_authority(authority, start);
  if (!where) return tl::unexpected{where.error()};
  if (auto bad = check_host(*where, start)) return tl::unexpected{std::move(*bad)};
  const auto port =
      where->has_port ? number_of<std::uint16_t>(where->port, 65535) : std::optional{scheme->port};
  if (!port || *port == 0) return refuse("a port is a number from 1 to 65535", where->port_offset);
  auto path = text.substr(end);
  if (auto bad = check_path(path, end)) return tl::unexpected{std::move(*bad)};
  while (path.ends_with('/')) path.remove_suffix(1);
  if (scheme->via == protocol::mqtt && !path.empty()) return refuse("an mqtt:// URL has no path", end);
  return target_url{scheme->via, std::string{where->host}, *port, std::string{path}};
}

address_result<std::vector<socket_address>> resolve(const std::string& host, std::uint16_t port) {
  if (const auto number = number_address(host, port)) return std::vector{*number};
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failed = ::getaddrinfo(host.c_str(), nullptr, &wanted, &found);
  if (failed != 0) return refuse("cannot resolve '" + host + "': " + ::gai_strerror(failed));
  std::vector<socket_address> out;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    auto address = socket_address::from_native(one->ai_addr);
    address.set_port(port);
    if (address.family() != AF_UNSPEC) out.push_back(address);
  }
  ::freeaddrinfo(found);
  std::stable_partition(out.begin(), out.end(), [](const socket_address& a) { return a.is_v4(); });
  if (out.empty()) return refuse("'" + host + "' has no IPv4 or IPv6 address");
  return out;
}

}  // namespace wanwu
