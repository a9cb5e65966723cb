// A port for a program that a test starts.
#pragma once

#include <stdexcept>

#include <sys/socket.h>
#include <unistd.h>

#include "protocols/transport/address.hpp"

namespace wanwu::testing {

/// An address on loopback that nobody had a moment ago. It is outside the ephemeral range, so that no client
/// takes it until the program listens, and each process looks from a place of its own.
inline socket_address free_address(int kind = SOCK_STREAM) {
  constexpr std::uint16_t lowest = 20'000, end = 32'000, places = 11'000;
  static auto next = static_cast<std::uint16_t>(lowest + ::getpid() * 37 % places);
  while (next < end) {
    const auto wanted = socket_address::from_v4(0x7F000001, next++);
    const int file = ::socket(AF_INET, kind | SOCK_CLOEXEC, 0);
    const bool is_free = ::bind(file, wanted.native(), wanted.native_size()) == 0;
    ::close(file);
    if (is_free) return wanted;
  }
  throw std::runtime_error{"no free port"};
}

}  // namespace wanwu::testing
