// From a name, a file or a folder to a checked suite: the one way in.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "scenarios/conformance/suite.hpp"
#include "scenarios/language/diagnostics.hpp"

namespace wanwu::conform {

struct suite_loaded {
  std::shared_ptr<lang::source_set> sources = std::make_shared<lang::source_set>();
  lang::diagnostics found;
  std::shared_ptr<const suite> loaded;  ///< Only without errors.
  bool ok() const noexcept { return !found.has_errors(); }
};

/// `path`: a shipped suite's name (mqtt-5.0), a file, or a folder that holds suite.yaml. `capabilities`: more
/// names that expressions may use (those of the target file); unknown ones in `applies` are null.
suite_loaded load_suite(const std::string& path, const std::vector<std::string>& capabilities = {},
                        const std::vector<std::string>& set = {});

/// The same for a text that stands in no file: it cannot name other files. `shown` is its name in messages.
suite_loaded load_suite_text(const std::string& shown, std::string text);

/// Names of the suites that ship with the program.
std::vector<std::string> shipped_suites();

struct waivers_loaded {
  std::shared_ptr<lang::source_set> sources = std::make_shared<lang::source_set>();
  lang::diagnostics found;
  std::vector<waiver> waivers;
};
waivers_loaded load_waivers(const std::string& path);

}  // namespace wanwu::conform
