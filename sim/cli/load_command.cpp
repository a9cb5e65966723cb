// wanwu load: a load test from the command line alone.
#include <algorithm>
#include <iostream>

#include "protocols/transport/address.hpp"
#include "scenarios/language/quick_scenario.hpp"
#include "scenarios/language/units.hpp"
#include "sim/cli/arguments.hpp"
#include "sim/cli/catalogue_lookup.hpp"
#include "sim/cli/input.hpp"
#include "sim/cli/run_flags.hpp"

namespace wanwu::cli {

namespace {

struct load_flags {
  std::string rate, size, find, step, hold;
  int qos = -1;
  std::uint32_t flood = 0;
  bool print = false;
};

/// The rate that all things together give, as the period of each. "" when it cannot be.
std::string period_for(const std::string& rate, const std::string& count) {
  const auto per_second = lang::parse_rate(rate);
  const auto things = lang::parse_count(count);
  if (!per_second || *per_second <= 0 || !things || *things == 0) return "";
  const double ns = static_cast<double>(*things) / *per_second * 1e9;
  return ns < 1'000 ? "" : lang::format_duration(duration{static_cast<std::int64_t>(ns)});
}

/// On a command line `2m` means two minutes, as with every other load tool; the files' unit is `min`.
void accept_minutes(std::string& text) {
  if (text.size() >= 2 && text.back() == 'm' &&
      (text[text.size() - 2] == ' ' || (text[text.size() - 2] >= '0' && text[text.size() - 2] <= '9')))
    text += "in";
}

void add_flags(argument_parser& app, lang::quick_options& quick, load_flags& own, std::uint64_t& seed) {
  app.add_option("URL", quick.urls,
                 "mqtt://HOST:PORT, coap://… or http://…; none: the embedded target is started");
  app.add_option("-n,--things", quick.count, "How many things").show_default().type_name("N");
  app.add_option("--every", quick.every, "Each thing sends once in this time")
      .show_default()
      .type_name("TIME");
  app.add_option("--rate", own.rate, "Instead of --every: messages of all things together, as in 5k/s")
      .type_name("RATE");
  app.add_option("--for", own.hold,
                 "How long, after the ramp [1min]; with --find-rate at most so long [3min]")
      .type_name("TIME");
  app.add_option("--ramp", quick.ramp,
                 "Time in which the things connect (default: a tenth of --for, 1 s to 30 s)")
      .type_name("TIME");
  app.add_option("--over", quick.over, "mqtt, coap or http, when several URLs or none are given")
      .one_of({"mqtt", "coap", "http"})
      .type_name("PROTOCOL");
  app.add_option("--model", quick.model, "Kind of thing: see wanwu list models")
      .show_default()
      .type_name("MODEL");
  app.add_option("--qos", own.qos, "MQTT QoS of the readings").range(0, 2).type_name("0|1|2");
  add_mqtt_version(app, quick.mqtt_version);
  app.add_option("--size", own.size, "Payloads of exactly this size instead of readings, as in 100 B")
      .type_name("SIZE");
  app.add_option("--flood", own.flood,
                 "As fast as it goes: this many messages in flight on each connection, no schedule")
      .range(1, 1024)
      .type_name("N");
  app.add_option("--find-rate", own.find,
                 "Search the highest rate at which this holds, as in 'p99 < 50 ms', from --rate on upwards")
      .type_name("LIMIT");
  app.add_option("--step", own.step, "How long --find-rate measures each rate [4s]").type_name("TIME");
  app.add_option("--allow", quick.allow,
                 "Also allow a target in this address range; loopback is allowed always")
      .type_name("CIDR")
      .one_at_a_time();
  app.add_option("--seed", seed, "Seed of the world").show_default().type_name("N");
  app.add_flag("--print-scenario", own.print, "Print the scenario file that this stands for; send nothing");
}

/// Whether the things will speak MQTT: what --over says, else MQTT wherever the target has it.
bool speaks_mqtt(const lang::quick_options& quick) {
  const auto is_mqtt = [](const std::string& word) { return word.starts_with("mqtt"); };
  if (!quick.over.empty()) return is_mqtt(quick.over);
  return quick.urls.empty() || std::any_of(quick.urls.begin(), quick.urls.end(), is_mqtt);
}

/// What turns a load into a search. False after an explanation.
bool apply_search(const load_flags& own, lang::quick_options& quick, run_wishes& wishes) {
  if (own.find.empty()) {
    if (own.step.empty()) return true;
    usage_error("load", "--step is for --find-rate");
    return false;
  }
  if (own.flood > 0 || own.print) {
    usage_error("load",
                std::string{own.print ? "--print-scenario" : "--flood"} + " has no meaning with --find-rate");
    return false;
  }
  const bool arrival = own.qos == 0 && own.size.empty();
  auto bound = parse_rate_bound(own.find, arrival);
  if (!bound) {
    usage_error("load", bound.error());
    return false;
  }
  rate_wishes& find = wishes.find.emplace();
  find.bound = std::move(*bound);
  if (!own.rate.empty()) find.first_per_s = *lang::parse_rate(own.rate);
  if (!own.step.empty()) {
    std::string text = own.step;
    accept_minutes(text);
    const auto length = lang::parse_duration(text);
    if (!length || *length < std::chrono::seconds{1} || *length > std::chrono::minutes{10}) {
      usage_error("load", "--step takes a length of time from 1 s to 10 min, not '" + own.step + "'");
      return false;
    }
    find.step = *length;
  }
  // In steps beyond what the target holds, nothing is demanded of it; arrival is watched where it is judged.
  quick.demands = false;
  wishes.witness = wishes.witness && find.bound.metric == lang::metric_id::telemetry_e2e;
  // Each step is this, faster or slower; the witness takes its sample for it.
  if (std::string period = period_for("20k/s", quick.count); !period.empty()) quick.every = std::move(period);
  const auto seconds = lang::parse_count(quick.count).value_or(0) / 2'000;
  if (quick.ramp.empty()) quick.ramp = std::to_string(std::clamp<std::uint64_t>(seconds, 1, 60)) + " s";
  return true;
}

/// False after an explanation.
bool apply(const load_flags& own, lang::quick_options& quick, run_wishes& wishes) {
  quick.hold = !own.hold.empty() ? own.hold : (own.find.empty() ? "1 min" : "3 min");
  for (std::string* text : {&quick.every, &quick.hold, &quick.ramp}) accept_minutes(*text);
  if (!speaks_mqtt(quick) && (own.qos >= 0 || !quick.mqtt_version.empty())) {
    const std::string flag = own.qos >= 0 ? "--qos" : "--mqtt-version";
    usage_error("load", flag + " is of MQTT, and nothing here speaks it");
    return false;
  }
  quick.mqtt_version = mqtt_version_of(quick.mqtt_version);
  if (!own.rate.empty()) {
    quick.every = period_for(own.rate, quick.count);
    if (quick.every.empty()) {
      usage_error("load", "--rate takes messages a second such as 5k/s, not '" + own.rate + "'");
      return false;
    }
  }
  if (!own.size.empty()) {
    const auto size = lang::parse_size(own.size);
    if (!size || *size == 0 || *size > 16'000'000) {
      usage_error("load",
                  "--size takes a payload size such as 100 B or 4 kB, up to 16 MB, not '" + own.size + "'");
      return false;
    }
    wishes.plan.payload_bytes = static_cast<std::size_t>(*size);
  }
  if (own.qos >= 0) wishes.plan.qos = static_cast<std::uint8_t>(own.qos);
  wishes.flood_window = own.flood;
  if (own.flood > 0 || !own.size.empty()) wishes.witness = false;  // nothing tells equal payloads apart
  if (!apply_search(own, quick, wishes)) return false;
  // Any broker forwards what it received to a witness; other targets known by address only do not.
  quick.watch_arrivals = wishes.witness && speaks_mqtt(quick);
  return true;
}

/// What of the command line a scenario file has no word for, as a comment.
std::string beside_scenario(const load_flags& own) {
  std::string words;
  if (own.qos >= 0) words += " --qos " + std::to_string(own.qos);
  if (!own.size.empty()) words += " --size '" + own.size + "'";
  if (own.flood > 0) words += " --flood " + std::to_string(own.flood);
  if (words.empty()) return "";
  return "# Not in this file:" + words + ". QoS and payload stand in a target file, a flood in none.\n";
}

}  // namespace

int load_command(std::span<const std::string> arguments, const global_options& global) {
  argument_parser app{"load", "Loads a target with things that report readings, and says what it carried"};
  app.footer(
      "Examples:\n"
      "  wanwu load                                             1,000 meters against the embedded target\n"
      "  wanwu load mqtt://127.0.0.1:1883 -n 10k --every 10s --for 2m\n"
      "  wanwu load coap://127.0.0.1 -n 5k --rate 2k/s\n"
      "  wanwu load mqtt://127.0.0.1 -n 1k --qos 0 --size '100 B' --flood 10    as fast as it goes\n"
      "  wanwu load mqtt://127.0.0.1 -n 1k --find-rate 'p99 < 50 ms'            how much it holds");
  lang::quick_options quick;
  load_flags own;
  std::uint64_t seed = 1;
  run_flags flags;
  add_flags(app, quick, own, seed);
  add_run_flags(app, flags);
  if (const auto code = app.parse(arguments)) return *code;
  if (!to_wishes("load", arguments, flags) || !formats_exist("load", flags.wishes, report_of::load) ||
      !apply(own, quick, flags.wishes))
    return exit_bad_input;
  for (const std::string& url : quick.urls) {
    if (const auto parsed = parse_target_url(url); !parsed)
      return usage_error("load", "'" + url + "': " + parsed.error().text);
  }
  const catalogue_lookup models;
  lang::load_options options;
  options.models = &models;
  options.seed = seed;
  const lang::load_result loaded = lang::make_quick_scenario(quick, options);
  if (own.print && loaded.ok()) {
    std::cout << lang::quick_scenario_text(quick) << beside_scenario(own);
    return exit_pass;
  }
  if (!report(loaded, global)) return exit_bad_input;
  return run_test(loaded, flags.wishes, global);
}

}  // namespace wanwu::cli
