// `wanwu load URL` as the scenario file it stands for.
#pragma once

#include <string>
#include <vector>

#include "scenarios/language/load.hpp"

namespace wanwu::lang {

/// Texts as typed, so that mistakes are shown as the user wrote them.
struct quick_options {
  std::vector<std::string> urls;  ///< At most one per protocol; none = the embedded target, over mqtt.
  std::string count = "1k";
  std::string every = "5 s";
  std::string hold = "1 min";
  std::string ramp;  ///< "" = a tenth of `hold`, between 1 s and 30 s.
  std::string model = "builtin/meter";
  bool watch_arrivals =
      true;             ///< An independent client can tell what arrived: also demand that nothing is lost.
  bool demands = true;  ///< Whether it has thresholds.
  std::string mqtt_version;        ///< "3.1.1" or "5.0"; "" = what a scenario without it means.
  std::string over;                ///< "" = the first URL's protocol.
  std::vector<std::string> allow;  ///< Ranges beyond loopback: "10.0.0.5/32".
};

/// The YAML of language.md §2.3 for these options; what --print-scenario prints.
std::string quick_scenario_text(const quick_options& options);
/// The text above, loaded: the same struct as from a file, errors pointing at "<command line>".
load_result make_quick_scenario(const quick_options& options, const load_options& load = {});

}  // namespace wanwu::lang
