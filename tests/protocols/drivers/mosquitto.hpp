// An independent MQTT broker for tests: mosquitto on a free loopback port, ended with the object.
#pragma once

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/protocols/transport/free_port.hpp"

extern char** environ;

namespace wanwu {

inline sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return out;
}

class mosquitto {
 public:
  /// `extra`: further lines of its configuration. Returns when it accepts connections.
  explicit mosquitto(const std::string& extra = "allow_anonymous true\n") {
    char name[] = "/tmp/wanwu-mosquitto-XXXXXX";
    if (::mkdtemp(name) == nullptr) throw std::runtime_error{"no temporary directory"};
    folder_ = name;
    std::ofstream{folder_ + "/conf"} << "listener " << address_.port() << " 127.0.0.1\nlog_type none\n"
                                     << extra;
    const std::string conf = folder_ + "/conf";
    const char* const arguments[] = {"/usr/sbin/mosquitto", "-c", conf.c_str(), nullptr};
    if (::posix_spawn(&pid_, arguments[0], nullptr, nullptr, const_cast<char* const*>(arguments), environ) !=
        0) {
      throw std::runtime_error{"mosquitto is not installed"};
    }
    for (int i = 0; i < 3000 && ::waitpid(pid_, nullptr, WNOHANG) == 0; ++i) {
      if (accepts()) return;
      ::poll(nullptr, 0, 10);
    }
    throw std::runtime_error{"mosquitto does not listen"};
  }
  mosquitto(const mosquitto&) = delete;
  mosquitto& operator=(const mosquitto&) = delete;
  ~mosquitto() {
    stop();
    std::filesystem::remove_all(folder_);
  }

  void stop() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  const socket_address& address() const { return address_; }

 private:
  bool accepts() const {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool good = ::connect(fd, address_.native(), address_.native_size()) == 0;
    ::close(fd);
    return good;
  }

  std::string folder_;
  socket_address address_ = testing::free_address();
  pid_t pid_ = 0;
};

}  // namespace wanwu
