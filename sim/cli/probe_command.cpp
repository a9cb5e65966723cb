// wanwu probe: one thing, every operation, every protocol, and what came back. The first command of every
// user.
#include <chrono>
#include <cstring>
#include <iostream>

#include "protocols/transport/address.hpp"
#include "reports/quantity.hpp"
#include "scenarios/language/quick_scenario.hpp"
#include "scenarios/language/units.hpp"
#include "sim/cli/arguments.hpp"
#include "sim/cli/catalogue_lookup.hpp"
#include "sim/cli/embedded_process.hpp"
#include "sim/cli/input.hpp"
#include "sim/cli/run_facts.hpp"
#include "sim/cli/table_text.hpp"
#include "sim/cli/test_run.hpp"
#include "sim/probe.hpp"

namespace wanwu::cli {

namespace {

/// A world of one thing per protocol that the target speaks.
std::string world_of_one(const lang::target_file& target, const std::string& model) {
  std::string text = "wanwu: scenario/v1\nname: probe\nthings:\n";
  for (const protocol via : {protocol::mqtt, protocol::coap, protocol::http}) {
    if (!target.has(via)) continue;
    const std::string name{name_of(via)};
    text += "  probe_" + name + ": { model: " + model + ", count: 1, over: " + name + ", every: 1 h }\n";
  }
  return text + "phases:\n  - hold: 1 min\n";
}

std::string code_text(protocol via, std::uint16_t code) {
  if (code == 0) return "";
  if (via == protocol::http) return std::to_string(code);
  if (via == protocol::coap) {
    const unsigned detail = code & 0x1FU;
    return std::to_string(code >> 5U) + (detail < 10 ? ".0" : ".") + std::to_string(detail);
  }
  constexpr std::string_view digits = "0123456789abcdef";
  return std::string{"0x"} + digits[code >> 4U & 0xFU] + digits[code & 0xFU];
}

std::string one_line(std::string text) {
  constexpr std::size_t shown = 60;
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  if (text.size() > shown) text = text.substr(0, shown) + "…";
  return text;
}

/// Whether somebody at the other end showed himself. CoAP's connecting is ours alone.
bool shows_target(const sim::probe_step& step) {
  if (step.op == operation::connect) return step.result == outcome::ok && step.via != protocol::coap;
  return step.result == outcome::ok || step.result == outcome::refused ||
         step.result == outcome::malformed_answer;
}

int print(const sim::probe_report& found) {
  std::vector<std::vector<std::string>> rows{{"OPERATION", "PROTOCOL", "RESULT", "TIME", "WHAT CAME BACK"}};
  bool reached = false, failed = false, missed = false;
  for (const sim::probe_step& step : found.steps) {
    const bool good = step.result == outcome::ok;
    reached = reached || shows_target(step);
    const bool from_system =
        step.code != 0 && (step.result == outcome::unreachable || step.result == outcome::local_error);
    // What this machine had no descriptor or port for says nothing of the target.
    const bool unasked = step.result == outcome::unreachable || from_system;
    failed = failed || (!good && !unasked);
    missed = missed || unasked;
    std::string answer =
        from_system ? std::strerror(static_cast<int>(step.code)) : code_text(step.via, step.code);
    if (!step.answer.empty()) answer += (answer.empty() ? "" : "  ") + one_line(step.answer);
    if (!step.note.empty()) answer += (answer.empty() ? "" : "  ") + step.note;
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(step.took);
    rows.push_back({std::string{name_of(step.op)}, std::string{name_of(step.via)},
                    std::string{name_of(step.result)},
                    report::show_time_us(static_cast<double>(took.count())), answer});
  }
  std::cout << table_text(rows);
  for (const std::string& note : found.notes) std::cout << note << '\n';
  if (!found.trouble.empty()) std::cerr << "wanwu probe: " << found.trouble << '\n';
  if (!reached) return exit_inconclusive;
  if (failed || !found.trouble.empty()) return exit_fail;
  return missed ? exit_inconclusive : exit_pass;
}

}  // namespace

int probe_command(std::span<const std::string> arguments, const global_options& global) {
  argument_parser app{
      "probe", "Walks every operation of a target with one thing per protocol, and shows what came back"};
  std::string file, version, model = "builtin/meter", within = "5 s";
  app.add_option("TARGET", file, "Target file, or the target's URL; none: the embedded target");
  add_mqtt_version(app, version);
  app.add_option("--model", model, "Kind of thing that asks").show_default().type_name("MODEL");
  app.add_option("--within", within, "How long to wait for each answer").show_default().type_name("TIME");
  if (const auto code = app.parse(arguments)) return *code;
  const auto patience = lang::parse_duration(within);
  if (!patience || patience->count() == 0)
    return usage_error("probe", "--within takes a length of time such as 5 s");

  const catalogue_lookup models;
  lang::load_options options;
  options.models = &models;
  std::shared_ptr<const lang::target_file> target;
  std::optional<embedded_process> embedded;
  if (const bool is_url = file.find("://") != std::string::npos; is_url || file.empty()) {
    if (const auto parsed = parse_target_url(file); is_url && !parsed)
      return usage_error("probe", "'" + file + "': " + parsed.error().text);
    lang::quick_options quick;
    if (is_url) quick.urls = {file};
    quick.mqtt_version = mqtt_version_of(version);
    const lang::load_result loaded = lang::make_quick_scenario(quick, options);
    if (!report(loaded, global)) return exit_bad_input;
    target = loaded.target;
  } else {
    if (!version.empty())
      return usage_error("probe", "--mqtt-version goes with a URL; a file says it itself");
    const lang::load_result loaded = lang::load_file(file, options);
    if (!report(loaded, global)) return exit_bad_input;
    if (!loaded.target || loaded.scenario) return usage_error("probe", file + " is not a target file");
    target = loaded.target;
  }
  const lang::load_result world = lang::load_text("<probe>", world_of_one(*target, model), options);
  if (!report(world, global)) return exit_bad_input;
  if (file.empty()) {
    auto made = embedded_process::start(16);
    if (!made) {
      std::cerr << "wanwu probe: " << made.error() << '\n';
      return exit_inconclusive;
    }
    embedded.emplace(std::move(*made));
    target = target_of(*embedded, target->mqtt->version);
  }
  sim::plan_options wanted;
  wanted.workers = 1;
  auto plan = sim::make_plan(world.scenario, target, wanted);
  if (!plan) {
    print_problems(plan.error(), world.sources.get(), global);
    return exit_bad_input;
  }
  return print(sim::probe(**plan, *patience));
}

}  // namespace wanwu::cli
