// The interpreter: one try of one case, from its first step to its result. Takes bytes and time, asks for
// links.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/conformance/case_links.hpp"
#include "sim/conformance/suite_run.hpp"

namespace wanwu::conform {

/// All that a try needs besides the case. Lives as long as the try.
struct case_settings {
  const suite& all;
  const test_case& what;
  const target_access& target;
  const dialect& language;
  /// What the target announced, by name.
  const std::vector<std::pair<std::string, lang::value>>& announced;
  std::string unique;
  bool strict = false;
  const edit* mutation = nullptr;
};

/// Puts what is known of the target into a case's names; capabilities win over announcements.
void tell_target(case_scope& scope, const case_settings& settings);
/// Why the case does not concern this target; "" = it does.
std::string why_not_applicable(const case_settings& settings);

class case_run final : private match_context {
 public:
  case_run(const case_settings& settings, link_port& port, time_point now);
  case_run(const case_run&) = delete;
  case_run& operator=(const case_run&) = delete;

  // In. Each is followed by advance() before anything else happens.
  case_links& links() noexcept { return links_; }
  void advance(time_point now);
  /// The machine was late by so much just now.
  void note_lag(duration lag);
  /// Ends it here and now.
  void abandon(time_point now);

  // Out.
  bool done() const noexcept { return phase_ == phase::done; }
  std::optional<time_point> deadline() const;
  /// The machine was too late to judge time; this try says nothing.
  bool unreliable() const noexcept { return !lateness_.empty(); }
  /// How late it was, and for what span of time.
  const std::string& lateness() const noexcept { return lateness_; }
  /// Whether it did not pass for nothing but that something did not come in time.
  bool timed_out() const noexcept { return timed_out_; }
  /// A link was closed by the target or could not be opened, or the case failed: look whether it lives.
  bool alarming() const noexcept;
  bool edit_took_place() const;
  /// The answer to the last CONNECT that was waited for.
  const message_ptr& greeting() const noexcept { return greeting_; }
  case_result take_result(time_point now);

 private:
  enum class part : std::uint8_t { preamble, body, postamble };
  enum class phase : std::uint8_t { next_step, opening, matching, repeating, pausing, done };

  // match_context
  case_scope& scope() override { return scope_; }
  time_point last_sent(std::uint16_t role) const override { return links_.at(role).last_sent; }
  link_state state_of(std::uint16_t role) const override { return links_.at(role).seen; }
  duration default_wait() const override { return settings_.all.timer("T_answer"); }

  const std::vector<step>& steps() const;
  const step& current() const { return steps()[index_]; }
  void next_step(time_point now);
  void next_part(time_point now);
  void begin_step(time_point now);
  void begin_open(time_point now);
  void begin_stimulus(time_point now);
  void send_and_expect(time_point now);
  void begin_probe(time_point now);
  void begin_match(const condition& what, time_point now);
  void go_on_opening(time_point now);
  void go_on_matching(time_point now);
  /// Gives the condition what waits, oldest first. True when something was taken.
  bool offer_oldest(std::vector<std::size_t>& skip, time_point now);
  bool send_message(const message_text& what, std::span<const saved_value> save, time_point now);
  void conclude(time_point now);
  void met(time_point now, std::string outcome = "met");
  void skip(std::string why, time_point now);
  /// A step that did not happen, or was not met.
  void unmet(std::string received, time_point now);
  void script_error(std::string why, time_point now);
  void record(std::string outcome, std::string expected, std::string received, time_point now);
  void worsen(verdict to, std::string reason);
  verdict weight_of_unmet() const;
  const finding* deciding_finding() const;
  bool is_tolerated() const;
  void judge_lag();
  std::string place() const;

  case_settings settings_;
  case_scope scope_;
  case_links links_;
  time_point started_, step_started_;
  part part_ = part::preamble;
  phase phase_ = phase::next_step;
  std::size_t index_ = 0;
  bool begun_ = false;
  std::optional<condition_run> match_;
  condition own_;         ///< Of steps that bring none: the answer to a probe, or to a greeting.
  bool sifting_ = false;  ///< A probe: what it does not wait for stays for later steps.
  time_point until_;
  std::int64_t sent_ = 0, to_send_ = 0;  ///< Of the stimulus.
  duration lag_{};
  std::string lateness_;
  bool timed_out_ = false;
  bool refused_to_open_ = false;
  message_ptr greeting_;
  verdict outcome_ = verdict::pass;
  std::string reason_;
  std::string instead_of_packet_;  ///< What came where the failing step waited for a packet.
  bool deviation_ = false;
  std::vector<step_result> results_;
};

}  // namespace wanwu::conform
