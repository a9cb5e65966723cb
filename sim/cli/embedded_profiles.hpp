// The configurations of the embedded target that conformance suites run against: no single one reaches every
// clause.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sim/cli/embedded_process.hpp"
#include "sim/conformance/suite_run.hpp"

namespace wanwu::cli {

struct embedded_profile {
  std::string name;
  std::vector<std::string> arguments;  ///< Of `wanwu target`.
  std::string user, password;
  /// By name; texts are literals.
  std::vector<std::pair<std::string, lang::value>> capabilities;
};

/// All of them, `default` first.
const std::vector<embedded_profile>& embedded_profiles();
/// Every name that a capability of any of them has.
std::vector<std::string> embedded_capability_names();

/// The embedded target as a child process in one of its configurations.
class embedded_configuration {
 public:
  /// The error is a sentence.
  static tl::expected<embedded_configuration, std::string> start(const embedded_profile& how);
  const conform::target_access& access() const noexcept { return access_; }
  /// Ends what is left of it and starts it again at the same address.
  bool restart();

 private:
  embedded_configuration(const embedded_profile& how, embedded_process process);
  const embedded_profile* how_;
  embedded_process process_;
  conform::target_access access_;
};

}  // namespace wanwu::cli
