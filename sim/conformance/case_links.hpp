// The links of one case: bytes to packets, edits, monitors, what waits to be looked at, and the log of it
// all.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "protocols/transport/link.hpp"
#include "protocols/websocket/client.hpp"
#include "sim/conformance/condition_run.hpp"
#include "sim/conformance/stream_edit.hpp"
#include "sim/conformance/suite_run.hpp"

namespace wanwu::conform {

/// What a case asks of whatever carries its links. Nothing is called back from inside these.
class link_port {
 public:
  virtual void open(std::uint16_t role) = 0;
  virtual void send(std::uint16_t role, bytes_view raw) = 0;
  virtual void close(std::uint16_t role, closing how) = 0;

 protected:
  ~link_port() = default;
};

/// One role's link, as the steps see it.
struct case_link {
  enum class wire_state : std::uint8_t { down, opening, up } wire{};
  match_context::link_state seen{};
  std::unique_ptr<conversation> talk;
  std::unique_ptr<websocket::client> socket;  ///< Over WebSocket: what frames the bytes.
  std::string offer;                          ///< Over WebSocket: the subprotocol, or "".
  bool well_behaved = false;
  std::string open_error;        ///< Why it could not be opened.
  std::deque<arrival> waiting;   ///< For a step to look at.
  std::deque<arrival> unedited;  ///< Came after those; goes through the edit when a step wants to look at it.
  std::size_t waiting_bytes = 0;
  bytes unread;         ///< The beginning of a packet.
  bool ruined = false;  ///< Garbage or a flood: the rest is not looked at.
  time_point last_sent;
};

class case_links {
 public:
  /// Lives as long as all it is given.
  struct surroundings {
    const suite& all;
    const test_case& what;
    const dialect& language;
    const target_access& target;
    case_scope& scope;
    link_port& port;
  };
  case_links(const surroundings& in, const std::vector<speaker>& speakers, time_point start);

  // What steps do.
  /// `offer`: the subprotocol over WebSocket, "" = none.
  void open(std::uint16_t role, std::string offer, time_point now);
  void close(std::uint16_t role, closing how, time_point now);
  /// False when the connection is gone, or was not upgraded; nothing is sent then.
  bool send(std::uint16_t role, bytes_view raw, const framing_text& framing, time_point now);
  /// Politely ends all that is open.
  void close_all(time_point now);
  /// The first waiting arrival has been looked at.
  arrival take(std::uint16_t role, std::size_t index);
  /// A step wants to look: lets the edit have what came, until so many wait. An edit may use what earlier
  /// packets gave, so none is edited before those in front of it have been looked at.
  void look(std::uint16_t role, std::size_t wanted, time_point now);
  /// Lets the edit and the monitors have all that came.
  void look_at_all(time_point now);

  // What the wire does.
  void opened(std::uint16_t role, time_point now);
  void received(std::uint16_t role, bytes_view raw, time_point now);
  void ended(std::uint16_t role, std::string how, time_point now);
  void failed(std::uint16_t role, const std::string& why, time_point now);

  // What the edit hears.
  void edit_from_now(const edit& what);
  void step_begins(std::uint32_t number, time_point now);
  void verify_begins(std::uint16_t role, time_point now);
  void advance(time_point now);
  std::optional<time_point> deadline() const;
  const stream_edit* editing() const noexcept { return edit_ ? &*edit_ : nullptr; }

  case_link& at(std::uint16_t role) { return links_[role]; }
  const case_link& at(std::uint16_t role) const { return links_[role]; }
  std::size_t size() const noexcept { return links_.size(); }
  std::vector<finding>& findings() noexcept { return findings_; }
  const std::vector<finding>& findings() const noexcept { return findings_; }
  std::vector<wire_event>& wire() noexcept { return wire_; }
  double ms_since_start(time_point now) const;

 private:
  void pass(std::uint16_t role, arrival in, time_point now);
  void edit_next(std::uint16_t role, time_point now);
  void make_up(std::uint16_t role, std::vector<arrival>& out, time_point now);
  void accept_all(std::uint16_t role, std::vector<arrival>& out, time_point now);
  void accept(std::uint16_t role, arrival in, time_point now);
  void cut_packets(std::uint16_t role, time_point now);
  void ruin(std::uint16_t role, std::string text, std::string_view clause, bytes_view raw, time_point now);
  void find(std::uint16_t role, std::string text, std::string_view clause, time_point now);
  void put_on_wire(std::uint16_t role, bytes_view raw, const framing_text& framing, time_point now);
  void ask_for_upgrade(std::uint16_t role, time_point now);
  void receive_frames(std::uint16_t role, bytes_view raw, time_point now);
  void judge(std::uint16_t role, const arrival& in);
  void log(std::uint16_t role, wire_event::kind what, bytes_view raw, std::string text, time_point now);
  bool edits(std::uint16_t role) const noexcept { return edit_ && edit_->role() == role; }

  surroundings in_;
  time_point start_;
  std::vector<case_link> links_;
  std::vector<std::string> secrets_;
  std::optional<stream_edit> edit_;
  std::uint64_t next_order_ = 0;
  std::vector<finding> findings_;
  std::vector<wire_event> wire_;
};

}  // namespace wanwu::conform
