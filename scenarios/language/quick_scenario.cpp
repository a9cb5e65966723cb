// `wanwu load URL` written out as a scenario.
#include "scenarios/language/quick_scenario.hpp"

#include <algorithm>

#include "scenarios/language/units.hpp"

namespace wanwu::lang {
namespace {

constexpr std::string_view shown_name = "<command line>";

/// "mqtt" of "mqtt://…", also of "mqtts://…", whose own message then says that TLS is not there yet.
std::string key_of(const std::string& text) {
  std::string scheme = text.substr(0, text.find("://"));
  if (scheme == "mqtts" || scheme == "coaps" || scheme == "https") scheme.pop_back();
  return scheme;
}

bool is_plain(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ' ' ||
           c == '.' || c == '/' || c == '_' || c == '-' || c == '%';
  });
}

/// "10s" is written "10 s", as in the documentation; what is no quantity stays and is refused with its place.
std::string scalar(const std::string& text) {
  if (const auto length = parse_duration(text)) {
    const std::size_t unit = text.find_first_not_of("0123456789.");
    if (text[unit] != ' ') return text.substr(0, unit) + " " + text.substr(unit);
  }
  return is_plain(text) ? text : json_quoted(text);
}

std::string ramp_of(const quick_options& options) {
  if (!options.ramp.empty()) return scalar(options.ramp);
  const auto hold = parse_duration(options.hold).value_or(std::chrono::minutes{1});
  const auto tenth = std::chrono::duration_cast<std::chrono::seconds>(hold / 10);
  return std::to_string(std::clamp<std::int64_t>(tenth.count(), 1, 30)) + " s";
}

/// A p99 wants 10 000 samples by default. A first try of a few things for a few seconds has fewer and still
/// deserves a verdict, so it says openly that it is content with fewer.
std::string latency_limit(const quick_options& options) {
  constexpr double wanted = 10'000;
  constexpr double few = 100;
  const auto hold = parse_duration(options.hold).value_or(duration{});
  const auto every = parse_duration(options.every).value_or(duration{});
  const auto count = static_cast<double>(parse_count(options.count).value_or(0));
  const double planned =
      every.count() > 0 ? count * (static_cast<double>(hold.count()) / static_cast<double>(every.count()))
                        : 0;
  if (planned >= wanted) return "  - telemetry.latency p99 < 250 ms\n";
  const auto enough = static_cast<std::uint64_t>(std::clamp(planned / 2, 1.0, few));
  return "  - { check: telemetry.latency p99 < 250 ms, min_samples: " + std::to_string(enough) + " }\n";
}

/// Who was never let in has no latency and loses nothing. Levels are read once a second, so a shorter hold
/// may hold none.
std::string connected_limit(const quick_options& options) {
  const auto hold = parse_duration(options.hold).value_or(duration{});
  return hold >= std::chrono::seconds{2} ? "  - things.connected max >= 99 % in hold\n" : "";
}

}  // namespace

std::string quick_scenario_text(const quick_options& options) {
  std::string out = "wanwu: scenario/v1\n";
  if (!options.urls.empty() || !options.allow.empty() || !options.mqtt_version.empty()) {
    out += "target: {";
    std::string comma = " ";
    for (const std::string& text : options.urls) {
      const std::string key = key_of(text);
      out += comma + (is_plain(key) ? key : json_quoted(key)) + ": " + json_quoted(text);
      comma = ", ";
    }
    if (!options.mqtt_version.empty()) {
      out += comma + "mqtt_version: " + json_quoted(options.mqtt_version);
      comma = ", ";
    }
    if (!options.allow.empty()) {
      out += comma + "allow: [";
      for (std::size_t i = 0; i < options.allow.size(); ++i)
        out += (i == 0 ? " " : ", ") + json_quoted(options.allow[i]);
      out += " ]";
    }
    out += " }\n";
  }
  std::string name = options.model.substr(options.model.rfind('/') + 1);
  name = name.substr(0, name.find('.'));
  const bool fine =
      !name.empty() && name[0] >= 'a' && name[0] <= 'z' && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
      });
  out += "things:\n  " + (fine ? name : std::string{"thing"}) + ": { model: " + scalar(options.model) +
         ", count: " + scalar(options.count);
  if (!options.over.empty()) out += ", over: " + scalar(options.over);
  out += ", every: " + scalar(options.every) + " }\n";
  out += "phases:\n  - ramp: " + ramp_of(options) + "\n  - hold: " + scalar(options.hold) + "\n";
  if (!options.demands) return out;
  out +=
      "thresholds:\n" + connected_limit(options) + latency_limit(options) +
      (options.watch_arrivals ? "  - telemetry.lost ratio < 0.01 %\n" : "  - telemetry.errors ratio < 1 %\n");
  return out;
}

load_result make_quick_scenario(const quick_options& options, const load_options& load) {
  load_result out = load_text(std::string{shown_name}, quick_scenario_text(options), load);
  if (out.scenario) {
    auto named = std::make_shared<scenario>(*out.scenario);
    named->name = "load";
    out.scenario = std::move(named);
  }
  return out;
}

}  // namespace wanwu::lang
