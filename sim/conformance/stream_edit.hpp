// What a wrong target would have done: one edit of what comes on one link.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "sim/conformance/arrival.hpp"
#include "sim/conformance/case_scope.hpp"

namespace wanwu::conform {

/// Stands between a link and its monitors. A close that it makes up ends the link for real.
class stream_edit {
 public:
  stream_edit(const edit& what, conversation& talk, case_scope& scope);

  /// Appends what goes on in place of `in`.
  void take(arrival in, std::vector<arrival>& out);
  void step_begins(std::uint32_t number, bool link_up, time_point now, std::vector<arrival>& out);
  void verify_begins(bool link_up, time_point now, std::vector<arrival>& out);
  void connection_begins(time_point now, std::vector<arrival>& out);
  /// Lets go of what was held until `now`.
  void advance(time_point now, std::vector<arrival>& out);
  std::optional<time_point> deadline() const;

  std::uint16_t role() const noexcept { return what_.role; }
  bool took_place() const noexcept { return took_place_; }
  /// Why it could not be done; "" = it could.
  const std::string& error() const noexcept { return error_; }

 private:
  struct held {
    time_point until;
    arrival what;
  };
  bool hit(const edit_selector& which, std::uint32_t& count, const arrival& in);
  void make_up(time_point now, std::vector<arrival>& out);
  void take_bytes(bytes raw, time_point at, std::vector<arrival>& out);
  void rewrite(arrival in, std::vector<arrival>& out);
  void swap(arrival in, std::vector<arrival>& out);
  void delay(arrival in, bool chosen, std::vector<arrival>& out);

  const edit& what_;
  conversation& talk_;
  case_scope& scope_;
  std::uint32_t count_ = 0, other_count_ = 0;
  bool took_place_ = false, owed_ = false, done_once_ = false, swapped_ = false;
  std::deque<held> held_;
  std::optional<arrival> first_of_two_;
  bool first_was_other_ = false;
  std::string error_;
};

}  // namespace wanwu::conform
