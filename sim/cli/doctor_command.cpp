// wanwu doctor: what this machine can carry, and the commands that raise it.
#include <iostream>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include "reports/quantity.hpp"
#include "scenarios/language/units.hpp"
#include "sim/cli/arguments.hpp"
#include "sim/cli/command.hpp"
#include "sim/machine_capacity.hpp"

namespace wanwu::cli {
namespace {

using state = sim::capacity_check::state;

std::string_view word_of(state of) {
  if (of == state::good) return "ok";
  return of == state::tight ? "tight" : "bad";
}

std::string_view colour_of(state of) {
  if (of == state::good) return "32";
  return of == state::tight ? "33" : "31";
}

/// Beyond this a bound is none: loopback has millions of source addresses.
constexpr std::uint64_t shown_max = 1'000'000'000;

void print(const sim::capacity& of, const sim::capacity_question& asked, bool colour) {
  for (const auto& check : of.checks) {
    std::string mark{word_of(check.how)};
    mark.resize(6, ' ');
    if (colour) mark = "\x1b[" + std::string{colour_of(check.how)} + "m" + mark + "\x1b[0m";
    std::cout << mark << check.name;
    if (check.carries != 0 && check.carries < shown_max)
      std::cout << ": about " << report::show_count(check.carries) << " connections";
    std::cout << "\n        " << check.found << "\n";
    for (const auto& command : check.raise) std::cout << "        raise: " << command << "\n";
  }
  std::cout
      << "\nThis machine carries about " << report::show_count(of.connections)
      << " connections to a target on " << (asked.remote ? "another machine" : "itself (both ends)")
      << ", bounded by " << of.bound_by
      << ".\nCoAP endpoints share few sockets: a million of them take one socket a worker and some 100 MB.\n";
  if (asked.connections == 0) return;
  std::cout << (of.enough ? "Enough for " : "Not enough for ") << report::show_count(asked.connections)
            << ".\n";
}

nlohmann::ordered_json to_json(const sim::capacity& of, const sim::capacity_question& asked,
                               const sim::machine_facts& machine) {
  nlohmann::ordered_json out{{"schema", "wanwu.doctor/v1"}, {"connections", of.connections},
                             {"bound_by", of.bound_by},     {"asked", asked.connections},
                             {"enough", of.enough},         {"remote", asked.remote}};
  for (const auto& check : of.checks) {
    nlohmann::ordered_json one{
        {"name", check.name}, {"state", word_of(check.how)}, {"found", check.found}, {"raise", check.raise}};
    if (check.carries != 0 && check.carries < shown_max) one["connections"] = check.carries;
    out["checks"].push_back(std::move(one));
  }
  out["machine"] = {{"cores", machine.cores},
                    {"memory_bytes", machine.memory_bytes},
                    {"memory_available_bytes", machine.memory_available_bytes},
                    {"descriptors_soft", machine.descriptors_soft},
                    {"descriptors_hard", machine.descriptors_hard},
                    {"port_first", machine.port_first},
                    {"port_last", machine.port_last},
                    {"somaxconn", machine.listen_backlog},
                    {"tcp_memory_bytes", machine.tcp_memory_bytes},
                    {"clock_source", machine.clock_source},
                    {"clock_read_ns", machine.clock_read_ns},
                    {"wake_late_us", machine.wake_late_us}};
  return out;
}

}  // namespace

int doctor_command(std::span<const std::string> arguments, const global_options& global) {
  argument_parser app{"doctor", "Tells what this machine can carry, and the commands that would raise it"};
  sim::capacity_question asked;
  bool as_json = false;
  std::string connections;
  app.add_option("-n,--connections", connections,
                 "Is it enough for N connections? 20000, 20k, 1M. Exit code 0 yes, 1 no");
  app.add_flag("--remote", asked.remote, "The target runs on another machine");
  app.add_option("--source-addresses", asked.source_addresses,
                 "Addresses of this machine towards a remote target")
      .range(1, 65'536);
  app.add_flag("--json", as_json, "As one JSON object");
  if (const auto code = app.parse(arguments)) return *code;
  if (!connections.empty()) {
    const auto count = lang::parse_count(connections);
    if (!count || *count == 0 || *count > shown_max)
      return usage_error("doctor", "--connections takes a count, as in 20000, 20k or 1M");
    asked.connections = *count;
  }
  const auto machine = sim::read_machine();
  const auto of = sim::estimate_capacity(machine, asked);
  if (as_json) {
    std::cout << to_json(of, asked, machine).dump(2) << "\n";
  } else {
    print(of, asked, use_colour(global, STDOUT_FILENO));
  }
  return of.enough ? exit_pass : exit_fail;
}

}  // namespace wanwu::cli
