// Flags that concern input files, and printing what is wrong with these.
#include "sim/cli/input.hpp"

#include <charconv>
#include <iostream>

#include "scenarios/language/units.hpp"
#include "sim/cli/arguments.hpp"

namespace wanwu::cli {

void add_input_flags(argument_parser& app, input_flags& flags) {
  app.add_option("-t,--target", flags.target, "Target file instead of the scenario's own").type_name("FILE");
  app.add_option("--set", flags.set, "Change a key: things.meter.count=5k, vars.host=… (repeatable)")
      .type_name("KEY=VALUE")
      .one_at_a_time();
  app.add_option("--seed", flags.seed, "Seed of the world; same seed and files: same world").type_name("N");
  app.add_option("--scale", flags.scale, "Shrink all counts, for a trial: 0.1%").type_name("P");
}

bool to_options(const std::string& command_name, const input_flags& flags, lang::load_options& out) {
  out.set = flags.set;
  if (!flags.target.empty()) out.target = flags.target;
  if (!flags.seed.empty()) {
    std::uint64_t seed = 0;
    const char* end = flags.seed.data() + flags.seed.size();
    const auto got = std::from_chars(flags.seed.data(), end, seed);
    if (got.ec != std::errc{} || got.ptr != end) {
      usage_error(command_name, "--seed takes a whole number from 0, not '" + flags.seed + "'");
      return false;
    }
    out.seed = seed;
  }
  if (!flags.scale.empty()) {
    const auto scale = lang::parse_percent(flags.scale);
    if (!scale || *scale <= 0 || *scale > 1) {
      usage_error(command_name, "--scale takes a share above 0 % up to 100 %, not '" + flags.scale + "'");
      return false;
    }
    out.scale = *scale;
  }
  return true;
}

void add_mqtt_version(argument_parser& app, std::string& into) {
  app.add_option("-V,--mqtt-version", into, "MQTT version that the things speak (default: 5.0)")
      .one_of({"3.1.1", "5.0", "5", "311", "mqttv311", "mqttv5"})
      .type_name("3.1.1|5.0");
}

std::string mqtt_version_of(const std::string& spelling) {
  if (spelling.empty()) return "";
  return spelling.find("11") != std::string::npos || spelling == "3.1.1" ? "3.1.1" : "5.0";
}

bool report(const lang::diagnostics& found, const lang::source_set& sources, const global_options& global) {
  std::cerr << lang::format_diagnostics(found, sources, lang::diagnostic_format::human,
                                        use_colour(global, 2));
  if (!found.has_errors()) return true;
  const std::size_t errors = found.error_count();
  std::cerr << errors << (errors == 1 ? " error" : " errors") << "; nothing was sent\n";
  return false;
}

bool report(const lang::load_result& loaded, const global_options& global) {
  return report(loaded.found, *loaded.sources, global);
}

}  // namespace wanwu::cli
