// wanwu help: the commands, one command, or a part of the language.
#include <algorithm>
#include <iostream>

#include "scenarios/language/diagnostics.hpp"
#include "scenarios/language/expression.hpp"
#include "scenarios/language/metric_table.hpp"
#include "sim/cli/command.hpp"

namespace wanwu::cli {
namespace {

constexpr std::string_view overview_head =
    "wanwu - a world of simulated things, driven over MQTT, CoAP and HTTP against a target and judged\n"
    "\n"
    "usage: wanwu [--color auto|always|never] COMMAND [ARGUMENTS]\n"
    "\n"
    "commands:\n";
constexpr std::string_view overview_tail =
    "\n"
    "first steps:\n"
    "  wanwu load                                   a thousand things against the built-in target\n"
    "  wanwu load mqtt://127.0.0.1:1883 -n 10k      ten thousand against your own broker\n"
    "  wanwu load URL --print-scenario              the same as a file to start from\n"
    "\n"
    "'wanwu COMMAND --help' explains a command; 'wanwu help exit-codes|metrics|expressions' the rest.\n"
    "Results go to stdout; progress, messages and logs to stderr.\n";

constexpr std::string_view exit_codes_text =
    "0    pass           everything asked for was decided and held\n"
    "1    fail           a threshold was crossed or a demand not met: look at the target\n"
    "2    bad input      usage or invalid files; nothing was sent: look at the files\n"
    "3    inconclusive   target not reachable, too few samples, or the generator itself was late: look at "
    "the test\n"
    "4    regression     what passed in the --baseline fails now: look at the target\n"
    "5    internal error a bug of wanwu\n"
    "130  interrupted    Ctrl-C: drained, the bundle is complete up to then; a second Ctrl-C stops at once\n"
    "143  terminated     SIGTERM: the same\n";

std::string padded(std::string_view text, std::size_t width) {
  std::string out{text};
  if (out.size() < width) out.append(width - out.size(), ' ');
  return out;
}

int print_overview() {
  std::cout << overview_head;
  for (const command& c : commands()) std::cout << "  " << padded(c.name, 10) << " " << c.summary << "\n";
  std::cout << overview_tail;
  return exit_pass;
}

int print_metrics() {
  std::cout << padded("METRIC", 24) << padded("KIND", 11) << padded("UNIT", 8) << "MEANING\n";
  for (const auto& m : lang::metrics()) {
    std::cout << padded(m.name, 24) << padded(lang::name_of(m.kind), 11) << padded(lang::unit_text(m.unit), 8)
              << m.help << "\n";
  }
  std::cout << "\nA threshold is one line:   metric{tag=value,...} stat op quantity [in phase]\n"
               "  counter    count rate ratio      telemetry.lost ratio < 0.01 %\n"
               "  gauge      min max mean          things.connected min >= 99.9 % in steady\n"
               "  histogram  count rate min max mean p50 p99 p99.9 ...\n"
               "                                   telemetry.latency{sector=health} p99.9 < 1 s\n"
               "Tags: sector, kind, protocol, and the scenario's own. A threshold without samples is "
               "inconclusive.\n";
  return exit_pass;
}

int print_expressions() {
  std::cout
      << "An expression stands in ${...} inside any string of a scenario, target or suite, and in `who:`, "
         "`where:` and `applies:`.\n"
         "A value that is one ${...} alone keeps its type. $${ writes ${.\n\n"
         "  literals    1  2.5  0x82  0b1111  1.5 s  20 %  \"text\"  'text'  true  false  null  [1, 2]\n"
         "  operators   ? :   ??   ||   &&   == != < <= > >= in   + -   * / %   ! -\n"
         "  names       thing.id thing.sector thing.kind thing.index, places, state, properties;\n"
         "              in suites: fields of packets, parameters, saved values, timers, what the target can "
         "do\n\n";
  for (const auto& f : lang::expression_functions())
    std::cout << "  " << padded(f.signature, 34) << f.text << "\n";
  return exit_pass;
}

}  // namespace

int help_command(std::span<const std::string> arguments, const global_options& global) {
  if (arguments.empty()) return print_overview();
  const std::string& topic = arguments.front();
  if (topic == "-h" || topic == "--help") return print_overview();
  if (topic == "exit-codes") {
    std::cout << exit_codes_text;
    return exit_pass;
  }
  if (topic == "metrics") return print_metrics();
  if (topic == "expressions") return print_expressions();
  for (const command& c : commands()) {
    if (c.name != topic) continue;
    if (c.name == "help") return print_overview();
    const std::string help_flag = "--help";
    return c.run(std::span{&help_flag, 1}, global);
  }
  std::vector<std::string_view> known{"exit-codes", "metrics", "expressions"};
  for (const command& c : commands()) known.push_back(c.name);
  std::cerr << "wanwu help: there is nothing about '" << topic << "'; " << lang::suggestion(topic, known, 30)
            << "\n";
  return exit_bad_input;
}

}  // namespace wanwu::cli
