#include "tests/sim/conformance/loopback_target.hpp"

#include <algorithm>
#include <stdexcept>
#include <vector>

#include <poll.h>
#include <unistd.h>

#include "protocols/core/hex.hpp"

namespace wanwu::conform {

namespace {

bool send_hex(int file, const std::string& hex, bool byte_by_byte) {
  const auto raw = parse_hex(hex);
  if (!raw) throw std::invalid_argument{hex};
  for (std::size_t at = 0; at < raw->size();) {
    const auto size = byte_by_byte ? 1 : raw->size() - at;
    const auto sent = ::send(file, raw->data() + at, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) return false;  // it does not read: its loss
    at += static_cast<std::size_t>(sent);
  }
  return true;
}

}  // namespace

loopback_target::loopback_target(manners how)
    : how_{std::move(how)}, address_{socket_address::from_v4(0x7F000001, 0)} {
  if (!listen()) throw std::runtime_error{"no port on loopback"};
  thread_ = std::thread{[this] { serve(); }};
}

loopback_target::~loopback_target() {
  stop_ = true;
  thread_.join();
  if (listening_ >= 0) ::close(listening_);
}

bool loopback_target::listen() {
  listening_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(listening_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(listening_, address_.native(), address_.native_size()) != 0 || ::listen(listening_, 512) != 0)
    return false;
  sockaddr_in bound{};
  socklen_t size = sizeof bound;
  ::getsockname(listening_, reinterpret_cast<sockaddr*>(&bound), &size);
  address_ = socket_address::from_native(reinterpret_cast<sockaddr*>(&bound));
  return true;
}

bool loopback_target::restart() {
  thread_.join();
  dead_ = false;
  const bool up = listen();
  thread_ = std::thread{[this] { serve(); }};
  return up;
}

void loopback_target::serve() {
  std::vector<pollfd> files{{listening_, POLLIN, 0}};
  const auto close_at = [&](std::size_t at) {
    ::close(files[at].fd);
    files.erase(files.begin() + static_cast<std::ptrdiff_t>(at));
  };
  while (!stop_ && !dead_) {
    if (!how_.endless.empty()) {
      for (std::size_t at = files.size(); at-- > 1;) send_hex(files[at].fd, how_.endless, false);
    }
    if (::poll(files.data(), files.size(), how_.endless.empty() ? 5 : 1) < 0) break;
    for (std::size_t at = files.size(); at-- > 1 && !dead_;) {
      if (files[at].revents == 0) continue;
      std::byte part[65536];
      const auto count = ::recv(files[at].fd, part, sizeof part, 0);
      if (count <= 0) {
        close_at(at);
        continue;
      }
      const auto said = how_.answers(to_hex({part, static_cast<std::size_t>(count)}));
      if (!said.say.empty()) send_hex(files[at].fd, said.say, how_.byte_by_byte);
      dead_ = dead_ || said.die;
      if (said.close) close_at(at);
    }
    if (!dead_ && (files[0].revents & POLLIN) != 0) {
      const int file = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
      if (file < 0) continue;
      files.push_back({file, POLLIN, 0});
      most_ = std::max(most_.load(), static_cast<int>(files.size()) - 1);
      if (!how_.on_open.empty()) send_hex(file, how_.on_open, how_.byte_by_byte);
    }
  }
  for (const pollfd& each : files) ::close(each.fd);
  listening_ = -1;
}

reply loopback_target::polite(const std::string& told) {
  if (told.starts_with("10")) return {told.substr(24, 2) == "04" ? "20 02 00 00" : "20 03 00 00 00"};
  if (told.starts_with("c0")) return {"d0 00"};
  return {"", told.starts_with("e0")};
}

}  // namespace wanwu::conform
