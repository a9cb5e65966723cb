// Starting and ending the child.
#include "sim/cli/embedded_process.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scenarios/language/load.hpp"
#include "sim/heard_command.hpp"

extern char** environ;

namespace wanwu::cli {

namespace {

constexpr int ready_descriptor = 3;
constexpr auto start_within = std::chrono::seconds{10};
constexpr std::size_t ready_line_max = 4096;

/// The child's line, or "" when it ended or said nothing in time.
std::string read_ready(int from) {
  std::string line;
  const auto until = std::chrono::steady_clock::now() + start_within;
  while (line.find('\n') == std::string::npos && line.size() < ready_line_max) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now())
            .count();
    pollfd waiting{from, POLLIN, 0};
    if (left <= 0) return "";
    // A Ctrl-C meanwhile is for the run, which has not begun: it looks for one when it does.
    const int found = poll(&waiting, 1, static_cast<int>(left));
    if (found < 0 && errno == EINTR) continue;
    if (found <= 0) return "";
    std::array<char, 512> part{};
    const auto count = read(from, part.data(), part.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return "";
    line.append(part.data(), static_cast<std::size_t>(count));
  }
  return line;
}

pid_t spawn_target(int ready_to, std::uint64_t connections, std::span<const std::string> more,
                   const std::string& mqtt_at, int& error) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  if (ready_to == ready_descriptor) {
    fcntl(ready_to, F_SETFD, 0);
  } else {
    posix_spawn_file_actions_adddup2(&files, ready_to, ready_descriptor);
  }
  posix_spawnattr_t how;
  posix_spawnattr_init(&how);
  // A group of its own: Ctrl-C is for the run, which ends the target when it is done with it.
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&how, &none);
  posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
  std::vector<std::string> words{"wanwu",
                                 "target",
                                 "--quiet",
                                 "--ready-fd",
                                 std::to_string(ready_descriptor),
                                 "--mqtt",
                                 mqtt_at,
                                 "--coap",
                                 "127.0.0.1:0",
                                 "--http",
                                 "127.0.0.1:0",
                                 "--connections",
                                 std::to_string(connections)};
  words.insert(words.end(), more.begin(), more.end());
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t pid = -1;
  error = posix_spawn(&pid, "/proc/self/exe", &files, &how, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&how);
  return error == 0 ? pid : -1;
}

}  // namespace

tl::expected<embedded_process, std::string> embedded_process::start(std::uint64_t connections,
                                                                    std::span<const std::string> more,
                                                                    const std::string& mqtt_at) {
  std::array<int, 2> pipe_ends{};
  if (pipe2(pipe_ends.data(), O_CLOEXEC) != 0) {
    return tl::unexpected(std::string{"cannot start the embedded target: "} + std::strerror(errno));
  }
  int error = 0;
  const pid_t pid = spawn_target(pipe_ends[1], connections, more, mqtt_at, error);
  close(pipe_ends[1]);
  if (pid < 0) {
    close(pipe_ends[0]);
    return tl::unexpected(std::string{"cannot start the embedded target: "} + std::strerror(error));
  }
  embedded_process made{pid, read_ready(pipe_ends[0])};
  close(pipe_ends[0]);
  if (made.ready_.empty()) return tl::unexpected(std::string{"the embedded target did not come up"});
  return made;
}

embedded_process::embedded_process(embedded_process&& other) noexcept
    : pid_{std::exchange(other.pid_, -1)}, ready_{std::move(other.ready_)} {}

embedded_process& embedded_process::operator=(embedded_process&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(ready_, other.ready_);
  return *this;
}

embedded_process::~embedded_process() {
  if (pid_ <= 0) return;
  kill(pid_, SIGTERM);
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{3};
  int status = 0;
  while (waitpid(pid_, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > until) {
      kill(pid_, SIGKILL);
      waitpid(pid_, &status, 0);
      break;
    }
    poll(nullptr, 0, 10);
  }
}

std::string embedded_process::address(const std::string& protocol_name) const {
  return sim::json_at(ready_, "$." + protocol_name).value_or("");
}

std::shared_ptr<const lang::target_file> target_of(const embedded_process& process, int mqtt_version) {
  const auto url_of = [&](const std::string& scheme) {
    const std::string address = process.address(scheme);
    return address.empty() ? lang::url{} : lang::parse_url(scheme + "://" + address).value_or(lang::url{});
  };
  return lang::embedded_target_at(url_of("mqtt"), url_of("coap"), url_of("http"), mqtt_version);
}

}  // namespace wanwu::cli
