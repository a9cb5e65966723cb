// What a suite is played against: a target in one or several configurations, each of which can be started,
// brought back and ended.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

#include "scenarios/language/target_file.hpp"
#include "sim/conformance/suite_run.hpp"

namespace wanwu::cli {

/// One configuration. Ended when it goes.
struct suite_configuration {
  std::string name;
  /// The error is a sentence. `log`: a file that gets what commands print, "" = nowhere.
  std::function<tl::expected<conform::target_access, std::string>(const std::string& log)> start;
  std::function<bool()> restart;  ///< Empty = nobody can.
  std::function<void()> stop;
  bool apart = false;  ///< It has an address of its own, so others may be up beside it.
  std::string hint;    ///< What may help when it cannot be reached; "" = nothing.
};

struct suite_target {
  std::string name;
  std::vector<std::pair<std::string, std::string>> capabilities;  ///< Of all configurations; values are JSON.
  std::vector<std::string> names;                                 ///< Of every capability of any of them.
  std::vector<suite_configuration> configurations;                ///< At least one.
};

/// The target that ships with the program, in all its configurations.
suite_target embedded_suite_target();
/// What listens at this URL; nothing is known of it. The error is a sentence.
tl::expected<suite_target, std::string> suite_target_at(const std::string& url);
/// What the file describes. `hooks`: its commands may be run.
tl::expected<suite_target, std::string> suite_target_of(std::shared_ptr<const lang::target_file> file,
                                                        bool hooks);

/// Only the named configurations, in the target's order; all when none is named. The error names those there
/// are.
tl::expected<void, std::string> choose_configurations(suite_target& of,
                                                      const std::vector<std::string>& names);

}  // namespace wanwu::cli
