// All sessions, found by client id or by index.
#pragma once

#include <deque>
#include <string_view>
#include <vector>

#include "sim/target/session.hpp"
#include "sim/target/split_map.hpp"

namespace wanwu::target {

class session_store {
 public:
  /// no_session when there is none.
  session_id find(std::string_view client_id) const;
  /// A new session; `client_id` must not be taken. References live until erase().
  session_id make(std::string_view client_id);
  void erase(session_id which);

  session& at(session_id which) { return rows_[static_cast<std::uint32_t>(which)]; }
  const session& at(session_id which) const { return rows_[static_cast<std::uint32_t>(which)]; }
  std::size_t size() const noexcept { return by_client_.size(); }

 private:
  std::deque<session> rows_;
  std::vector<session_id> free_;
  split_map<std::string_view, session_id> by_client_;  ///< Keys live in the rows.
  std::uint64_t made_ = 0;
};

}  // namespace wanwu::target
