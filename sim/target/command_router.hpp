// Commands from people to things: who gave which, how far it came, and how it ended.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "protocols/coap/backoff.hpp"
#include "protocols/core/time.hpp"
#include "sim/target/target_settings.hpp"

namespace wanwu::target {

/// One step in a command's life, as GET /audit tells it.
struct audit_entry {
  std::int64_t at_ms{};
  std::string actor;  ///< Who did this step: the giver, the thing, or "target".
  std::string
      result;  ///< "requested", "delivered", "accepted", "rejected", "timed out" or what the thing said.
  std::string reason;
};

struct command {
  std::string id;  ///< The correlation id.
  std::string thing, action, actor;
  std::string input;  ///< JSON text.
  time_point given_at;
  bool delivered = false;
  bool finished = false;
  std::vector<audit_entry> trail;
};

/// Bounded in commands that wait, in those of one thing, and in finished ones remembered.
class command_router {
 public:
  /// A command that nobody answers is given up after this.
  static constexpr duration answer_within = std::chrono::seconds{60};

  command_router(const target_bounds& bounds, std::uint64_t seed) : bounds_{bounds}, chance_{seed} {}

  /// nullptr when too many wait. The command lives at least until it is finished.
  command* give(std::string_view thing, std::string_view action, std::string_view input,
                std::string_view actor, std::int64_t at_ms, time_point now);
  void mark_delivered(command& what, std::int64_t at_ms);
  /// Nothing when there is no such command; a finished one stays as it is.
  command* answer(std::string_view id, std::string_view status, std::string_view reason, std::int64_t at_ms);

  command* find(std::string_view id);
  /// Ids of the unfinished commands of a thing, oldest first.
  const std::deque<std::string>& waiting_for(std::string_view thing) const;

  /// Gives up what is too old; `ended` are the things whose queue changed.
  void advance(time_point now, std::int64_t at_ms, std::vector<std::string>& ended);
  std::optional<time_point> next_deadline() const;
  std::size_t size() const noexcept { return all_.size(); }

 private:
  void finish(command& what, audit_entry last);

  const target_bounds& bounds_;
  coap::chance chance_;
  std::unordered_map<std::string, command> all_;
  std::unordered_map<std::string, std::deque<std::string>> waiting_;  ///< By thing.
  std::deque<std::string> by_age_;  ///< Unfinished ones, and finished ones not yet met.
  std::deque<std::string> finished_;
  std::size_t unfinished_ = 0;
};

}  // namespace wanwu::target
