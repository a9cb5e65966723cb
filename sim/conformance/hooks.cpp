#include "sim/conformance/hooks.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/conformance/limits.hpp"

extern char** environ;

namespace wanwu::conform {

namespace {

using clock = std::chrono::steady_clock;
constexpr int pause_ms = 20;

bool takes_connections(const socket_address& target) {
  const int file = ::socket(target.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (file < 0) return false;
  bool up = ::connect(file, target.native(), target.native_size()) == 0;
  if (!up && errno == EINPROGRESS) {
    pollfd waiting{file, POLLOUT, 0};
    int error = 0;
    socklen_t size = sizeof error;
    up = ::poll(&waiting, 1, 200) == 1 && ::getsockopt(file, SOL_SOCKET, SO_ERROR, &error, &size) == 0 &&
         error == 0;
  }
  ::close(file);
  return up;
}

/// The exit status once it has ended; nothing after `within`.
std::optional<int> wait_for(pid_t process, duration within) {
  const auto until = clock::now() + within;
  int status = 0;
  while (::waitpid(process, &status, WNOHANG) == 0) {
    if (clock::now() > until) return std::nullopt;
    ::poll(nullptr, 0, pause_ms);
  }
  return status;
}

bool is_success(int status) {
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

target_hooks::target_hooks(hook_commands commands, std::vector<socket_address> addresses, std::string log)
    : commands_{std::move(commands)}, addresses_{std::move(addresses)}, log_{std::move(log)} {}

target_hooks::~target_hooks() {
  stop();
}

tl::expected<pid_t, std::string> target_hooks::launch(const std::vector<std::string>& command) const {
  std::vector<char*> words;
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, log_.empty() ? "/dev/null" : log_.c_str(),
                                   O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
  if (!commands_.folder.empty()) posix_spawn_file_actions_addchdir_np(&files, commands_.folder.c_str());
  posix_spawnattr_t how;
  posix_spawnattr_init(&how);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&how, &none);
  posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
  pid_t process = -1;
  const int error = posix_spawnp(&process, words[0], &files, &how, words.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&how);
  if (error != 0) return tl::unexpected{"cannot run " + command[0] + ": " + std::strerror(error)};
  return process;
}

target_hooks::done target_hooks::run_to_its_end(const std::vector<std::string>& command) const {
  const auto process = launch(command);
  if (!process) return tl::unexpected{process.error()};
  const auto status = wait_for(*process, limits::hook_within);
  if (!status) {
    ::kill(-*process, SIGKILL);
    (void)wait_for(*process, limits::hook_within);
    return tl::unexpected{command[0] + " did not end"};
  }
  if (!is_success(*status)) return tl::unexpected{command[0] + " failed"};
  return {};
}

target_hooks::done target_hooks::wait_until_it_listens() {
  const auto until = clock::now() + limits::hook_within;
  for (auto at = addresses_.begin(); at != addresses_.end();) {
    if (takes_connections(*at)) {
      ++at;
      continue;
    }
    if (clock::now() > until) return tl::unexpected{"the target takes no connections at " + at->text()};
    int status = 0;
    if (running_ > 0 && ::waitpid(running_, &status, WNOHANG) == running_) {
      // A command that puts its program into the background returns; one that failed says so.
      if (!is_success(status)) {
        end_group();
        return tl::unexpected{commands_.start[0] + " failed"};
      }
    }
    ::poll(nullptr, 0, pause_ms);
  }
  return {};
}

target_hooks::done target_hooks::start() {
  if (commands_.start.empty()) return tl::unexpected{std::string{"there is no start command"}};
  for (const auto& at : addresses_) {
    if (takes_connections(at))
      return tl::unexpected{"something takes connections at " + at.text() + " already"};
  }
  // What the command leaves behind becomes our child, so that it can be waited for in the end.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  const auto process = launch(commands_.start);
  if (!process) return tl::unexpected{process.error()};
  running_ = *process;
  return wait_until_it_listens();
}

target_hooks::done target_hooks::restart() {
  if (commands_.restart.empty()) {
    stop();
    return start();
  }
  if (auto ran = run_to_its_end(commands_.restart); !ran) return ran;
  return wait_until_it_listens();
}

void target_hooks::stop() {
  if (running_ <= 0) return;
  if (!commands_.stop.empty()) (void)run_to_its_end(commands_.stop);
  end_group();
}

void target_hooks::end_group() {
  if (running_ <= 0) return;
  ::kill(-running_, SIGTERM);
  const auto until = clock::now() + limits::hook_ends_within;
  // The first process may be gone while others of its group live on.
  while (::waitpid(-running_, nullptr, WNOHANG) >= 0 || ::kill(-running_, 0) == 0) {
    if (clock::now() > until) {
      ::kill(-running_, SIGKILL);
      while (::waitpid(-running_, nullptr, 0) > 0) {
      }
      break;
    }
    ::poll(nullptr, 0, pause_ms);
  }
  running_ = -1;
}

}  // namespace wanwu::conform
