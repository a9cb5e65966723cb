// One demand of a suite while it is being watched: takes arrivals and time, ends met or unmet.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/conformance/arrival.hpp"
#include "sim/conformance/case_scope.hpp"

namespace wanwu::conform {

/// What conditions ask of the case they stand in.
class match_context {
 public:
  virtual case_scope& scope() = 0;
  /// When something was last sent on the role's link, or when it was opened.
  virtual time_point last_sent(std::uint16_t role) const = 0;
  enum class link_state : std::uint8_t { never_opened, up, closed_by_us, closed_by_target };
  /// As the steps have seen it: a close that still waits to be looked at counts as up.
  virtual link_state state_of(std::uint16_t role) const = 0;
  virtual duration default_wait() const = 0;

 protected:
  ~match_context() = default;
};

/// Whether a packet fits a pattern. `elapsed` is the arrival's.
bool fits(const packet_pattern& pattern, const message& seen, duration elapsed, case_scope& scope);

/// A condition with its `then`s. Address-stable: it is held by pointer.
class condition_run {
 public:
  enum class state : std::uint8_t { waiting, met, unmet };
  /// foreign: nothing here names it, and nothing has changed. broken: it makes this condition unmet.
  enum class taken : std::uint8_t { foreign, yes, broken };
  struct window {
    std::optional<duration> within, not_before;
  };

  condition_run(const condition& what, match_context& in, window inherited = {});
  /// Starts to wait, counted from `now`.
  void begin(time_point now);
  /// `judge_foreign`: at the root a foreign arrival makes the condition unmet.
  taken offer(std::uint16_t role, const arrival& came);
  void advance(time_point now);
  /// Lets silences end that were over by `now`; nothing else changes.
  void lapse(time_point now);
  /// Ends it as unmet by an arrival that nothing names.
  void refuse(const arrival& came);

  state now() const noexcept { return state_; }
  bool concerns(std::uint16_t role) const;
  /// Does any packet pattern of it, now or later, name this packet?
  bool names(std::string_view packet) const;
  std::optional<time_point> deadline() const;
  /// The shortest span of time that is being judged.
  std::optional<duration> strictest() const;

  bool deviated() const noexcept { return deviated_; }
  /// Met or unmet by the clock rather than by what came.
  bool by_time() const noexcept { return by_time_; }
  const std::string& received() const noexcept { return received_; }
  const bytes& received_bytes() const noexcept { return received_bytes_; }
  /// The part that is unmet or waits.
  const condition& current() const noexcept { return *at_; }
  const message_ptr& last() const noexcept { return last_; }

 private:
  taken offer_here(std::uint16_t role, const arrival& came);
  taken offer_packet(const arrival& came);
  taken offer_closed(const arrival& came);
  taken offer_one_of(std::uint16_t role, const arrival& came);
  taken offer_all_of(std::uint16_t role, const arrival& came);
  taken count_match(const arrival& came);
  bool ignored(const arrival& came) const;
  bool matches(const arrival& came) const;
  bool may_precede_close(const message& seen, duration elapsed, bool& refused);
  taken check_window(const arrival& came);
  void begin_here(time_point now);
  void fulfil(time_point at);
  void fail(std::string received);
  void fail_by(const arrival& came, std::string_view prefix = {});
  void settle(time_point at);
  bool has_children() const noexcept;

  const condition* at_;
  match_context& in_;
  window inherited_;
  state state_ = state::waiting;
  time_point begun_;
  std::optional<time_point> latest_, earliest_;
  std::optional<duration> span_;
  std::uint32_t count_ = 0;
  bool had_last_word_ = false, deviated_ = false, by_time_ = false;
  std::vector<std::unique_ptr<condition_run>> children_;
  std::string received_;
  bytes received_bytes_;
  message_ptr last_;
};

}  // namespace wanwu::conform
