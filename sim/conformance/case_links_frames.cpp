// What goes out on the links of a case; over WebSocket in frames, and what comes back in them.
#include <algorithm>

#include <fmt/format.h>

#include "sim/conformance/case_links.hpp"

namespace wanwu::conform {

namespace {

using wire_state = case_link::wire_state;

bool is_control(const framing_text& framing) {
  return framing.what == framing_text::kind::ping || framing.what == framing_text::kind::close;
}

/// What a stimulus sends, in the frames it asks for.
void put_frames(websocket::client& socket, bytes_view raw, const framing_text& framing, byte_writer& out) {
  using kind = framing_text::kind;
  using websocket::opcode;
  if (framing.what == kind::ping) return socket.send(opcode::ping, raw, true, out);
  if (framing.what == kind::close) return socket.send(opcode::close, raw, true, out);
  const auto code = framing.what == kind::text ? opcode::text : opcode::binary;
  const std::size_t size = framing.split == 0 ? std::max<std::size_t>(raw.size(), 1) : framing.split;
  bool first = true;
  do {
    const auto piece = raw.first(std::min(size, raw.size()));
    raw = raw.subspan(piece.size());
    const bool goes_on = framing.what == kind::fragments && !first;
    const bool ends = framing.what != kind::fragments || raw.empty();
    socket.send(goes_on ? opcode::continuation : code, piece, ends, out);
    first = false;
  } while (!raw.empty());
}

/// A packet's words, and what it travels in when that is not one binary frame.
std::string framed_words(std::string text, const framing_text& framing) {
  static constexpr std::string_view frames[] = {"", "in text", "in fragments", "a ping", "a close"};
  const auto how = frames[static_cast<std::size_t>(framing.what)];
  if (!how.empty()) text += (text.empty() ? "" : ", ") + std::string{how};
  if (framing.split != 0) text += fmt::format(", {} bytes a frame", framing.split);
  return text;
}

}  // namespace

bool case_links::send(std::uint16_t role, bytes_view raw, const framing_text& framing, time_point now) {
  auto& link = links_[role];
  if (link.wire != wire_state::up) return false;
  if (link.socket && link.socket->now() != websocket::client::state::open) return false;
  if (!is_control(framing)) link.talk->sent(raw);
  put_on_wire(role, raw, framing, now);
  return true;
}

/// The log has the bytes that are carried: a mask would hide them, and a password in them from us.
void case_links::put_on_wire(std::uint16_t role, bytes_view raw, const framing_text& framing,
                             time_point now) {
  auto& link = links_[role];
  link.last_sent = now;
  auto text = is_control(framing) ? std::string{} : link.talk->read_own({raw.begin(), raw.end()})->describe();
  log(role, wire_event::kind::sent, raw, link.socket ? framed_words(std::move(text), framing) : text, now);
  if (!link.socket) return in_.port.send(role, raw);
  byte_writer out;
  put_frames(*link.socket, raw, framing, out);
  in_.port.send(role, out.view());
}

void case_links::ask_for_upgrade(std::uint16_t role, time_point now) {
  auto& link = links_[role];
  if (!in_.target.websocket) return;  // such a case is not played
  websocket::upgrade_request wanted{in_.target.websocket->host, in_.target.websocket->path, {}, {}};
  if (!link.offer.empty()) wanted.subprotocols.push_back(link.offer);
  byte_writer out;
  link.socket->open(std::move(wanted), out);
  log(role, wire_event::kind::sent, out.view(),
      "a request to upgrade, offering " + (link.offer.empty() ? "no subprotocol" : link.offer), now);
  in_.port.send(role, out.view());
}

void case_links::receive_frames(std::uint16_t role, bytes_view raw, time_point now) {
  using state = websocket::client::state;
  auto& link = links_[role];
  byte_writer carried, answers;
  const bool was_open = link.socket->now() == state::open;
  const auto found = link.socket->receive(raw, carried, answers);
  if (!answers.empty()) in_.port.send(role, answers.view());
  link.unread.insert(link.unread.end(), carried.view().begin(), carried.view().end());
  cut_packets(role, now);
  const auto& fault = link.socket->fault();
  if (found == state::refused && !fault.empty() && !carried.empty())
    find(role, fault, link.socket->fault_clause(), now);
  if (found != state::ended || link.wire != wire_state::up) return;
  if (fault.empty()) {
    ended(role, "closed by the target, with a close frame", now);
  } else {
    if (!link.ruined) ruin(role, fault, link.socket->fault_clause(), was_open ? raw : bytes_view{}, now);
    link.wire = wire_state::down;
  }
  in_.port.close(role, closing::clean);
}

}  // namespace wanwu::conform
