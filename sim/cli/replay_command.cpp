// wanwu replay: sends again what our side sent in a case of an earlier run, and shows what comes back.
#include <algorithm>
#include <iostream>

#include <fmt/format.h>

#include "protocols/core/hex.hpp"
#include "reports/cases/suite_bundle.hpp"
#include "reports/writers/safe_text.hpp"
#include "sim/cli/arguments.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/suite_opening.hpp"
#include "sim/conformance/replay.hpp"

namespace wanwu::cli {

namespace {

using conform::wire_event;

constexpr std::size_t bytes_shown = 64;

/// Puts the second bytes where the first stand.
void exchange(bytes& raw, bytes_view what, bytes_view by) {
  if (what.empty()) return;
  const auto at = std::search(raw.begin(), raw.end(), what.begin(), what.end());
  if (at != raw.end()) std::copy(by.begin(), by.end(), at);
}

void print(const wire_event& event) {
  static constexpr std::array<std::string_view, 6> words{
      "opened", "sent", "received", "closed by us", "closed by target", "failed"};
  std::string line =
      fmt::format("{:>10.1f} ms  {:<10} {:<17}", event.at_ms, report::terminal_safe(event.role),
                  words[static_cast<std::size_t>(event.what)]);
  if (!event.text.empty()) line += report::terminal_safe(event.text);
  while (line.ends_with(' ')) line.pop_back();
  std::cout << line << '\n';
  if (event.raw.empty()) return;
  const auto shown = std::min(bytes_shown, event.raw.size());
  std::cout << fmt::format("{:44}{}{}\n", "", to_hex(bytes_view{event.raw}.first(shown)),
                           shown < event.size ? fmt::format(" … {} bytes in all", event.size) : "")
            << std::flush;
}

/// Where the run was: a URL, or the embedded target in the same configuration. Else it must be said.
std::string target_of(const report::suite_record& run, const std::string& said) {
  if (!said.empty()) return said;
  return run.about.target_name == "embedded" ? "" : run.about.target_name;
}

}  // namespace

int replay_command(std::span<const std::string> arguments, const global_options& global) {
  argument_parser app{
      "replay",
      "Sends again what our side sent in a case of an earlier run: same links, order and pauses "
      "(up to 2 s). Judges nothing; wanwu run --only plays the case itself again"};
  app.footer("Example:\n  wanwu replay runs/20261126T181500Z-mqtt-5-0-7f3a2c CONNECT-DUP-01/same-id");
  std::string bundle, id, profile;
  suite_wishes wishes;
  app.add_option("BUNDLE", bundle, "Directory of a suite's run").required();
  app.add_option("CASE", id, "Id of the case").required();
  app.add_option("-t,--target", wishes.target, "Another target than the run's").type_name("FILE|URL");
  app.add_option("--profile", profile, "As played in this configuration").type_name("NAME");
  app.add_flag("--hooks", wishes.hooks, "Let the target file run its start, stop and restart commands");
  if (const auto code = app.parse(arguments)) return *code;
  const auto refuse = [](const std::string& why) {
    std::cerr << "wanwu replay: " << why << '\n';
    return exit_bad_input;
  };
  const auto run = report::read_suite_bundle(bundle);
  if (!run) return refuse(run.error().text);
  auto one = report::read_case(bundle, id, profile);
  if (!one) return refuse(one.error().text);
  if (one->wire.empty())
    return refuse(id + " has no wire log in this bundle; run with --wire all to keep one for every case");
  if (const auto why = conform::replay_problem(one->wire); !why.empty()) return refuse(id + ": " + why);

  wishes.target = target_of(*run, wishes.target);
  const bool address = wishes.target.find("://") != std::string::npos;
  if (!wishes.target.empty() && !address && wishes.target == run->about.target_name)
    return refuse("the run's target was '" + wishes.target + "'; name its file or address with --target");
  if (!one->profile.empty() && !address) wishes.profiles = {one->profile};
  auto target = open_suite_target(wishes, global);
  if (!target) return exit_bad_input;
  const auto& where = target->configurations.front();
  const auto access = where.start("");
  if (!access) {
    std::cerr << "wanwu replay: " << access.error() << '\n';
    return exit_inconclusive;
  }
  // Wire logs have * for the password; the target wants the real one, and nobody else sees it.
  const auto secret = as_bytes(access->password);
  const bytes mask(secret.size(), std::byte{'*'});
  for (auto& event : one->wire) {
    if (event.what == wire_event::kind::sent) exchange(event.raw, mask, secret);
  }
  std::cout << fmt::format("{}  against {} ({})\n", report::terminal_safe(id),
                           report::terminal_safe(target->name), access->mqtt.text());
  conform::replay_options options;
  options.target = access->mqtt;
  bool reached = false;
  options.happened = [&](wire_event event) {
    reached = reached || event.what == wire_event::kind::opened;
    exchange(event.raw, secret, mask);
    print(event);
  };
  conform::replay(one->wire, options);
  where.stop();
  return reached ? exit_pass : exit_inconclusive;
}

}  // namespace wanwu::cli
