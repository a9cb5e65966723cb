// `--set KEY=VALUE`: changes to a tree before it is checked, with marks on the command line.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "scenarios/language/document.hpp"

namespace wanwu::lang {

struct override_text {
  std::string path;  ///< "things.meter.count"; list elements by number: phases.1.hold
  std::shared_ptr<const node> value;
  source_mark mark;  ///< Of the path.
};

/// Cuts each text at its first `=` and parses the value as YAML.
std::vector<override_text> split_overrides(const std::vector<std::string>& texts, source_set& sources,
                                           diagnostics& found);
/// The same without the path's first word.
override_text without_first(override_text text);
/// Replaces or adds the values. A path whose parents do not exist is an error.
void apply_overrides(node& tree, const std::vector<override_text>& overrides, source_set& sources,
                     diagnostics& found);

}  // namespace wanwu::lang
