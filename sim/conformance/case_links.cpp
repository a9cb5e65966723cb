#include "sim/conformance/case_links.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "sim/conformance/limits.hpp"

namespace wanwu::conform {

namespace {

using seen_state = match_context::link_state;
using wire_state = case_link::wire_state;

/// Overwrites every occurrence of a secret.
void mask(bytes& raw, std::string_view secret) {
  if (secret.empty()) return;
  const auto needle = as_bytes(secret);
  auto at = raw.begin();
  while ((at = std::search(at, raw.end(), needle.begin(), needle.end())) != raw.end()) {
    std::fill_n(at, needle.size(), std::byte{'*'});
  }
}

}  // namespace

case_links::case_links(const surroundings& in, const std::vector<speaker>& speakers, time_point start)
    : in_{in}, start_{start}, links_(speakers.size()) {
  for (std::size_t i = 0; i < speakers.size(); ++i) {
    links_[i].talk = in_.language.converse(speakers[i]);
    if (speakers[i].over == link_carrier::websocket)
      links_[i].socket = std::make_unique<websocket::client>(std::hash<std::string>{}(speakers[i].client_id));
    links_[i].well_behaved = in_.all.roles[i].link == link_kind::mqtt;
    if (!speakers[i].password.empty()) secrets_.push_back(speakers[i].password);
  }
}

double case_links::ms_since_start(time_point now) const {
  return std::chrono::duration<double, std::milli>(now - start_).count();
}

void case_links::log(std::uint16_t role, wire_event::kind what, bytes_view raw, std::string text,
                     time_point now) {
  if (wire_.size() >= limits::wire_events_max) return;
  wire_event event;
  event.what = what;
  event.at_ms = ms_since_start(now);
  event.role = in_.all.roles[role].name;
  event.size = raw.size();
  const auto kept = raw.first(std::min(raw.size(), wire_bytes_kept));
  event.raw.assign(kept.begin(), kept.end());
  if (what == wire_event::kind::sent) {
    for (const auto& secret : secrets_) mask(event.raw, secret);
  }
  event.text = std::move(text);
  wire_.push_back(std::move(event));
}

void case_links::open(std::uint16_t role, std::string offer, time_point now) {
  auto& link = links_[role];
  if (link.wire != wire_state::down) close(role, closing::abrupt, now);
  link.waiting.clear();
  link.unedited.clear();
  link.waiting_bytes = 0;
  link.unread.clear();
  link.ruined = false;
  link.open_error.clear();
  link.wire = wire_state::opening;
  link.offer = std::move(offer);
  link.talk->begin();
  in_.port.open(role);
}

void case_links::close(std::uint16_t role, closing how, time_point now) {
  auto& link = links_[role];
  link.seen = seen_state::closed_by_us;
  if (link.wire == wire_state::down) return;
  if (link.socket && link.wire == wire_state::up && how == closing::clean) {
    byte_writer last;
    link.socket->end(last);
    if (!last.empty()) in_.port.send(role, last.view());
  }
  link.wire = wire_state::down;
  in_.port.close(role, how);
  log(role, wire_event::kind::closed_by_us, {}, how == closing::clean ? "closed" : "reset", now);
}

void case_links::close_all(time_point now) {
  for (std::uint16_t role = 0; role < links_.size(); ++role) {
    auto& link = links_[role];
    if (link.wire == wire_state::down) continue;
    if (link.wire == wire_state::up && link.well_behaved) send(role, link.talk->goodbye(), {}, now);
    close(role, closing::clean, now);
  }
}

arrival case_links::take(std::uint16_t role, std::size_t index) {
  auto& link = links_[role];
  auto out = std::move(link.waiting[index]);
  link.waiting.erase(link.waiting.begin() + static_cast<std::ptrdiff_t>(index));
  if (out.packet) link.waiting_bytes -= out.packet->raw().size();
  if (out.what == arrival::kind::closed) link.seen = seen_state::closed_by_target;
  return out;
}

void case_links::opened(std::uint16_t role, time_point now) {
  auto& link = links_[role];
  link.wire = wire_state::up;
  link.seen = seen_state::up;
  link.last_sent = now;
  log(role, wire_event::kind::opened, {}, link.socket ? std::string{over_websocket} : std::string{}, now);
  if (link.socket) ask_for_upgrade(role, now);
  if (!edits(role)) return;
  std::vector<arrival> out;
  edit_->connection_begins(now, out);
  make_up(role, out, now);
}

void case_links::received(std::uint16_t role, bytes_view raw, time_point now) {
  auto& link = links_[role];
  if (link.wire != wire_state::up || link.ruined) return;
  if (link.socket) return receive_frames(role, raw, now);
  link.unread.insert(link.unread.end(), raw.begin(), raw.end());
  cut_packets(role, now);
}

void case_links::cut_packets(std::uint16_t role, time_point now) {
  auto& link = links_[role];
  std::size_t used = 0;
  while (link.wire == wire_state::up && !link.ruined) {
    const auto rest = bytes_view{link.unread}.subspan(used);
    auto found = link.talk->next_packet(rest);
    if (found.what == cut::kind::more) break;
    if (found.what == cut::kind::garbage) {
      ruin(role, std::move(found.text), {}, rest, now);
      break;
    }
    arrival in;
    in.packet = link.talk->read({rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(found.size)});
    in.at = now;
    in.elapsed = now - link.last_sent;
    used += found.size;
    // The target is answered as it spoke, whatever an edit makes of it, so that it stays in step.
    const auto answer = link.well_behaved ? link.talk->answer_to(*in.packet) : bytes{};
    const bool later = edits(role);  // the monitors hear of the answer after the packet
    if (later) in.answered = answer;
    pass(role, std::move(in), now);
    if (answer.empty() || link.wire != wire_state::up) continue;
    if (!later) link.talk->sent(answer);
    put_on_wire(role, answer, {}, now);
  }
  if (link.ruined) link.unread.clear();
  link.unread.erase(link.unread.begin(),
                    link.unread.begin() + static_cast<std::ptrdiff_t>(std::min(used, link.unread.size())));
}

void case_links::find(std::uint16_t role, std::string text, std::string_view clause, time_point now) {
  if (findings_.size() >= limits::findings_max) return;
  finding one;
  one.text = std::move(text);
  one.clause = clause;
  one.role = in_.all.roles[role].name;
  one.at_ms = ms_since_start(now);
  findings_.push_back(std::move(one));
}

void case_links::ruin(std::uint16_t role, std::string text, std::string_view clause, bytes_view raw,
                      time_point now) {
  arrival in;
  in.what = arrival::kind::garbage;
  in.text = std::move(text);
  const auto kept = raw.first(std::min(raw.size(), wire_bytes_kept));
  in.raw.assign(kept.begin(), kept.end());
  in.at = now;
  links_[role].ruined = true;
  find(role, in.text, clause, now);
  pass(role, std::move(in), now);
}

void case_links::ended(std::uint16_t role, std::string how, time_point now) {
  auto& link = links_[role];
  if (link.wire != wire_state::up) return;
  link.wire = wire_state::down;
  arrival in;
  in.what = arrival::kind::closed;
  in.text = std::move(how);
  if (!link.unread.empty()) in.text += ", in the middle of a packet";
  in.at = now;
  in.elapsed = now - link.last_sent;
  pass(role, std::move(in), now);
}

void case_links::failed(std::uint16_t role, const std::string& why, time_point now) {
  auto& link = links_[role];
  if (link.wire == wire_state::up) return ended(role, "reset by the target (" + why + ")", now);
  if (link.wire != wire_state::opening) return;
  link.wire = wire_state::down;
  link.open_error = why;
  log(role, wire_event::kind::failed, {}, why, now);
}

void case_links::pass(std::uint16_t role, arrival in, time_point now) {
  in.order = next_order_++;
  auto& link = links_[role];
  if (!edits(role)) return accept(role, std::move(in), now);
  if (link.unedited.size() < limits::waiting_packets_max) link.unedited.push_back(std::move(in));
}

void case_links::edit_next(std::uint16_t role, time_point now) {
  auto& link = links_[role];
  auto next = std::move(link.unedited.front());
  link.unedited.pop_front();
  const auto answered = std::exchange(next.answered, {});
  std::vector<arrival> out;
  if (next.made_up) {
    out.push_back(std::move(next));
  } else {
    edit_->take(std::move(next), out);
  }
  accept_all(role, out, now);
  if (!answered.empty()) link.talk->sent(answered);
}

void case_links::look(std::uint16_t role, std::size_t wanted, time_point now) {
  auto& link = links_[role];
  while (link.waiting.size() < wanted && !link.unedited.empty()) edit_next(role, now);
}

void case_links::look_at_all(time_point now) {
  if (!edit_) return;
  while (!links_[edit_->role()].unedited.empty()) edit_next(edit_->role(), now);
}

/// What an edit adds by itself queues up behind what came, but before an end that nobody has looked at yet.
void case_links::make_up(std::uint16_t role, std::vector<arrival>& out, time_point now) {
  auto& link = links_[role];
  for (arrival& one : out) {
    one.order = next_order_++;
    if (one.what == arrival::kind::closed && link.wire != wire_state::down) {
      link.wire = wire_state::down;
      in_.port.close(role, closing::clean);
    }
    auto& queue = link.unedited.empty() ? link.waiting : link.unedited;
    const bool before_end =
        one.what == arrival::kind::packet && !queue.empty() && queue.back().what == arrival::kind::closed;
    if (&queue == &link.unedited) {
      if (before_end) std::swap(one.order, queue.back().order);
      queue.insert(before_end ? std::prev(queue.end()) : queue.end(), std::move(one));
    } else {
      accept(role, std::move(one), now);
    }
  }
  out.clear();
}

void case_links::accept_all(std::uint16_t role, std::vector<arrival>& out, time_point now) {
  auto& link = links_[role];
  for (arrival& one : out) {
    if (one.made_up && one.what == arrival::kind::closed && link.wire != wire_state::down) {
      link.wire = wire_state::down;
      in_.port.close(role, closing::clean);
    }
    const bool ends = one.what == arrival::kind::closed;
    accept(role, std::move(one), now);
    if (!ends) continue;
    link.unedited.clear();
    break;
  }
}

void case_links::accept(std::uint16_t role, arrival in, time_point now) {
  auto& link = links_[role];
  if (in.what == arrival::kind::packet && !in.judged) judge(role, in);
  if (!in.judged) {
    if (in.what == arrival::kind::closed) {
      log(role, wire_event::kind::closed_by_target, {}, in.text, now);
    } else {
      log(role, wire_event::kind::received, in.packet ? in.packet->raw() : bytes_view{in.raw},
          in.packet ? in.packet->describe() : in.text, now);
    }
  }
  in.judged = true;
  if (in.packet) link.waiting_bytes += in.packet->raw().size();
  const bool flood =
      link.waiting.size() >= limits::waiting_packets_max || link.waiting_bytes > limits::waiting_bytes_max;
  // What an edit adds comes before an end that nobody has looked at yet.
  const bool before_end = in.made_up && in.what == arrival::kind::packet && !link.waiting.empty() &&
                          link.waiting.back().what == arrival::kind::closed;
  if (before_end) std::swap(in.order, link.waiting.back().order);
  link.waiting.insert(before_end ? std::prev(link.waiting.end()) : link.waiting.end(), std::move(in));
  if (flood && !link.ruined) {
    link.ruined = true;
    arrival& last = link.waiting.back();
    last.what = arrival::kind::garbage;
    last.text = fmt::format("more than {} packets came that nothing waits for", limits::waiting_packets_max);
  }
}

void case_links::judge(std::uint16_t role, const arrival& in) {
  std::vector<finding> found;
  links_[role].talk->judge(*in.packet, found);
  for (finding& one : found) {
    if (findings_.size() >= limits::findings_max) return;
    one.role = in_.all.roles[role].name;
    one.at_ms = ms_since_start(in.at);
    findings_.push_back(std::move(one));
  }
}

void case_links::edit_from_now(const edit& what) {
  edit_.emplace(what, *links_[what.role].talk, in_.scope);
  auto& link = links_[what.role];
  // What came before and still waits belongs to the body: a step of it will look at it.
  auto before = std::exchange(link.waiting, {});
  link.waiting_bytes = 0;
  link.unedited = std::move(before);
}

void case_links::step_begins(std::uint32_t number, time_point now) {
  if (!edit_) return;
  std::vector<arrival> out;
  edit_->step_begins(number, links_[edit_->role()].seen == seen_state::up, now, out);
  make_up(edit_->role(), out, now);
}

void case_links::verify_begins(std::uint16_t role, time_point now) {
  if (!edits(role)) return;
  std::vector<arrival> out;
  edit_->verify_begins(links_[role].seen == seen_state::up, now, out);
  make_up(role, out, now);
}

void case_links::advance(time_point now) {
  if (!edit_) return;
  std::vector<arrival> out;
  edit_->advance(now, out);
  accept_all(edit_->role(), out, now);
}

std::optional<time_point> case_links::deadline() const {
  return edit_ ? edit_->deadline() : std::nullopt;
}

}  // namespace wanwu::conform
