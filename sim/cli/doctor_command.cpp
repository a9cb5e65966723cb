// wanwu doctor: what this machine can carry, and the commands that raise it.
#include <algorithm>
#include <iostream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "reports/quantity.hpp"
#include "scenarios/language/units.hpp"
#include "sim/cli/arguments.hpp"
#include "sim/cli/catalogue_lookup.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/input.hpp"
#include "sim/cli/test_run.hpp"
#include "sim/machine_capacity.hpp"
#include "sim/plan.hpp"

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

std::string percent(double share) {
  return fmt::format("{:.{}f} %", share * 100, share < 0.1 ? 1 : 0);
}

void print_checks(const sim::capacity& of, bool colour) {
  for (const auto& check : of.checks) {
    std::string mark{word_of(check.how)};
    mark.resize(6, ' ');
    if (colour) mark = "\x1b[" + std::string{colour_of(check.how)} + "m" + mark + "\x1b[0m";
    std::cout << mark << check.name;
    if (check.carries != 0 && check.carries < shown_max)
      std::cout << ": about " << report::show_count(check.carries) << " connections";
    if (check.used > 0)
      std::cout << (check.carries < shown_max ? "; " : ": ") << percent(check.used) << " of it is taken";
    std::cout << "\n        " << check.found << "\n";
    for (const auto& command : check.raise) std::cout << "        raise: " << command << "\n";
  }
}

void print(const sim::capacity& of, const sim::capacity_question& asked, const sim::world_plan* plan,
           bool colour) {
  print_checks(of, colour);
  std::cout << "\n";
  if (plan != nullptr) {
    const sim::plan_figures& f = plan->figures;
    std::cout << plan->source->name << ": " << report::show_count(f.things) << " things, "
              << report::show_count(f.sockets) << " sockets, " << report::show_count(f.endpoints)
              << " CoAP endpoints, up to "
              << report::show_count(static_cast<std::uint64_t>(f.messages_per_s_max)) << " readings/s, about "
              << report::show_bytes(f.memory_bytes) << " of user and " << report::show_bytes(f.kernel_bytes)
              << " of kernel memory, " << plan->workers << " workers.\n";
  } else {
    std::cout << "This machine carries about " << report::show_count(of.connections)
              << " connections to a target on " << (asked.remote ? "another machine" : "itself (both ends)")
              << ", bounded by " << of.bound_by
              << ".\nCoAP endpoints share few sockets: a million of them take one socket a worker and some "
                 "100 MB.\n";
  }
  if (of.breaks_first.empty()) return;
  const std::string what = plan != nullptr ? plan->source->name : report::show_count(asked.connections);
  std::cout << (of.enough ? "Enough for " : "Not enough for ") << what << ": "
            << (of.enough ? "the first limit it would meet is " : "the limit that breaks first is ")
            << of.breaks_first << ", of which it takes " << percent(of.used) << ".\n";
}

nlohmann::ordered_json to_json(const sim::capacity& of, const sim::capacity_question& asked,
                               const sim::machine_facts& machine) {
  nlohmann::ordered_json out{{"schema", "wanwu.doctor/v1"},
                             {"connections", of.connections},
                             {"bound_by", of.bound_by},
                             {"asked", asked.connections},
                             {"enough", of.enough},
                             {"remote", asked.remote},
                             {"breaks_first", of.breaks_first},
                             {"used", of.used}};
  for (const auto& check : of.checks) {
    nlohmann::ordered_json one{
        {"name", check.name}, {"state", word_of(check.how)}, {"found", check.found}, {"raise", check.raise}};
    if (check.carries != 0 && check.carries < shown_max) one["connections"] = check.carries;
    if (check.used > 0) one["used"] = check.used;
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

/// What a plan asks of this machine. Its target is taken to be here when all its addresses are of the
/// loopback.
void ask_for(const sim::world_plan& plan, bool embedded, sim::capacity_question& asked) {
  const sim::plan_figures& f = plan.figures;
  const bool here =
      embedded || std::all_of(plan.lanes.begin(), plan.lanes.end(),
                              [](const sim::lane_plan& lane) { return lane.address.is_loopback(); });
  asked.remote = asked.remote || !here;
  asked.connections = f.sockets;
  const std::uint64_t theirs = f.kernel_bytes + f.connections * sim::user_bytes_per_connection;
  asked.memory_bytes = f.memory_bytes + f.kernel_bytes + (asked.remote ? 0 : theirs);
  asked.processors = f.processors * (asked.remote ? 1 : 2);
  if (plan.user_sources) asked.source_addresses = plan.sources.size();
}

/// The scenario's plan, whatever this machine can carry; nothing after an explanation on stderr.
std::unique_ptr<sim::world_plan> plan_of(const std::string& file, const input_flags& input,
                                         sim::capacity_question& asked, const global_options& global) {
  const catalogue_lookup models;
  lang::load_options options;
  options.models = &models;
  if (!to_options("doctor", input, options)) return nullptr;
  const lang::load_result loaded = lang::load_file(file, options);
  if (!report(loaded, global)) return nullptr;
  if (!loaded.scenario) {
    usage_error("doctor", file + " is a " + loaded.kind + ", not a scenario");
    return nullptr;
  }
  const bool embedded = !loaded.scenario->target_named;
  sim::plan_options planning;
  planning.any_machine = true;
  planning.no_addresses = embedded;
  auto plan = sim::make_plan(loaded.scenario, loaded.scenario->target, planning);
  if (!plan) {
    print_problems(plan.error(), loaded.sources.get(), global);
    return nullptr;
  }
  ask_for(**plan, embedded, asked);
  return std::move(*plan);
}

}  // namespace

int doctor_command(std::span<const std::string> arguments, const global_options& global) {
  argument_parser app{"doctor", "Tells what this machine can carry, and the commands that would raise it"};
  sim::capacity_question asked;
  bool as_json = false;
  std::string connections, file;
  input_flags input;
  app.add_option("SCENARIO", file, "Is it enough for this scenario? Exit code 0 yes, 1 no");
  app.add_option("-n,--connections", connections,
                 "Is it enough for N connections? 20000, 20k, 1M. Exit code 0 yes, 1 no");
  app.add_flag("--remote", asked.remote, "The target runs on another machine");
  app.add_option("--source-addresses", asked.source_addresses,
                 "Addresses of this machine towards a remote target")
      .range(1, 65'536);
  app.add_flag("--json", as_json, "As one JSON object");
  add_input_flags(app, input);
  if (const auto code = app.parse(arguments)) return *code;
  if (!connections.empty() && !file.empty())
    return usage_error("doctor", "give a scenario or --connections, not both");
  std::unique_ptr<sim::world_plan> plan;
  if (!file.empty()) {
    plan = plan_of(file, input, asked, global);
    if (!plan) return exit_bad_input;
  }
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
    print(of, asked, plan.get(), use_colour(global, STDOUT_FILENO));
  }
  return of.enough ? exit_pass : exit_fail;
}

}  // namespace wanwu::cli
