// Addresses of sockets, networks of them, and the URLs that users name a target by.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <netinet/in.h>
#include <sys/socket.h>
#include <tl/expected.hpp>

#include "protocols/core/observation.hpp"

namespace wanwu {

/// An IPv4 or IPv6 address with a port, as the kernel takes it. 28 bytes; IPv4-mapped IPv6 is kept as IPv4.
class socket_address {
 public:
  socket_address() noexcept : inet_{} {}  ///< Unspecified: family AF_UNSPEC, no port.
  /// `host` in host byte order: 0x7F000001 is 127.0.0.1.
  static socket_address from_v4(std::uint32_t host, std::uint16_t port) noexcept;
  /// From what the kernel filled in; unspecified for families other than IPv4 and IPv6.
  static socket_address from_native(const sockaddr* raw) noexcept;

  sa_family_t family() const noexcept { return inet_.v4.sin_family; }
  bool is_v4() const noexcept { return family() == AF_INET; }
  bool is_v6() const noexcept { return family() == AF_INET6; }
  std::uint16_t port() const noexcept { return ntohs(inet_.v4.sin_port); }
  void set_port(std::uint16_t port) noexcept { inet_.v4.sin_port = htons(port); }
  /// IPv4 address in host byte order; 0 for others.
  std::uint32_t v4() const noexcept { return is_v4() ? ntohl(inet_.v4.sin_addr.s_addr) : 0; }

  bool is_loopback() const noexcept;   ///< 127.0.0.0/8 or ::1.
  bool is_multicast() const noexcept;  ///< 224.0.0.0/4 or ff00::/8.

  const sockaddr* native() const noexcept { return &inet_.any; }
  socklen_t native_size() const noexcept {
    return is_v6() ? socklen_t{sizeof(sockaddr_in6)} : socklen_t{sizeof(sockaddr_in)};
  }
  const sockaddr_in6& v6() const noexcept { return inet_.v6; }  ///< Only when is_v6().
  std::vector<std::uint8_t> raw() const;  ///< The address's 4 or 16 bytes, as they go over the wire.

  /// "127.0.0.1:1883" or "[::1]:5683"; "" when unspecified.
  std::string text() const;

  friend bool operator==(const socket_address& a, const socket_address& b) noexcept;

 private:
  union inet {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6{};  // the largest, so that all bytes start as zero
  } inet_;
};

/// Why some text is no address, network or URL. `text` is a whole sentence fragment for the user.
struct address_error {
  std::string text;
  std::size_t offset{};  ///< Bytes from the start of the text to what is wrong.
};
template <class T>
using address_result = tl::expected<T, address_error>;

/// "127.0.0.1:1883" or "[::1]:5683". Numbers only; for names see resolve().
address_result<socket_address> parse_address(std::string_view text);

/// A block of addresses, "10.0.0.0/8" or "fd00::/8".
struct network {
  socket_address first;
  std::uint8_t prefix_bits{};

  /// Ports do not matter.
  bool contains(const socket_address& address) const noexcept;
};
/// "10.0.0.0/8", or one address without a slash.
address_result<network> parse_network(std::string_view text);

/// Where a target listens, as the user wrote it.
struct target_url {
  protocol scheme{};
  std::string host;  ///< Name or number, without brackets; 1..253 bytes.
  std::uint16_t port{};
  std::string path;  ///< HTTP and CoAP: "" or begins with '/', never ends with '/'. MQTT: "".
};
/// mqtt://host[:port], coap://host[:port][/path], http://host[:port][/path]. Schemes with TLS and WebSocket
/// are refused by name until they work; user:password@ is refused because secrets do not belong in URLs.
address_result<target_url> parse_target_url(std::string_view text);

/// Addresses of a host name or number, IPv4 first. Asks the system's resolver, so it may block: before the
/// run only.
address_result<std::vector<socket_address>> resolve(const std::string& host, std::uint16_t port);

/// The local addresses that connections and endpoints are spread over. Empty: the kernel chooses.
class source_pool {
 public:
  source_pool() = default;
  /// `count` IPv4 addresses from `first` (host byte order) on; count ≥ 1.
  source_pool(std::uint32_t first, std::uint32_t count) noexcept : first_{first}, count_{count} {}

  std::uint32_t size() const noexcept { return count_; }
  bool empty() const noexcept { return count_ == 0; }
  /// Address number `index` modulo size(), host byte order. Not on an empty pool.
  std::uint32_t at(std::uint32_t index) const noexcept { return first_ + index % count_; }
  /// The index whose at() is `address`; size() when it is not of this pool.
  std::uint32_t index_of(std::uint32_t address) const noexcept {
    return address - first_ < count_ ? address - first_ : count_;
  }

 private:
  std::uint32_t first_ = 0;
  std::uint32_t count_ = 0;
};

}  // namespace wanwu
