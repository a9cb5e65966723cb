// Commands of a target file that start, stop and restart the target: run only when the user said so.
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>
#include <tl/expected.hpp>

#include "protocols/transport/address.hpp"

namespace wanwu::conform {

/// Argument lists, run without a shell.
struct hook_commands {
  std::vector<std::string> start;    ///< May go on running (it is ended with its group) or return.
  std::vector<std::string> stop;     ///< Empty: the group of `start` is ended.
  std::vector<std::string> restart;  ///< Empty: stop, then start.
  std::string folder;                ///< Where they run: that of the target file.
};

/// One target under the control of its hooks. Ends what it started, whatever happens.
class target_hooks {
 public:
  /// `addresses`: where it listens, all of them. `log`: what the commands print is appended to this file.
  target_hooks(hook_commands commands, std::vector<socket_address> addresses, std::string log);
  target_hooks(const target_hooks&) = delete;
  target_hooks& operator=(const target_hooks&) = delete;
  ~target_hooks();

  using done = tl::expected<void, std::string>;  ///< The error is a sentence.
  /// Back when the target takes connections at each address, at most ten seconds later.
  done start();
  done restart();
  void stop();

 private:
  tl::expected<pid_t, std::string> launch(const std::vector<std::string>& command) const;
  done run_to_its_end(const std::vector<std::string>& command) const;
  done wait_until_it_listens();
  void end_group();

  hook_commands commands_;
  std::vector<socket_address> addresses_;
  std::string log_;
  pid_t running_ = -1;  ///< The process, and its group, of `start`.
};

}  // namespace wanwu::conform
