// What happens to a session when its connection ends: will, expiry, removal. MQTT 5.0
// sections 3.1.2.5, 3.1.2.11.2.
#include <algorithm>

#include "protocols/mqtt/topic.hpp"
#include "sim/target/broker.hpp"

namespace wanwu::target {

void broker::detach(connection_id id, bool with_will, time_point now) {
  connection& c = at(id);
  const session_id which = c.session;
  if (which == no_session) return;
  session& s = sessions_.at(which);
  c.session = no_session;
  if (c.now == connection::stage::up) c.now = connection::stage::fresh;  // the caller closes it
  --up_;
  s.connection = no_connection;
  s.stalled = false;
  if (s.out) {
    for (auto& item : s.out->window) item.sent = item.counted = false;
    s.out->unsent = 0;
  }
  if (!with_will) s.will.reset();
  if (s.expiry == 0) return end_session(which, now);  // sends the will, if there still is one
  if (s.expiry != 0xFFFFFFFF) s.expires_at = now + std::chrono::seconds{s.expiry};
  if (s.will) {
    s.will_at = now + std::chrono::seconds{s.will->delay};
    if (s.will->delay == 0) send_will(which, now);
  }
  watch_session(which);
}

void broker::send_will(session_id id, time_point now) {
  session& s = sessions_.at(id);
  s.will_at = never;
  const auto will = std::move(s.will);
  if (!will) return;
  message_view m = will->what->view();
  m.received_at = now;
  m.publisher = s.serial;
  route(m, now);
  if (listener_ && m.topic.starts_with("things/")) listener_(m, s.client_id);
}

void broker::end_session(session_id id, time_point now) {
  send_will(id, now);  // the session's end comes before any delay's [MQTT-3.1.2-8]
  session& s = sessions_.at(id);
  for (const auto& filter : s.filters) {
    const auto shared = mqtt::split_shared(filter);
    tree_.remove(shared ? shared->filter : filter, shared ? shared->group : std::string_view{}, id);
  }
  drop_queue(s);
  sessions_.erase(id);
}

void broker::drop_queue(session& s) {
  if (!s.out) return;
  for (const auto& waiting : s.out->waiting) queued_bytes_ -= waiting.what->size();
  s.out.reset();
}

void broker::watch_session(session_id id) {
  session& s = sessions_.at(id);
  const auto soonest = std::min(s.expires_at, s.will_at);
  if (soonest >= s.timer_at) return;
  s.timer_at = soonest;
  deadlines_.add(soonest, static_cast<std::uint8_t>(deadline::session), static_cast<std::uint32_t>(id),
                 s.generation);
}

void broker::check_session(session_id id, std::uint32_t generation, time_point now) {
  session& s = sessions_.at(id);
  if (!s.in_use || s.generation != generation) return;
  s.timer_at = never;
  if (s.connection != no_connection) return;
  if (s.expires_at <= now) return end_session(id, now);
  if (s.will_at <= now) send_will(id, now);
  watch_session(id);
}

}  // namespace wanwu::target
