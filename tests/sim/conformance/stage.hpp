// A case played against a target of a few written answers, in memory and in invented time.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "protocols/websocket/server.hpp"
#include "scenarios/conformance/load_suite.hpp"
#include "sim/conformance/case_run.hpp"

namespace wanwu::conform {

/// What the target does: bytes as hex (parts in 'quotes' are text), or "close", "reset", "refuse". Over
/// WebSocket the bytes go out in a binary frame; "raw ..." are sent as they are.
struct answer {
  std::string what;
  duration after{};
};
/// When a link brings bytes that begin with these; "open" = when it is opened; "upgrade" = when it asks for
/// that, instead of the answer of a target that does everything right.
struct rule {
  std::string begins;
  std::vector<answer> then;
  std::string role = {};  ///< "" = any.
  int times = 1'000'000;  ///< So often; then the next rule that fits.
};

/// Reads cases under the roles tester, second (mqtt-raw, 5.0), old (mqtt-raw, 3.1.1), ws (mqtt-raw, 5.0, over
/// WebSocket) and a, b (mqtt). Throws what is wrong with them.
suite_loaded suite_of(const std::string& cases);

class stage final : public link_port {
 public:
  explicit stage(const std::string& cases);
  /// Earlier rules come first.
  stage& on(std::string begins, std::vector<answer> then, std::string role = {}, int times = 1'000'000);
  /// CONNACK, PINGRESP and acks as a target that does everything right gives them.
  stage& usual();
  stage& forget_rules() {
    rules_.clear();
    return *this;
  }
  stage& strict() {
    strict_ = true;
    return *this;
  }
  target_access& target() noexcept { return target_; }
  /// The machine is late by so much at each turn from now on.
  stage& late_by(duration lag) {
    lag_ = lag;
    return *this;
  }

  case_result play(std::size_t index = 0, const edit* mutation = nullptr);
  case_result mutant(std::size_t number) { return play(0, &loaded_.loaded->cases[0].mutants.at(number)); }
  const suite& all() const { return *loaded_.loaded; }

  // Of the last play.
  bool unreliable = false, edit_took_place = false;
  duration took{};
  std::string sent;  ///< All that was sent, a line each: "tester c0 00".

  void open(std::uint16_t role) override;
  void send(std::uint16_t role, bytes_view raw) override;
  void close(std::uint16_t role, closing how) override;

 private:
  struct due {
    time_point at;
    std::uint64_t order{};
    std::uint16_t role{};
    std::uint32_t life{};
    std::string what;
  };
  bool react(std::uint16_t role, std::string_view begins);
  void hear_frames(std::uint16_t role, bytes_view raw);
  void deliver(const due& one);
  const std::string& name_of(std::uint16_t role) const { return loaded_.loaded->roles[role].name; }

  suite_loaded loaded_;
  target_access target_;
  std::vector<std::pair<std::string, lang::value>> announced_;
  std::vector<rule> rules_, live_;
  std::vector<due> due_;
  std::vector<std::uint32_t> lives_;
  std::vector<std::unique_ptr<websocket::server>> sockets_;
  time_point now_;
  duration lag_{};
  std::uint64_t order_ = 0;
  bool strict_ = false;
  std::unique_ptr<case_run> run_;
};

}  // namespace wanwu::conform
