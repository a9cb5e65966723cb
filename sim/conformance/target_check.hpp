// A fresh client that connects: whether the target lives, and what it announces.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sim/conformance/link_board.hpp"

namespace wanwu::conform {

using announcements = std::vector<std::pair<std::string, lang::value>>;

/// How far a target answers a client that does everything right.
enum class liveliness : std::uint8_t { silent, connects, answers };

/// One such client. Played like a case.
class target_check {
 public:
  target_check(link_board& board, const target_access& target, std::uint8_t version, std::string client_id,
               time_point now);
  bool touched() const noexcept { return seat_.touched; }
  void advance(time_point now);
  bool done() const noexcept { return run_->done(); }
  std::optional<time_point> deadline() const { return run_->deadline(); }

  liveliness found() const;  ///< So far.
  // When done.
  const std::string& why() const noexcept { return why_; }
  /// The target ended it.
  bool closed() const noexcept { return closed_; }
  /// Accepted by a CONNACK; or told that the target does not speak this version.
  bool accepted() const;
  bool refused_version() const;
  /// What it said, completed by the standard's defaults.
  announcements announced() const;

 private:
  suite all_;
  target_access target_;
  announcements nothing_;
  link_board::seat seat_;
  std::unique_ptr<case_run> run_;
  std::string why_;
  bool opened_ = false, heard_ = false, closed_ = false;
};

/// What is known of a target before the first case.
struct discovery {
  liveliness found{};
  std::string why;           ///< Of silence.
  std::uint8_t version = 5;  ///< One that it speaks.
  announcements announced;
  std::vector<std::uint8_t> refused;  ///< Versions that it says it does not speak.
};

/// Asks the target in each of these versions, newest first, and in 3.1.1 when no other was accepted. Blocks
/// until it is answered or refused.
discovery discover(link_board& board, const target_access& target, std::vector<std::uint8_t> versions);

}  // namespace wanwu::conform
