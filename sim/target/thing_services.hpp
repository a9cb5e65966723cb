// What the three protocols share: things that report, are described, are told and answer.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "protocols/core/observation.hpp"
#include "sim/target/broker.hpp"
#include "sim/target/command_router.hpp"
#include "sim/target/directory.hpp"

namespace wanwu::target {

class journal;

/// Who else must hear of a change. Set once, before anything happens.
struct service_listeners {
  std::function<void(const known_thing& thing, protocol via, bytes_view payload, time_point now)> reported;
  std::function<void(const known_thing& thing, time_point now)> queue_changed;  ///< Of its commands.
};

class thing_services {
 public:
  thing_services(const target_settings& settings, broker& mqtt, target_totals& totals);
  ~thing_services();

  void listen(service_listeners listeners) { listeners_ = std::move(listeners); }
  std::string journal_to(const std::string& path);

  /// False when the thing cannot be kept: its id is no id, or the directory is full.
  bool report(std::string_view thing, protocol via, bytes_view payload, time_point now);
  bool report_event(std::string_view thing, std::string_view name, protocol via, bytes_view payload,
                    time_point now);
  directory::described describe(std::string_view thing, std::string_view text, protocol via, time_point now);
  bool forget(std::string_view thing, protocol via, time_point now);

  /// Routes a command over whatever the thing listens with. nullptr when too many wait.
  command* give(std::string_view thing, std::string_view action, bytes_view input, std::string_view actor,
                time_point now);
  /// A thing's answer: {"status": "accepted", "reason": ...}. False when nobody gave such a command.
  bool answer(std::string_view command_id, bytes_view payload, time_point now);
  /// The thing has been shown this command.
  void delivered(command& what, time_point now);

  void advance(time_point now);
  std::optional<time_point> next_deadline() const { return commands_.next_deadline(); }
  std::int64_t wall_ms(time_point now) const;

  directory& things() noexcept { return things_; }
  command_router& commands() noexcept { return commands_; }

 private:
  void hear_mqtt(const message_view& what, std::string_view client_id);
  void write_down(std::string_view kind, const known_thing* thing, std::string_view what,
                  std::string_view corr, std::string_view actor, std::string_view result, bytes_view payload,
                  time_point now);

  const target_settings& settings_;
  broker& mqtt_;
  target_totals& totals_;
  directory things_;
  command_router commands_;
  service_listeners listeners_;
  std::unique_ptr<journal> journal_;
};

/// The command as a thing sees it: {"id":…,"action":…,"input":…}.
std::string command_for_thing(const command& what);

}  // namespace wanwu::target
