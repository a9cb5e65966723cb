// All sessions, found by client id or by index.
#include "sim/target/session_store.hpp"

namespace wanwu::target {

session_id session_store::find(std::string_view client_id) const {
  const auto* known = by_client_.find(client_id);
  return known == nullptr ? no_session : *known;
}

session_id session_store::make(std::string_view client_id) {
  session_id id{static_cast<std::uint32_t>(rows_.size())};
  if (free_.empty()) {
    rows_.emplace_back();
  } else {
    id = free_.back();
    free_.pop_back();
  }
  session& s = at(id);
  s.client_id = client_id;
  s.serial = ++made_;
  s.in_use = true;
  by_client_.add(s.client_id, id);
  return id;
}

void session_store::erase(session_id which) {
  session& s = at(which);
  by_client_.erase(s.client_id);
  const auto generation = s.generation + 1;
  s = session{};
  s.generation = generation;
  free_.push_back(which);
}

}  // namespace wanwu::target
