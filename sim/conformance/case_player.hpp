// Many tries of cases side by side against one target, on one thread, with a look after each whether it
// lives.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "sim/conformance/limits.hpp"
#include "sim/conformance/link_board.hpp"
#include "sim/conformance/target_check.hpp"

namespace wanwu::conform {

/// One case, as it is or with an edit.
struct play {
  std::size_t test_case{};  ///< Index into suite::cases.
  const edit* mutation = nullptr;
  std::uint32_t tries_max = limits::tries_max;  ///< Of a case that measures time, when it fails.
  bool independent = false;                     ///< What another case came to does not matter.
};
struct played {
  case_result result;
  bool edit_took_place = false;
};

class case_player {
 public:
  /// `ended` is told the index of each play as it ends.
  case_player(const suite& all, const target_access& target, const suite_run_options& options,
              std::span<const play> plays, std::function<void(std::size_t, const played&)> ended);
  ~case_player();
  std::vector<played> run();

 private:
  struct seat_of_case {
    std::size_t index{};
    link_board::seat seat;
    std::string unique;
    std::unique_ptr<case_run> run;
    seat_of_case(link_board& board, std::size_t roles) : seat{board, roles} {}
  };
  enum class progress : std::uint8_t { waiting, running, ended };

  bool begin();
  void schedule();
  /// Why this target cannot be asked this case; "" = it can.
  std::string unspoken(const test_case& what) const;
  void loop();
  void start_more();
  bool start_next(std::vector<std::size_t>& from, std::size_t running_max);
  bool settle_without_running(std::size_t index);
  enum class need : std::uint8_t { met, open, unmet, not_applicable };
  need look_at_need(std::size_t index) const;
  void start(std::size_t index);
  void step_all();
  void finish(seat_of_case& one);
  time_point next_deadline() const;
  void measure_lag(time_point wanted, duration busy);

  // Whether the target lives.
  void look_after_target();
  void begin_check();
  void end_check();
  void target_died();
  void bring_back(std::vector<std::size_t> suspects);
  void give_up(const std::vector<std::size_t>& suspects);

  void deliver(std::size_t index);
  void blank(std::size_t index, verdict outcome, std::string reason, bool not_run = false);
  case_settings settings_for(std::size_t index, std::string unique) const;
  const test_case& case_of(std::size_t index) const { return all_.cases[plays_[index].test_case]; }
  bool stopped() const { return options_.stop != nullptr && options_.stop->load() != 0; }
  void note(std::string text);

  const suite& all_;
  const target_access& target_;
  const suite_run_options& options_;
  std::span<const play> plays_;
  std::function<void(std::size_t, const played&)> ended_;
  std::vector<played> results_;
  std::vector<progress> progress_;
  std::vector<std::size_t> timed_, plain_, late_, alone_;  ///< What waits, last first.
  std::deque<std::size_t> solo_;                           ///< Suspects of the target's death, one at a time.
  std::unique_ptr<link_board> board_;
  std::vector<std::unique_ptr<seat_of_case>> running_;
  std::unique_ptr<target_check> check_;
  discovery known_;
  std::vector<std::size_t> unchecked_, being_checked_;
  bool hurry_ = false;
  bool solo_running_ = false;
  std::size_t silent_again_ = 0;
  int check_tries_ = 0;
  time_point first_unchecked_, now_, check_after_;
  std::uint64_t starts_ = 0;
  std::string dead_since_;
};

}  // namespace wanwu::conform
